package q_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q"
)

// crashRounds is how often a writer is killed: a few times, or as often as
// QUOIN_CRASH_ROUNDS says.
func crashRounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("QUOIN_CRASH_ROUNDS")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// startWriter has a process write a database, from that version on.
func startWriter(t *testing.T, db string, first int) *process {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", "crash", "writer.q"))
	if err != nil {
		t.Fatal(err)
	}
	return startQ(t, t.TempDir(), nil, script, db, strconv.Itoa(first), "-q")
}

// wrong are expressions on the database of writer.q that say what is wrong with
// it: 0b for nothing.
var wrong = []string{
	"not(exec distinct c from select c:count distinct n by date from trade)~enlist 1",
	"not all exec(date=2026.01.01+n)&(sym=`$\"s\",/:string n)&(text~'string n)&part=n from trade",
	"not(exec c from select c:count i by date from trade)~1+(value exec first n by date from trade)mod 40",
	"not date~2026.01.01+til count date",
	"not(count latest)=1+(first latest`n)mod 40",
	"not all exec(n=first n)&(sym=`$\"s\",/:string n)&(text~'string n)&part=n from latest",
	"not grown[`n]~raze 3#'til count[grown]div 3",
	"not all exec(sym=`$\"s\",/:string n)&(text~'string n)&part=n from grown",
	"not sym~distinct sym",
}

// look opens a database with an engine of its own, and returns how many
// versions each of its tables has.
func look(t *testing.T, db string) (trade, latest, grown int) {
	t.Helper()
	e := q.New(q.Options{})
	defer e.Close()
	ask := func(src string) kdb.Value {
		t.Helper()
		v, err := e.Eval(t.Context(), src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		return v
	}
	ask(`\l ` + db)
	for _, src := range wrong {
		if v := ask(src); v != kdb.Bool(false) {
			t.Errorf("%s: %v", src, kdb.Inline(v))
		}
	}
	n := ask("count date;(count date;1+first latest`n;count[grown]div 3)").(*kdb.Longs).V
	return int(n[0]), int(n[1]), int(n[2])
}

// TestKilledDatabaseWriter kills a process that writes partitions, a splayed
// table, a table that grows and its symbols, again and again: what it said was
// done is there, and of the rest nothing or all.
func TestKilledDatabaseWriter(t *testing.T) {
	db := filepath.Join(t.TempDir(), "db")
	done := -1
	for range crashRounds(t) {
		w := startWriter(t, db, done+1)
		lines := bufio.NewScanner(w.out)
		var killed bool
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("the writer says %s", lines.Text())
			}
			if done = n; !killed {
				killed = true
				time.AfterFunc(time.Duration(rand.N(150_000))*time.Microsecond, func() { _ = w.cmd.Process.Kill() })
			}
		}
		_ = w.wait()
		if !killed {
			t.Fatal("the writer ended by itself")
		}
		trade, latest, grown := look(t, db)
		for what, n := range map[string]int{"partitions": trade, "splayed": latest, "grown": grown} {
			if n != done+1 && n != done+2 {
				t.Errorf("%s: %d versions, done were %d", what, n, done+1)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
		done = grown - 1 // which the next writer goes on from
	}
	t.Logf("%d versions", done+1)
}

// TestReaderWhileWriting opens a database again and again while another process
// writes it: there is never half a partition, nor half a table.
func TestReaderWhileWriting(t *testing.T) {
	db := filepath.Join(t.TempDir(), "db")
	w := startWriter(t, db, 0)
	if line, err := w.out.ReadString('\n'); err != nil || line != "0\n" {
		t.Fatalf("the writer says %q, %v", line, err)
	}
	go func() { // ends with the process
		for {
			if _, err := w.out.ReadString('\n'); err != nil {
				return
			}
		}
	}()
	last := 0
	for range 30 {
		trade, _, _ := look(t, db)
		if t.Failed() {
			t.FailNow()
		}
		if trade < last {
			t.Errorf("%d partitions after %d", trade, last)
		}
		last = trade
	}
	if last < 2 {
		t.Errorf("the writer wrote %d partitions in all", last)
	}
}

// TestKilledLog kills a process with -l between and in the middle of messages:
// every change that was answered is there when it starts again, once.
func TestKilledLog(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "j.q"), "t:([]n:`long$();text:())\n")
	answered := 0
	for range crashRounds(t) {
		s, port := listenQ(t, dir, nil, "j", "-l")
		n, err := strconv.Atoi(s.do("count t"))
		if err != nil || n != answered && n != answered+1 {
			t.Fatalf("%d rows, %v; %d were answered", n, err, answered)
		}
		s.all(try{"t[`n]~til count t", "1b"}, try{"t[`text]~string t`n", "1b"})
		answered = n
		conn, err := (&ipc.Dialer{}).Dial(t.Context(), "localhost:"+port)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(rand.N(30_000))*time.Microsecond, func() { _ = s.cmd.Process.Kill() })
		for {
			row := kdb.NewList(kdb.Sym("insert"), kdb.Sym("t"), kdb.NewList(kdb.Long(answered), kdb.Str(strconv.Itoa(answered))))
			if _, err := conn.Sync(t.Context(), row); err != nil {
				break
			}
			answered++
		}
		_ = conn.Close()
		_ = s.wait()
	}
	t.Logf("%d messages", answered)
}

// TestSecondSymbolWriter: who wants to add symbols while another process has the
// file is refused in words, and nothing of the file changes.
func TestSecondSymbolWriter(t *testing.T) {
	dir := t.TempDir()
	a := startQ(t, dir, nil, "-q")
	a.do("`:db/sym?`a`b")
	f := lockFile(t, filepath.Join(dir, "db", "sym"))
	a.all(
		try{"`:db/sym?`c", "'db/sym: another process is writing it"},
		try{".Q.en[`:db]([]s:1#`c)", "'db/sym: another process is writing it"},
		try{"get`:db/sym", "`a`b"},
	)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	a.all(try{"`:db/sym?`c", "`sym$`c"}, try{"get`:db/sym", "`a`b`c"})
	// So is a second process that appends to a table.
	a.do("`:db/t/ set([]n:1 2)")
	f = lockFile(t, filepath.Join(dir, "db", "t", ".d"))
	a.all(try{"`:db/t/ upsert([]n:1#3)", "'db/t/: another process is writing it"}, try{"count get`:db/t/", "2"})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	a.all(try{"`:db/t/ upsert([]n:1#3)", "`:db/t/"}, try{"count get`:db/t/", "3"})
}

// TestManySymbolWriters: processes that take turns at the symbol file lose none.
func TestManySymbolWriters(t *testing.T) {
	dir := t.TempDir()
	ps := make([]*process, 3)
	for i := range ps {
		ps[i] = startQ(t, dir, nil, "-q")
		if _, err := fmt.Fprintf(ps[i].in, "{`:db/sym?`$\"p%d\",/:string x+til 5}each 5*til 20;\n", i); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range ps {
		p.do("1")
	}
	got := ps[0].do("s:get`:db/sym;(count s;count distinct s;asc[s]~asc raze{`$x,/:string til 100}each(\"p0\";\"p1\";\"p2\"))")
	if got != "300\n300\n1b" {
		t.Errorf("got %s", strings.ReplaceAll(got, "\n", " "))
	}
}
