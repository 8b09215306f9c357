package q_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q"
)

// embedded is an engine in the test's own process, in a folder of its own.
type embedded struct {
	t   testing.TB
	e   *q.Engine
	dir string
}

func newEmbedded(t testing.TB, dir string) embedded {
	t.Helper()
	e := q.New(q.Options{})
	t.Cleanup(func() { e.Close() })
	m := embedded{t, e, dir}
	m.do("system\"cd " + dir + `"`)
	return m
}

// do evaluates an expression and returns what the console would show, of an
// error the text after a quote.
func (m embedded) do(src string) string {
	m.t.Helper()
	v, err := m.e.Eval(m.t.Context(), src)
	if err != nil {
		return "'" + strings.TrimPrefix(err.Error(), "'")
	}
	if v == kdb.Nil {
		return ""
	}
	return strings.TrimRight(m.e.Format(v), "\n")
}

func (m embedded) all(tries ...try) {
	m.t.Helper()
	for _, x := range tries {
		if got := m.do(x.line); got != x.want {
			m.t.Errorf("%s\n got %s\nwant %s", x.line, got, x.want)
		}
	}
}

// TestPartitionKinds writes and opens databases by each kind of partition,
// compressed, nested and in segments, and asks them the same questions.
func TestPartitionKinds(t *testing.T) {
	for _, tt := range []struct{ name, values, field, typ, prepare string }{
		{"date", "2026.01.30+til 4", "date", "d", ""},
		{"month", "2025.11m+til 4", "month", "m", ""},
		{"year", "`int$2023+til 4", "year", "i", ""},
		{"int", "`int$7+til 4", "int", "i", ""},
		{"long", "(0 1 2 3)+9000000000", "int", "j", ""},
		{"compressed", "2026.01.30+til 4", "date", "d", ".z.zd:17 2 6"},
		{"segments", "2026.01.30+til 4", "date", "d", "`:db/par.txt 0:system[\"cd\"],/:(\"/s0\";\"/s1\");system\"mkdir s0 s1\""},
		{"months in segments", "2025.11m+til 4", "month", "m", "`:db/par.txt 0:system[\"cd\"],/:(\"/s0\";\"/s1\");system\"mkdir s0 s1\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newEmbedded(t, t.TempDir())
			m.do("v:" + tt.values)
			m.do(tt.prepare)
			m.do("{[i;p]t::([]sym:`b`a`b;n:10*i+til 3;text:(\"x\";\"\";string i);vec:(1 2;();til i);mix:(1;`s;\"c\"));.Q.dpft[`:db;p;`sym;`t]}'[til 4;v]")
			m.do(`\x .z.zd`)
			m.do(`\l db`)
			m.all(
				try{".Q.pf", "`" + tt.field}, try{".Q.pv~v", "1b"}, try{"type .Q.pv", map[string]string{"d": "14h", "m": "13h", "i": "6h", "j": "7h"}[tt.typ]},
				try{"cols t", "`" + tt.field + "`sym`n`text`vec`mix"}, try{"count t", "12"}, try{".Q.cn t", "3 3 3 3"},
				try{"value exec sum n by " + tt.field + " from t", "30 60 90 120"},
				try{"exec n from t where " + tt.field + "=v 2", "30 20 40"},
				try{"exec last vec from t where " + tt.field + "=last v", "0 1 2"},
				try{"exec text from t where " + tt.field + " in v 1 3,sym=`b", "\"x\"\n,\"1\"\n\"x\"\n,\"3\""},
				try{"exec mix from t where " + tt.field + "=v 0", "`s\n1\n\"c\""},
				try{"exec max n from t where " + tt.field + " within v 0 1", "30"},
				try{"attr exec sym from t where " + tt.field + "=v 0", "`p"},
				try{"select[-1]n from t where " + tt.field + "<v 1", "'nyi"},
				try{"-1#select n from t where " + tt.field + "<v 1", "n \n--\n20"},
			)
		})
	}
}

// TestSegments: .Q.P, .Q.D, .Q.PD and .Q.par of a database in segments, one of
// whose partitions is in two of them.
func TestSegments(t *testing.T) {
	dir := t.TempDir()
	m := newEmbedded(t, dir)
	m.do("`:db/par.txt 0:(\"" + dir + "/s0\";\"" + dir + "/s1\")")
	m.do("{t::([]n:til x);.Q.dpt[`:db;2026.01.01+x;`t]}each til 4;")
	// The partition of the second day is in the first segment too.
	m.do("`:s0/2026.01.03/t/ set([]n:100 101)")
	m.do("`:s1/2026.01.03/t/ set([]n:200 201)")
	m.do("part:{1_string .Q.par[`:db;x;`t]}")
	m.all(try{"count each group{(\"/\"vs x)count[\"/\"vs x]-3}each part each 2026.01.01+til 4", "\"s1\"| 2\n\"s0\"| 2"})
	m.do(`\l db`)
	m.all(
		try{"(`$-2#'string .Q.P)", "`s0`s1"},
		try{"count each .Q.D", "3 2"},
		try{"(`$-2#'string .Q.P)!.Q.D", "s0| 2026.01.02 2026.01.03 2026.01.04\ns1| 2026.01.01 2026.01.03"},
		try{"count .Q.PD", "4"}, try{".Q.u", "0b"},
		try{"asc exec n from t where date=2026.01.03", "`s#100 101 200 201"},
	)
}

// TestOpeningReadsNoData spoils every column of a database: it opens, its shape
// is known, and only a query that reads a spoilt column fails.
func TestOpeningReadsNoData(t *testing.T) {
	dir := t.TempDir()
	m := newEmbedded(t, dir)
	m.do("{t::([]sym:`a`b;n:x+0 1;w:0 0f);.Q.dpft[`:db;2026.01.01+x;`sym;`t]}each til 5;")
	kept := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(dir, "db", "2026.*", "t", "[a-z]*"))
	if err != nil || len(files) != 15 {
		t.Fatalf("%d columns, %v", len(files), err)
	}
	for _, f := range files {
		if kept[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
		writeFile(t, f, "no column")
	}
	m = newEmbedded(t, dir)
	m.all(
		try{`\l db`, ""}, try{"tables[]", ",`t"}, try{"cols t", "`date`sym`n`w"}, try{"count date", "5"},
		try{"@[{exec n from t where date=x};2026.01.03;{`refused}]", "`refused"},
	)
	// A query reads the columns it names, of the partitions it names.
	for _, f := range files {
		if strings.Contains(f, "2026.01.03") && filepath.Base(f) == "n" {
			writeFile(t, f, string(kept[f]))
		}
	}
	m = newEmbedded(t, dir)
	m.all(
		try{`\l db`, ""},
		try{"exec n from t where date=2026.01.03", "2 3"},
		try{"select sum n by date from t where date=2026.01.03,n>2", "date      | n\n----------| -\n2026.01.03| 3"},
		try{"@[{exec w from t where date=x};2026.01.03;{`refused}]", "`refused"},
		try{"@[{exec n from t where date=x};2026.01.02;{`refused}]", "`refused"},
	)
}

// TestLinksInPartitions: links lead to rows of another table in the same
// partition. Source: KX manual, "Linking columns", "Partitioned tables".
func TestLinksInPartitions(t *testing.T) {
	m := newEmbedded(t, t.TempDir())
	m.do("mk:{[d;k]ref::([]id:10 20 30+k;name:`a`b`c;at:12:00 12:30 13:00+k);use::([]x:1 2 3 4+k;lnk:`ref!2 0N 1 1);.Q.dpt[`:db;d]each`ref`use;}")
	m.do("mk'[2024.01.01 2024.01.02;0 100]")
	m.do("\\l db")
	m.all(
		try{"select x,lnk.id from use where date=2024.01.02", "x   id \n-------\n101 130\n102    \n103 120\n104 120"},
		try{"exec lnk.id from use", "30 0N 20 20 130 0N 120 120"},
		try{"exec lnk.at.hh from use where date=2024.01.01", "13 0N 12 12i"},
		try{"select sum x by lnk.name from use", "name| x  \n----| ---\n    | 104\nb   | 214\nc   | 102"},
		try{"select n:count i,max lnk.id by date from use", "date      | n id \n----------| -----\n2024.01.01| 4 30 \n2024.01.02| 4 130"},
		try{"select from use where date=2024.01.02,lnk.name=`b", "date       x   lnk\n------------------\n2024.01.02 103 1  \n2024.01.02 104 1  "},
		try{"cols select by lnk.name from use", "`name`date`x`lnk"},
		try{"select lnk.id from use where date=2030.01.01", "id\n--"},
		try{"meta[use][`lnk;`f]", "`ref"},
		try{"select lnk.none from use", "'lnk.none"},
	)
	m.do("ref:([]id:7 8 9)")
	m.all(try{"exec lnk.id from use where date=2024.01.01", "9 0N 8 8"})
}

// TestMissingTables: .Q.bv, .Q.bvi and .Q.chk, which fills what partitions lack.
func TestMissingTables(t *testing.T) {
	m := newEmbedded(t, t.TempDir())
	m.do("{t::([]n:x+0 1);.Q.dpt[`:db;2026.01.01+x;`t]}each til 3;")
	m.do("u:([]sym:`a`b;k:1 2);.Q.dpft[`:db;2026.01.03;`sym;`u];")
	m.do(`\l db`)
	m.all(
		try{"@[{exec count i from u where date=x};2026.01.01;{`refused}]", "`refused"},
		try{".Q.bv[]", ""}, try{"key .Q.vp", ",`u"}, try{"exec count i from u where date=2026.01.01", "0"}, try{"exec sum k from u", "3"},
	)
	// Partitions that came since are looked at by .Q.bvi, and no others.
	m.do("t:([]n:9 9);.Q.dpt[`:.;2026.01.04;`t];")
	m.all(
		try{".Q.li 2026.01.04", ""}, try{".Q.bvi[]", ""}, try{"count date", "4"},
		try{"exec count i from u where date=2026.01.04", "0"}, try{"exec count i from t where date=2026.01.04", "2"},
	)
	m.do(`\cd ..`)
	m.do("filled:{$[count x;`$-10#string first x;`]}each")
	m.all(
		try{"filled .Q.chk`:db", "`2026.01.04``2026.01.02`2026.01.01"}, try{"filled .Q.chk`:db", "````"},
	)
	fresh := newEmbedded(t, m.dir)
	fresh.all(try{`\l db`, ""}, try{"value exec count i by date from u", ",2"}, try{"exec count i from u where date=2026.01.02", "0"}, try{"meta[u][`sym;`t]", `"s"`})
}

// TestLoadAndSave: .Q.dsftg of binary records, .Q.ld of a script's lines, .Q.en
// without a folder.
func TestLoadAndSave(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "script.q"), "/ about f\nf:{\n x+y\n }\n\ng:{x*y}\n")
	m := newEmbedded(t, dir)
	m.all(
		try{".Q.ld read0`:script.q", "1           2               6        \n\"/ about f\" \"f:{\\n x+y\\n }\" \"g:{x*y}\""},
		try{".Q.en[::;([]a:`x`y`x;n:1 2 3)]", "a n\n---\nx 1\ny 2\nx 3"}, try{"sym", "`x`y"}, try{"type exec a from .Q.en[::;([]a:`y`z)]", "20h"}, try{"sym", "`x`y`z"}, try{"key`:sym", ""},
	)
	// Records of an int, a short and a character, behind three bytes.
	m.do("`:rec 1:0x010203,raze{(reverse 0x0 vs\"i\"$x),(reverse 0x0 vs\"h\"$2*x),\"x\"$97+x mod 3}each til 10")
	m.all(
		try{"hcount`:rec", "73"},
		try{".Q.dsftg[(`:db;2026.01.01;`t);(`:rec;3;0);`n`h`c;(\"ihc\";4 2 1);{update n:n+100i from x}]", "`:db/2026.01.01/t/"},
		try{"(get`:db/2026.01.01/t/)~([]n:100i+\"i\"$til 10;h:\"h\"$2*til 10;c:10#\"abc\")", "1b"},
	)
	// In lumps of .Q.M, which append.
	m.do(".Q.M:4")
	m.all(
		try{".Q.dsftg[(`:db;2026.01.02;`t);(`:rec;3;0);`n`h`c;(\"ihc\";4 2 1);::]", "`:db/2026.01.02/t/"},
		try{"exec n from get`:db/2026.01.02/t/", "0 1 2 3 4 5 6 7 8 9i"},
	)
}

// TestPipes: .Q.fps and .Q.fpn read whole lines from a pipe as they come.
func TestPipes(t *testing.T) {
	p := startQ(t, t.TempDir(), nil, "-q")
	p.do("system\"mkfifo p\"")
	p.do("system\"((for i in 1 2 3 4 5; do echo line$i; done) > p) >/dev/null 2>&1 &\"")
	p.all(try{"got:();.Q.fps[{got,:enlist x};`:p];raze got", "\"line1\"\n\"line2\"\n\"line3\"\n\"line4\"\n\"line5\""})
	p.do("system\"((for i in 1 2 3 4 5; do echo line$i; done) > p) >/dev/null 2>&1 &\"")
	p.all(
		try{"got:();.Q.fpn[{got,:enlist x};`:p;13];count each got", "2 2 1"},
		try{"raze got", "\"line1\"\n\"line2\"\n\"line3\"\n\"line4\"\n\"line5\""},
	)
}

// TestFolders: \cd makes a folder that is not there, and is where commands of the
// system run.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	p := startQ(t, dir, nil, "-q")
	p.all(
		try{`\cd new/deep`, ""}, try{`(system"cd")like"*/new/deep"`, "1b"}, try{`first[system"pwd"]like"*/new/deep"`, "1b"},
		try{"`:x set 1", "`:x"}, try{`\ls`, `,"x"`}, try{`\cd ..`, ""}, try{"get`:deep/x", "1"},
		try{`\cd deep/x`, "'" + dir + "/new/deep/x. OS reports: Not a directory"},
	)
}

// TestMemoryLimit: -w ends what needs more, and \w n raises the limit, never
// lowers it; without -w it cannot be set.
func TestMemoryLimit(t *testing.T) {
	p := startQ(t, t.TempDir(), nil, "-q", "-w", "64")
	p.all(
		try{`system["w"]3`, "67108864"}, try{"count til 20000000", "'wsfull"},
		try{`\w 32`, "67108864"}, try{`\w 512`, "536870912"}, try{"count til 20000000", "20000000"}, try{`\w 64`, "536870912"},
	)
	free := startQ(t, t.TempDir(), nil, "-q")
	free.all(try{`\w 100`, "'-w init via cmd line"}, try{`system["w"]3`, "0"}, try{`count system"w 0"`, "2"})
}

// TestCompressionByColumn: .z.zd as a dictionary, its null symbol for the others.
func TestCompressionByColumn(t *testing.T) {
	m := newEmbedded(t, t.TempDir())
	m.do(".z.zd:(`;`a;`b)!(17 2 6;17 0 0;17 4 12)")
	m.do("`:t/ set t:([]a:1000#1;b:1000#2;c:1000#3;s:1000#4h)")
	m.do("alg:{$[count r:-21!` sv`:t,x;r`algorithm;0i]}each")
	m.all(
		try{"alg`a`b`c`s", "0 4 2 2i"}, try{"t~get`:t/", "1b"},
		try{"`:t/ upsert 5#t", "`:t/"}, try{"alg`a`b`c`s", "0 4 2 2i"}, try{"(t,5#t)~get`:t/", "1b"},
		try{".z.zd:17 2 6;0", "0"}, try{"`:f set til 5000", "`:f"}, try{"(-21!`:f)`algorithm", "2i"},
		try{".z.zd:17 2;0", "0"}, try{"`:f set til 5000", "'length"},
		try{`\x .z.zd`, ""}, try{"`:f set til 5000", "`:f"}, try{"count -21!`:f", "0"},
	)
}

// TestUncalledHandlers: a handler that would never be called cannot be set.
func TestUncalledHandlers(t *testing.T) {
	m := newEmbedded(t, t.TempDir())
	m.all(try{".z.pq:{x}", "'nyi"}, try{".z.pd:`u#1 2i", "'nyi"}, try{"`.z.pd set{x}", "'nyi"}, try{"count .z.l", "0"})
}
