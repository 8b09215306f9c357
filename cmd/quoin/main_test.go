package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// TestMain lets the test binary be the program, for tests that need a process.
func TestMain(m *testing.M) {
	if os.Getenv("QUOIN_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// execute runs one command line in this process.
func execute(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &stdio{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

func TestFailuresAreOneLineAndCode2(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "quoin.json"), []byte(`{"format":99,"accountId":"123456789012"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "quoin.json"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free := "--api-addr=127.0.0.1:0"
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a wrong flag":                 {[]string{"serve", "--no-such-flag"}, "--no-such-flag"},
		"a wrong command":              {[]string{"nonsense"}, "nonsense"},
		"no command":                   {nil, "expected one of"},
		"a taken port":                 {[]string{"serve", "--data-dir", t.TempDir(), "--api-addr", taken.Addr().String()}, "address already in use"},
		"an address that is none":      {[]string{"serve", "--data-dir", t.TempDir(), "--api-addr", "nowhere"}, "nowhere"},
		"a folder of another version":  {[]string{"serve", "--data-dir", other, free}, "another version"},
		"a damaged folder":             {[]string{"serve", "--data-dir", damaged, free}, "quoin.json"},
		"a folder that is a file":      {[]string{"serve", "--data-dir", file, free}, file},
		"a region that is none":        {[]string{"serve", "--data-dir", t.TempDir(), "--region", "here"}, "region"},
		"an account that is none":      {[]string{"serve", "--data-dir", t.TempDir(), "--account-id", "12"}, "twelve digits"},
		"a certificate without a key":  {[]string{"serve", "--data-dir", t.TempDir(), "--tls-cert", file}, "key"},
		"a certificate that is none":   {[]string{"serve", "--data-dir", t.TempDir(), "--tls-cert", file, "--tls-key", file}, "certificate"},
		"an issuer that is none":       {[]string{"serve", "--data-dir", t.TempDir(), "--oidc", "idp=quoin"}, "--oidc"},
		"keys of no issuer":            {[]string{"serve", "--data-dir", t.TempDir(), "--oidc-keys", "https://idp=" + file}, "--oidc-keys"},
		"a quota that is none":         {[]string{"serve", "--data-dir", t.TempDir(), "--quota", "beer=7"}, "beer"},
		"a quota that is no number":    {[]string{"serve", "--data-dir", t.TempDir(), "--quota", "users=many"}, "many"},
		"a proxy that is none":         {[]string{"serve", "--data-dir", t.TempDir(), "--trusted-proxy", "me"}, "CIDR"},
		"a log level that is none":     {[]string{"serve", "--log-level", "loud"}, "log-level"},
		"keys that cannot be read":     {[]string{"serve", "--data-dir", t.TempDir(), "--oidc", "https://idp=quoin", "--oidc-keys", "https://idp=" + other + "/none"}, "no such file"},
		"a folder of somebody else's":  {[]string{"serve", "--data-dir", filepath.Dir(file), free}, "no quoin data"},
		"a taken gateway port":         {[]string{"serve", "--data-dir", t.TempDir(), free, "--gateway-addr", taken.Addr().String()}, "gateway address " + taken.Addr().String()},
		"strings that let nobody in":   {[]string{"serve", "--data-dir", t.TempDir(), free, "--connection-life=0s"}, "--connection-life"},
		"S3 without keys":              {[]string{"serve", "--data-dir", t.TempDir(), free, "--s3-endpoint", "http://s3"}, "--s3-credentials"},
		"a head that is not checked":   {[]string{"audit", "--data-dir", other, "--head", "1:00"}, "--verify"},
		"a check that follows":         {[]string{"audit", "--data-dir", other, "--verify", "-f"}, "--follow"},
		"rotation of no folder":        {[]string{"rotate-root", "--data-dir", t.TempDir()}, "no quoin data"},
		"env of a folder without data": {[]string{"env", "--data-dir", t.TempDir()}, "no quoin data"},
		"env of another version":       {[]string{"env", "--data-dir", other}, "another version"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := execute(t, c.args...)
			if code != 2 || out != "" {
				t.Errorf("code %d, output %q", code, out)
			}
			if strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "quoin: ") || !strings.Contains(errs, c.says) {
				t.Errorf("said %q, want one line with %q", errs, c.says)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	if code, out, errs := execute(t, "version"); code != 0 || !strings.HasPrefix(out, "quoin ") || errs != "" {
		t.Errorf("code %d, output %q, %q", code, out, errs)
	}
}

// TestHelpOfEveryCommand wants examples of each, and a line on each flag.
func TestHelpOfEveryCommand(t *testing.T) {
	std := &stdio{strings.NewReader(""), io.Discard, io.Discard}
	parser, err := newParser(t.Context(), std)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(true) {
		name := command.FullPath()
		args := append(strings.Fields(name)[1:], "--help")
		code, out, errs := execute(t, args...)
		if code != 0 || errs != "" || !strings.HasPrefix(out, "Usage: "+name) {
			t.Errorf("%s: code %d, output %q, %q", name, code, out, errs)
		}
		if name != "quoin version" && !regexp.MustCompile(`(?m)^  .*`+strings.TrimSuffix(name, " up")+`\b`).MatchString(out) {
			t.Errorf("%s: no example in %s", name, out)
		}
		for _, f := range command.Flags {
			if f.Help == "" {
				t.Errorf("%s: no help on --%s", name, f.Name)
			}
		}
	}
}

// process is a quoin serve in a process of its own.
type process struct {
	*exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// serve starts a server and waits until it says that it is ready.
func serve(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], append([]string{"serve", "--data-dir", dir, "--api-addr=127.0.0.1:0", "--gateway-addr=127.0.0.1:0"}, args...)...)
	c.Env = append(os.Environ(), "QUOIN_TEST_MAIN=1")
	return launch(t, c, "To point AWS tools at it")
}

// launch starts a program and waits until it has said something.
func launch(t *testing.T, c *exec.Cmd, says string) *process {
	t.Helper()
	p := &process{Cmd: c}
	p.Stdout, p.Stderr = p, p
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); !strings.Contains(p.output(), says); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not ready: %s", p.output())
		}
	}
	return p
}

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data folder")
	p := serve(t, dir)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(p.output())

	t.Run("env", func(t *testing.T) {
		code, out, errs := execute(t, "env", "--data-dir", dir)
		if code != 0 {
			t.Fatalf("code %d: %s", code, errs)
		}
		shell := exec.CommandContext(t.Context(), "sh", "-c", out+`echo "$QUOIN_DATA_DIR|$AWS_ENDPOINT_URL|$AWS_REGION|$AWS_DEFAULT_REGION|$AWS_ACCESS_KEY_ID|$AWS_SECRET_ACCESS_KEY|$AWS_SESSION_TOKEN"`)
		shell.Env = []string{"AWS_SESSION_TOKEN=left over"}
		got, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		want := regexp.MustCompile("^" + regexp.QuoteMeta(dir+"|"+address) + `\|us-east-1\|us-east-1\|AKIA[A-Z2-7]{16}\|[A-Za-z0-9/+]{40}\|\n$`)
		if !want.Match(got) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("the folder is private", func(t *testing.T) {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %o", path, info.Mode().Perm())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a second server is refused the folder", func(t *testing.T) {
		code, _, errs := execute(t, "serve", "--data-dir", dir, "--api-addr=127.0.0.1:0")
		if code != 2 || !strings.Contains(errs, "another server is using it") {
			t.Errorf("code %d: %s", code, errs)
		}
	})
	t.Run("rotate-root, by the server", func(t *testing.T) { rotate(t, dir) })
	t.Run("SIGTERM drains and ends with code 0", func(t *testing.T) {
		res, err := http.Get(address + "/readyz")
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", res, err)
		}
		res.Body.Close()
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			t.Errorf("%v: %s", err, p.output())
		}
		if strings.Contains(p.output(), "panic") || strings.Contains(p.output(), "level=ERROR") {
			t.Error(p.output())
		}
	})
	t.Run("what a server does is not done without one", func(t *testing.T) {
		code, _, errs := execute(t, "db", "gc", "--data-dir", dir)
		if code != 2 || errs != "quoin: no server runs on "+dir+"\n" {
			t.Errorf("code %d: %s", code, errs)
		}
	})
	t.Run("a folder named from where the shell is", func(t *testing.T) {
		t.Chdir(filepath.Dir(dir))
		for _, args := range [][]string{{"audit"}, {"iam", "sessions"}, {"backup", filepath.Join(t.TempDir(), "copy")}, {"env"}} {
			code, out, errs := execute(t, append(args, "--data-dir", filepath.Base(dir))...)
			if code != 0 {
				t.Errorf("%v: code %d: %s", args, code, errs)
			}
			if args[0] == "env" && !strings.Contains(out, "SSL_CA_CERT_FILE='/") {
				t.Errorf("a file that is found from here only: %s", out)
			}
		}
	})
	t.Run("rotate-root, without a server", func(t *testing.T) { rotate(t, dir) })
	t.Run("the next start knows the keys and the account", func(t *testing.T) {
		_, before, _ := execute(t, "env", "--data-dir", dir)
		again := serve(t, dir)
		defer stop(t, again)
		_, after, _ := execute(t, "env", "--data-dir", dir)
		keys := regexp.MustCompile(`AWS_(ACCESS|SECRET).*`)
		if fmt.Sprint(keys.FindAllString(before, -1)) != fmt.Sprint(keys.FindAllString(after, -1)) {
			t.Error("the root keys have changed")
		}
	})
}

// rotate replaces the root keys and checks that the file has others.
func rotate(t *testing.T, dir string) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(dir, "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := execute(t, "rotate-root", "--data-dir", dir); code != 0 {
		t.Fatalf("code %d: %s", code, errs)
	}
	after, err := os.ReadFile(filepath.Join(dir, "credentials"))
	if err != nil || bytes.Equal(before, after) {
		t.Errorf("the keys are the same: %v", err)
	}
}

func stop(t *testing.T, p *process) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v: %s", err, p.output())
	}
}

func TestCancelledBeforeItStarts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if code := run(ctx, []string{"serve", "--data-dir", t.TempDir(), "--api-addr=127.0.0.1:0"}, &stdio{strings.NewReader(""), &out, &out}); code != 2 && code != 0 {
		t.Errorf("code %d: %s", code, &out)
	}
}

// TestEveryFlagOfServeHasAVariable keeps flags and environment variables in
// step: --api-addr is QUOIN_API_ADDR.
func TestEveryFlagOfServeHasAVariable(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			n++
			want := "QUOIN_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
			if len(flag.Envs) != 1 || flag.Envs[0] != want {
				t.Errorf("--%s has the variables %v, want %s", flag.Name, flag.Envs, want)
			}
			if flag.Help == "" {
				t.Errorf("--%s has no help", flag.Name)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d flags", n)
	}
}
