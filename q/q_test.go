package q_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
)

// newEngine returns an engine that reaches nothing outside.
func newEngine(t *testing.T, o q.Options) *q.Engine {
	t.Helper()
	if o.Sys == nil {
		o.Sys = newSealed(t.TempDir())
	}
	e := q.New(o)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// show returns what the console shows for each line of src, errors by name.
func show(t *testing.T, e *q.Engine, src string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.SplitSeq(src, "\n") {
		s, err := e.Show(context.Background(), line)
		var qe *q.Error
		switch {
		case errors.As(err, &qe):
			s = "'" + string(qe.Msg) + "\n"
		case err != nil:
			t.Fatalf("%s: %v", line, err)
		}
		b.WriteString(s)
	}
	return strings.TrimRight(b.String(), "\n")
}

func TestEval(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"right to left", "2*3+4", "14"},
		{"list items are evaluated from the right", "x:10\n(x+5;x:20;x-5)", "25 20 5"},
		{"a function sees its own locals only", "f:{a:x;{a}[]}\n@[f;1;{x}]", `,"a"`},
		{"an assignment shows nothing and yields its value", "a:1\n3+a:til 3", "3 4 5"},
		{"op-assignment to an undefined name starts from the identity", "zz+:1\nzz", "1"},
		{"op-assignment in a function is to the global", "n:5\n{n+:1}[];\nn", "6"},
		{"explicit return", "{if[x>0;:`pos];`neg}each 1 -1", "`pos`neg"},
		{"return out of a loop", "{i:0;while[1b;i+:1;if[i>9;:i]]}[]", "10"},
		{"recursion", "{$[x<2;x;.z.s[x-1]+.z.s x-2]}15", "610"},
		{"projection of a projection", "f:{x+10*y+10*z}\nf[1][;3][2]", "321"},
		{"elided list items project", "(1;;3)2", "1 2 3"},
		{"composition", "('[neg;+])[1;2]", "-3"},
		{"trailing verb composes", "tc:sum til@\ntc 5", "10"},
		{"indexed assignment keeps the type", "v:1 2 3\nv[0]:1f", "'type"},
		{"a general list collapses when it can", "l:(1;`a)\nl[1]:2\nl", "1 2"},
		{"amends do not reach a second name", "p:1 2 3\nr:p\np[0]:9\nr", "1 2 3"},
		{"amends do not reach a list that holds the vector", "p:1 2 3\nl:(p;p)\nl[0;1]:9\np\nl", "1 2 3\n1 9 3\n1 2 3"},
		{"amends do not reach a constant of a function", "f:{a:1 2 3;a[0]+:1;a}\nf[]\nf[]", "2 2 3\n2 2 3"},
		{"appends do not reach a second name", "p:1 2 3\nr:p,4\np,:5\nr[0]:9\np", "1 2 3 5"},
		{"dictionary upsert", "d:`a`b!1 2\nd[`c]:3\nd[`a]+:10\nd", "a| 11\nb| 2\nc| 3"},
		{"amend by name in place", "v:til 4\n@[`v;1 2;+;10]\nv", "`v\n0 11 12 3"},
		{"pattern assignment", "(a;b):10 20\na+b", "30"},
		{"locals of the function around in a query", "t:([]s:`a`b`a;v:1 2 3)\n{[k]exec sum v from t where s=k}`a", "4"},
		{"a functional query does not see locals", "t:([]s:`a`b;v:1 2)\n{[k]@[?[t;;0b;()];enlist(=;`s;`k);{x}]}`a", `,"k"`},
		{"trap", "@[{1+x};`a;{\"got \",x}]", `"got type"`},
		{"signal", "@[{'`oops};0;{x}]", `"oops"`},
		{"namespaces", "\\d .foo\nx:42\ng:{[]x}\n\\d .\n.foo.g[]\nkey`.foo", "42\n``x`g"},
		{"a view follows what it names", "a:1\nv::a+1\nv\na:10\nv", "2\n11"},
		{"case", "0 1 0'[1 2 3;10 20 30]", "1 20 3"},
		{"do and while forms of over", "5{x*2}/1\n{x<100}{x*2}/1", "32\n128"},
		{"converge", "{x div 2}/[100]", "0"},
		{"scan keeps what it passed", "(+\\)1 2 3", "1 3 6"},
		{"each on a dictionary keeps its keys", "{2*x}each`a`b!1 2", "a| 2\nb| 4"},
		{"parse and eval", "parse\"a+1\"\na:2\neval parse\"a+1\"", "+\n`a\n1\n3"},
		{"names in functional form", "f:{x+y}\n`f . 1 2", "3"},
		{"deep recursion is a q error", "f:{f x}\n@[f;1;{x}]", `"stack"`},
		{"comment in an expression", "1+2 / three", "3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(t, newEngine(t, q.Options{}), tt.src); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestErrorTrace(t *testing.T) {
	e := newEngine(t, q.Options{})
	show(t, e, "f:{g[x;2#y]}\ng:{a:x*2;a+y}")
	_, err := e.Eval(context.Background(), `f[3;"hello"]`)
	var qe *q.Error
	if !errors.As(err, &qe) {
		t.Fatalf("error: %v", err)
	}
	want := "'type\n  [2]  g:{a:x*2;a+y}\n                 ^\n"
	if got := qe.Format(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if len(qe.Trace) != 3 || qe.Trace[1].Name != "f" || qe.Trace[2].Depth != 0 {
		t.Errorf("trace: %+v", qe.Trace)
	}
}

func TestCall(t *testing.T) {
	ctx := context.Background()
	e := newEngine(t, q.Options{})
	show(t, e, "add:{x+y}")
	v, err := e.Call(ctx, "add", kdb.Long(2), kdb.Of[kdb.Long](1, 2))
	if err != nil || kdb.Inline(v) != "3 4" {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := e.Call(ctx, "add", kdb.Long(1), kdb.Sym("a")); err == nil || err.Error() != "type" {
		t.Errorf("error: %v", err)
	}
}

func TestRegister(t *testing.T) {
	e := newEngine(t, q.Options{})
	e.Register(".go.twice", func(x kdb.Long) kdb.Long { return 2 * x })
	e.Register(".go.fail", func(kdb.Value) (kdb.Value, error) { return nil, errors.New("no such thing") })
	for src, want := range map[string]string{
		".go.twice 21":            "42",
		".go.twice each 1 2":      "2 4",
		".go.twice`a":             "'type",
		".go.fail 1":              "'no such thing",
		"@[.go.fail;1;{upper x}]": `"NO SUCH THING"`,
		".go.twice[1;2]":          "'rank",
		"t:([]a:1 2);exec .go.twice each a from t": "2 4",
	} {
		if got := show(t, e, src); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}

func TestCancel(t *testing.T) {
	e := newEngine(t, q.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := e.Eval(ctx, "{while[1b;x+:1]}0"); err == nil || err.Error() != "stop" {
		t.Fatalf("error: %v", err)
	}
	if got := show(t, e, "1+1"); got != "2" {
		t.Errorf("after: %s", got)
	}
}

func TestCancelIsNotTrapped(t *testing.T) {
	e := newEngine(t, q.Options{Timeout: 30 * time.Millisecond})
	if got := show(t, e, "while[1b;@[{while[1b;x+:1]};0;{x}]]"); got != "'stop" {
		t.Errorf("got %s", got)
	}
}

func TestMemoryLimit(t *testing.T) {
	e := newEngine(t, q.Options{MemoryLimit: 256 << 20})
	for _, src := range []string{"til 1000000000000", "l:();while[1b;l,:enlist til 100000]", "1000000 1000000#0"} {
		if got := show(t, e, src); got != "'wsfull" {
			t.Errorf("%s: got %s", src, got)
		}
		show(t, e, "l:()")
	}
}

func TestEnginesShareNothing(t *testing.T) {
	a, b := newEngine(t, q.Options{}), newEngine(t, q.Options{})
	show(t, a, "x:1\nf:{x+c}\nc:10")
	if got := show(t, b, "x"); got != "'x" {
		t.Errorf("x in the other engine: %s", got)
	}
	f, err := a.Get("f")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Set("f", f); err != nil {
		t.Fatal(err)
	}
	if got := show(t, b, "c:20\nf 1"); got != "21" {
		t.Errorf("a function that moved: %s", got)
	}
	if got := show(t, a, "f 1"); got != "11" {
		t.Errorf("at home: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	e := newEngine(t, q.Options{})
	for _, src := range []string{"read0`:/etc/passwd", "`:x set 1", "hopen 5000", "system\"ls\"", "\\l x.q", "\\p 5000", "`:f 2:(`g;1)"} {
		if got := show(t, e, src); !strings.HasPrefix(got, "'") {
			t.Errorf("%s: got %s, want an error", src, got)
		}
	}
}

func TestReadOnly(t *testing.T) {
	e := newEngine(t, q.Options{})
	show(t, e, "a:1\nt:([]b:1 2)")
	for _, src := range []string{"reval parse\"a:2\"", "reval(insert;enlist`t;5)", "reval(set;enlist`a;3)", "reval parse\"update b:0 from `t\""} {
		if got := show(t, e, src); got != "'noupdate" {
			t.Errorf("%s: got %s", src, got)
		}
	}
	if got := show(t, e, "a\ncount t"); got != "1\n2" {
		t.Errorf("after: %s", got)
	}
}

// TestMemoryReturned: .Q.gc answers how much the system got back.
func TestMemoryReturned(t *testing.T) {
	e := q.New(q.Options{Sys: newSealed("/")})
	defer e.Close()
	if _, err := e.Eval(context.Background(), "x:til 20000000;x:0"); err != nil {
		t.Fatal(err)
	}
	v, err := e.Eval(context.Background(), ".Q.gc[]")
	if n, ok := v.(kdb.Long); err != nil || !ok || n < 100_000_000 {
		t.Errorf(".Q.gc[] is %v, %v; 160 MB were free", v, err)
	}
}
