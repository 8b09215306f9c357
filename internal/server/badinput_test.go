package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// TestBadInput sends what clients with mistakes, and people without good
// intentions, send: every reply is an error that says what was wrong, and
// nothing changes.
func TestBadInput(t *testing.T) {
	s := live.Start(t)
	env, role, other := s.Environment("env"), s.Role("a"), s.Role("b")
	s.User(env, "bob", role)
	users := "/kx/environments/" + env + "/users"
	good := fmt.Sprintf(`{"iamRole":%q}`, other)
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		code         string
	}{
		"no body":                            {"PUT", users + "/bob", nil, 400, "ValidationException"},
		"not JSON":                           {"PUT", users + "/bob", []byte("iamRole=x"), 400, "ValidationException"},
		"half of a JSON object":              {"PUT", users + "/bob", []byte(good[:20]), 400, "ValidationException"},
		"two JSON objects":                   {"PUT", users + "/bob", []byte(good + good), 400, "ValidationException"},
		"something after the object":         {"PUT", users + "/bob", []byte(good + "x"), 400, "ValidationException"},
		"a list":                             {"PUT", users + "/bob", []byte("[]"), 400, "ValidationException"},
		"null":                               {"PUT", users + "/bob", []byte("null"), 400, "ValidationException"},
		"a string":                           {"PUT", users + "/bob", []byte(`"x"`), 400, "ValidationException"},
		"a comment":                          {"PUT", users + "/bob", []byte(good + "// x"), 400, "ValidationException"},
		"a comma too many":                   {"PUT", users + "/bob", []byte(`{"iamRole":"` + other + `",}`), 400, "ValidationException"},
		"single quotes":                      {"PUT", users + "/bob", []byte(`{'iamRole':'x'}`), 400, "ValidationException"},
		"broken UTF-8":                       {"PUT", users + "/bob", []byte("{\"iamRole\":\"" + other + "\xff\"}"), 400, "ValidationException"},
		"broken UTF-8 in an unknown member":  {"PUT", users + "/bob", []byte("{\"iamRole\":\"" + other + "\",\"x\":\"\xc3\"}"), 400, "ValidationException"},
		"a lone surrogate":                   {"PUT", users + "/bob", []byte(`{"iamRole":"\ud800"}`), 400, "ValidationException"},
		"a control character":                {"PUT", users + "/bob", []byte("{\"iamRole\":\"a\nb\"}"), 400, "ValidationException"},
		"a number for a string":              {"PUT", users + "/bob", []byte(`{"iamRole":17}`), 400, "ValidationException"},
		"a list for a string":                {"PUT", users + "/bob", []byte(`{"iamRole":["` + other + `"]}`), 400, "ValidationException"},
		"an object for a string":             {"PUT", users + "/bob", []byte(`{"iamRole":{}}`), 400, "ValidationException"},
		"a string for a map":                 {"POST", users, []byte(`{"userName":"x","iamRole":"` + other + `","tags":"x"}`), 400, "ValidationException"},
		"a number as tag value":              {"POST", users, []byte(`{"userName":"x","iamRole":"` + other + `","tags":{"a":1}}`), 400, "ValidationException"},
		"a tag key that begins with aws:":    {"POST", users, []byte(`{"userName":"x","iamRole":"` + other + `","tags":{"aws:x":"1"}}`), 400, "ValidationException"},
		"an empty user name":                 {"POST", users, []byte(`{"userName":"","iamRole":"` + other + `"}`), 400, "ValidationException"},
		"a user name of 51 characters":       {"POST", users, []byte(`{"userName":"` + strings.Repeat("a", 51) + `","iamRole":"` + other + `"}`), 400, "ValidationException"},
		"a user name with a blank":           {"POST", users, []byte(`{"userName":"a b","iamRole":"` + other + `"}`), 400, "ValidationException"},
		"a user name with a newline":         {"POST", users, []byte(`{"userName":"ab\n","iamRole":"` + other + `"}`), 400, "ValidationException"},
		"a role of 5 characters":             {"PUT", users + "/bob", []byte(`{"iamRole":"abcde"}`), 400, "ValidationException"},
		"a role of 3,000 characters":         {"PUT", users + "/bob", []byte(`{"iamRole":"arn:aws:iam::123456789012:role/` + strings.Repeat("a", 3000) + `"}`), 400, "ValidationException"},
		"nested a million deep":              {"PUT", users + "/bob", []byte(strings.Repeat(`{"a":`, 170_000)), 400, "ValidationException"},
		"lists a million deep":               {"PUT", users + "/bob", bytes.Repeat([]byte("["), 1_000_000), 400, "ValidationException"},
		"ten megabytes":                      {"PUT", users + "/bob", bytes.Repeat([]byte(" "), 10<<20), 413, "RequestEntityTooLargeException"},
		"an underscore in the environment":   {"GET", "/kx/environments/UP_x", nil, 400, "ValidationException"},
		"an unknown route":                   {"GET", "/kx/nothing", nil, 404, "UnknownOperationException"},
		"the root path":                      {"GET", "/", nil, 404, "UnknownOperationException"},
		"a slash at the end":                 {"GET", users + "/", nil, 404, "UnknownOperationException"},
		"two slashes":                        {"GET", "/kx//environments", nil, 404, "UnknownOperationException"},
		"dots in the path":                   {"GET", "/kx/environments/../environments", nil, 404, "UnknownOperationException"},
		"upper case":                         {"GET", "/KX/environments", nil, 404, "UnknownOperationException"},
		"a wrong method":                     {"PATCH", users + "/bob", []byte(good), 405, "MethodNotAllowedException"},
		"a method that nobody knows":         {"BREW", users + "/bob", nil, 405, "MethodNotAllowedException"},
		"an encoded slash in a user's name":  {"GET", users + "/a%2Fb", nil, 400, "ValidationException"},
		"an encoded slash for a real one":    {"GET", "/kx/environments%2F" + env, nil, 404, "UnknownOperationException"},
		"an encoded NUL":                     {"GET", users + "/a%00b", nil, 400, "ValidationException"},
		"encoded dots for a user":            {"GET", users + "/%2e%2e", nil, 400, "ValidationException"},
		"a query key twice":                  {"GET", users + "?maxResults=1&maxResults=2", nil, 400, "ValidationException"},
		"a page size that is no number":      {"GET", users + "?maxResults=ten", nil, 400, "ValidationException"},
		"a page size of 101":                 {"GET", users + "?maxResults=101", nil, 400, "ValidationException"},
		"a negative page size":               {"GET", users + "?maxResults=-1", nil, 400, "ValidationException"},
		"a page size with a fraction":        {"GET", users + "?maxResults=1.5", nil, 400, "ValidationException"},
		"a page size beyond 64 bits":         {"GET", users + "?maxResults=99999999999999999999", nil, 400, "ValidationException"},
		"an empty page token":                {"GET", users + "?nextToken=", nil, 400, "ValidationException"},
		"a page token that is nobody's":      {"GET", users + "?nextToken=abc", nil, 400, "ValidationException"},
		"a page token of 1,001 characters":   {"GET", users + "?nextToken=" + strings.Repeat("a", 1001), nil, 400, "ValidationException"},
		"broken encoding in the query":       {"GET", users + "?maxResults=%zz", nil, 400, "ValidationException"},
		"a tag operation on no ARN":          {"GET", "/tags/hello", nil, 400, "InvalidRequestException"},
		"tags on nothing":                    {"POST", "/tags/arn%3Aaws%3Afinspace%3Aus-east-1%3A123456789012%3AkxEnvironment%2Fnone", []byte(`{"tags":{"a":"b"}}`), 404, "ResourceNotFoundException"},
		"tags without tags":                  {"POST", "/tags/arn%3Aaws%3Afinspace%3Aus-east-1%3A123456789012%3AkxEnvironment%2F" + env, []byte(`{}`), 400, "InvalidRequestException"},
		"an operation that is not here yet":  {"GET", "/kx/environments/" + env + "/connectionString?userArn=x&clusterName=y", nil, 400, "ValidationException"},
		"a Dataset Browser environment":      {"GET", "/environment/abc", nil, 404, "ResourceNotFoundException"},
		"a new Dataset Browser environment":  {"POST", "/environment", []byte(`{"name":"abc"}`), 400, "ValidationException"},
		"a token of blanks":                  {"PUT", users + "/bob", []byte(`{"iamRole":"` + other + `","clientToken":"  "}`), 400, "ValidationException"},
		"a KMS key that is none":             {"POST", "/kx/environments", []byte(`{"name":"abc","kmsKeyId":"alias/x"}`), 400, "ValidationException"},
		"a description with a hyphen":        {"POST", "/kx/environments", []byte(`{"name":"abc","kmsKeyId":"arn:aws:kms:us-east-1:1:key/1","description":"a-b"}`), 400, "ValidationException"},
		"an environment's name in an accent": {"POST", "/kx/environments", []byte(`{"name":"d\u00e9sk","kmsKeyId":"arn:aws:kms:us-east-1:1:key/1"}`), 400, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.Do(c.method, c.path, c.body)
			if r.Status != c.status || r.Code() != c.code {
				t.Errorf("got %d %s, want %d %s: %.300s", r.Status, r.Code(), c.status, c.code, r.Body)
			}
			if !json.Valid(r.Body) || r.Member("message") == "" {
				t.Errorf("no message: %.300s", r.Body)
			}
			if len(r.Body) > 4096 {
				t.Errorf("an error of %d bytes", len(r.Body))
			}
		})
	}
	t.Run("nothing has changed", func(t *testing.T) {
		if got := s.Do("GET", users+"/bob", nil).Member("iamRole"); got != role {
			t.Errorf("the role is %s", got)
		}
		var list struct{ Users, Environments []any }
		_ = json.Unmarshal(s.Do("GET", users, nil).Body, &list)
		_ = json.Unmarshal(s.Do("GET", "/kx/environments", nil).Body, &list)
		if len(list.Users) != 1 || len(list.Environments) != 1 {
			t.Errorf("%d users, %d environments", len(list.Users), len(list.Environments))
		}
	})
	t.Run("unknown members are passed over", func(t *testing.T) {
		r := s.Do("PUT", users+"/bob", []byte(`{"iamRole":"`+other+`","x":{"deep":[1,2,{"er":null}]},"userName":"eve"}`))
		if r.Status != 200 || r.Member("userName") != "bob" || r.Member("iamRole") != other {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	})
	t.Run("null is as if it were absent", func(t *testing.T) {
		if r := s.Do("PUT", users+"/bob", []byte(`{"iamRole":"`+role+`","clientToken":null}`)); r.Status != 200 {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	})
}

func TestUnsigned(t *testing.T) {
	s := live.Start(t)
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/kx/environments": {403, "MissingAuthenticationTokenException"},
		"/kx/nothing":      {404, "UnknownOperationException"},
	} {
		r, _ := s.Request(http.MethodGet, path, nil)
		if reply := s.Send(r); reply.Status != want.status || reply.Code() != want.code || reply.Member("message") == "" {
			t.Errorf("%s: %d %s %s", path, reply.Status, reply.Code(), reply.Body)
		}
	}
	for path, text := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		r, _ := s.Request(http.MethodGet, path, nil)
		if reply := s.Send(r); reply.Status != 200 || string(reply.Body) != text {
			t.Errorf("%s: %d %s", path, reply.Status, reply.Body)
		}
	}
	s.Do(http.MethodGet, "/kx/environments/none", nil)
	r, _ := s.Request(http.MethodGet, "/metrics", nil)
	reply := s.Send(r)
	for _, line := range []string{
		`quoin_api_requests_total{code="MissingAuthenticationTokenException",operation="ListKxEnvironments",status="403"} 1`,
		`quoin_api_requests_total{code="ResourceNotFoundException",operation="GetKxEnvironment",status="404"} 1`,
		`quoin_api_request_seconds_count{operation="GetKxEnvironment"} 1`,
	} {
		if !strings.Contains(string(reply.Body), line) {
			t.Errorf("no line %s in the metrics", line)
		}
	}
}

// TestAddressLimit has an address whose requests are refused wait, and lets in
// a caller who has credentials.
func TestAddressLimit(t *testing.T) {
	clock := live.NewClock(time.Now())
	s := live.Start(t, func(c *server.Config) {
		c.Limits.AddressRate, c.Limits.AddressBurst = 1, 3
		c.Now = clock.Now
	})
	for range 20 {
		if r := s.Do("GET", "/kx/environments", nil); r.Status != 200 {
			t.Fatalf("a good request: %d %s", r.Status, r.Body)
		}
	}
	unsigned := func() int {
		r, _ := s.Request(http.MethodGet, "/kx/environments", nil)
		return s.Send(r).Status
	}
	for i, want := range []int{403, 403, 403, 429, 429} {
		if got := unsigned(); got != want {
			t.Errorf("refusal %d: status %d, want %d", i, got, want)
		}
	}
	clock.Advance(2 * time.Second)
	if got := unsigned(); got != 403 {
		t.Errorf("after a while: %d", got)
	}
}
