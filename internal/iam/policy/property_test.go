package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/iam/policy"
)

var (
	someActions   = []string{"finspace:GetKxUser", "finspace:UpdateKxUser", "iam:GetRole", "s3:GetObject"}
	somePatterns  = []string{"*", "finspace:*", "finspace:Get*", "iam:GetRole", "s3:?etObject"}
	someResources = []string{kxBob, kx, "arn:aws:s3:::b/k", "*"}
	resourceForms = []string{"*", kx + "/*", kxBob, "arn:aws:s3:::*", kx + "/kxUser/${aws:username}", kx + "/kxUser/${aws:nothing}"}
	someKeys      = []string{"aws:username", "aws:RequestTag/team", "aws:nothing"}
	someOperators = []string{"StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "ForAllValues:StringEquals", "ForAnyValue:StringNotEquals", "Null"}
)

func drawStatement(t *rapid.T, effect string) string {
	s := map[string]any{"Effect": effect}
	s[rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "a")] = rapid.SampledFrom(somePatterns).Draw(t, "action")
	s[rapid.SampledFrom([]string{"Resource", "Resource", "NotResource"}).Draw(t, "r")] = rapid.SampledFrom(resourceForms).Draw(t, "resource")
	if rapid.Bool().Draw(t, "conditional") {
		op := rapid.SampledFrom(someOperators).Draw(t, "operator")
		value := rapid.SampledFrom([]string{"bob", "fx", "b*"}).Draw(t, "value")
		if op == "Null" {
			value = "true"
		}
		s["Condition"] = map[string]any{op: map[string]any{rapid.SampledFrom(someKeys).Draw(t, "key"): value}}
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func drawStatements(t *rapid.T, min int) []string {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return drawStatement(t, rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect"))
	}), min, 5).Draw(t, "statements")
}

func drawRequest(t *rapid.T) *policy.Request {
	k := keys{}
	for _, name := range someKeys[:2] {
		if rapid.Bool().Draw(t, "has "+name) {
			k[name] = rapid.SliceOfN(rapid.SampledFrom([]string{"bob", "fx", "eve"}), 1, 2).Draw(t, name)
		}
	}
	return request(rapid.SampledFrom(someActions).Draw(t, "does"), rapid.SampledFrom(someResources).Draw(t, "on"), k)
}

func mustParse(t *rapid.T, statements []string) *policy.Document {
	d, err := policy.Parse(policy.Identity, doc(statements...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAddingADenyNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawStatements(t, 1), drawRequest(t)
		before := mustParse(t, s).Evaluate(r).Effect
		at := rapid.IntRange(0, len(s)).Draw(t, "at")
		more := append(append(append([]string{}, s[:at]...), drawStatement(t, "Deny")), s[at:]...)
		if after := mustParse(t, more).Evaluate(r).Effect; after == policy.Allow && before != policy.Allow {
			t.Fatalf("%v became %v", before, after)
		}
	})
}

func TestAddingAnAllowNeverDenies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawStatements(t, 1), drawRequest(t)
		before := mustParse(t, s).Evaluate(r).Effect
		if after := mustParse(t, append(s, drawStatement(t, "Allow"))).Evaluate(r).Effect; after < before && before != policy.Deny || before == policy.Deny && after != policy.Deny {
			t.Fatalf("%v became %v", before, after)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := drawStatements(t, 2), drawRequest(t)
		want := mustParse(t, s).Evaluate(r).Effect
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
		if got := mustParse(t, s).Evaluate(r).Effect; got != want {
			t.Fatalf("%v became %v", want, got)
		}
	})
}

// A list is the statements of its parts.
func TestListsAreAlternatives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		a, b := rapid.SampledFrom(somePatterns).Draw(t, "a"), rapid.SampledFrom(somePatterns).Draw(t, "b")
		one := mustParse(t, []string{fmt.Sprintf(`{"Effect":"Allow","Action":[%q,%q],"Resource":"*"}`, a, b)})
		two := mustParse(t, []string{fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":"*"}`, a), fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":"*"}`, b)})
		if one.Evaluate(r).Effect != two.Evaluate(r).Effect {
			t.Fatal("they differ")
		}
	})
}

// glob is the plain way to match, to compare with.
func glob(p, s string) bool {
	switch {
	case p == "":
		return s == ""
	case p[0] == '*':
		return glob(p[1:], s) || s != "" && glob(p, s[1:])
	case s == "":
		return false
	}
	return (p[0] == '?' || p[0] == s[0]) && glob(p[1:], s[1:])
}

func TestWildcardsMatchAsSpelledOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		d := mustParse(t, []string{fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::%s"}`, p)})
		if got := d.Evaluate(request("s3:GetObject", "arn:aws:s3:::"+s, nil)).Effect == policy.Allow; got != glob(p, s) {
			t.Fatalf("%q on %q: %v", p, s, got)
		}
	})
}

// A pattern made to be slow is not.
func TestWildcardsTakeBoundedTime(t *testing.T) {
	d := parse(t, policy.Identity, doc(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::`+strings.Repeat("a*", 500)+`b"}`))
	if d.Evaluate(request("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("a", 5000), nil)).Effect != policy.None {
		t.Fatal("matched")
	}
}

// Reading never panics; what it accepts it can evaluate, and reads the same
// when spaces are put in.
func FuzzParse(f *testing.F) {
	f.Add(doc(`{"Effect":"Allow","Action":"a:b","Resource":"*"}`), "finspace:GetKxUser", kxBob, "bob")
	f.Add(doc(`{"Sid":"x","Effect":"Deny","NotAction":["a:*"],"NotResource":"arn:aws:s3:::${aws:username}/*","Condition":{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a*",1,true]}}}`), "s3:GetObject", "arn:aws:s3:::bob/x", "bob")
	f.Add(`{"Statement":[{"Principal" : {"AWS":[ "123456789012" ,"arn:aws:iam::1\u003223456789012:user/\"b"]},"Effect":"Allow","Action":"sts:AssumeRole"},{"Principal":{"AWS":"AROA22222222222222222"},"Effect":"Deny","Action":"a:b"}]}`, "sts:AssumeRole", "", "AROA22222222222222222")
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*","Federated":"x"},"Action":"sts:AssumeRole","Condition":{"IpAddress":{"aws:SourceIp":"::/0"},"Null":{"a:b":true}}}}`, "sts:AssumeRole", "", "x")
	f.Fuzz(func(t *testing.T, src, action, resource, user string) {
		r := request(action, resource, keys{"aws:username": {user}, "aws:TagKeys": {user, "a"}, "aws:SourceIp": {user}})
		r.Caller = &policy.Caller{Account: "123456789012", Names: []string{user}}
		for _, kind := range []policy.Kind{policy.Identity, policy.Trust} {
			d, err := policy.Parse(kind, src)
			if err != nil {
				if _, ok := err.(*policy.SyntaxError); !ok {
					t.Fatalf("not a syntax error: %v", err)
				}
				continue
			}
			again, err := policy.Parse(kind, " "+src+"\n")
			if err != nil {
				t.Fatalf("refused with a blank around it: %v", err)
			}
			if a, b := d.Evaluate(r), again.Evaluate(r); a != b || a.Effect != policy.None && (a.Statement < 0 || a.Statement >= len(d.Statements)) {
				t.Fatalf("%v %v", a, b)
			}
			d.EvaluateTrust(r)
			if kind == policy.Trust {
				renamed(t, d)
			}
		}
	})
}

// renamed checks that a document stays itself, and can be read, when those whom
// it trusts are named in another way.
func renamed(t *testing.T, d *policy.Document) {
	t.Helper()
	same := func(id string) (string, error) { return id, nil }
	if text, err := d.RenamePrincipals(same); err != nil || text != d.Source() {
		t.Fatalf("%v %q became %q", err, d.Source(), text)
	}
	text, err := d.RenamePrincipals(func(string) (string, error) { return "AIDA22222222222222222", nil })
	if err != nil {
		t.Fatal(err)
	}
	again, err := policy.Parse(policy.Trust, text)
	if err != nil {
		t.Fatalf("%q became %q: %v", d.Source(), text, err)
	}
	if text, err = again.RenamePrincipals(same); err != nil || text != again.Source() {
		t.Fatalf("%v %q became %q", err, again.Source(), text)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	d := parse(b, policy.Identity, doc(
		`{"Effect":"Allow","Action":["finspace:Get*","finspace:List*"],"Resource":"*"}`,
		`{"Effect":"Allow","Action":"finspace:UpdateKxUser","Resource":"arn:aws:finspace:*:123456789012:kxEnvironment/*/kxUser/*"}`,
		`{"Effect":"Deny","Action":"iam:*","Resource":"*"}`))
	r := request("finspace:UpdateKxUser", kxBob, nil)
	b.ReportAllocs()
	for b.Loop() {
		if d.Evaluate(r).Effect != policy.Allow {
			b.Fatal("denied")
		}
	}
}
