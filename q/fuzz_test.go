package q_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
)

var errRefused = errors.New("refused")

// sealed is a Sys that reaches nothing.
type sealed struct {
	q.Host
	dir string
}

func newSealed(dir string) *sealed {
	s := &sealed{dir: dir}
	s.In, s.Out, s.Err, s.OnExit = strings.NewReader(""), io.Discard, io.Discard, func(int) {}
	return s
}

func (s *sealed) Getwd() (string, error)                              { return s.dir, nil }
func (s *sealed) Path(string, q.Access) (string, error)               { return "", errRefused }
func (s *sealed) Run(context.Context, string, string) ([]byte, error) { return nil, errRefused }
func (s *sealed) Setenv(string, string) error                         { return errRefused }
func (s *sealed) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errRefused
}
func (s *sealed) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, errRefused
}

// FuzzEval checks that any text ends in a value or a q error: no panic, no hang.
func FuzzEval(f *testing.F) {
	for _, s := range []string{
		"1+2", "til 10", "{x+y}/[1 2 3]", "x:til 5;x[2]:9;x", "d:`a`b!1 2;d[`c]:3;d", "select a from ([]a:1 2)", "1 2 3+4 5",
		"@[{1+x};`a;{x}]", "`a`b`c?`c", "raze(1 2;3 4)", "parse\"a+1\"", "eval(+;1;2)", "value\"1+1\"", "\"I\"$\"12\"", "flip(1 2;3 4)",
		"update b:2*a by c from ([]a:1 2;c:`x`y)", "([]a:1 2)lj([a:1 2]b:3 4)", "0 1 0'[1 2 3;4 5 6]", "{$[x<2;x;.z.s[x-1]+.z.s x-2]}10",
		"1_\"abc\"", "2 3#til 6", "\"abc\" ss \"b\"", "string 1.5", "`int$2.5", "2024.01.01+1", "max(1 2;3 4)", "not 0b", ".[x;(0;1);:;2]",
		"(`a;1 2;\"x\")", "asc 3 1 2", "group 1 2 1", "wavg[1 2;3 4]", "-8!1 2", "-9!-8!`a", ".j.k\"{}\"", ".j.j`a`b!1 2", "1 2 in 3", "{x y}[;1]",
	} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src string) {
		e := q.New(q.Options{Sys: newSealed(dir), Timeout: 2 * time.Second, MemoryLimit: 512 << 20})
		defer e.Close()
		hung := time.AfterFunc(time.Minute, func() { panic("hangs: " + src) })
		defer hung.Stop()
		v, err := e.Eval(context.Background(), src)
		if err != nil {
			var qe *q.Error
			if !errors.As(err, &qe) {
				t.Fatalf("error of another kind: %v", err)
			}
			if strings.HasPrefix(string(qe.Msg), "internal") {
				t.Fatalf("%q: %v", src, qe.Msg)
			}
			return
		}
		if v == nil {
			t.Fatalf("%q: no value", src)
		}
		_ = e.Format(v)
		_ = kdb.Inline(v)
	})
}
