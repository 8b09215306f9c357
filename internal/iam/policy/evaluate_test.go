package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/iam/policy"
)

const (
	kx    = "arn:aws:finspace:eu-west-1:123456789012:kxEnvironment/e1"
	kxBob = kx + "/kxUser/bob"
)

// keys are the condition keys of a request.
type keys map[string][]string

func (k keys) lookup(name string) ([]string, bool) {
	for key, v := range k {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}

func request(action, resource string, k keys) *policy.Request {
	return &policy.Request{Action: action, Resource: resource, Key: k.lookup}
}

func parse(t testing.TB, kind policy.Kind, src string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(kind, src)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return d
}

func doc(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// What a lone statement does when it allows: it applies, it does not, or it
// cannot be decided. As a denial it then denies, does not, and denies.
type verdict int

const (
	not verdict = iota
	undecided
	applies
)

func checkStatement(t *testing.T, body string, r *policy.Request, want verdict) {
	t.Helper()
	allow := parse(t, policy.Identity, doc(`{"Effect":"Allow",`+body+`}`)).Evaluate(r).Effect
	deny := parse(t, policy.Identity, doc(`{"Effect":"Deny",`+body+`}`)).Evaluate(r).Effect
	if (allow == policy.Allow) != (want == applies) {
		t.Errorf("as Allow: %v, want %v", allow, want)
	}
	if (deny == policy.Deny) != (want != not) {
		t.Errorf("as Deny: %v, want %v", deny, want)
	}
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		name, element, action string
		want                  verdict
	}{
		{"same", `"Action":"finspace:UpdateKxUser"`, "finspace:UpdateKxUser", applies},
		{"other", `"Action":"finspace:UpdateKxUser"`, "finspace:DeleteKxUser", not},
		{"other service", `"Action":"finspace:UpdateKxUser"`, "iam:UpdateKxUser", not},
		{"case of letters", `"Action":"FinSpace:updatekxuser"`, "finspace:UpdateKxUser", applies},
		{"star", `"Action":"*"`, "finspace:UpdateKxUser", applies},
		{"star of every service", `"Action":"*:*"`, "finspace:UpdateKxUser", applies},
		{"service star", `"Action":"finspace:*"`, "finspace:UpdateKxUser", applies},
		{"other service star", `"Action":"iam:*"`, "finspace:UpdateKxUser", not},
		{"prefix star", `"Action":"finspace:Update*"`, "finspace:UpdateKxUser", applies},
		{"prefix star, other", `"Action":"finspace:Get*"`, "finspace:UpdateKxUser", not},
		{"star inside", `"Action":"finspace:*Kx*"`, "finspace:UpdateKxUser", applies},
		{"star at the front", `"Action":"finspace:*User"`, "finspace:UpdateKxUser", applies},
		{"star at the front, longer", `"Action":"finspace:*User"`, "finspace:ListKxUsers", not},
		{"question mark", `"Action":"finspace:?pdateKxUser"`, "finspace:UpdateKxUser", applies},
		{"question mark is one letter", `"Action":"finspace:Update?User"`, "finspace:UpdateKxUser", not},
		{"question mark is not none", `"Action":"finspace:UpdateKxUser?"`, "finspace:UpdateKxUser", not},
		{"list, first", `"Action":["finspace:UpdateKxUser","finspace:GetKxUser"]`, "finspace:UpdateKxUser", applies},
		{"list, last", `"Action":["finspace:UpdateKxUser","finspace:GetKxUser"]`, "finspace:GetKxUser", applies},
		{"list, none", `"Action":["finspace:UpdateKxUser","finspace:GetKxUser"]`, "finspace:ListKxUsers", not},
		{"prefix is not enough", `"Action":"finspace:UpdateKx"`, "finspace:UpdateKxUser", not},
		{"longer is too much", `"Action":"finspace:UpdateKxUsers"`, "finspace:UpdateKxUser", not},
		{"NotAction, same", `"NotAction":"finspace:UpdateKxUser"`, "finspace:UpdateKxUser", not},
		{"NotAction, other", `"NotAction":"finspace:UpdateKxUser"`, "finspace:GetKxUser", applies},
		{"NotAction, service", `"NotAction":"iam:*"`, "finspace:GetKxUser", applies},
		{"NotAction, list", `"NotAction":["iam:*","sts:*"]`, "sts:AssumeRole", not},
		{"NotAction star", `"NotAction":"*"`, "finspace:GetKxUser", not},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkStatement(t, c.element+`,"Resource":"*"`, request(c.action, kxBob, nil), c.want)
		})
	}
}

func TestResources(t *testing.T) {
	bobKeys := keys{"aws:username": {"bob"}, "aws:PrincipalTag/team": {"fx"}, "aws:userid": {"AIDA1"}, "aws:PrincipalTag/wild": {"*"}}
	for _, c := range []struct {
		name, element, resource string
		want                    verdict
	}{
		{"same", `"Resource":"` + kxBob + `"`, kxBob, applies},
		{"other user", `"Resource":"` + kxBob + `"`, kx + "/kxUser/eve", not},
		{"star", `"Resource":"*"`, kxBob, applies},
		{"star for no resource", `"Resource":"*"`, "*", applies},
		{"ARN for no resource", `"Resource":"` + kxBob + `"`, "*", not},
		{"star at the end", `"Resource":"` + kx + `/kxUser/*"`, kxBob, applies},
		{"star over slashes", `"Resource":"arn:aws:finspace:*:*:kxEnvironment/*"`, kxBob, applies},
		{"star for account", `"Resource":"arn:aws:finspace:eu-west-1:*:kxEnvironment/e1/kxUser/bob"`, kxBob, applies},
		{"other account", `"Resource":"arn:aws:finspace:eu-west-1:999999999999:kxEnvironment/*"`, kxBob, not},
		{"other region", `"Resource":"arn:aws:finspace:us-east-1:123456789012:*"`, kxBob, not},
		{"other service", `"Resource":"arn:aws:s3:::*"`, kxBob, not},
		{"parent is not child", `"Resource":"` + kx + `"`, kxBob, not},
		{"child is not parent", `"Resource":"` + kxBob + `"`, kx, not},
		{"case matters", `"Resource":"` + kx + `/kxUser/BOB"`, kxBob, not},
		{"question mark", `"Resource":"` + kx + `/kxUser/b?b"`, kxBob, applies},
		{"question mark, none", `"Resource":"` + kx + `/kxUser/bob?"`, kxBob, not},
		{"star inside", `"Resource":"arn:aws:finspace:*:*:*/kxUser/*"`, kxBob, applies},
		{"two stars that need to go back", `"Resource":"` + kx + `/kxUser/*b*b"`, kxBob, applies},
		{"list", `"Resource":["arn:aws:s3:::b","` + kxBob + `"]`, kxBob, applies},
		{"list, none", `"Resource":["arn:aws:s3:::b","arn:aws:s3:::c"]`, kxBob, not},
		{"NotResource, same", `"NotResource":"` + kxBob + `"`, kxBob, not},
		{"NotResource, other", `"NotResource":"` + kxBob + `"`, kx + "/kxUser/eve", applies},
		{"NotResource, pattern", `"NotResource":"` + kx + `/*"`, kxBob, not},
		{"NotResource, list", `"NotResource":["arn:aws:s3:::b","` + kxBob + `"]`, kxBob, not},
		{"variable", `"Resource":"` + kx + `/kxUser/${aws:username}"`, kxBob, applies},
		{"variable, other", `"Resource":"` + kx + `/kxUser/${aws:username}"`, kx + "/kxUser/eve", not},
		{"variable in any case", `"Resource":"` + kx + `/kxUser/${AWS:UserName}"`, kxBob, applies},
		{"variable and star", `"Resource":"` + kx + `/kxUser/${aws:username}*"`, kxBob + "by", applies},
		{"tag variable", `"Resource":"` + kx + `/kxCluster/${aws:PrincipalTag/team}-*"`, kx + "/kxCluster/fx-rdb", applies},
		{"tag variable, other team", `"Resource":"` + kx + `/kxCluster/${aws:PrincipalTag/team}-*"`, kx + "/kxCluster/eq-rdb", not},
		{"a star in a variable's value is no wildcard", `"Resource":"` + kx + `/kxUser/${aws:PrincipalTag/wild}"`, kxBob, not},
		{"a star in a variable's value is a star", `"Resource":"` + kx + `/kxUser/${aws:PrincipalTag/wild}"`, kx + "/kxUser/*", applies},
		{"variable without value", `"Resource":"` + kx + `/kxUser/${aws:PrincipalTag/none}"`, kxBob, not},
		{"variable without value, default", `"Resource":"` + kx + `/kxUser/${aws:PrincipalTag/none, 'bob'}"`, kxBob, applies},
		{"variable with value, default", `"Resource":"` + kx + `/kxUser/${aws:username, 'eve'}"`, kxBob, applies},
		{"variable nobody knows", `"Resource":"` + kx + `/kxUser/${aws:usernam}"`, kxBob, undecided},
		{"escaped star", `"Resource":"` + kx + `/kxUser/${*}"`, kxBob, not},
		{"escaped star is a star", `"Resource":"` + kx + `/kxUser/${*}"`, kx + "/kxUser/*", applies},
		{"escaped question mark", `"Resource":"` + kx + `/kxUser/b${?}b"`, kxBob, not},
		{"escaped dollar", `"Resource":"` + kx + `/kxUser/${$}{x}"`, kx + "/kxUser/${x}", applies},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkStatement(t, `"Action":"*",`+c.element, request("finspace:GetKxUser", c.resource, bobKeys), c.want)
		})
	}
	t.Run("no variables before 2012", func(t *testing.T) {
		d := parse(t, policy.Identity, `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"`+kx+`/kxUser/${aws:username}"}}`)
		if d.Evaluate(request("finspace:GetKxUser", kxBob, bobKeys)).Effect != policy.None {
			t.Error("a variable was used")
		}
		if d.Evaluate(request("finspace:GetKxUser", kx+"/kxUser/${aws:username}", bobKeys)).Effect != policy.Allow {
			t.Error("the text itself does not match")
		}
	})
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		name, condition string
		keys            keys
		want            verdict
	}{
		{"StringEquals", `"StringEquals":{"aws:username":"bob"}`, keys{"aws:username": {"bob"}}, applies},
		{"StringEquals, other", `"StringEquals":{"aws:username":"bob"}`, keys{"aws:username": {"eve"}}, not},
		{"StringEquals, case of the value", `"StringEquals":{"aws:username":"bob"}`, keys{"aws:username": {"Bob"}}, not},
		{"StringEquals, case of the key", `"StringEquals":{"AWS:UserName":"bob"}`, keys{"aws:username": {"bob"}}, applies},
		{"StringEquals, one of", `"StringEquals":{"aws:username":["eve","bob"]}`, keys{"aws:username": {"bob"}}, applies},
		{"StringEquals, none of", `"StringEquals":{"aws:username":["eve","bob"]}`, keys{"aws:username": {"kim"}}, not},
		{"StringEquals, empty list", `"StringEquals":{"aws:username":[]}`, keys{"aws:username": {"kim"}}, not},
		{"StringEquals, absent", `"StringEquals":{"aws:username":"bob"}`, nil, not},
		{"StringEquals, no wildcards", `"StringEquals":{"aws:username":"b*"}`, keys{"aws:username": {"bob"}}, not},
		{"StringEquals, variable", `"StringEquals":{"aws:ResourceTag/owner":"${aws:username}"}`, keys{"aws:username": {"bob"}, "aws:ResourceTag/owner": {"bob"}}, applies},
		{"StringEquals, variable, other", `"StringEquals":{"aws:ResourceTag/owner":"${aws:username}"}`, keys{"aws:username": {"bob"}, "aws:ResourceTag/owner": {"eve"}}, not},
		{"StringEquals, variable without value", `"StringEquals":{"aws:ResourceTag/owner":"${aws:username}"}`, keys{"aws:ResourceTag/owner": {"bob"}}, not},
		{"StringEquals, tag on tag", `"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}`, keys{"aws:PrincipalTag/team": {"fx"}, "aws:ResourceTag/team": {"fx"}}, applies},
		{"StringEquals, number as text", `"StringEquals":{"aws:RequestTag/n":5}`, keys{"aws:RequestTag/n": {"5"}}, applies},
		{"StringEquals, unknown key", `"StringEquals":{"aws:usernam":"bob"}`, keys{"aws:username": {"bob"}}, undecided},
		{"StringEquals, key of another service", `"StringEquals":{"kms:ViaService":"x"}`, nil, undecided},
		{"StringNotEquals", `"StringNotEquals":{"aws:username":"bob"}`, keys{"aws:username": {"eve"}}, applies},
		{"StringNotEquals, same", `"StringNotEquals":{"aws:username":"bob"}`, keys{"aws:username": {"bob"}}, not},
		{"StringNotEquals, none of", `"StringNotEquals":{"aws:username":["bob","eve"]}`, keys{"aws:username": {"kim"}}, applies},
		{"StringNotEquals, one of", `"StringNotEquals":{"aws:username":["bob","eve"]}`, keys{"aws:username": {"eve"}}, not},
		{"StringNotEquals, absent", `"StringNotEquals":{"aws:username":"bob"}`, nil, applies},
		{"StringNotEquals, unknown key", `"StringNotEquals":{"aws:usernam":"bob"}`, nil, undecided},
		{"StringEqualsIgnoreCase", `"StringEqualsIgnoreCase":{"aws:username":"BOB"}`, keys{"aws:username": {"bob"}}, applies},
		{"StringEqualsIgnoreCase, other", `"StringEqualsIgnoreCase":{"aws:username":"BOB"}`, keys{"aws:username": {"eve"}}, not},
		{"StringNotEqualsIgnoreCase", `"StringNotEqualsIgnoreCase":{"aws:username":"BOB"}`, keys{"aws:username": {"bob"}}, not},
		{"StringNotEqualsIgnoreCase, other", `"StringNotEqualsIgnoreCase":{"aws:username":"BOB"}`, keys{"aws:username": {"eve"}}, applies},
		{"StringLike", `"StringLike":{"aws:username":"b*"}`, keys{"aws:username": {"bob"}}, applies},
		{"StringLike, question mark", `"StringLike":{"aws:username":"b?b"}`, keys{"aws:username": {"bob"}}, applies},
		{"StringLike, other", `"StringLike":{"aws:username":"b*"}`, keys{"aws:username": {"eve"}}, not},
		{"StringLike, case", `"StringLike":{"aws:username":"B*"}`, keys{"aws:username": {"bob"}}, not},
		{"StringLike, empty", `"StringLike":{"aws:RequestTag/a":"*"}`, keys{"aws:RequestTag/a": {""}}, applies},
		{"StringLike, variable and star", `"StringLike":{"s3:prefix":"home/${aws:username}/*"}`, keys{"aws:username": {"bob"}, "s3:prefix": {"home/bob/x"}}, applies},
		{"StringLike, star in the value of a variable", `"StringLike":{"s3:prefix":"${aws:username}"}`, keys{"aws:username": {"*"}, "s3:prefix": {"x"}}, not},
		{"StringNotLike", `"StringNotLike":{"aws:username":"b*"}`, keys{"aws:username": {"eve"}}, applies},
		{"StringNotLike, same", `"StringNotLike":{"aws:username":"b*"}`, keys{"aws:username": {"bob"}}, not},
		{"StringNotLike, absent", `"StringNotLike":{"aws:username":"b*"}`, nil, applies},

		{"NumericEquals", `"NumericEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10"}}, applies},
		{"NumericEquals, written otherwise", `"NumericEquals":{"s3:max-keys":10}`, keys{"s3:max-keys": {"10.0"}}, applies},
		{"NumericEquals, other", `"NumericEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"11"}}, not},
		{"NumericEquals, no number", `"NumericEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"ten"}}, not},
		{"NumericNotEquals", `"NumericNotEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"11"}}, applies},
		{"NumericNotEquals, same", `"NumericNotEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10"}}, not},
		{"NumericNotEquals, absent", `"NumericNotEquals":{"s3:max-keys":"10"}`, nil, applies},
		{"NumericLessThan", `"NumericLessThan":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"9"}}, applies},
		{"NumericLessThan, equal", `"NumericLessThan":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10"}}, not},
		{"NumericLessThanEquals, equal", `"NumericLessThanEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10"}}, applies},
		{"NumericLessThanEquals, more", `"NumericLessThanEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10.5"}}, not},
		{"NumericLessThan, absent", `"NumericLessThan":{"s3:max-keys":"10"}`, nil, not},
		{"NumericGreaterThan", `"NumericGreaterThan":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"100"}}, applies},
		{"NumericGreaterThan, not as text", `"NumericGreaterThan":{"s3:max-keys":"9"}`, keys{"s3:max-keys": {"10"}}, applies},
		{"NumericGreaterThan, equal", `"NumericGreaterThan":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10"}}, not},
		{"NumericGreaterThanEquals, equal", `"NumericGreaterThanEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"10"}}, applies},
		{"NumericGreaterThanEquals, less", `"NumericGreaterThanEquals":{"s3:max-keys":"10"}`, keys{"s3:max-keys": {"9"}}, not},

		{"DateEquals", `"DateEquals":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateEquals, other zone", `"DateEquals":{"aws:CurrentTime":"2026-03-04T07:06:07+02:00"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateEquals, epoch", `"DateEquals":{"aws:EpochTime":"1772600767"}`, keys{"aws:EpochTime": {"1772600767"}}, applies},
		{"DateNotEquals", `"DateNotEquals":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:08Z"}}, applies},
		{"DateLessThan", `"DateLessThan":{"aws:CurrentTime":"2026-03-05T00:00:00Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateLessThan, later", `"DateLessThan":{"aws:CurrentTime":"2026-03-03T00:00:00Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, not},
		{"DateLessThan, day only", `"DateLessThan":{"aws:CurrentTime":"2026-03-05"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateLessThanEquals, equal", `"DateLessThanEquals":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateGreaterThan", `"DateGreaterThan":{"aws:CurrentTime":"2026-03-03T00:00:00Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateGreaterThan, equal", `"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, not},
		{"DateGreaterThanEquals, equal", `"DateGreaterThanEquals":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}`, keys{"aws:CurrentTime": {"2026-03-04T05:06:07Z"}}, applies},
		{"DateLessThan, revoked sessions", `"DateLessThan":{"aws:TokenIssueTime":"2026-03-04T05:06:07Z"}`, keys{"aws:TokenIssueTime": {"2026-03-04T05:06:06Z"}}, applies},
		{"DateLessThan, absent", `"DateLessThan":{"aws:TokenIssueTime":"2026-03-04T05:06:07Z"}`, nil, not},
		{"DateLessThan, no date", `"DateLessThan":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}`, keys{"aws:CurrentTime": {"yesterday"}}, not},

		{"Bool true", `"Bool":{"aws:SecureTransport":"true"}`, keys{"aws:SecureTransport": {"true"}}, applies},
		{"Bool, JSON true", `"Bool":{"aws:SecureTransport":true}`, keys{"aws:SecureTransport": {"true"}}, applies},
		{"Bool, other", `"Bool":{"aws:SecureTransport":"true"}`, keys{"aws:SecureTransport": {"false"}}, not},
		{"Bool false", `"Bool":{"aws:SecureTransport":"false"}`, keys{"aws:SecureTransport": {"false"}}, applies},
		{"Bool, case", `"Bool":{"aws:SecureTransport":"True"}`, keys{"aws:SecureTransport": {"true"}}, applies},
		{"Bool, absent", `"Bool":{"aws:MultiFactorAuthPresent":"true"}`, nil, not},
		{"Bool false, absent", `"Bool":{"aws:MultiFactorAuthPresent":"false"}`, nil, not},
		{"BoolIfExists false, absent", `"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, nil, applies},
		{"Bool, no bool", `"Bool":{"aws:SecureTransport":"false"}`, keys{"aws:SecureTransport": {"no"}}, not},

		{"BinaryEquals", `"BinaryEquals":{"aws:RequestTag/key":"QmluYXJ5"}`, keys{"aws:RequestTag/key": {"QmluYXJ5"}}, applies},
		{"BinaryEquals, other", `"BinaryEquals":{"aws:RequestTag/key":"QmluYXJ5"}`, keys{"aws:RequestTag/key": {"QmluYXJ6"}}, not},
		{"BinaryEquals, not base64", `"BinaryEquals":{"aws:RequestTag/key":"QmluYXJ5"}`, keys{"aws:RequestTag/key": {"?"}}, not},

		{"IpAddress", `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, keys{"aws:SourceIp": {"203.0.113.9"}}, applies},
		{"IpAddress, outside", `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, keys{"aws:SourceIp": {"203.0.114.9"}}, not},
		{"IpAddress, one address", `"IpAddress":{"aws:SourceIp":"203.0.113.9"}`, keys{"aws:SourceIp": {"203.0.113.9"}}, applies},
		{"IpAddress, last of the range", `"IpAddress":{"aws:SourceIp":"203.0.113.0/30"}`, keys{"aws:SourceIp": {"203.0.113.3"}}, applies},
		{"IpAddress, first after the range", `"IpAddress":{"aws:SourceIp":"203.0.113.0/30"}`, keys{"aws:SourceIp": {"203.0.113.4"}}, not},
		{"IpAddress, everything", `"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`, keys{"aws:SourceIp": {"203.0.113.4"}}, applies},
		{"IpAddress, everything of version 4 is not version 6", `"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`, keys{"aws:SourceIp": {"2001:db8::1"}}, not},
		{"IpAddress, version 6", `"IpAddress":{"aws:SourceIp":"2001:DB8:1234:5678::/64"}`, keys{"aws:SourceIp": {"2001:db8:1234:5678::1"}}, applies},
		{"IpAddress, version 6, outside", `"IpAddress":{"aws:SourceIp":"2001:DB8:1234:5678::/64"}`, keys{"aws:SourceIp": {"2001:db8:1234:5679::1"}}, not},
		{"IpAddress, version 4 in 6", `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, keys{"aws:SourceIp": {"::ffff:203.0.113.9"}}, applies},
		{"IpAddress, one of", `"IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}`, keys{"aws:SourceIp": {"203.0.113.9"}}, applies},
		{"IpAddress, absent", `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, nil, not},
		{"NotIpAddress", `"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, keys{"aws:SourceIp": {"10.1.1.1"}}, applies},
		{"NotIpAddress, inside", `"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, keys{"aws:SourceIp": {"203.0.113.9"}}, not},
		{"NotIpAddress, absent", `"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, nil, applies},

		{"ArnEquals", `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/r"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, applies},
		{"ArnEquals takes wildcards", `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, applies},
		{"ArnEquals, other", `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/q"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, not},
		{"ArnLike, account", `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/r"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, applies},
		{"ArnLike, a star stays in its part", `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam:*:role/r"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, not},
		{"ArnLike, over slashes", `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/team/r"}}, applies},
		{"ArnLike, question mark", `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/?"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, applies},
		{"ArnLike, no ARN", `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}`, keys{"aws:PrincipalArn": {"bob"}}, not},
		{"ArnLike, star alone", `"ArnLike":{"aws:PrincipalArn":"*"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, applies},
		{"ArnLike, variable", `"ArnLike":{"aws:SourceArn":"arn:aws:s3:::${aws:username}"}`, keys{"aws:username": {"bob"}, "aws:SourceArn": {"arn:aws:s3:::bob"}}, applies},
		{"ArnNotEquals", `"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/r"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/q"}}, applies},
		{"ArnNotEquals, same", `"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/r"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/r"}}, not},
		{"ArnNotLike", `"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin*"}`, keys{"aws:PrincipalArn": {"arn:aws:iam::123456789012:role/admins"}}, not},
		{"ArnNotLike, absent", `"ArnNotLike":{"aws:SourceArn":"arn:aws:iam::*:role/admin*"}`, nil, applies},

		{"Null true, absent", `"Null":{"aws:TokenIssueTime":"true"}`, nil, applies},
		{"Null true, present", `"Null":{"aws:TokenIssueTime":"true"}`, keys{"aws:TokenIssueTime": {"2026-03-04T05:06:07Z"}}, not},
		{"Null false, present", `"Null":{"aws:RequestTag/team":"false"}`, keys{"aws:RequestTag/team": {"fx"}}, applies},
		{"Null false, absent", `"Null":{"aws:RequestTag/team":false}`, nil, not},
		{"Null, unknown key", `"Null":{"aws:nothing":"true"}`, nil, undecided},

		{"StringEqualsIfExists, absent", `"StringEqualsIfExists":{"aws:username":"bob"}`, nil, applies},
		{"StringEqualsIfExists, same", `"StringEqualsIfExists":{"aws:username":"bob"}`, keys{"aws:username": {"bob"}}, applies},
		{"StringEqualsIfExists, other", `"StringEqualsIfExists":{"aws:username":"bob"}`, keys{"aws:username": {"eve"}}, not},
		{"StringEqualsIfExists, unknown key", `"StringEqualsIfExists":{"aws:usernam":"bob"}`, nil, undecided},
		{"StringNotEqualsIfExists, absent", `"StringNotEqualsIfExists":{"aws:username":"bob"}`, nil, applies},
		{"NumericLessThanIfExists, absent", `"NumericLessThanIfExists":{"s3:max-keys":"5"}`, nil, applies},
		{"IpAddressIfExists, outside", `"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}`, keys{"aws:SourceIp": {"11.0.0.1"}}, not},
		{"ArnLikeIfExists, absent", `"ArnLikeIfExists":{"aws:SourceArn":"arn:aws:s3:::b"}`, nil, applies},

		{"ForAllValues, all", `"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}`, keys{"aws:TagKeys": {"team", "cost"}}, applies},
		{"ForAllValues, some of the policy's", `"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}`, keys{"aws:TagKeys": {"cost"}}, applies},
		{"ForAllValues, one too many", `"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}`, keys{"aws:TagKeys": {"team", "evil"}}, not},
		{"ForAllValues, absent", `"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`, nil, applies},
		{"ForAllValues, none", `"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`, keys{"aws:TagKeys": {}}, applies},
		{"ForAllValues, like", `"ForAllValues:StringLike":{"aws:TagKeys":["t*"]}`, keys{"aws:TagKeys": {"team", "tool"}}, applies},
		{"ForAllValues, not equals", `"ForAllValues:StringNotEquals":{"aws:TagKeys":["evil"]}`, keys{"aws:TagKeys": {"team", "cost"}}, applies},
		{"ForAllValues, not equals, one equals", `"ForAllValues:StringNotEquals":{"aws:TagKeys":["evil"]}`, keys{"aws:TagKeys": {"team", "evil"}}, not},
		{"ForAllValues, unknown key", `"ForAllValues:StringEquals":{"aws:TagKeyz":["team"]}`, nil, undecided},
		{"ForAnyValue, one", `"ForAnyValue:StringEquals":{"aws:TagKeys":["team"]}`, keys{"aws:TagKeys": {"cost", "team"}}, applies},
		{"ForAnyValue, none", `"ForAnyValue:StringEquals":{"aws:TagKeys":["team"]}`, keys{"aws:TagKeys": {"cost"}}, not},
		{"ForAnyValue, absent", `"ForAnyValue:StringEquals":{"aws:TagKeys":["team"]}`, nil, not},
		{"ForAnyValue, not equals, one differs", `"ForAnyValue:StringNotEquals":{"aws:TagKeys":["team"]}`, keys{"aws:TagKeys": {"cost", "team"}}, applies},
		{"ForAnyValue, not equals, none differs", `"ForAnyValue:StringNotEquals":{"aws:TagKeys":["team"]}`, keys{"aws:TagKeys": {"team"}}, not},
		{"ForAnyValue, not equals, absent", `"ForAnyValue:StringNotEquals":{"aws:TagKeys":["team"]}`, nil, not},
		{"ForAllValuesIfExists, absent", `"ForAllValues:StringEqualsIfExists":{"aws:TagKeys":["team"]}`, nil, applies},
		{"ForAnyValueIfExists, absent", `"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":["team"]}`, nil, applies},
		{"many values, no set operator, one matches", `"StringEquals":{"aws:TagKeys":"team"}`, keys{"aws:TagKeys": {"cost", "team"}}, applies},
		{"many values, no set operator, negated", `"StringNotEquals":{"aws:TagKeys":"team"}`, keys{"aws:TagKeys": {"cost", "team"}}, not},

		{"two keys, both", `"StringEquals":{"aws:username":"bob","aws:RequestTag/a":"b"}`, keys{"aws:username": {"bob"}, "aws:RequestTag/a": {"b"}}, applies},
		{"two keys, one", `"StringEquals":{"aws:username":"bob","aws:RequestTag/a":"b"}`, keys{"aws:username": {"bob"}, "aws:RequestTag/a": {"c"}}, not},
		{"two operators, both", `"StringEquals":{"aws:username":"bob"},"Bool":{"aws:SecureTransport":"true"}`, keys{"aws:username": {"bob"}, "aws:SecureTransport": {"true"}}, applies},
		{"two operators, one", `"StringEquals":{"aws:username":"bob"},"Bool":{"aws:SecureTransport":"true"}`, keys{"aws:username": {"bob"}, "aws:SecureTransport": {"false"}}, not},
		{"a no beats an unknown", `"StringEquals":{"aws:username":"bob","aws:usernam":"bob"}`, keys{"aws:username": {"eve"}}, not},
		{"an unknown beats a yes", `"StringEquals":{"aws:username":"bob","aws:usernam":"bob"}`, keys{"aws:username": {"bob"}}, undecided},
		{"no conditions", ``, nil, applies},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkStatement(t, `"Action":"*","Resource":"*","Condition":{`+c.condition+`}`, request("finspace:GetKxUser", kxBob, c.keys), c.want)
		})
	}
}

func TestStatementsTogether(t *testing.T) {
	const (
		yes   = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		other = `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`
		no    = `{"Effect":"Deny","Action":"*","Resource":"*"}`
		away  = `{"Effect":"Deny","Action":"iam:*","Resource":"*"}`
	)
	for _, c := range []struct {
		name       string
		statements []string
		want       policy.Effect
		index      int
	}{
		{"allow", []string{yes}, policy.Allow, 0},
		{"nothing applies", []string{other}, policy.None, -1},
		{"deny", []string{no}, policy.Deny, 0},
		{"deny after allow", []string{yes, no}, policy.Deny, 1},
		{"deny before allow", []string{no, yes}, policy.Deny, 0},
		{"deny of something else", []string{away, yes}, policy.Allow, 1},
		{"first allow is named", []string{other, yes, yes}, policy.Allow, 1},
		{"first deny is named", []string{away, no, no}, policy.Deny, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := parse(t, policy.Identity, doc(c.statements...)).Evaluate(request("finspace:GetKxUser", kxBob, nil))
			if o.Effect != c.want || o.Statement != c.index {
				t.Errorf("got %v by %d", o.Effect, o.Statement)
			}
		})
	}
	t.Run("an empty document says nothing", func(t *testing.T) {
		if o := (&policy.Document{}).Evaluate(request("a:b", "*", nil)); o.Effect != policy.None {
			t.Error(o)
		}
	})
}

func TestTrust(t *testing.T) {
	const account = "123456789012"
	alice := &policy.Caller{Account: account, Names: []string{"arn:aws:iam::123456789012:user/alice"}}
	session := &policy.Caller{Account: account, Names: []string{"arn:aws:sts::123456789012:assumed-role/r/s", "arn:aws:iam::123456789012:role/r"}}
	service := &policy.Caller{Service: "finspace.amazonaws.com"}
	web := &policy.Caller{Federated: "arn:aws:iam::123456789012:oidc-provider/idp.example"}
	for _, c := range []struct {
		name, principal string
		caller          *policy.Caller
		want, direct    bool
	}{
		{"account root", `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`, alice, true, false},
		{"account number", `"Principal":{"AWS":"123456789012"}`, alice, true, false},
		{"other account", `"Principal":{"AWS":"999999999999"}`, alice, false, false},
		{"other account's root", `"Principal":{"AWS":"arn:aws:iam::999999999999:root"}`, alice, false, false},
		{"the user", `"Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}`, alice, true, true},
		{"another user", `"Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"}`, alice, false, false},
		{"one of", `"Principal":{"AWS":["arn:aws:iam::123456789012:user/bob","arn:aws:iam::123456789012:user/alice"]}`, alice, true, true},
		{"the role of a session", `"Principal":{"AWS":"arn:aws:iam::123456789012:role/r"}`, session, true, true},
		{"the session", `"Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/r/s"}`, session, true, true},
		{"a unique id", `"Principal":{"AWS":"AROA22222222222222222"}`, &policy.Caller{Account: account, Names: []string{"AROA22222222222222222"}}, true, true},
		{"another unique id", `"Principal":{"AWS":"AROA22222222222222223"}`, &policy.Caller{Account: account, Names: []string{"AROA22222222222222222"}}, false, false},
		{"another session", `"Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/r/t"}`, session, false, false},
		{"everyone", `"Principal":"*"`, alice, true, true},
		{"everyone of AWS", `"Principal":{"AWS":"*"}`, alice, true, true},
		{"everyone is not every service", `"Principal":"*"`, service, false, false},
		{"service", `"Principal":{"Service":"finspace.amazonaws.com"}`, service, true, true},
		{"other service", `"Principal":{"Service":"ec2.amazonaws.com"}`, service, false, false},
		{"service is not a user", `"Principal":{"Service":"finspace.amazonaws.com"}`, alice, false, false},
		{"user is not a service", `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`, service, false, false},
		{"two kinds", `"Principal":{"AWS":"123456789012","Service":"finspace.amazonaws.com"}`, service, true, true},
		{"federated", `"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/idp.example"}`, web, true, true},
		{"federated, other", `"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/idp.other"}`, web, false, false},
		{"federated is not the account", `"Principal":{"AWS":"123456789012"}`, web, false, false},
		{"nobody calls", `"Principal":"*"`, nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("sts:AssumeRole", "", nil)
			r.Caller = c.caller
			o := parse(t, policy.Trust, doc(`{"Effect":"Allow","Action":"sts:AssumeRole",`+c.principal+`}`)).EvaluateTrust(r)
			if (o.Effect == policy.Allow) != c.want || o.Direct != c.direct {
				t.Errorf("got %+v", o)
			}
			d := parse(t, policy.Trust, doc(`{"Effect":"Deny","Action":"sts:AssumeRole",`+c.principal+`}`)).EvaluateTrust(r)
			if (d.Effect == policy.Deny) != c.want {
				t.Errorf("as Deny %+v", d)
			}
		})
	}
	for _, c := range []struct {
		name, statements string
		want             policy.Effect
		direct           bool
	}{
		{"NotPrincipal denies all others", `{"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/bob"}}`, policy.Deny, false},
		{"NotPrincipal spares the one", `{"Effect":"Allow","Action":"sts:*","Principal":"*"},{"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}`, policy.Allow, true},
		{"account, then the user itself", `{"Effect":"Allow","Action":"sts:*","Principal":{"AWS":"123456789012"}},{"Effect":"Allow","Action":"sts:*","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}`, policy.Allow, true},
		{"other action", `{"Effect":"Allow","Action":"sts:TagSession","Principal":"*"}`, policy.None, false},
		{"external id missing", `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`, policy.None, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("sts:AssumeRole", "", nil)
			r.Caller = alice
			if o := parse(t, policy.Trust, doc(c.statements)).EvaluateTrust(r); o.Effect != c.want || o.Direct != c.direct {
				t.Errorf("got %+v", o)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	const ok = `"Effect":"Allow","Action":"a:b","Resource":"*"`
	with := func(more string) string { return doc(`{` + ok + `,` + more + `}`) }
	for _, c := range []struct{ name, src, place string }{
		{"empty", ``, ""},
		{"not JSON", `{`, ""},
		{"a list", `[]`, ""},
		{"text after the end", doc(`{`+ok+`}`) + `x`, ""},
		{"two documents", doc(`{`+ok+`}`) + doc(`{`+ok+`}`), ""},
		{"broken UTF-8", "{\"Version\":\"\xff\"}", ""},
		{"no statement", `{"Version":"2012-10-17"}`, "Statement"},
		{"empty statement list", `{"Version":"2012-10-17","Statement":[]}`, "Statement"},
		{"statement is text", `{"Version":"2012-10-17","Statement":"x"}`, "Statement"},
		{"statement in a list is text", `{"Version":"2012-10-17","Statement":["x"]}`, "Statement[0]"},
		{"unknown version", `{"Version":"2020-01-01","Statement":[{` + ok + `}]}`, "Version"},
		{"version is a number", `{"Version":2012,"Statement":[{` + ok + `}]}`, "Version"},
		{"id is a number", `{"Id":1,"Statement":[{` + ok + `}]}`, "Id"},
		{"unknown element", `{"Versions":"2012-10-17","Statement":[{` + ok + `}]}`, "Versions"},
		{"element twice", `{"Version":"2012-10-17","Version":"2012-10-17","Statement":[{` + ok + `}]}`, "Version"},
		{"unknown element of a statement", with(`"Resources":"*"`), "Statement[0].Resources"},
		{"element of a statement twice", with(`"Action":"c:d"`), "Statement[0].Action"},
		{"no effect", doc(`{"Action":"a:b","Resource":"*"}`), "Statement[0]"},
		{"effect in small letters", doc(`{"Effect":"allow","Action":"a:b","Resource":"*"}`), "Statement[0].Effect"},
		{"effect true", doc(`{"Effect":true,"Action":"a:b","Resource":"*"}`), "Statement[0].Effect"},
		{"no action", doc(`{"Effect":"Allow","Resource":"*"}`), "Statement[0]"},
		{"action and not", doc(`{"Effect":"Allow","Action":"a:b","NotAction":"c:d","Resource":"*"}`), "Statement[0]"},
		{"action without service", doc(`{"Effect":"Allow","Action":"GetUser","Resource":"*"}`), "Statement[0].Action"},
		{"action without name", doc(`{"Effect":"Allow","Action":"iam:","Resource":"*"}`), "Statement[0].Action"},
		{"action with a space", doc(`{"Effect":"Allow","Action":"iam:Get User","Resource":"*"}`), "Statement[0].Action"},
		{"wildcard in the service", doc(`{"Effect":"Allow","Action":"i*:GetUser","Resource":"*"}`), "Statement[0].Action"},
		{"empty action list", doc(`{"Effect":"Allow","Action":[],"Resource":"*"}`), "Statement[0].Action"},
		{"action is a number", doc(`{"Effect":"Allow","Action":1,"Resource":"*"}`), "Statement[0].Action"},
		{"number among actions", doc(`{"Effect":"Allow","Action":["a:b",1],"Resource":"*"}`), "Statement[0].Action[1]"},
		{"no resource", doc(`{"Effect":"Allow","Action":"a:b"}`), "Statement[0]"},
		{"resource and not", doc(`{"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":"*"}`), "Statement[0]"},
		{"resource is no ARN", doc(`{"Effect":"Allow","Action":"a:b","Resource":"bucket"}`), "Statement[0].Resource"},
		{"resource is a short ARN", doc(`{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3"}`), "Statement[0].Resource"},
		{"second statement's resource", doc(`{`+ok+`}`, `{"Effect":"Allow","Action":"a:b","Resource":"x"}`), "Statement[1].Resource"},
		{"empty resource list", doc(`{"Effect":"Allow","Action":"a:b","Resource":[]}`), "Statement[0].Resource"},
		{"variable not closed", doc(`{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${aws:username"}`), "Statement[0].Resource"},
		{"variable without service", doc(`{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${username}"}`), "Statement[0].Resource"},
		{"variable's default without quotes", doc(`{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${aws:username, x}"}`), "Statement[0].Resource"},
		{"principal in an identity policy", with(`"Principal":"*"`), "Statement[0]"},
		{"sid with a space", with(`"Sid":"a b"`), "Statement[0].Sid"},
		{"sid twice", doc(`{"Sid":"a",`+ok+`}`, `{"Sid":"a",`+ok+`}`), "Statement[1].Sid"},
		{"condition is text", with(`"Condition":"x"`), "Statement[0].Condition"},
		{"unknown operator", with(`"Condition":{"StringEqual":{"aws:username":"x"}}`), "Statement[0].Condition.StringEqual"},
		{"operator in small letters", with(`"Condition":{"stringequals":{"aws:username":"x"}}`), "Statement[0].Condition.stringequals"},
		{"unknown set operator", with(`"Condition":{"ForSomeValues:StringEquals":{"aws:username":"x"}}`), "Statement[0].Condition.ForSomeValues:StringEquals"},
		{"NullIfExists", with(`"Condition":{"NullIfExists":{"aws:username":"true"}}`), "Statement[0].Condition.NullIfExists"},
		{"key without service", with(`"Condition":{"StringEquals":{"username":"x"}}`), "Statement[0].Condition.StringEquals.username"},
		{"key twice", with(`"Condition":{"StringEquals":{"aws:username":"x","aws:username":"y"}}`), "Statement[0].Condition.StringEquals.aws:username"},
		{"value is an object", with(`"Condition":{"StringEquals":{"aws:username":{}}}`), "Statement[0].Condition.StringEquals.aws:username"},
		{"value is null", with(`"Condition":{"StringEquals":{"aws:username":null}}`), "Statement[0].Condition.StringEquals.aws:username"},
		{"value in a list is null", with(`"Condition":{"StringEquals":{"aws:username":["a",null]}}`), "Statement[0].Condition.StringEquals.aws:username[1]"},
		{"no number", with(`"Condition":{"NumericEquals":{"s3:max-keys":"ten"}}`), "Statement[0].Condition.NumericEquals.s3:max-keys"},
		{"no date", with(`"Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}`), "Statement[0].Condition.DateLessThan.aws:CurrentTime"},
		{"no bool", with(`"Condition":{"Bool":{"aws:SecureTransport":"yes"}}`), "Statement[0].Condition.Bool.aws:SecureTransport"},
		{"no base64", with(`"Condition":{"BinaryEquals":{"aws:RequestTag/k":"?"}}`), "Statement[0].Condition.BinaryEquals.aws:RequestTag/k"},
		{"no address", with(`"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0"}}`), "Statement[0].Condition.IpAddress.aws:SourceIp"},
		{"no range", with(`"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`), "Statement[0].Condition.IpAddress.aws:SourceIp"},
		{"no ARN", with(`"Condition":{"ArnLike":{"aws:SourceArn":"x"}}`), "Statement[0].Condition.ArnLike.aws:SourceArn"},
		{"nested too deep", with(`"Condition":{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}`), "Statement[0].Condition.a.b.c.d.e.f"},
	} {
		t.Run(c.name, func(t *testing.T) { refuses(t, policy.Identity, c.src, c.place) })
	}
	const trust = `"Effect":"Allow","Action":"sts:AssumeRole"`
	for _, c := range []struct{ name, src, place string }{
		{"no principal", doc(`{` + trust + `}`), "Statement[0]"},
		{"resource in a trust policy", doc(`{` + trust + `,"Principal":"*","Resource":"*"}`), "Statement[0]"},
		{"principal and not", doc(`{` + trust + `,"Principal":"*","NotPrincipal":"*"}`), "Statement[0]"},
		{"NotPrincipal allows", doc(`{` + trust + `,"NotPrincipal":{"AWS":"123456789012"}}`), "Statement[0]"},
		{"principal is text", doc(`{` + trust + `,"Principal":"bob"}`), "Statement[0].Principal"},
		{"no principals", doc(`{` + trust + `,"Principal":{}}`), "Statement[0].Principal"},
		{"unknown kind of principal", doc(`{` + trust + `,"Principal":{"Aws":"*"}}`), "Statement[0].Principal.Aws"},
		{"principal is no ARN", doc(`{` + trust + `,"Principal":{"AWS":"bob"}}`), "Statement[0].Principal.AWS"},
		{"principal with a wildcard", doc(`{` + trust + `,"Principal":{"AWS":"arn:aws:iam::123456789012:user/*"}}`), "Statement[0].Principal.AWS"},
		{"principal of another service", doc(`{` + trust + `,"Principal":{"AWS":"arn:aws:s3:::bucket"}}`), "Statement[0].Principal.AWS"},
		{"service without dots", doc(`{` + trust + `,"Principal":{"Service":"finspace"}}`), "Statement[0].Principal.Service"},
		{"empty list of principals", doc(`{` + trust + `,"Principal":{"AWS":[]}}`), "Statement[0].Principal.AWS"},
	} {
		t.Run("trust/"+c.name, func(t *testing.T) { refuses(t, policy.Trust, c.src, c.place) })
	}
}

func refuses(t *testing.T, kind policy.Kind, src, place string) {
	t.Helper()
	_, err := policy.Parse(kind, src)
	s, ok := err.(*policy.SyntaxError)
	if !ok {
		t.Fatalf("accepted, or another error: %v", err)
	}
	if !strings.HasPrefix(s.Place, place) || place == "" && s.Place != "" {
		t.Errorf("named %q, want %q (%s)", s.Place, place, s.Text)
	}
	if s.Text == "" {
		t.Error("does not say what is wrong")
	}
}

func TestPositions(t *testing.T) {
	src := "{\n \"Statement\": [\n  {\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\"},\n  {\"Effect\":\"Deny\",\n\"Action\":\"é:b\"}]}"
	src = strings.Replace(src, `"é:b"`, `"a:c","Resource":"*"`, 1)
	d := parse(t, policy.Identity, src)
	got := fmt.Sprint(d.Statements[0].Start, d.Statements[0].End, d.Statements[1].Start, d.Statements[1].End)
	if want := "{3 3} {3 51} {4 3} {5 31}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
