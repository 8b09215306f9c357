// Package clients_test drives live servers with clients that nobody here
// wrote: boto3, the AWS CLI, and the AWS SDKs for JavaScript and Go.
package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// transports runs a test against a server with HTTP and one with TLS.
func transports(t *testing.T, run func(t *testing.T, s *live.Server, env []string)) {
	t.Run("HTTP", func(t *testing.T) {
		s := live.Start(t)
		run(t, s, environ(s, ""))
	})
	t.Run("TLS", func(t *testing.T) {
		cert, key := live.Certificate(t, 1)
		s := live.Start(t, func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key })
		run(t, s, environ(s, cert))
	})
}

// environ is all that a client is told: what quoin env prints.
func environ(s *live.Server, ca string) []string {
	env := []string{
		"AWS_ENDPOINT_URL=" + s.URL(), "AWS_ACCESS_KEY_ID=" + s.Root.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + s.Root.SecretAccessKey,
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
	if ca != "" {
		env = append(env, "AWS_CA_BUNDLE="+ca, "NODE_EXTRA_CA_CERTS="+ca)
	}
	for _, name := range []string{"PATH", "HOME", "AWS_DATA_PATH", "QUOIN_NODE_MODULES", "PYENV_ROOT", "LANG"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// session runs a client's session and returns the facts that it printed.
func session(t *testing.T, env []string, command ...string) (facts map[string]any) {
	t.Helper()
	out := run(t, ".", env, command...)
	if err := json.Unmarshal([]byte(out), &facts); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return facts
}

// run runs a program in a folder, with that environment and no other, and
// returns what it printed.
func run(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // none takes a tenth of it
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir, c.Env, c.WaitDelay = dir, env, time.Second
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, &out, &errs)
	}
	return out.String()
}

func list(s ...string) []any {
	out := make([]any, len(s))
	for i := range s {
		out[i] = s[i]
	}
	return out
}

// wantSession is what a full session comes to. made is the environment's tag.
func wantSession(made string) map[string]any {
	return map[string]any{
		"status":          "CREATE_REQUESTED",
		"environmentTags": map[string]any{"made": made},
		"zones":           list("use1-az1", "use1-az2", "use1-az3"),
		"created":         list("environmentId", "iamRole", "userArn", "userName"),
		"updated":         true,
		"got":             true,
		"names":           list("bob", "user-0", "user-1", "user-2", "user-3", "user-4", "user-5", "user-6"),
		"times":           true,
		"tags":            map[string]any{"team": "fx", "desk": "1"},
		"tagsLeft":        map[string]any{},
		"errors": map[string]any{
			"missing":  []any{"ResourceNotFoundException", 404.0, true, nil},
			"taken":    []any{"ResourceAlreadyExistsException", 409.0, true, nil},
			"invalid":  []any{"ValidationException", 400.0, true, nil},
			"conflict": []any{"ConflictException", 409.0, true, "IDEMPOTENCY_TOKEN_REUSED"},
		},
		"left": []any{},
	}
}

func TestBoto3(t *testing.T) {
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		got := session(t, env, "python3", "testdata/session.py")
		if diff := cmp.Diff(wantSession("by boto3"), got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAWSCLI(t *testing.T) {
	live.Need(t, "the AWS CLI", "aws", "--version")
	live.Need(t, "python3", "python3", "--version")
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		got := session(t, env, "sh", "testdata/session.sh")
		want := map[string]any{
			"status": "CREATE_REQUESTED", "updated": true, "names": list("bob", "carol"),
			"tags": map[string]any{"team": "fx", "desk": "1"}, "tagsLeft": map[string]any{},
			"errors": map[string]any{"missing": "ResourceNotFoundException", "conflict": "ConflictException"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestJavaScript(t *testing.T) {
	modules := nodeModules(t)
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		got := session(t, append(env, "QUOIN_NODE_MODULES="+modules), "node", "testdata/session.mjs")
		if diff := cmp.Diff(wantSession("by node"), got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestEnvironIsComplete keeps the sessions honest: nothing in them may name an
// endpoint or a key.
func TestEnvironIsComplete(t *testing.T) {
	for _, file := range []string{"session.py", "session.mjs", "session.sh", "calls.py", "calls.mjs", "kdb.mjs", "tail.py", "s3.sh", "s3.py", "s3.mjs"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"127.0.0.1", "localhost", "http://", "https://", "SECRET"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s mentions %s", file, word)
			}
		}
	}
}
