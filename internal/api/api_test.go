package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
)

func operation(t testing.TB, name string) *api.Operation {
	t.Helper()
	for _, op := range api.Operations() {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

func TestOperationsAreAllFifty(t *testing.T) {
	if n := len(api.Operations()); n != 50 {
		t.Fatalf("%d operations, want 50", n)
	}
}

func TestUnimplementedAnswersEveryOperation(t *testing.T) {
	for _, op := range api.Operations() {
		out, err := op.Call(t.Context(), api.Unimplemented{}, op.NewInput())
		var not *api.NotImplementedError
		if out != nil || !errors.As(err, &not) || not.Operation != op.Name {
			t.Errorf("%s: %v, %v", op.Name, out, err)
			continue
		}
		rec := httptest.NewRecorder()
		if err := api.WriteError(rec, "id", err); err != nil {
			t.Fatal(err)
		}
		if rec.Code != 501 || !strings.Contains(rec.Body.String(), op.Name) {
			t.Errorf("%s: %d %s", op.Name, rec.Code, rec.Body)
		}
	}
}

func TestMatch(t *testing.T) {
	rt := api.NewRouter()
	match := func(method, target string) (*api.Operation, api.Params, error) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		return rt.Match(&http.Request{Method: method, URL: u})
	}
	for _, op := range api.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			var want []string
			path := op.URI
			for strings.Contains(path, "{") {
				i, j := strings.Index(path, "{"), strings.Index(path, "}")
				v := fmt.Sprintf("a%%2Fb%d", len(want))
				want = append(want, v)
				path = path[:i] + v + path[j+1:]
			}
			got, params, err := match(op.Method, path+"?x=y")
			if err != nil || got != op || strings.Join(params, " ") != strings.Join(want, " ") {
				t.Fatalf("%s %s: %v %v %v", op.Method, path, got, params, err)
			}
			if _, _, err := match("PROPFIND", path); !hasStatus(err, 405) {
				t.Errorf("wrong method: %v", err)
			}
			if _, _, err := match(op.Method, path+"/"); !hasStatus(err, 404) {
				t.Errorf("slash at the end: %v", err)
			}
		})
	}
	for _, target := range []string{"/", "//", "/kx", "/kx/", "/kx/environments/", "/kx/environments//users", "/nothing", "/tags", "/tags/", "/tags/a/b", "/KX/environments"} {
		if _, _, err := match("GET", target); !hasStatus(err, 404) {
			t.Errorf("%s: %v, want 404", target, err)
		}
	}
}

func hasStatus(err error, status int) bool {
	var e finspace.Error
	return errors.As(err, &e) && e.HTTPStatus() == status
}

func TestWriteError(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		code   string
		body   map[string]string
	}{
		{"conflict", finspace.NewConflictException("taken", "because"), 409, "ConflictException", map[string]string{"message": "taken", "reason": "because"}},
		{"wrapped", fmt.Errorf("user table: %w", finspace.NewResourceNotFoundException("no bob")), 404, "ResourceNotFoundException", map[string]string{"message": "no bob"}},
		{"anything else", errors.New("secret path /x"), 500, "InternalServerException", map[string]string{"message": "The request failed because of an internal error."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			if err := api.WriteError(rec, "the-id", tt.err); err != nil {
				t.Fatal(err)
			}
			var body map[string]string
			if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if rec.Code != tt.status || rec.Header().Get("X-Amzn-ErrorType") != tt.code || rec.Header().Get("X-Amzn-RequestId") != "the-id" {
				t.Errorf("%d %v", rec.Code, rec.Header())
			}
			if fmt.Sprint(body) != fmt.Sprint(tt.body) {
				t.Errorf("body %v, want %v", body, tt.body)
			}
		})
	}
}

func TestBindAndValidate(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/trader"
	update := operation(t, "UpdateKxUser")
	bind := func(op *api.Operation, params api.Params, query, body string) (any, error) {
		in, err := op.Bind(&http.Request{URL: &url.URL{RawQuery: query}}, params, []byte(body))
		if err != nil {
			return nil, err
		}
		return in, op.Validate(in)
	}
	in, err := bind(update, api.Params{"env1", "bob%2D1"}, "", `{"iamRole":"`+role+`","new":[1,{}],"clientToken":null}`)
	if err != nil {
		t.Fatal(err)
	}
	got := in.(*finspace.UpdateKxUserInput)
	if *got.EnvironmentId != "env1" || *got.UserName != "bob-1" || *got.IamRole != role || got.ClientToken != nil {
		t.Errorf("%+v", got)
	}

	for _, tt := range []struct {
		name, op    string
		params      api.Params
		query, body string
		want        string
	}{
		{"missing", "UpdateKxUser", api.Params{"e", "bob"}, "", "", "1 validation error detected: Value null at 'iamRole' failed to satisfy constraint: Member must not be null"},
		{"pattern", "UpdateKxUser", api.Params{"e", "a%20b"}, "", `{"iamRole":"` + role + `"}`, "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9A-Za-z_-]{1,50}$"},
		{"type", "UpdateKxUser", api.Params{"e", "b"}, "", `{"iamRole":7}`, "iamRole must be a string"},
		{"not an object", "UpdateKxUser", api.Params{"e", "b"}, "", `[]`, "request body is not a JSON object"},
		{"garbage after", "UpdateKxUser", api.Params{"e", "b"}, "", `{} {}`, "request body is not valid JSON: more after the end at byte 3"},
		{"not UTF-8", "UpdateKxUser", api.Params{"e", "b"}, "", "{\"iamRole\":\"\xff\"}", "request body is not valid UTF-8"},
		{"path not UTF-8", "UpdateKxUser", api.Params{"e", "%ff"}, "", "", "userName is not encoded correctly in the path"},
		{"given twice", "UpdateKxUser", api.Params{"e", "b"}, "", `{"iamRole":"a","iamRole":"b"}`, "iamRole is given twice"},
		{"too deep", "UpdateKxUser", api.Params{"e", "b"}, "", `{"x":` + strings.Repeat("[", 100000), "request body nests deeper than 64 levels"},
		{"range", "ListKxUsers", api.Params{"e"}, "maxResults=101", "", "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"query twice", "ListKxUsers", api.Params{"e"}, "maxResults=1&maxResults=1", "", "maxResults is given twice in the query string"},
		{"query type", "ListKxUsers", api.Params{"e"}, "maxResults=1x", "", "maxResults must be an integer of 32 bits"},
		{"nested", "CreateKxChangeset", api.Params{"e", "data"}, "", `{"changeRequests":[{"changeType":"PUT","dbPath":"/","s3Path":"s3://bucket/x"},{"changeType":"MOVE","dbPath":"/"}],"clientToken":"t"}`,
			"1 validation error detected: Value 'MOVE' at 'changeRequests[1].changeType' failed to satisfy constraint: Member must satisfy enum value set: [PUT, DELETE]"},
		{"nested type", "CreateKxChangeset", api.Params{"e", "data"}, "", `{"changeRequests":[{"changeType":"PUT","dbPath":{}}]}`, "changeRequests[0].dbPath must be a string"},
		{"null in list", "CreateKxChangeset", api.Params{"e", "data"}, "", `{"changeRequests":[null]}`, "changeRequests[0] must not be null"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := bind(operation(t, tt.op), tt.params, tt.query, tt.body)
			var invalid *finspace.ValidationException
			if !errors.As(err, &invalid) || invalid.Message != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}

	t.Run("tag operations declare another error", func(t *testing.T) {
		op := operation(t, "UntagResource")
		arn := url.PathEscape("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abc/kxUser/bob")
		in, err := bind(op, api.Params{arn}, "tagKeys=a&tagKeys=b", "")
		if err != nil || len(in.(*finspace.UntagResourceInput).TagKeys) != 2 {
			t.Fatalf("%+v %v", in, err)
		}
		_, err = bind(op, api.Params{arn}, "", "")
		var invalid *finspace.InvalidRequestException
		if !errors.As(err, &invalid) {
			t.Errorf("%v", err)
		}
	})
}

func request(method string, u *url.URL) *http.Request { return &http.Request{Method: method, URL: u} }

func TestReadBody(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int
		length bool
		tooBig bool
	}{
		{"none", 0, true, false},
		{"largest", api.MaxBody, true, false},
		{"largest, chunked", api.MaxBody, false, false},
		{"too large", 10 << 20, true, true},
		{"too large, chunked", 10 << 20, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", tt.size)))
			if !tt.length {
				r.ContentLength = -1
			}
			body, err := api.ReadBody(r)
			if tt.tooBig {
				if !hasStatus(err, 413) {
					t.Fatalf("%d bytes, %v", len(body), err)
				}
				return
			}
			if err != nil || len(body) != tt.size {
				t.Fatalf("%d bytes, %v", len(body), err)
			}
		})
	}
}
