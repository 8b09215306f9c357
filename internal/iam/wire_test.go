package iam_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
)

func TestQueryProtocol(t *testing.T) {
	root := newClient(t, iamtest.New(t))
	const trust = "&AssumeRolePolicyDocument=%7B%7D"
	for _, c := range []struct {
		name, method, service, query, body string
		status                             int
		code                               string
	}{
		{"GET", "GET", "sts", "Action=GetCallerIdentity&Version=2011-06-15", "", 200, ""},
		{"POST", "POST", "sts", "", "Action=GetCallerIdentity&Version=2011-06-15", 200, ""},
		{"split over query and body", "POST", "iam", "Action=ListRoles", "MaxItems=5", 200, ""},
		{"no version", "POST", "iam", "", "Action=ListRoles", 200, ""},
		{"unknown parameters", "POST", "iam", "", "Action=ListRoles&Nothing=1", 200, ""},
		{"PUT", "PUT", "iam", "Action=ListRoles", "", 405, "InvalidAction"},
		{"DELETE", "DELETE", "iam", "Action=ListRoles", "", 405, "InvalidAction"},
		{"empty", "POST", "iam", "", "", 400, "MissingAction"},
		{"empty action", "POST", "iam", "", "Action=", 400, "MissingAction"},
		{"unknown action", "POST", "iam", "", "Action=MakeCoffee", 400, "InvalidAction"},
		{"action in small letters", "POST", "iam", "", "Action=listroles", 400, "InvalidAction"},
		{"action of the other service", "POST", "iam", "", "Action=GetCallerIdentity", 400, "InvalidAction"},
		{"version of the other service", "POST", "iam", "", "Action=ListRoles&Version=2011-06-15", 400, "InvalidAction"},
		{"action twice", "POST", "iam", "", "Action=ListRoles&Action=DeleteRole", 400, "MalformedQueryString"},
		{"action in query and body", "POST", "iam", "Action=ListRoles", "Action=DeleteRole", 400, "MalformedQueryString"},
		{"parameter twice", "POST", "iam", "", "Action=GetRole&RoleName=a&RoleName=b", 400, "MalformedQueryString"},
		{"bad escape", "POST", "iam", "", "Action=GetRole&RoleName=%zz", 400, "MalformedQueryString"},
		{"semicolon", "POST", "iam", "", "Action=GetRole;RoleName=a", 400, "MalformedQueryString"},
		{"broken UTF-8", "POST", "iam", "", "Action=GetRole&RoleName=%ff", 400, "MalformedQueryString"},
		{"JSON", "POST", "iam", "", `{"Action":"ListRoles"}`, 400, "MissingAction"},
		{"required missing", "POST", "iam", "", "Action=GetRole", 400, "ValidationError"},
		{"required empty", "POST", "iam", "", "Action=GetRole&RoleName=", 400, "ValidationError"},
		{"too long", "POST", "iam", "", "Action=GetRole&RoleName=" + strings.Repeat("a", 65), 400, "ValidationError"},
		{"not in the pattern", "POST", "iam", "", "Action=GetRole&RoleName=a%2Fb", 400, "ValidationError"},
		{"newline after a good name", "POST", "iam", "", "Action=GetRole&RoleName=a%0A", 400, "ValidationError"},
		{"number with letters", "POST", "iam", "", "Action=ListRoles&MaxItems=ten", 400, "ValidationError"},
		{"number too small", "POST", "iam", "", "Action=ListRoles&MaxItems=0", 400, "ValidationError"},
		{"number too great", "POST", "iam", "", "Action=ListRoles&MaxItems=1001", 400, "ValidationError"},
		{"number out of range", "POST", "iam", "", "Action=ListRoles&MaxItems=99999999999999999999", 400, "ValidationError"},
		{"bool", "POST", "iam", "", "Action=ListPolicies&OnlyAttached=yes", 400, "ValidationError"},
		{"enum", "POST", "iam", "", "Action=ListPolicies&Scope=Mine", 400, "ValidationError"},
		{"marker", "POST", "iam", "", "Action=ListRoles&Marker=abc", 400, "ValidationError"},
		{"marker of nothing", "POST", "iam", "", "Action=ListRoles&Marker=q1.", 400, "ValidationError"},
		{"tag without value", "POST", "iam", "", "Action=CreateRole&RoleName=a&Tags.member.1.Key=k" + trust, 400, "ValidationError"},
		{"tag without key", "POST", "iam", "", "Action=CreateRole&RoleName=a&Tags.member.1.Value=k" + trust, 400, "ValidationError"},
		{"tag twice in other letters", "POST", "iam", "", "Action=CreateRole&RoleName=a&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=K&Tags.member.2.Value=v" + trust, 400, "ValidationError"},
		{"reserved tag", "POST", "iam", "", "Action=CreateRole&RoleName=a&Tags.member.1.Key=aws:k&Tags.member.1.Value=v" + trust, 400, "ValidationError"},
		{"malformed policy", "POST", "iam", "", "Action=CreateRole&RoleName=a" + trust, 400, "MalformedPolicyDocument"},
		{"path without slash", "POST", "iam", "", "Action=CreateRole&RoleName=a&Path=x" + trust, 400, "ValidationError"},
		{"ARN of something else", "POST", "iam", "", "Action=GetPolicy&PolicyArn=arn:aws:s3:::bucket-of-mine", 400, "InvalidInput"},
		{"large", "POST", "iam", "", "Action=GetRole&RoleName=a&X=" + strings.Repeat("x", 1<<20), 413, "RequestEntityTooLarge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequest(c.method, root.url+"/?"+c.query, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			status, body := root.send(c.service, r, c.body)
			if status != c.status || element(body, "Code") != c.code {
				t.Fatalf("%d %.300s", status, body)
			}
			if c.code != "" && (element(body, "Type") != "Sender" || element(body, "Message") == "" || element(body, "RequestId") == "") {
				t.Errorf("not the form of an error: %s", body)
			}
		})
	}
	t.Run("all that is wrong is told", func(t *testing.T) {
		msg := root.fails("ValidationError", "iam", "CreateRole", "RoleName", "a b", "MaxSessionDuration", "1")
		for _, want := range []string{"3 validation errors detected", "'roleName'", "'assumeRolePolicyDocument'", "'maxSessionDuration'"} {
			if !strings.Contains(msg, want) {
				t.Errorf("%s lacks %s", msg, want)
			}
		}
	})
}

// Callers who may not do a thing cannot find out what there is.
func TestDeniedTellsNothing(t *testing.T) {
	root := newClient(t, iamtest.New(t))
	root.makeRole("real")
	alice := root.makeUser("alice")
	for _, call := range [][]string{{"GetRole", "RoleName"}, {"DeleteRole", "RoleName"}, {"ListRolePolicies", "RoleName"}, {"GetUser", "UserName"}} {
		a := alice.fails("AccessDenied", "iam", call[0], call[1], "real")
		b := alice.fails("AccessDenied", "iam", call[0], call[1], "fake")
		if strings.ReplaceAll(a, "real", "X") != strings.ReplaceAll(b, "fake", "X") {
			t.Errorf("%s tells them apart:\n%s\n%s", call[0], a, b)
		}
	}
}

func TestErrorsHideInternals(t *testing.T) {
	w := httptest.NewRecorder()
	iam.WriteError(w, "iam", "id-1", io.ErrUnexpectedEOF)
	body := w.Body.String()
	if w.Code != 500 || element(body, "Code") != "ServiceFailure" || element(body, "Type") != "Receiver" || strings.Contains(body, "EOF") {
		t.Fatalf("%d %s", w.Code, body)
	}
}

func TestStoreFails(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	root.ok("iam", "ListRoles")
	if err := e.Store.Close(); err != nil {
		t.Fatal(err)
	}
	status, body := root.call("iam", "GetRole", "RoleName", "r")
	if status != 503 || element(body, "Code") != "ServiceUnavailable" {
		t.Fatalf("%d %s", status, body)
	}
}

// Whatever is sent, the answer is well-formed XML and the handler lives.
func FuzzQuery(f *testing.F) {
	e := iamtest.New(f)
	handler := e.IAM.Handler("iam")
	root, _, err := e.IAM.Authenticate(context.Background(), e.Root.AccessKeyID, "")
	if err != nil {
		f.Fatal(err)
	}
	ctx := iam.WithEnv(iam.WithIdentity(context.Background(), root), &iam.Env{RequestID: "id"})
	for _, action := range iam.Operations("iam") {
		f.Add("", "Action="+action+"&RoleName=r&UserName=u&PolicyName=p&PolicyArn=arn:aws:iam::123456789012:policy/p&MaxItems=2&Marker=q1.YQ")
	}
	f.Add("Action=CreateRole", url.Values{"RoleName": {"r"}, "AssumeRolePolicyDocument": {trustAccount}, "Tags.member.1.Key": {"a"}, "Tags.member.1.Value": {"<&>\"'\x00"}}.Encode())
	f.Add("a=%zz", "&&=&")
	f.Fuzz(func(t *testing.T, query, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body)).WithContext(ctx)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == 500 {
			t.Fatalf("failed inside: %s", w.Body)
		}
		dec := xml.NewDecoder(w.Body)
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v", err)
			}
		}
	})
}
