package q_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/q"
)

// TestSplayedOrder: a file handle applied to a name, as KX's dbmaint.q does to
// learn a splayed table's columns and their order.
func TestSplayedOrder(t *testing.T) {
	e := q.New(q.Options{})
	defer e.Close()
	table := "`:" + filepath.Join(t.TempDir(), "t")
	show := func(src string) string {
		got, err := e.Show(context.Background(), src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		return got
	}
	show("p:" + table)
	show("(` sv p,`) set ([]b:1 2;a:3 4)")
	for src, want := range map[string]string{
		"get p,`.d": "`b`a\n", "value(p;`.d)": "`b`a\n", "p `.d": "`b`a\n", "get p,`a": "3 4\n",
	} {
		if got := show(src); got != want {
			t.Errorf("%s shows %q, want %q", src, got, want)
		}
	}
	// addcol and setattrcol of dbmaint.q write to the table's folder.
	show("(` sv p,`c)set 5 6")
	show("@[p;`.d;,;`c]")
	show("@[p;`a;`s#]")
	if got, want := show("(get p,`.d;attr get p,`a;cols get p;sum(get p)`c)"), "`b`a`c\n`s\n`b`a`c\n11\n"; got != want {
		t.Errorf("a column was added: %q, want %q", got, want)
	}
	// addtable of dbmaint.q makes a folder that there was not.
	show("@[`$string[p],\"2\";`;:;0#get p]")
	if got, want := show("(count;cols)@\\:get`$string[p],\"2\""), "0\n`b`a`c\n"; got != want {
		t.Errorf("a table was added: %q, want %q", got, want)
	}
}
