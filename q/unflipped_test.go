package q_test

import (
	"testing"

	"github.com/quoinhq/quoin/q"
)

// TestUnflipped takes tables apart into columns and a handle, and flips them.
func TestUnflipped(t *testing.T) {
	e := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	show(t, e, "`:flat/t/ set([]a:1 2;b:3 4)\n`:parts/2001.01.01/t/ set([]a:1 2)\n`:parts/2001.01.02/t/ set([]a:3 4)")
	for _, c := range [][2]string{
		{"enlist[`b]!`:flat/t/", "(,`b)!`:flat/t/"},
		{"flip`b`a!`:flat/t/", "b a\n---\n3 1\n4 2"},
		{"select sum a from flip`a`b!`:flat/t/", "a\n-\n3"},
		{"flip enlist[`z]!`:flat/t/", "'z"},
		{"flip enlist[`a]!`:none/t/", "+(,`a)!`:none/t/"},
		{"select from flip enlist[`a]!`:none/t/", "'none/t/a. OS reports: No such file or directory"},
		{"select from flip enlist[`a]!`none", "'none"},
		{"(0#`)!`t", "'type"},
		{"type enlist[`a]!`t", "99h"},
		{"count each(`a`b!`t;flip`a`b!`t)", "2 2"},
		{".Q.s1 get`:flat/t", "\"+`a`b!`:flat/t/\""},
		{"{.Q.s1 x}each(select from get`:flat/t;{x[`a]:5 6;x}get`:flat/t)", "\"+`a`b!(1 2;3 4)\"\n\"+`a`b!(5 6;3 4)\""},
		{"\\l parts\nexec sum a by date from flip enlist[`a]!`t", "2001.01.01| 3\n2001.01.02| 7"},
		{"t", "date       a\n------------\n2001.01.01 1\n2001.01.01 2\n2001.01.02 3\n2001.01.02 4"},
		{".Q.s1 t", "\"+(,`a)!`t\""},
		{"select[1]from t", "'nyi"},
		{"\\l ../flat\n.Q.s1 t", "\"+`a`b!`:./t/\""},
		{"\\l ../parts\n.Q.view 2001.01.02\nt", "date       a\n------------\n2001.01.02 3\n2001.01.02 4"},
	} {
		if got := show(t, e, c[0]); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
	// No primitive takes either for a dictionary or table of the usual kind.
	show(t, e, "p:1\nw::p+1")
	for _, x := range []string{"(`a`b!`none)", "(flip`a`b!`none)", "(flip`a`b!`t)", "(`. `w)"} {
		for _, f := range []string{"count", "first", "reverse", "key", "value", "asc", "desc", "iasc", "distinct", "group", "where", "string", "not", "neg", "sum", "max", "til", "raze", "null",
			"meta", "cols", "keys", "ungroup", "flip", "enlist", "type", "-8!", "-3!", ".j.j", "lower", "1_", "2#", "1,", "1+", "`a xkey", "`a xasc", "{x`a}", "{x 0}", "{x~x}", "{x,x}", "{@[x;`a;:;1]}", "fills", "prev", "{x?1}", "{x in x}", "{exec a from x}", "{x lj x}", "each[::]", "{(x;x)}", "delete a from", "update c:1 from"} {
			if got := show(t, e, f+" "+x); got == "'internal" {
				t.Errorf("%s %s: %s", f, x, got)
			}
		}
	}
}

// TestRawFiles is 1: with compression, and of lists, which become mapped ones.
func TestRawFiles(t *testing.T) {
	e := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	for _, c := range [][2]string{
		{"(`:z;17;2;9)1:1000#0x0102", "`:z"},
		{"(-21!`:z)`algorithm", "2i"},
		{"(1000#0x0102)~read1`:z", "1b"},
		{"read1(`:z;998;5)", "0x0102"},
		{"read1(`:z;3;2)", "0x0201"},
		{"`:l 1:(\"abc\";`s;(1 2;3 4))", "`:l"},
		{"get`:l", "\"abc\"\n`s\n(1 2;3 4)"},
	} {
		if got := show(t, e, c[0]); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
}

// TestMappedLists are lists of vectors, and what 1: writes: their types are
// those of the files' forms until they are amended.
func TestMappedLists(t *testing.T) {
	e := newEngine(t, q.Options{Sys: onDisk(t.TempDir())})
	for _, c := range [][2]string{
		{"type get`:s set(\"ab\";1#\"c\")", "87h"},
		{"type get`:l set 2 3#til 6", "84h"},
		{"type each get`:s", "10 10h"},
		{"key`:.", "`s#`l`l#`s`s#"},
		{"type{x,enlist\"z\"}get`:s", "0h"},
		{"type{x[0]:\"zz\";x}get`:s", "0h"},
		{"`:s upsert(\"zz\";\"yy\")\nget`:s", "`:s\n\"ab\"\n,\"c\"\n\"zz\"\n\"yy\""},
		{"type each get`:m 1:(\"ab\";(1 2;3 4))", "10 77h"},
		{"`:t/ set([]a:(\"ab\";\"cd\"))\n(type;.Q.ty)@\\:get[`:t/]`a", "`:t/\n87h\n\"C\""},
		{"`:v set til 3\n@[`:v;1;:;7]\nget`:v", "`:v\n`:v\n0 7 2"},
		{"@[`:s;0;:;\"zz\"]", "'type/attr error amending file s"},
		{"`:e set`sym?`a`b\n@[`:e;0;:;`sym?`b]", "`:e\n'type/attr error amending file e"},
		{"(`:z;17;2;6)set til 1000\n@[`:z;0;:;1]", "`:z\n'type/attr error amending file z"},
	} {
		if got := show(t, e, c[0]); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
}
