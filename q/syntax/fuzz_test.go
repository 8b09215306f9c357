package syntax_test

import (
	"errors"
	"testing"

	"github.com/quoinhq/quoin/q/syntax"
)

// FuzzParse checks that any text ends in a tree or a *syntax.Error whose place
// is in the text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "1+2", "a:b:3", "f[x;;y]", "{[a;b]a+b}'[1 2;3 4]", "select a,sum b by c from t where d=1,e in `x`y",
		"([k:1 2]v:3 4)", "x[i;j],:1", "$[a;b;c;d;e]", "`a`b!(1;\"x\\n\")", "0x1f 2024.01.01D10:00 0Nd 1e-5 0b",
		"if[x;:y];'z", "update x:1 from `t", "a::b+1", "(+/)1 2", "sum@", "1 2 3 ::", "f':[x]", "x f/:\\:y", "/ c", "((((",
		"select[5;>a]from t", "exec distinct a from t", "delete a,b from t", "{x+y}[1]", "([a:1;b:2])", "'`err", "a 1: 0x01",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, err := syntax.Parse(src, func(n string) bool { return n == "each" || n == "in" })
		if err == nil {
			return
		}
		var e *syntax.Error
		if !errors.As(err, &e) {
			t.Fatalf("error of another kind: %v", err)
		}
		if e.Pos < 0 || e.Pos > len(src) || e.Msg == "" {
			t.Fatalf("error without a place: %+v", e)
		}
	})
}

// FuzzScript checks that statements keep their lines in order.
func FuzzScript(f *testing.F) {
	f.Add("a:1\n b\n/\nc\n\\\nd:2\n\\\nrest")
	f.Fuzz(func(t *testing.T, src string) {
		last := 0
		for _, s := range syntax.Script(src) {
			if s.Line <= last || s.Text == "" {
				t.Fatalf("statement %+v after line %d", s, last)
			}
			last = s.Line
		}
	})
}
