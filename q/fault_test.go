package q_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q"
)

// lines is a writer to look into while an engine writes to it.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// faulty returns an engine with a function that panics, and its standard error.
func faulty(t *testing.T) (*q.Engine, *lines) {
	t.Helper()
	errs := &lines{}
	sys := onDisk(t.TempDir())
	sys.Err = errs
	e := newEngine(t, q.Options{Sys: sys, Threads: 2})
	e.Register(".go.fault", func(x kdb.Long) kdb.Long { return []kdb.Long{1}[x] })
	return e, errs
}

// TestFaults checks that a fault of the engine is a q error wherever it happens,
// its stack told to the operator, and that the engine goes on.
func TestFaults(t *testing.T) {
	e, errs := faulty(t)
	for src, want := range map[string]string{
		".go.fault 5":                           "'internal",
		"f:{.go.fault x};g:{f x};g 5":           "'internal",
		"@[.go.fault;5;{\"caught \",x}]":        `"caught internal"`,
		".go.fault peach 0 5":                   "'internal",
		".go.fault each 0 5":                    "'internal",
		"select .go.fault each a from([]a:5 6)": "'internal",
		"v::.go.fault 5;v":                      "'internal",
	} {
		if got := show(t, e, src); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
	if text := errs.String(); !strings.Contains(text, "index out of range") || !strings.Contains(text, "goroutine") {
		t.Errorf("the operator is told:\n%s", text)
	}
	if got := show(t, e, "f:{$[x;.z.s[x-1]+1;0]};f 100"); got != "100" {
		t.Errorf("after the faults: %s", got)
	}
}

// TestFaultsOfConnections checks the goroutines that serve clients.
func TestFaultsOfConnections(t *testing.T) {
	e, _ := faulty(t)
	show(t, e, ".z.po:{.go.fault 5};.z.pc:{.go.fault 5};.z.ts:{.go.fault 5};.z.ps:{.go.fault 5}\n\\t 1\n\\p 0W")
	port := strings.TrimSuffix(show(t, e, `\p`), "i")
	for range 3 {
		c, err := ipc.Dial(context.Background(), "localhost:"+port)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Sync(t.Context(), kdb.Str(".go.fault 5")); err == nil || err.Error() != "internal" {
			t.Errorf("sync: %v", err)
		}
		if err := c.Async(t.Context(), kdb.Str("anything")); err != nil {
			t.Fatal(err)
		}
		// There is no sending a Go function's trace: an error, and the next answer.
		if _, err := c.Sync(t.Context(), kdb.Str(".Q.trp[{x+`a};1;{y}]")); err == nil || err.Error() != "type" {
			t.Errorf("a value without an encoding: %v", err)
		}
		if v, err := c.Sync(t.Context(), kdb.Str("1+1")); err != nil || v != kdb.Value(kdb.Long(2)) {
			t.Errorf("after it: %v, %v", v, err)
		}
		_ = c.Close()
	}
}

// TestExitWithFailingHandler is the fault of a node whose script failed while it
// replayed a log: exit inside functions, whose .z.exit failed, put the thread to
// rest under the functions that were still running.
func TestExitWithFailingHandler(t *testing.T) {
	e, errs := faulty(t)
	show(t, e, "`:tp.log set ();l:hopen`:tp.log;l enlist(`upd;`t;1);hclose l\n.z.exit:{'oops}\nupd:{[t;x]@[{[a;b]c:a;c+b}[x];`s;{fail x}]}\nfail:{exit 1}")
	if got := show(t, e, "{[a;b]r:-11!a;b+r}[`:tp.log;1]"); got != "'stop" {
		t.Errorf("got %s", got)
	}
	if text := errs.String(); strings.Contains(text, "internal") || !strings.Contains(text, "oops") {
		t.Errorf("told:\n%s", text)
	}
}

// TestCutMappedColumn reads a mapped column whose file somebody cut short.
func TestCutMappedColumn(t *testing.T) {
	e, _ := faulty(t)
	dir := t.TempDir()
	show(t, e, "`:"+dir+"/t/ set([]a:til 3000000)\nt:get`:"+dir+"/t/")
	if err := os.Truncate(filepath.Join(dir, "t", "a"), 4096); err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{"sum t`a", "max t`a", "exec sum a from t", "a:5+t`a"} {
		if got := show(t, e, src); got != "'internal" {
			t.Errorf("%s: got %s", src, got)
		}
	}
}

// TestForeignKeysFromDisk reads a column of foreign keys, whose domain is the
// key of a table in memory: its symbols came back empty.
func TestForeignKeysFromDisk(t *testing.T) {
	e, _ := faulty(t)
	show(t, e, "s:([s:`s1`s2]name:`smith`jones)\nsp:([]s:`s$`s2`s1;qty:1 2)\nrsave`sp\ndelete sp from `.\nrload`sp")
	if got := show(t, e, "sp`s\nexec s.name from sp"); got != "`s$`s2`s1\n`jones`smith" {
		t.Errorf("got %s", got)
	}
}

// TestLoadFolder: load of a folder that is no table makes a dictionary of what is
// in it; it said that there was no such file.
func TestLoadFolder(t *testing.T) {
	e, _ := faulty(t)
	show(t, e, "`:cb/a set 1 2 3;`:cb/sub/b set`x`y;`:cb/t/ set([]c:4 5);load`cb")
	if got := show(t, e, "key cb\ncb`a\ncb[`sub;`b]\ncb[`t;`c]"); got != "`a`sub`t\n1 2 3\n`x`y\n4 5" {
		t.Errorf("got %s", got)
	}
}

// TestNesting makes values that are nested without end, in each way there is to
// put one value into another: an error, and no recursion that uses up Go's stack.
func TestNesting(t *testing.T) {
	e := newEngine(t, q.Options{})
	for _, step := range []string{
		"{enlist x}", "{(x;1)}", "{(1;x)}", "{1 cut(x;x)}", "{[x]y:enlist(::);y[0]:x;y}", "{@[enlist(::);0;:;x]}", "{.[enlist(::);enlist 0;{[a;b]b};x]}",
		"{`a`b!(1;x)}", "{d:`a`b!(1;\"\");d[`b]:x;d}", "{([]a:1 2;b:(x;x))}", "{{y}[x]}", "{x'}", "{enlist each enlist x}", "{(x;x)}",
		"{flip enlist enlist x}", "{(1#`a)!enlist enlist x}", "{(),/:enlist x}", "{0N 1#enlist x}",
	} {
		src := "count " + step + "/[10001;{x+y}]"
		if got := show(t, e, src); got != "'limit" {
			t.Errorf("%s: %s", src, got)
		}
	}
	// What is just not too deep goes through everything that goes down into it.
	show(t, e, "x:{enlist x}/[9900;1];y:{enlist x}/[9900;1];s:{enlist x}/[9900;\"a\"]")
	for _, f := range []string{
		"x~y", "x+y", "neg x", "x=y", "-8!x", "-3!x", ".Q.s x", ".j.j x", "raze x", "asc(x;y)", "(x;y)?y", "distinct(x;y)", "group(x;y)", "sum x", "null x",
		"`float$x", "lower s", "`$s", "string x", "eval x", "value x", "(enlist x)!enlist y", "@[x;0;:;1]", ".[x;9000#0;:;1]", "x like\"a\"", "fills x", "-22!x", "x,'y", "x cross y",
		"(x')", "count x", "`:nowhere/x set x", "meta([]a:(x;y))", "ungroup([]a:(x;y))", "md5 -3!x", "x in y", "sums x", "flip x", "parse s",
	} {
		if got := show(t, e, f); got == "'internal" {
			t.Errorf("%s: %s", f, got)
		}
	}
}

// TestHeldTwice: a list that holds one list twice, and so on, takes no memory; what
// went down into it ran without end and could not be interrupted.
func TestHeldTwice(t *testing.T) {
	e := newEngine(t, q.Options{})
	for _, src := range []string{"count 60{(x;x)}/1", "60{{z}[x;x]}/1", "x:1 2;do[60;x:3#enlist x]"} {
		if got := show(t, e, src); got != "'limit" {
			t.Errorf("%s: %s", src, got)
		}
	}
	if got := show(t, e, "x:20{(x;x)}/1;count raze/[x]"); got != "1048576" {
		t.Errorf("got %s", got)
	}
	// One long list for each of many rows is not that.
	if got := show(t, e, "count 100000#enlist string til 100"); got != "100000" {
		t.Errorf("got %s", got)
	}
}

// TestLinksOnDisk: a column of rows of another table was read as nulls, and no
// query followed it.
func TestLinksOnDisk(t *testing.T) {
	e, _ := faulty(t)
	show(t, e, "`:db/fill/ set .Q.en[`:db]([]sym:`a`b;ord:`order!1 0;px:1 2.)\n`:db/order/ set .Q.en[`:db]([]id:10 20;acct:`x`y)\n\\l db")
	show(t, e, "`:fill/ upsert .Q.en[`:.]([]sym:1#`c;ord:`order!1#1;px:1#3.)\n\\l .")
	if got := show(t, e, "exec ord.id from fill\nexec px by ord.acct from fill\nexec f from meta fill"); got != "20 10 20\nx| ,2f\ny| 1 3f\n``order`" {
		t.Errorf("got %s", got)
	}
}

// TestCancelAtTheEnd: a context that ended just as its evaluation did interrupted
// the next one, and all after that.
func TestCancelAtTheEnd(t *testing.T) {
	e := newEngine(t, q.Options{})
	for range 3000 {
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		_, _ = e.Eval(ctx, "1+1")
		cancel()
		if _, err := e.Eval(context.Background(), "sum til 10"); err != nil {
			t.Fatal(err)
		}
	}
}
