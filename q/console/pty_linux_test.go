package console_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/q/console"
)

// TestMain makes the test binary the q that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("CONSOLE_TEST_Q") != "" {
		os.Exit(console.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// session is a q process at a terminal of its own.
type session struct {
	t   *testing.T
	pty *os.File
	cmd *exec.Cmd

	mu   sync.Mutex
	out  strings.Builder // what came since the last expectation
	more chan struct{}
}

// startSession starts q at a pseudo-terminal and waits for its prompt.
func startSession(t *testing.T, args ...string) *session {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: 200}); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "CONSOLE_TEST_Q=1")
	cmd.Dir = t.TempDir()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, pty: master, cmd: cmd, more: make(chan struct{}, 1)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go s.read()
	s.expect("q)")
	return s
}

// read collects what the process writes until the terminal closes.
func (s *session) read() {
	b := make([]byte, 4096)
	for {
		n, err := s.pty.Read(b)
		s.mu.Lock()
		s.out.Write(b[:n])
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// typed sends keys.
func (s *session) typed(keys string) {
	s.t.Helper()
	if _, err := s.pty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

var escape = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|\r")

// expect waits until the output ends in what is told and returns all of it
// since the last expectation, without the terminal's own codes.
func (s *session) expect(end string) string {
	s.t.Helper()
	timeout := time.After(time.Minute)
	for {
		s.mu.Lock()
		text := escape.ReplaceAllString(s.out.String(), "")
		if strings.HasSuffix(text, end) {
			s.out.Reset()
			s.mu.Unlock()
			return text
		}
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-timeout:
			s.t.Fatalf("waiting for %q, got:\n%s", end, text)
		}
	}
}

// enter types a line and returns what is shown for it, up to the prompt.
func (s *session) enter(line, prompt string) string {
	s.t.Helper()
	s.typed(line + "\r")
	text := s.expect("\n" + prompt)
	text = strings.TrimSuffix(text, prompt)
	_, shown, _ := strings.Cut(text, "\n") // after the echo
	return strings.TrimRight(shown, "\n")
}

// check enters lines and compares what is shown for each.
func (s *session) check(steps ...[3]string) {
	s.t.Helper()
	for _, step := range steps {
		if got := s.enter(step[0], step[1]); got != step[2] {
			s.t.Errorf("%s\ngot:\n%s\nwant:\n%s", step[0], got, step[2])
		}
	}
}

// exit waits for the process and returns its exit code.
func (s *session) exit() int {
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}
