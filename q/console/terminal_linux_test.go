package console_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

func TestPrompt(t *testing.T) {
	s := startSession(t, "-q")
	s.check(
		[3]string{"1+1", "q)", "2"},
		[3]string{"a:3", "q)", ""},
		[3]string{"/ a comment", "q)", ""},
		[3]string{`\d .price`, "q.price)", ""},
		[3]string{"b:4", "q.price)", ""},
		[3]string{`\d .`, "q)", ""},
		[3]string{".price.b", "q)", "4"},
		[3]string{"1+`", "q)", "'type\n  [0]  1+`\n        ^"},
	)
	s.typed("\\\\\r")
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestLineEditing(t *testing.T) {
	const up, left, backspace, ctrlC, ctrlD = "\x1b[A", "\x1b[D", "\x7f", "\x03", "\x04"
	s := startSession(t, "-q")
	s.check(
		[3]string{"1+3" + left + backspace + "-", "q)", "-2"},
		[3]string{"x:10", "q)", ""},
		[3]string{up + up, "q)", "-2"}, // history
		[3]string{"not this" + ctrlC + "2*x", "q)", "20"},
	)
	s.typed(ctrlD)
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestInterrupt(t *testing.T) {
	s := startSession(t, "-q")
	s.typed("-1\"busy\";while[1b;]\r")
	s.expect("busy\n") // the terminal is in the program's hands
	s.typed("\x03")
	if got := s.expect("q)"); !strings.Contains(got, "'stop\n") {
		t.Errorf("got:\n%s", got)
	}
	// In a function the interrupt suspends it.
	s.typed("{n:7;-1\"busy\";while[1b;];n}[]\r")
	s.expect("busy\n")
	s.typed("\x03")
	if got := s.expect("q))"); !strings.Contains(got, "'stop\n  [1]  ") {
		t.Errorf("got:\n%s", got)
	}
	s.check(
		[3]string{"n+1", "q))", "8"},
		[3]string{":0", "q)", "7"},
		[3]string{"1", "q)", "1"},
	)
}

func TestDebugPrompt(t *testing.T) {
	s := startSession(t, "-q")
	s.check(
		[3]string{"area:{w:x`w;w*h x}", "q)", ""},
		[3]string{"h:{2+x`h}", "q)", ""},
		[3]string{"area`w`h!(3;`tall)", "q))", "'type\n  [2]  h:{2+x`h}\n           ^"},
		[3]string{"x`w", "q))", "3"},
		[3]string{".z.ex", "q))", "+"},
		[3]string{".z.ey", "q))", "2\n`tall"},
		[3]string{"`", "q))", "  [1]  area:{w:x`w;w*h x}\n                     ^"},
		[3]string{"w", "q))", "3"},
		[3]string{".Q.bt[]", "q))", "  [2]  h:{2+x`h}\n           ^\n>>[1]  area:{w:x`w;w*h x}\n                     ^\n  [0]  area`w`h!(3;`tall)\n       ^"},
		[3]string{"&", "q))", "'type\n  [1]  area:{w:x`w;w*h x}\n                     ^"},
		[3]string{".", "q))", "  [2]  h:{2+x`h}\n           ^"},
		[3]string{":40", "q)", "120"}, // for 2+x`h
	)
}

func TestDebugAssignsLocals(t *testing.T) {
	s := startSession(t, "-q")
	s.check(
		[3]string{"v:`global", "q)", ""},
		[3]string{"{v:x;v+`a;v*2}5", "q))", "'type\n  [1]  {v:x;v+`a;v*2}\n             ^"},
		[3]string{"v:21", "q))", ""},
		[3]string{":", "q)", "42"},
		[3]string{"v", "q)", "`global"},
	)
}

func TestDebugSignal(t *testing.T) {
	s := startSession(t, "-q")
	s.check(
		[3]string{"f:{g[x]+1}", "q)", ""},
		[3]string{"g:{k:2*x;k+`s}", "q)", ""},
		[3]string{"f 1", "q))", "'type\n  [2]  g:{k:2*x;k+`s}\n                 ^"},
		[3]string{"'mine", "q))", "'mine\n  [1]  f:{g[x]+1}\n          ^"},
		[3]string{":10", "q)", "11"},
		[3]string{"f 1", "q))", "'type\n  [2]  g:{k:2*x;k+`s}\n                 ^"},
		[3]string{"'one", "q))", "'one\n  [1]  f:{g[x]+1}\n          ^"},
		[3]string{"'two", "q)", "'two\n  [0]  f 1\n       ^"},
		[3]string{"@[f;1;{\"caught \",x}]", "q)", `"caught type"`}, // a trap suspends nothing
	)
}

func TestDebugNests(t *testing.T) {
	s := startSession(t, "-q")
	s.check(
		[3]string{"f:{r:x+`a;r}", "q)", ""},
		[3]string{"f 7", "q))", "'type\n  [1]  f:{r:x+`a;r}\n             ^"},
		[3]string{"{z+x}[x;`b;`c]", "q)))", "'type\n  [4]  {z+x}\n         ^"},
		[3]string{"z", "q)))", "`c"},
		[3]string{`\`, "q))", ""},
		[3]string{"x", "q))", "7"},
		[3]string{"x+`a", "q))", "'type\n  [3]  x+`a\n        ^"}, // in no function: nothing to suspend
		[3]string{`\`, "q)", ""},
		[3]string{"1", "q)", "1"},
	)
	s.check([3]string{"f 7", "q))", "'type\n  [1]  f:{r:x+`a;r}\n             ^"})
	s.typed("exit 3\r")
	if code := s.exit(); code != 3 {
		t.Errorf("exit code %d", code)
	}
}

func TestDebugScript(t *testing.T) {
	s := startSession(t, "-q")
	script := filepath.Join(s.cmd.Dir, "s.q")
	if err := os.WriteFile(script, []byte("double:{2*x}\n\na:double`x\nb:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := s.enter(`\l s.q`, "q))")
	if want := script + ":1: double:{2*x}\n"; !strings.Contains(got, want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", got, want)
	}
	s.check([3]string{":42", "q)", ""}, [3]string{"a,b", "q)", "42 1"})
}

// TestDebugClients is error-trap mode 1: what a client asks for suspends at the
// server's console. Modes 0 and 2 tell the client and go on.
func TestDebugClients(t *testing.T) {
	s := startSession(t, "-q", "-p", "0W")
	port := strings.TrimSuffix(s.enter(`\p`, "q)"), "i")
	c, err := ipc.Dial(context.Background(), "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.check([3]string{"f:{x+`a}", "q)", ""})
	if _, err := c.Sync(t.Context(), kdb.Str("f 1")); err == nil || err.Error() != "type" {
		t.Errorf("mode 0: %v", err)
	}
	s.check([3]string{`\e 2`, "q)", ""})
	if _, err := c.Sync(t.Context(), kdb.Str("f 1")); err == nil || err.Error() != "type" {
		t.Errorf("mode 2: %v", err)
	}
	if got := s.expect("q)"); !strings.Contains(got, "'type\n  [1]  f:{x+`a}\n           ^\n  [0]  f 1\n       ^\n") {
		t.Errorf("mode 2 shows:\n%s", got)
	}
	s.check([3]string{`\e 1`, "q)", ""})
	if err := c.Async(t.Context(), kdb.Str("r:f 2")); err != nil {
		t.Fatal(err)
	}
	if got := s.expect("q))"); !strings.Contains(got, "'type\n  [1]  f:{x+`a}\n") {
		t.Errorf("mode 1 shows:\n%s", got)
	}
	s.check([3]string{"x", "q))", "2"}, [3]string{":50", "q)", ""})
	if v, err := c.Sync(t.Context(), kdb.Str("r")); err != nil || v != kdb.Value(kdb.Long(50)) {
		t.Errorf("after resuming: %v, %v", v, err)
	}
	if err := c.Async(t.Context(), kdb.Str("f 3")); err != nil {
		t.Fatal(err)
	}
	s.expect("q))")
	s.check([3]string{`\`, "q)", ""}, [3]string{"1", "q)", "1"})
	if v, err := c.Sync(t.Context(), kdb.Str("1+1")); err != nil || v != kdb.Value(kdb.Long(2)) {
		t.Errorf("after giving up: %v, %v", v, err)
	}
}
