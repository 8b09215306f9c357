package q_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/q/console"
)

// asQ has the test program be q, so that tests start the real thing as
// processes of its own.
const asQ = "QUOIN_TEST_AS_Q"

func TestMain(m *testing.M) {
	if os.Getenv(asQ) != "" {
		os.Exit(console.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for another process before it gives up.
const patience = 60 * time.Second

// process is a q process with its console.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	asks int
	wait func() error // for its end
}

// startQ starts q in a folder, with more in its environment. It ends with the test.
func startQ(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), asQ+"=1"), env...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	p := &process{t: t, cmd: cmd, in: in, out: bufio.NewReader(r), wait: sync.OnceValue(cmd.Wait)}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = p.wait()
		_ = r.Close()
	})
	return p
}

// listenQ starts q on a free port, and waits until it is there.
func listenQ(t *testing.T, dir string, env []string, args ...string) (p *process, port string) {
	t.Helper()
	p = startQ(t, dir, env, append(args, "-p", "0W", "-q")...)
	return p, strings.TrimSuffix(p.do(`system"p"`), "i")
}

// do gives the console a line and returns what it shows, of an error its first
// line.
func (p *process) do(line string) string {
	p.t.Helper()
	p.asks++
	mark := fmt.Sprintf("<%d>", p.asks)
	if _, err := fmt.Fprintf(p.in, "%s\n-1%q;\n", line, mark); err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	var b strings.Builder
	for {
		s, err := p.out.ReadString('\n')
		if err != nil {
			p.t.Fatalf("%s: the process ended: %v\n%s%s", line, err, b.String(), s)
		}
		if strings.HasSuffix(strings.TrimSpace(s), mark) {
			b.WriteString(strings.TrimSuffix(strings.TrimSpace(s), mark))
			break
		}
		b.WriteString(s)
	}
	text := strings.TrimRight(b.String(), "\n")
	if strings.HasPrefix(text, "'") {
		text, _, _ = strings.Cut(text, "\n")
	}
	return text
}

// try is one line for a console, and what it must show.
type try struct{ line, want string }

func (p *process) all(tries ...try) {
	p.t.Helper()
	for _, x := range tries {
		if got := p.do(x.line); got != x.want {
			p.t.Errorf("%s\n got %s\nwant %s", x.line, got, x.want)
		}
	}
}

// until waits until a line shows want.
func (p *process) until(line, want string) {
	p.t.Helper()
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if got = p.do(line); got == want {
			return
		}
	}
	p.t.Fatalf("%s\n got %s\nwant %s", line, got, want)
}

// end waits until the process ended of itself, and returns all it still wrote.
func (p *process) end() (text string, code int) {
	p.t.Helper()
	b, _ := io.ReadAll(p.out)
	_ = p.wait()
	return string(b), p.cmd.ProcessState.ExitCode()
}

// client starts another q with a handle h to the port.
func client(t *testing.T, address string) *process {
	t.Helper()
	c := startQ(t, t.TempDir(), nil, "-q")
	if got := c.do("h:hopen`" + `$"` + address + `"`); got != "" {
		t.Fatalf("hopen %s: %s", address, got)
	}
	return c
}
