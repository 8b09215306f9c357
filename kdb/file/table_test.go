package file_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

func table(cols ...any) *kdb.Table { return kdbtest.Cols(cols...) }

func trades() *kdb.Table {
	return table("time", kdb.Of[kdb.Timestamp](1, 2, 3), "sym", enum(kdb.Parted, 0, 0, 2), "price", vec[kdb.Float](kdb.NoAttr, 1, 2, 3),
		"note", kdb.NewList(kdb.Str("first"), kdb.Str(""), kdb.Str("x")), "sizes", kdb.NewList(kdb.Of[kdb.Long](1, 2), kdb.Of[kdb.Long](), kdb.Of[kdb.Long](3)),
		"any", kdb.NewList(kdb.Long(1), kdb.Str("ab"), kdb.Nil))
}

// sameTable compares tables by what they hold; domains may be other vectors.
func sameTable(t testing.TB, got, want *kdb.Table) {
	t.Helper()
	if d := kdbtest.Diff(got, want); d != "" {
		t.Error(d)
	}
}

func TestSplayedTable(t *testing.T) {
	root := t.TempDir()
	if err := file.Write(filepath.Join(root, "sym"), sym["sym"], nil); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*file.Options{nil, {Compression: file.Compression{Block: 12, Algorithm: file.Zstd, Level: 1}}} {
		dir := filepath.Join(root, "2026.01.02", "trade")
		if err := file.WriteTable(dir, trades(), o); err != nil {
			t.Fatal(err)
		}
		got, err := file.ReadTable(dir, nil) // finds sym in the folders above
		if err != nil {
			t.Fatal(err)
		}
		sameTable(t, got, trades())
		got, m, err := file.MapTable(dir, file.NewFolder(root))
		if err != nil {
			t.Fatal(err)
		}
		sameTable(t, got, trades())
		some, sm, err := file.MapTable(dir, nil, kdb.Sym("price"), kdb.Sym("time"))
		if err != nil {
			t.Fatal(err)
		}
		sameTable(t, some, table("price", trades().Cols[2], "time", trades().Cols[0]))
		sm.Close()
		if _, err := file.ReadTable(dir, nil, kdb.Sym("none")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no such column: got %v", err)
		}
		if !got.Cols[0].(*kdb.Timestamps).Shared() {
			t.Error("a mapped column may be amended in place")
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	es, err := os.ReadDir(filepath.Join(root, "2026.01.02"))
	if err != nil || len(es) != 1 {
		t.Errorf("left beside the table: %v, %v", es, err)
	}
}

func TestWriteTableErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "t")
	if err := file.WriteTable(dir, table("a", kdb.Of[kdb.Long](1)), nil); err != nil {
		t.Fatal(err)
	}
	if err := file.WriteTable(dir, table("a", kdb.Of[kdb.Long](1), "s", kdb.Syms("x")), nil); !errors.Is(err, file.ErrNotEnumerated) {
		t.Errorf("symbols: got %v", err)
	}
	for _, name := range []string{"", "..", "a/b", ".d", "a#"} {
		if err := file.WriteTable(dir, table(name, kdb.Of[kdb.Long](1)), nil); err == nil {
			t.Errorf("column %q: no error", name)
		}
	}
	got, err := file.ReadTable(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameTable(t, got, table("a", kdb.Of[kdb.Long](1)))
	if es, _ := os.ReadDir(filepath.Dir(dir)); len(es) != 1 {
		t.Errorf("failed writes left %v", es)
	}
}

func TestReadTableErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "t")
	write := func(name string, v kdb.Value) {
		t.Helper()
		if err := file.Write(filepath.Join(dir, name), v, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := file.ReadTable(dir, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
	if err := file.WriteTable(dir, table("a", kdb.Of[kdb.Long](1, 2), "b", kdb.Of[kdb.Long](1, 2)), nil); err != nil {
		t.Fatal(err)
	}
	write("b", kdb.Of[kdb.Long](1))
	if _, err := file.ReadTable(dir, nil); err == nil || !strings.Contains(err.Error(), "1 rows in a table of 2") {
		t.Errorf("uneven: got %v", err)
	}
	write("b", kdb.Long(1))
	if _, err := file.ReadTable(dir, nil); err == nil || !strings.Contains(err.Error(), "column of type -7") {
		t.Errorf("atom: got %v", err)
	}
	write(".d", kdb.Syms("a", "../../etc"))
	if _, err := file.ReadTable(dir, nil); err == nil || !strings.Contains(err.Error(), "no name of a column") {
		t.Errorf("name out of the folder: got %v", err)
	}
	write(".d", kdb.Of[kdb.Long](1))
	if _, err := file.ReadTable(dir, nil); err == nil || !strings.Contains(err.Error(), "names of columns") {
		t.Errorf("names: got %v", err)
	}
}

// TestNestedDamage cuts both files of a nested column at every byte, and
// changes every bit.
func TestNestedDamage(t *testing.T) {
	whole, err := file.Column("a", kdb.NewList(kdb.Str("first"), kdb.Str(""), kdb.Str("x")))
	if err != nil || len(whole) != 2 {
		t.Fatal(whole, err)
	}
	read := func(name string, b []byte) error {
		files := maps.Clone(whole)
		files[name] = b
		v, err := file.Parse(files, "a", nil)
		var c *file.CorruptError
		if err != nil && !errors.As(err, &c) {
			t.Errorf("%s: got %v", name, err)
		}
		if err == nil {
			kdb.Format(v, kdb.DefaultConsole())
		}
		return err
	}
	for name, b := range whole {
		for n := range b {
			if read(name, b[:n]) == nil {
				t.Errorf("%s cut to %d: no error", name, n)
			}
			for bit := range 8 {
				damaged := bytes.Clone(b)
				damaged[n] ^= 1 << bit
				read(name, damaged)
			}
		}
	}
}

func TestAppendTable(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "trade")
	for _, o := range []*file.Options{nil, {Compression: file.Compression{Block: 12, Algorithm: file.Gzip, Level: 1}}} {
		os.RemoveAll(dir)
		for range 3 {
			if err := file.AppendTable(dir, trades(), o); err != nil {
				t.Fatal(err)
			}
		}
		got, err := file.ReadTable(dir, sym)
		if err != nil {
			t.Fatal(err)
		}
		if got.Len() != 9 {
			t.Errorf("got %d rows", got.Len())
		}
		for i := range got.Cols {
			for r := range 9 {
				if d := kdbtest.Diff(kdb.Item(got.Cols[i], r), kdb.Item(trades().Cols[i], r%3)); d != "" {
					t.Errorf("%v row %d: %s", got.Names[i], r, d)
				}
			}
		}
	}
	before, err := file.ReadTable(dir, sym)
	if err != nil {
		t.Fatal(err)
	}
	bad := trades()
	bad.Cols[2] = kdb.Of[kdb.Long](1, 2, 3)
	for name, rows := range map[string]*kdb.Table{"type": bad, "columns": table("time", kdb.Of[kdb.Timestamp](1))} {
		if err := file.AppendTable(dir, rows, nil); !errors.Is(err, file.ErrMismatch) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	after, err := file.ReadTable(dir, sym)
	if err != nil {
		t.Fatal(err)
	}
	sameTable(t, after, before)
}

func TestPartitionedDatabase(t *testing.T) {
	root := t.TempDir()
	s, err := file.OpenSym(filepath.Join(root, "sym"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var days []string
	for i, day := range []kdb.Date{kdb.DateOf(2026, 1, 3), kdb.DateOf(2025, 12, 31), kdb.DateOf(2026, 1, 2)} {
		rows, err := s.EnumerateTable(table("sym", kdb.Syms("x", "y"), "n", vec(kdb.NoAttr, kdb.Long(i), kdb.Long(i))))
		if err != nil {
			t.Fatal(err)
		}
		db, err := file.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.WriteTable(filepath.Join(db.Dir(day), "trade"), rows, nil); err != nil {
			t.Fatal(err)
		}
		days = append(days, day.String())
	}
	if err := os.WriteFile(filepath.Join(root, "init.q"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := file.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if db.Field != kdb.Sym("date") || len(db.Partitions) != 3 || !reflect.DeepEqual(db.Entries, []string{"init.q", "sym"}) {
		t.Fatalf("got %v, %v, %v", db.Field, db.Partitions, db.Entries)
	}
	for i, want := range []int{1, 2, 0} { // in order of time
		p := db.Partitions[i]
		if p.Value.(kdb.Date).String() != days[want] {
			t.Errorf("partition %d is %v", i, p.Value)
		}
		if names, err := p.Tables(); err != nil || !reflect.DeepEqual(names, []string{"trade"}) {
			t.Errorf("tables: got %v, %v", names, err)
		}
		tab, m, err := file.MapTable(p.Paths("trade")[0], db)
		if err != nil {
			t.Fatal(err)
		}
		if got := kdb.Item(tab.Cols[1], 0); got != kdb.Long(want) {
			t.Errorf("partition %d holds %v", i, got)
		}
		if e := tab.Cols[0].(*kdb.Enum); e.Sym(1) != kdb.Sym("y") {
			t.Errorf("got %v", e)
		}
		m.Close()
	}
}

func TestSegmentedDatabase(t *testing.T) {
	root, a, b := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "par.txt"), []byte(a+"\n"+b+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := file.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		day := kdb.DateOf(2026, 1, 2) + kdb.Date(i)
		if err := file.WriteTable(filepath.Join(db.Dir(day), "t"), table("n", kdb.Of(kdb.Long(i))), nil); err != nil {
			t.Fatal(err)
		}
	}
	// The last day has a part of the table in the other segment as well.
	if err := file.WriteTable(filepath.Join(a, "2026.01.05", "t"), table("n", kdb.Of[kdb.Long](7)), nil); err != nil {
		t.Fatal(err)
	}
	if err := file.WriteTable(filepath.Join(b, "2026.01.05", "t"), table("n", kdb.Of[kdb.Long](8)), nil); err != nil {
		t.Fatal(err)
	}
	if db, err = file.Open(root); err != nil {
		t.Fatal(err)
	}
	if len(db.Partitions) != 4 || len(db.Partitions[3].Paths("t")) != 2 || len(db.Partitions[0].Paths("t")) != 1 || len(db.Entries) != 0 {
		t.Errorf("got %+v", db)
	}
	if as, _ := os.ReadDir(a); len(as) != 3 {
		t.Errorf("first segment holds %v", as)
	}
}

func TestPartitionKinds(t *testing.T) {
	for _, c := range []struct {
		names, field string
		first        kdb.Value
	}{
		{"2026.01.02 2025.01.02", "date", kdb.DateOf(2025, 1, 2)},
		{"2026.01 2026.02", "month", kdb.MonthOf(2026, 1)},
		{"2025 2024", "year", kdb.Int(2024)},
		{"1 10 9", "int", kdb.Int(1)},
		{"451353600000000000 451267200000000000", "int", kdb.Long(451267200000000000)}, // seen in the wild
	} {
		root := t.TempDir()
		for n := range strings.FieldsSeq(c.names) {
			if err := os.Mkdir(filepath.Join(root, n), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		db, err := file.Open(root)
		if err != nil || db.Field.String() != c.field || db.Partitions[0].Value != c.first {
			t.Errorf("%s: got %+v, %v", c.names, db, err)
		}
	}
	for _, names := range []string{"2026.01.02 2026.01", "2026.01.02 5", "2026.13.01"} {
		root := t.TempDir()
		for n := range strings.FieldsSeq(names) {
			if err := os.Mkdir(filepath.Join(root, n), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if db, err := file.Open(root); err == nil {
			t.Errorf("%s: got %+v", names, db)
		}
	}
}

func TestSymFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sym")
	s, err := file.OpenSym(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.OpenSym(path); !errors.Is(err, file.ErrLocked) {
		t.Errorf("second writer: got %v", err)
	}
	before := s.Symbols()
	e, err := s.Enumerate(kdb.Syms("x", "y", "x", ""))
	if err != nil || !reflect.DeepEqual(e.V, []kdb.Long{0, 1, 0, 2}) || e.Domain != kdb.Sym("sym") {
		t.Errorf("got %v, %v", e, err)
	}
	if before.Len() != 0 {
		t.Error("a domain in use has changed")
	}
	e2, err := s.Enumerate(kdb.Syms("z", "y"))
	if err != nil || !reflect.DeepEqual(e2.V, []kdb.Long{3, 1}) || e.Sym(1) != kdb.Sym("y") || e2.Sym(0) != kdb.Sym("z") {
		t.Errorf("got %v, %v", e2, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enumerate(kdb.Syms("new")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
	v, err := file.Read(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := kdbtest.Diff(v, kdb.Syms("x", "y", "", "z")); d != "" {
		t.Error(d)
	}
}

// TestSymFileAfterCrash cuts the file at every byte: what is whole is kept and
// keeps its place.
func TestSymFileAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sym")
	s, err := file.OpenSym(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enumerate(kdb.Syms("alpha", "be")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if err := os.WriteFile(path, b[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := file.OpenSym(path)
		if err != nil {
			t.Errorf("cut to %d: %v", n, err)
			continue
		}
		want := strings.Count(string(b[8:max(8, n)]), "\x00")
		if got := s.Symbols().Len(); got != want {
			t.Errorf("cut to %d: %d symbols, want %d", n, got, want)
		}
		e, err := s.Enumerate(kdb.Syms("alpha", "be"))
		if err != nil || !reflect.DeepEqual(e.V, []kdb.Long{0, 1}) {
			t.Errorf("cut to %d: got %v, %v", n, e, err)
		}
		s.Close()
	}
	if err := os.WriteFile(path, []byte("no symbols here"), 0o644); err != nil {
		t.Fatal(err)
	}
	var c *file.CorruptError
	if _, err := file.OpenSym(path); !errors.As(err, &c) {
		t.Errorf("another file: got %v", err)
	}
}

func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	rapid.Check(t, func(rt *rapid.T) {
		os.Remove(path)
		var want []kdb.Value
		for range 2 { // opened again, it goes on
			l, state, err := file.OpenLog(path)
			if err != nil {
				rt.Fatal(err)
			}
			if state.Messages != len(want) || state.Truncated() {
				rt.Fatalf("got %+v", state)
			}
			for range rapid.IntRange(0, 5).Draw(rt, "messages") {
				v := kdbtest.Value().Draw(rt, "message")
				want = append(want, v)
				if err := l.Append(v); err != nil {
					rt.Fatal(err)
				}
			}
			if s := l.State(); s.Messages != len(want) {
				rt.Fatalf("got %+v", s)
			}
			if err := l.Close(); err != nil {
				rt.Fatal(err)
			}
		}
		state, err := file.ReplayLog(path, 1<<30, func(i int, v kdb.Value) error {
			if d := kdbtest.Diff(v, want[i]); d != "" {
				rt.Fatal(d)
			}
			return nil
		})
		if err != nil || state.Messages != len(want) || state.Truncated() {
			rt.Fatalf("got %+v, %v", state, err)
		}
	})
}

// TestLogAfterCrash cuts a log at every byte.
func TestLogAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, _, err := file.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := file.OpenLog(path); !errors.Is(err, file.ErrLocked) {
		t.Errorf("second writer: got %v", err)
	}
	ends := []int64{8}
	for i := range 3 {
		if err := l.Append(kdb.NewList(kdb.Sym("upd"), kdb.Sym("t"), kdb.Long(i))); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, l.State().Valid)
	}
	l.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(b) + 1 {
		if err := os.WriteFile(path, b[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		want := file.LogState{Size: int64(n)}
		for i, end := range ends {
			if int64(n) >= end {
				want.Messages, want.Valid = i, end
			}
		}
		if got, err := file.CheckLog(path); err != nil || got != want {
			t.Errorf("cut to %d: got %+v, %v; want %+v", n, got, err, want)
		}
		l, _, err := file.OpenLog(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Append(kdb.Long(9)); err != nil {
			t.Fatal(err)
		}
		l.Close()
		if got, err := file.CheckLog(path); err != nil || got.Messages != want.Messages+1 || got.Truncated() {
			t.Errorf("cut to %d and appended: got %+v, %v", n, got, err)
		}
	}
	stop := errors.New("stop")
	if _, err := file.ReplayLog(path, 1<<30, func(int, kdb.Value) error { return stop }); err != stop {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, []byte("something else"), 0o644); err != nil {
		t.Fatal(err)
	}
	var c *file.CorruptError
	if _, _, err := file.OpenLog(path); !errors.As(err, &c) {
		t.Errorf("no log: got %v", err)
	}
}

// TestLogDamage changes every bit of a log: what is replayed are whole messages,
// and those before the damage are as they were.
func TestLogDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, _, err := file.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int64{8}
	message := kdb.NewList(kdb.Sym("upd"), kdb.Sym("t"), kdb.Of[kdb.Long](1, 2))
	for range 3 {
		if err := l.Append(message); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, l.State().Valid)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := 0 // messages before the damage
	for n := range whole {
		if before+1 < len(ends) && ends[before+1] <= int64(n) {
			before++
		}
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[n] ^= 1 << bit
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			state, err := file.ReplayLog(path, 1<<30, func(i int, v kdb.Value) error {
				if d := kdbtest.Diff(v, message); d != "" && i < before {
					t.Errorf("byte %d, message %d: %s", n, i, d)
				}
				return nil
			})
			var c *file.CorruptError
			if err != nil && !errors.As(err, &c) {
				t.Errorf("byte %d: got %v", n, err)
			}
			if err == nil && state.Messages < before {
				t.Errorf("byte %d: only %d messages", n, state.Messages)
			}
		}
	}
}

// FuzzLog: the valid prefix of anything is a log that is whole, of as many
// messages.
func FuzzLog(f *testing.F) {
	f.Add(unhex(f, "ff01 0000 00000000 f5757064 00 0a00 02000000 6162"))
	f.Add(unhex(f, "ff01 0000 00000000 0000 02000000 f97d00000000000000 f46100 00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		state, err := file.Replay(b, func(_ int, v kdb.Value) error {
			kdb.Format(v, kdb.DefaultConsole())
			return nil
		})
		if err != nil {
			return
		}
		if state.Valid > int64(len(b)) || state.Size != int64(len(b)) {
			t.Fatalf("got %+v of %d bytes", state, len(b))
		}
		again, err := file.Replay(b[:state.Valid], nil)
		if err != nil || again.Messages != state.Messages || again.Truncated() {
			t.Fatalf("got %+v, %v of the valid part of %+v", again, err, state)
		}
	})
}

// FuzzPartitions: folders of any names make a database in order, or an error.
func FuzzPartitions(f *testing.F) {
	for _, names := range []string{"2026.01.02 2025.01.02", "2026.01 2026.02", "2025 2024", "1 10 9", "451353600000000000 7", "2026.13.01", "2026.01.02 5"} {
		f.Add(names)
	}
	f.Fuzz(func(t *testing.T, names string) {
		db, err := file.Partitions(strings.Fields(names))
		if err != nil {
			return
		}
		for i, p := range db.Partitions {
			if i > 0 && db.Partitions[i-1].Value == p.Value {
				t.Errorf("%v twice in %q", p.Value, names)
			}
		}
	})
}
