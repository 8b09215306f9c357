package api

import (
	"regexp"
	"sync"
)

// exception records a place where the real service took or sent what its model
// forbids. Values that it allows pass all checks of the shape or member.
type exception struct {
	where  string // a shape, or STRUCTURE.member
	allow  func(string) bool
	sample string // a value that the model alone would refuse
	source string
}

// exceptions are all of them. A row that the model does not need is found by a
// test.
var exceptions = []exception{
	{
		where: "KxCommandLineArgumentKey", allow: equals("g"), sample: "g",
		source: "AWS's basic_tick_V3 sample passes q's flag -g, and its recorded output shows the cluster running with it",
	},
	{
		where: "UpdateKxDatabaseInput.description", allow: equals(""), sample: "",
		source: "Terraform's kx_database sends an empty description when the attribute has been removed",
	},
	{
		where: "UpdateKxEnvironmentInput.description", allow: equals(""), sample: "",
		source: "as for databases, by kx_environment",
	},
	{
		where: "UpdateKxDataviewInput.description", allow: equals(""), sample: "",
		source: "as for databases, by kx_dataview",
	},
	{
		where: "UpdateKxVolumeInput.description", allow: equals(""), sample: "",
		source: "as for databases, by kx_volume",
	},
	{
		where: "GetKxUserOutput.userName", allow: matches(`^[0-9A-Za-z_-]{1,50}$`), sample: "a_user-with-a-name-of-more-than-26",
		source: "the model types this reply's name as an identifier, while names of users are of type KxUserNameString everywhere else",
	},
	{
		where: "EnvironmentArn", allow: matches(`^arn:aws:finspace:[A-Za-z0-9_/.-]{0,63}:\d+:kxEnvironment/[0-9A-Za-z_-]{1,128}$`),
		sample: "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/jlcenjvtkgzrdek2qqv7ic",
		source: "recorded replies have kxEnvironment/, as the service authorization reference does; the model knows environment/ alone",
	},
	{
		where: "KxVolumeArn", allow: matches(`^arn:aws:finspace:[A-Za-z0-9_/.-]{0,63}:\d+:kxEnvironment/[0-9A-Za-z_-]{1,128}/kxVolume/[a-zA-Z0-9_-]{1,255}$`),
		sample: "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abc/kxVolume/vol",
		source: "tags are set with the ARN that volumes report, and the pattern of ARNs that take tags has kxVolume/",
	},
	{
		where: "arn", allow: matches(`^arn:aws:finspace:[A-Za-z0-9_/.-]{0,63}:\d+:kxEnvironment/[0-9A-Za-z_-]{1,128}/kxScalingGroup/[a-zA-Z0-9_-]{1,255}$`),
		sample: "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abc/kxScalingGroup/group",
		source: "the model's pattern is arn followed by colons",
	},
	{
		where: "ChangesetStatus", allow: equals("IN_PROGRESS"), sample: "IN_PROGRESS",
		source: "recorded output of AWS's samples shows it between PENDING and COMPLETED",
	},
}

func equals(want string) func(string) bool { return func(s string) bool { return s == want } }

// matches compiles the pattern when it is first needed.
func matches(pattern string) func(string) bool {
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return func(s string) bool { return re().MatchString(s) }
}
