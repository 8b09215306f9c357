package call_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/api/apitest"
	"github.com/quoinhq/quoin/internal/call"
)

const role = "arn:aws:iam::123456789012:role/trader"

// run calls the tool and returns its exit code and what it wrote.
func run(t *testing.T, s *apitest.Server, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	tool := call.New(&o, &e)
	tool.Load = func(profile string) (finspace.Config, error) {
		if s == nil {
			return finspace.Config{}, errors.New("no server in this test")
		}
		cfg := s.Config()
		cfg.MaxAttempts = 1
		return cfg, nil
	}
	code = tool.Run(t.Context(), args)
	return code, o.String(), e.String()
}

// inputOf returns the input that a command line sends.
func inputOf(t *testing.T, args ...string) any {
	t.Helper()
	var got any
	s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
		got = in
		return op.NewOutput(), nil
	})
	if code, _, errs := run(t, s, args...); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	return got
}

func TestFlagsBecomeInputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.json")
	write := func(text string) string {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file://" + file
	}
	user := []string{"create-kx-user", "--environment-id", "env", "--user-name=bob", "--iam-role", role, "--client-token", "t"}
	wantUser := func(tags map[string]string) any {
		return &finspace.CreateKxUserInput{EnvironmentId: new("env"), UserName: new("bob"), IamRole: new(role), ClientToken: new("t"), Tags: tags}
	}
	with := func(args []string, more ...string) []string { return append(append([]string(nil), args...), more...) }
	changes := []finspace.ChangeRequest{
		{ChangeType: finspace.ChangeTypePut, S3Path: new("s3://bucket/a/"), DbPath: new("/a/")},
		{ChangeType: finspace.ChangeTypeDelete, DbPath: new("/b/")},
	}
	changeset := []string{"create-kx-changeset", "--environment-id", "env", "--database-name", "data", "--client-token", "t"}
	wantChangeset := &finspace.CreateKxChangesetInput{EnvironmentId: new("env"), DatabaseName: new("data"), ClientToken: new("t"), ChangeRequests: changes}
	const changesJSON = `[{"changeType":"PUT","s3Path":"s3://bucket/a/","dbPath":"/a/"},{"changeType":"DELETE","dbPath":"/b/"}]`
	dataview := []string{"create-kx-dataview", "--environment-id", "env", "--database-name", "data", "--dataview-name", "view", "--az-mode", "SINGLE", "--client-token", "t"}
	wantDataview := func(auto *bool) any {
		return &finspace.CreateKxDataviewInput{EnvironmentId: new("env"), DatabaseName: new("data"), DataviewName: new("view"), AzMode: finspace.KxAzModeSingle, ClientToken: new("t"), AutoUpdate: auto}
	}
	for _, tt := range []struct {
		name string
		args []string
		want any
	}{
		{"plain", user, wantUser(nil)},
		{"a map in short form", with(user, "--tags", "a=1,b=2", "c=3"), wantUser(map[string]string{"a": "1", "b": "2", "c": "3"})},
		{"a map as JSON", with(user, "--tags", `{"a":"1, 2=3"}`), wantUser(map[string]string{"a": "1, 2=3"})},
		{"a map in a file", with(user, "--tags", write(`{"a":"1"}`)), wantUser(map[string]string{"a": "1"})},
		{"a list in short form", with(changeset, "--change-requests", "changeType=PUT,s3Path=s3://bucket/a/,dbPath=/a/", "changeType=DELETE,dbPath=/b/"), wantChangeset},
		{"a list given twice", with(changeset, "--change-requests", "changeType=PUT,s3Path=s3://bucket/a/,dbPath=/a/", "--change-requests=changeType=DELETE,dbPath=/b/"), wantChangeset},
		{"a list as JSON", with(changeset, "--change-requests", changesJSON), wantChangeset},
		{"a list of strings", []string{"untag-resource", "--resource-arn", "arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abc", "--tag-keys", "a", "b"},
			&finspace.UntagResourceInput{ResourceArn: new("arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abc"), TagKeys: []string{"a", "b"}}},
		{"true by itself", with(dataview, "--auto-update"), wantDataview(new(true))},
		{"true", with(dataview, "--auto-update", "true"), wantDataview(new(true))},
		{"false", with(dataview, "--no-auto-update"), wantDataview(new(false))},
		{"absent", dataview, wantDataview(nil)},
		{"a structure in short form", []string{"update-kx-volume", "--environment-id", "env", "--volume-name", "vol", "--client-token", "t", "--nas1-configuration", "type=SSD_250,size=1200"},
			&finspace.UpdateKxVolumeInput{EnvironmentId: new("env"), VolumeName: new("vol"), ClientToken: new("t"), Nas1Configuration: &finspace.KxNAS1Configuration{Type: finspace.KxNAS1TypeSsd250, Size: new(int32(1200))}}},
		{"numbers", []string{"list-kx-users", "--environment-id", "env", "--max-results", "7"}, &finspace.ListKxUsersInput{EnvironmentId: new("env"), MaxResults: new(int32(7))}},
		{"the whole as JSON", []string{"update-kx-user", "--input", `{"environmentId":"env","userName":"bob","iamRole":"x","clientToken":"t"}`, "--iam-role", role},
			&finspace.UpdateKxUserInput{EnvironmentId: new("env"), UserName: new("bob"), IamRole: new(role), ClientToken: new("t")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, inputOf(t, tt.args...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakesSendNothing(t *testing.T) {
	user := "update-kx-user --environment-id e --user-name bob --iam-role " + role
	for _, tt := range []struct{ name, args, want string }{
		{"no such operation", "update-user", `there is no operation "update-user"`},
		{"required flags", "update-kx-user --environment-id e", "update-kx-user needs --user-name, --iam-role"},
		{"no such flag", user + " --colour red", "update-kx-user has no flag --colour"},
		{"no flag at all", user + " bob", `"bob" is neither a flag`},
		{"no value", "get-kx-user --environment-id", "--environment-id needs a value"},
		{"twice", user + " --user-name x", "--user-name is given twice"},
		{"no number", "list-kx-users --environment-id e --max-results many", `--max-results: "many" is not a number`},
		{"half a number", "list-kx-users --environment-id e --max-results 1.5", "maxResults must be an integer"},
		{"no boolean", "create-kx-dataview --auto-update maybe", `--auto-update: "maybe" is neither true nor false`},
		{"wrong JSON", "tag-resource --resource-arn x --tags {", "--tags: is not valid JSON"},
		{"wrong pair", "tag-resource --resource-arn x --tags a", `--tags: "a" is not key=value`},
		{"member that is not known", `tag-resource --resource-arn x --input {"tag":{}} --tags a=b`, `"tag" is not known here`},
		{"short form of another structure", "create-kx-volume --nas1-configuration kind=x", `"kind" is not one of its members: type, size`},
		{"no such file", "tag-resource --resource-arn x --tags file:///does/not/exist", "no such file"},
		{"query", user + " --query [", "--query: "},
		{"output", user + " --output xml", `--output is one of json, table, text, not "xml"`},
		{"timeout", user + " --timeout 5", "--timeout is a time"},
		{"nothing to wait for", user + " --wait", "update-kx-user has nothing to wait for"},
		{"configuration", user, "no server in this test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := run(t, nil, strings.Fields(tt.args)...)
			if code != 2 || out != "" || !strings.Contains(errs, tt.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("code %d, out %q, err %q, want %q", code, out, errs, tt.want)
			}
		})
	}
}

func TestErrorsOfTheService(t *testing.T) {
	s := apitest.NewServer(t, func(*api.Operation, any) (any, error) { return nil, finspace.NewConflictException("busy", "") })
	code, out, errs := run(t, s, "get-kx-user", "--environment-id", "e", "--user-name", "bob")
	if code != 1 || out != "" || errs != "quoin: GetKxUser (request req-1): ConflictException: busy\n" {
		t.Errorf("code %d, out %q, err %q", code, out, errs)
	}
}

func users(total int) func(*api.Operation, any) (any, error) {
	return func(op *api.Operation, in any) (any, error) {
		l := in.(*finspace.ListKxUsersInput)
		start, _ := strconv.Atoi(finspace.Value(l.NextToken))
		out := &finspace.ListKxUsersOutput{Users: []finspace.KxUser{}}
		for i := start; i < min(start+2, total); i++ {
			out.Users = append(out.Users, finspace.KxUser{
				UserArn: new(fmt.Sprint("arn", i)), UserName: new(fmt.Sprint("user", i)), CreateTimestamp: new(time.UnixMilli(1732635000120)),
			})
		}
		if start+2 < total {
			out.NextToken = new(strconv.Itoa(start + 2))
		}
		return out, nil
	}
}

func TestOutput(t *testing.T) {
	list := []string{"list-kx-users", "--environment-id", "e"}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"every page", []string{"--query", "users[].userName"}, "[\n    \"user0\",\n    \"user1\",\n    \"user2\"\n]\n"},
		{"one page", []string{"--no-paginate", "--query", "length(users)"}, "2\n"},
		{"paging by hand", []string{"--max-results", "2", "--query", "nextToken"}, "\"2\"\n"},
		{"table", []string{"--output", "table"}, "" +
			"userArn  userName  createTimestamp\n" +
			"arn0     user0     2024-11-26T15:30:00.120Z\n" +
			"arn1     user1     2024-11-26T15:30:00.120Z\n" +
			"arn2     user2     2024-11-26T15:30:00.120Z\n"},
		{"table of a query", []string{"--output", "table", "--query", "users[0].{name:userName,at:createTimestamp,none:x}"}, "" +
			"at    2024-11-26T15:30:00.120Z\nname  user0\nnone  -\n"},
		{"table of strings", []string{"--output", "table", "--query", "users[].userName"}, "user0\nuser1\nuser2\n"},
		{"text of one value", []string{"--output", "text", "--query", "users[1].userName"}, "user1\n"},
		{"text of a list", []string{"--output", "text", "--query", "users[].userName"}, "user0\tuser1\tuser2\n"},
		{"text of structures", []string{"--output", "text", "--query", "users[].{b:userName,a:userArn}"}, "arn0\tuser0\narn1\tuser1\narn2\tuser2\n"},
		{"nothing found", []string{"--query", "nothing"}, "null\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := run(t, apitest.NewServer(t, users(3)), append(list, tt.args...)...)
			if code != 0 || out != tt.want {
				t.Errorf("code %d, %s, got\n%s\nwant\n%s", code, errs, out, tt.want)
			}
		})
	}
	t.Run("json in the order of the model", func(t *testing.T) {
		_, out, _ := run(t, apitest.NewServer(t, users(1)), list...)
		want := "{\n    \"users\": [\n        {\n            \"userArn\": \"arn0\",\n            \"userName\": \"user0\",\n            \"createTimestamp\": 1732635000.12\n        }\n    ]\n}\n"
		if out != want {
			t.Errorf("got\n%s\nwant\n%s", out, want)
		}
	})
	t.Run("no members, no output", func(t *testing.T) {
		s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) { return op.NewOutput(), nil })
		if code, out, errs := run(t, s, "delete-kx-user", "--environment-id", "e", "--user-name", "bob"); code != 0 || out != "" || errs != "" {
			t.Errorf("%d %q %q", code, out, errs)
		}
	})
	t.Run("control characters stay in their cell", func(t *testing.T) {
		s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
			return &finspace.GetKxUserOutput{UserName: new("a\x1b[2J\nb")}, nil
		})
		if _, out, _ := run(t, s, "get-kx-user", "--environment-id", "e", "--user-name", "bob", "--output", "table"); out != "userName  a [2J b\n" {
			t.Errorf("%q", out)
		}
	})
}

func TestWait(t *testing.T) {
	statuses := []finspace.EnvironmentStatus{"CREATE_REQUESTED", "CREATING", "CREATED"}
	s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
		if op.Name == "CreateKxEnvironment" {
			return &finspace.CreateKxEnvironmentOutput{EnvironmentId: new("env1")}, nil
		}
		if *in.(*finspace.GetKxEnvironmentInput).EnvironmentId != "env1" {
			t.Errorf("%+v", in)
		}
		out := &finspace.GetKxEnvironmentOutput{Status: statuses[0]}
		statuses = statuses[1:]
		return out, nil
	})
	code, out, errs := run(t, s, "create-kx-environment", "--name", "trading", "--kms-key-id", "arn:aws:kms:us-east-1:123456789012:key/x", "--wait", "--query", "status")
	if code != 0 || out != "\"CREATED\"\n" {
		t.Errorf("code %d, %q, %s", code, out, errs)
	}

	gone := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
		if op.Name == "GetKxCluster" {
			return nil, finspace.NewResourceNotFoundException("gone")
		}
		return op.NewOutput(), nil
	})
	if code, out, errs := run(t, gone, "delete-kx-cluster", "--environment-id", "e", "--cluster-name", "hdb", "--wait"); code != 0 || out != "" {
		t.Errorf("code %d, %q, %s", code, out, errs)
	}

	failed := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
		if op.Name == "GetKxVolume" {
			return &finspace.GetKxVolumeOutput{Status: finspace.KxVolumeStatusUpdateFailed, StatusReason: new("full")}, nil
		}
		return op.NewOutput(), nil
	})
	code, _, errs = run(t, failed, "update-kx-volume", "--environment-id", "e", "--volume-name", "vol", "--description", "x", "--wait")
	if code != 1 || !strings.Contains(errs, "status is UPDATE_FAILED: full") {
		t.Errorf("code %d, %s", code, errs)
	}
}

// TestHelpAndItsExamples runs every example of every operation's help: all of
// them must send an input that the model takes.
func TestHelpAndItsExamples(t *testing.T) {
	_, all, _ := run(t, nil, "--help")
	example := regexp.MustCompile(`(?m)^  quoin call (.*)$`)
	var op *api.Operation
	s := apitest.NewServer(t, func(o *api.Operation, in any) (any, error) {
		if op == nil {
			op = o
		}
		switch o.Name {
		case "GetKxEnvironment":
			return nil, finspace.NewConflictException("waited", "")
		case "CreateKxEnvironment":
			return &finspace.CreateKxEnvironmentOutput{EnvironmentId: new("e")}, nil
		case "CreateKxChangeset":
			return &finspace.CreateKxChangesetOutput{ChangesetId: new("c")}, nil
		}
		if strings.HasPrefix(o.Name, "GetKx") && o != op {
			return nil, finspace.NewConflictException("waited", "")
		}
		if o.Paging != nil {
			out, err := o.DecodeOutput([]byte(`{"` + o.Paging.Items + `":[]}`))
			return out, err
		}
		return o.NewOutput(), nil
	})
	for _, o := range finspace.Schema().Operations {
		t.Run(o.Name, func(t *testing.T) {
			name := kebabOf(o.Name)
			if !strings.Contains(all, "  "+name+" ") {
				t.Errorf("the overview does not have %s", name)
			}
			code, help, _ := run(t, nil, name, "--help")
			if code != 0 {
				t.Fatalf("code %d", code)
			}
			for i := range o.Input.Members {
				if flag := "  --" + kebabOf(o.Input.Members[i].Name) + " "; !strings.Contains(help, flag) {
					t.Errorf("no %s in\n%s", flag, help)
				}
			}
			found := example.FindAllStringSubmatch(help, -1)
			if len(found) == 0 {
				t.Fatalf("no example in\n%s", help)
			}
			for _, f := range found {
				op = nil
				code, _, errs := run(t, s, unquote(f[1])...)
				if code != 0 && !strings.Contains(errs, "waited") {
					t.Errorf("%s: code %d, %s", f[1], code, errs)
				}
				if op == nil || op.Name != o.Name {
					t.Errorf("%s reached %v", f[1], op)
				}
			}
		})
	}
}

// unquote splits a command line as a shell would, as far as help has it.
func unquote(line string) []string {
	var out []string
	var word strings.Builder
	quoted := false
	for _, r := range line + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			out = append(out, word.String())
			word.Reset()
		default:
			word.WriteRune(r)
		}
	}
	return out
}

func TestCompletion(t *testing.T) {
	words := func(args ...string) []string {
		_, out, _ := run(t, nil, append([]string{"__complete"}, args...)...)
		return strings.Fields(out)
	}
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"operations", []string{"update-kx-u"}, []string{"update-kx-user"}},
		{"flags", []string{"update-kx-user", "--i"}, []string{"--iam-role", "--input"}},
		{"flags not given yet", []string{"update-kx-user", "--iam-role", "x", "--i"}, []string{"--input"}},
		{"values of an enum", []string{"create-kx-cluster", "--cluster-type", "G"}, []string{"GATEWAY", "GP"}},
		{"values of an option", []string{"get-kx-user", "--output", ""}, []string{"json", "table", "text"}},
		{"nothing for free text", []string{"get-kx-user", "--user-name", ""}, nil},
		{"nothing for what is not there", []string{"nonsense", "-"}, nil},
	} {
		if got := words(tt.args...); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if n := len(words("")); n != 51 {
		t.Errorf("%d words, want 50 operations and a flag", n)
	}
	for _, op := range finspace.Schema().Operations {
		for _, name := range words(kebabOf(op.Name), "--") {
			if !strings.HasPrefix(name, "--") {
				t.Errorf("%s completes to %q", op.Name, name)
			}
		}
	}
}

// kebabOf is good for the names in this model but one kind, which
// TestNamesAreBotocores covers.
func kebabOf(name string) string {
	name = strings.Replace(name, "DNSConf", "DnsConf", 1)
	return strings.ToLower(regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(name, "$1-$2"))
}

// TestNamesAreBotocores holds the spelling of flags and operations against
// that of the AWS CLI.
func TestNamesAreBotocores(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import botocore").Run()
	}
	if err != nil {
		if os.Getenv("QUOIN_REQUIRE_CLIENTS") == "1" {
			t.Fatal("botocore is required: ", err)
		}
		t.Skip("botocore is not on this machine")
	}
	out, err := exec.Command(python, "-c", `
import json, botocore.session
from botocore import xform_name
m = botocore.session.get_session().get_service_model("finspace")
print(json.dumps({xform_name(o, "-"): [xform_name(n, "-") for n in m.operation_model(o).input_shape.members] for o in m.operation_names}))`).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for op, members := range want {
		_, words, _ := run(t, nil, "__complete", op, "--")
		for _, m := range members {
			if !strings.Contains(words, "--"+m+"\n") {
				t.Errorf("%s has no flag --%s", op, m)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"update-kx-user --environment-id e --user-name bob --iam-role r", "tag-resource --tags a=b,c=d x", "create-kx-cluster --databases [{}] --no-x",
		"list-kx-users --query users[?a==`b`] --output table", "create-kx-dataview --no-auto-update --segment-configurations volumeName=v,dbPaths=/*",
		"__complete create-kx-cluster --cluster-type", "get-kx-user -h", "create-kx-volume --nas1-configuration type=x,size=1e9",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var out, errs bytes.Buffer
		tool := call.New(&out, &errs)
		tool.Load = func(string) (finspace.Config, error) { return finspace.Config{}, errors.New("no server") }
		tool.ReadFile = func(string) ([]byte, error) { return nil, errors.New("no files") }
		if code := tool.Run(t.Context(), strings.Fields(line)); code == 1 {
			t.Errorf("%q sent something: %s", line, errs.String())
		}
	})
}
