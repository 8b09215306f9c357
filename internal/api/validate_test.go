package api_test

import (
	"errors"
	"math"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/finspace/schema"
	"github.com/quoinhq/quoin/internal/api"
)

// TestMatchersAreTheirPatterns holds each named matcher against what its
// pattern says, in expressions that Go has.
func TestMatchersAreTheirPatterns(t *testing.T) {
	re := regexp.MustCompile
	for name, ref := range map[string]struct {
		want     func(string) bool
		alphabet string
		starts   []string
	}{
		"TagKey": {
			// The class is the model's own, the range from + to = included.
			func(s string) bool { return re(`^[a-zA-Z+-=._:/]+$`).MatchString(s) && !strings.HasPrefix(s, "aws:") },
			"azAZ09+-=._:/;<,@ *\n'\"é", []string{"", "aws:", "aws", "AWS:", "Aws"},
		},
		"KxCommandLineArgumentKey": {
			func(s string) bool {
				return s == "AWS_ZIP_DEFAULT" || re(`^(?:s|[a-zA-Z][a-zA-Z0-9_]+)$`).MatchString(s) && !re(`^[Aa][Ww][Ss]`).MatchString(s)
			},
			"asSgwWZ09_- \né", []string{"", "s", "aws", "Aws", "AWS_ZIP_DEFAULT", "xAWS_ZIP_DEFAULT"},
		},
		"ExecutionRoleArn": {
			func(s string) bool {
				role, ok := strings.CutPrefix(s, re(`^arn:aws[a-z0-9-]*:iam::\d{12}:role/`).FindString(s))
				return ok && role != s && len(role) <= 1017 && re(`^[\w\-/.@+=,]+$`).MatchString(role)
			},
			"azAZ09-/.@+=,_: *\né", []string{
				"arn:aws:iam::123456789012:role/", "arn:aws-us-gov:iam::123456789012:role/", "arn:aws:iam::12345678901:role/",
				"arn:aws:iam::123456789012:user/", "arn:AWS:iam::123456789012:role/", "arn:aws:iam::123456789012:role/" + strings.Repeat("a", 1015),
				"arn:aws:iam::", "",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			match := api.Matchers[name]
			rapid.Check(t, func(t *rapid.T) {
				s := rapid.SampledFrom(ref.starts).Draw(t, "start") + rapid.StringOfN(rapid.RuneFrom([]rune(ref.alphabet)), 0, 6, -1).Draw(t, "rest")
				if got, want := match(s), ref.want(s); got != want {
					t.Fatalf("%q: %v, want %v", s, got, want)
				}
			})
			for c := range 256 {
				for _, start := range ref.starts {
					if s := start + string(rune(c)); match(s) != ref.want(s) {
						t.Errorf("%q: %v", s, match(s))
					}
				}
			}
		})
	}
}

// shapes calls f with every shape of the schema.
func shapes(f func(*schema.Shape)) {
	done := make(map[*schema.Shape]bool)
	var walk func(s *schema.Shape)
	walk = func(s *schema.Shape) {
		if s == nil || done[s] {
			return
		}
		done[s] = true
		f(s)
		walk(s.Elem)
		walk(s.Key)
		for i := range s.Members {
			walk(s.Members[i].Shape)
		}
	}
	for _, op := range finspace.Schema().Operations {
		walk(op.Input)
		walk(op.Output)
	}
}

func TestEveryMatcherOfTheSchemaExists(t *testing.T) {
	n := 0
	shapes(func(s *schema.Shape) {
		if s.Matcher == "" {
			return
		}
		if n++; api.Matchers[s.Matcher] == nil {
			t.Errorf("shape %s has no matcher %s", s.Name, s.Matcher)
		}
	})
	if n != len(api.Matchers) {
		t.Errorf("the schema asks for %d matchers, there are %d", n, len(api.Matchers))
	}
}

// TestEveryPatternCompiles does what the first request with a value of the
// shape would do.
func TestEveryPatternCompiles(t *testing.T) {
	shapes(func(s *schema.Shape) {
		if _, err := regexp.Compile(`^(?:` + s.Pattern + `)$`); err != nil && s.Matcher == "" {
			t.Errorf("shape %s: %v", s.Name, err)
		}
	})
}

func TestEveryExceptionIsNeeded(t *testing.T) {
	for i, e := range api.Exceptions() {
		model, with := api.Refuses(i)
		if !model {
			t.Errorf("%s: the model takes %q anyway", e.Where, e.Sample)
		}
		if with {
			t.Errorf("%s: %q is refused all the same", e.Where, e.Sample)
		}
		if e.Source == "" {
			t.Errorf("%s: no source", e.Where)
		}
	}
}

func TestValidate(t *testing.T) {
	cluster := func(change func(*finspace.CreateKxClusterInput)) *finspace.CreateKxClusterInput {
		in := &finspace.CreateKxClusterInput{
			EnvironmentId: new("env"), ClusterName: new("cluster"), ClusterType: finspace.KxClusterTypeHdb, ReleaseLabel: new("1.0"),
			VpcConfiguration: &finspace.VpcConfiguration{}, AzMode: finspace.KxAzModeSingle,
		}
		change(in)
		return in
	}
	argument := func(k, v string) *finspace.CreateKxClusterInput {
		return cluster(func(in *finspace.CreateKxClusterInput) {
			in.CommandLineArguments = []finspace.KxCommandLineArgument{{Key: &k, Value: &v}}
		})
	}
	user := func(name, role string) *finspace.CreateKxUserInput {
		return &finspace.CreateKxUserInput{EnvironmentId: new("e"), UserName: &name, IamRole: &role}
	}
	const role = "arn:aws:iam::123456789012:role/r"
	for _, tt := range []struct {
		name, op string
		in       any
		want     string // "" if it is right
	}{
		{"ok", "CreateKxUser", user("bob", role), ""},
		{"length in characters, not bytes", "CreateKxUser", user(strings.Repeat("é", 50), role), "1 validation error detected: Value '" + strings.Repeat("é", 50) + "' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9A-Za-z_-]{1,50}$"},
		{"too long and two rules", "CreateKxUser", user(strings.Repeat("a", 51), role), "2 validation errors detected: Value '" + strings.Repeat("a", 51) + "' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 50; Value '" + strings.Repeat("a", 51) + "' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9A-Za-z_-]{1,50}$"},
		{"pattern takes no newline at the end", "CreateKxUser", user("bob\n", role), `1 validation error detected: Value 'bob\n' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9A-Za-z_-]{1,50}$`},
		{"control characters are not shown", "CreateKxUser", user("\x1b[2J\u202e", role), `1 validation error detected: Value '\x1b[2J\u202e' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9A-Za-z_-]{1,50}$`},
		{"tag key of the range", "TagResource", &finspace.TagResourceInput{ResourceArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/e"), Tags: map[string]string{"a9;<,": "v"}}, ""},
		{"tag key of aws", "TagResource", &finspace.TagResourceInput{ResourceArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/e"), Tags: map[string]string{"aws:x": "v"}}, "1 validation error detected: Value 'aws:x' at 'tags.key' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?!aws:)[a-zA-Z+-=._:/]+$"},
		{"tag value", "TagResource", &finspace.TagResourceInput{ResourceArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/e"), Tags: map[string]string{"k": "*"}}, "1 validation error detected: Value '*' at 'tags['k']' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9+-=._:@ ]+$"},
		{"no tags", "TagResource", &finspace.TagResourceInput{ResourceArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/e"), Tags: map[string]string{}}, "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"argument g", "CreateKxCluster", argument("g", "1"), ""},
		{"argument s", "CreateKxCluster", argument("s", "4"), ""},
		{"argument x", "CreateKxCluster", argument("x", "4"), "1 validation error detected: Value 'x' at 'commandLineArguments[0].key' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?![Aa][Ww][Ss])(s|([a-zA-Z][a-zA-Z0-9_]+))|(AWS_ZIP_DEFAULT)"},
		{"argument value of the newest model", "CreateKxCluster", argument("dbs", "a; b"), ""},
		{"argument value with a hyphen", "CreateKxCluster", argument("dbs", "a-b"), "1 validation error detected: Value 'a-b' at 'commandLineArguments[0].value' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_:./,; ]+$"},
		{"patterns without anchors match the whole", "CreateKxScalingGroup", &finspace.CreateKxScalingGroupInput{ClientToken: new("t"), EnvironmentId: new("e"), ScalingGroupName: new("group"), HostType: new("kx.sg.large; rm"), AvailabilityZoneId: new("use1-az1")},
			"1 validation error detected: Value 'kx.sg.large; rm' at 'hostType' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9._]+"},
		{"doubles", "CreateKxCluster", cluster(func(in *finspace.CreateKxClusterInput) {
			in.AutoScalingConfiguration = &finspace.AutoScalingConfiguration{MetricTarget: new(100.5), MinNodeCount: new(int32(0)), ScaleInCooldownSeconds: new(math.NaN())}
		}), "3 validation errors detected: Value '0' at 'autoScalingConfiguration.minNodeCount' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '100.5' at 'autoScalingConfiguration.metricTarget' failed to satisfy constraint: Member must have value less than or equal to 100; Value 'NaN' at 'autoScalingConfiguration.scaleInCooldownSeconds' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"sensitive values are not shown", "CreateEnvironment", &finspace.CreateEnvironmentInput{Name: new("env"), SuperuserParameters: &finspace.SuperuserParameters{EmailAddress: new("secret"), FirstName: new("a"), LastName: new("b")}},
			"1 validation error detected: Value at 'superuserParameters.emailAddress' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Z0-9a-z._%+-]+@[A-Za-z0-9.-]+[.]+[A-Za-z]+"},
		{"description taken away", "UpdateKxDatabase", &finspace.UpdateKxDatabaseInput{EnvironmentId: new("e"), DatabaseName: new("data"), ClientToken: new("t"), Description: new("")}, ""},
		{"a token of white space", "CreateKxUser", &finspace.CreateKxUserInput{EnvironmentId: new("e"), UserName: new("bob"), IamRole: new(role), ClientToken: new("  ")}, `1 validation error detected: Value '  ' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: .*\S.*`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := operation(t, tt.op).Validate(tt.in)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e finspace.Error
			if !errors.As(err, &e) || e.ErrorMessage() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}

	t.Run("only the first are spelled out", func(t *testing.T) {
		in := cluster(func(in *finspace.CreateKxClusterInput) {
			for range 50 {
				in.CommandLineArguments = append(in.CommandLineArguments, finspace.KxCommandLineArgument{Key: new(strings.Repeat("-", 1<<20))})
			}
		})
		text := operation(t, "CreateKxCluster").Validate(in).Error()
		if !strings.HasPrefix(text, "ValidationException: 100 validation errors detected") || !strings.HasSuffix(text, "; and 90 more") || len(text) > 5000 {
			t.Errorf("%d bytes: %.200s", len(text), text)
		}
	})
}

func TestTokensAndCanonicalForm(t *testing.T) {
	op := operation(t, "UpdateKxUser")
	in := func(role, token string) *finspace.UpdateKxUserInput {
		return &finspace.UpdateKxUserInput{EnvironmentId: new("e"), UserName: new("b"), IamRole: &role, ClientToken: &token}
	}
	canonical := func(op *api.Operation, in any) string {
		b, err := op.AppendCanonical(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	a := in("r", "one")
	if got := op.TokenOf(a); got != "one" {
		t.Errorf("token %q", got)
	}
	if canonical(op, a) != canonical(op, in("r", "two")) {
		t.Error("the token is part of the canonical form")
	}
	if canonical(op, a) == canonical(op, in("q", "one")) {
		t.Error("the role is not part of the canonical form")
	}
	if *a.ClientToken != "one" {
		t.Error("the input was changed")
	}
	get := operation(t, "GetKxUser")
	if got := get.TokenOf(&finspace.GetKxUserInput{}); got != "" {
		t.Errorf("token %q", got)
	}
	del := operation(t, "DeleteKxUser")
	if canonical(del, &finspace.DeleteKxUserInput{EnvironmentId: new("e"), UserName: new("b"), ClientToken: new("x")}) !=
		canonical(del, &finspace.DeleteKxUserInput{EnvironmentId: new("e"), UserName: new("b")}) {
		t.Error("a token in the query is part of the canonical form")
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"/kx/environments/a/users/b", "/tags/arn%3Aaws%2Fx", "/kx//users", "/%", "/kx/environments/%2e%2e/users", "x", "/environment/?a=b#c"} {
		f.Add("GET", s)
	}
	rt := api.NewRouter()
	f.Fuzz(func(t *testing.T, method, path string) {
		u, err := url.Parse(path)
		if err != nil {
			return
		}
		op, params, err := rt.Match(request(method, u))
		if err != nil {
			if !hasStatus(err, 404) && !hasStatus(err, 405) {
				t.Errorf("%v", err)
			}
			return
		}
		want := op.URI
		for _, p := range params {
			i, j := strings.Index(want, "{"), strings.Index(want, "}")
			want = want[:i] + p + want[j+1:]
		}
		if want != u.EscapedPath() || method != op.Method {
			t.Errorf("%s %s went to %s with %q", method, path, op.Name, params)
		}
		in, err := op.Bind(request(method, u), params, nil)
		if err == nil {
			op.Validate(in)
		}
	})
}

func BenchmarkValidateUpdateUser(b *testing.B) {
	op := operation(b, "UpdateKxUser")
	in := &finspace.UpdateKxUserInput{
		EnvironmentId: new("jlcenjvtkgzrdek2qqv7ic"), UserName: new("bob"),
		IamRole: new("arn:aws:iam::123456789012:role/trader"), ClientToken: new("fdbd82ab-671f-470d-9546-3c6dcebb94aa"),
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := op.Validate(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	rt := api.NewRouter()
	r := request("PUT", &url.URL{Path: "/kx/environments/jlcenjvtkgzrdek2qqv7ic/users/bob"})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := rt.Match(r); err != nil {
			b.Fatal(err)
		}
	}
}
