package file_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

// anymapFiles are the three files of a mapped list in kdb+'s form: a string, an
// empty one, longs, symbols, a table, a dictionary, a list, parted symbols with
// their index behind them, a symbol, a long.
func anymapFiles(t testing.TB) (files map[string][]byte, want *kdb.List) {
	arena := unhex(t, ""+
		"89 02 6162"+ // 0: "ab"
		"89 00"+ // 4: ""
		"86 02 0100000000000000 ffffffffffffffff"+ // 6: 1 -1
		"8a 02 01000000 00000000"+ // 24: `b`a
		"74 01000000 00"+ // 34: `b, up to a boundary
		"fb00 6200 01000000 0200000000000000 1800000000000001 3800000000000000"+ // 40: table of `b`a
		"00000000 00000000"+
		"fb00 4d00 01000000 0200000000000000 0600000000000001 1800000000000001"+ // 80: (1 -1;`b`a)
		"fb00 6300 01000000 0200000000000000 1800000000000001 0600000000000001"+ // 112: `b`a!1 -1
		"fb00 1403 01000000 0300000000000000 0100000000000000 0100000000000000 ffffffffffffffff 0583140200000000"+ // 144: `p#`b`b`
		"78 0700000000000000") // 192: 7
	arena[64] = 80 // the table's columns are the list at 80
	head := pageFile(t, "", "fd01 4d00 00000000 0a00000000000000", ""+
		"0000000000000001 0400000000000001 0600000000000001 1800000000000001 2800000000000001 7000000000000001 5000000000000000 9000000000000003 2200000000000001 c000000000000001")
	items := pageFile(t, "", "fd00 0400 00000000 0000000000000000", "")
	longs, syms := kdb.Of[kdb.Long](1, -1), kdb.Syms("b", "a")
	return map[string][]byte{"a": head, "a#": append(items, arena...), "a##": unhex(t, "ff01 0b00 02000000 6100 6200")},
		kdb.NewList(kdb.Str("ab"), kdb.Str(""), longs, syms,
			kdb.NewTable([]kdb.Symbol{kdb.Sym("b"), kdb.Sym("a")}, []kdb.Value{longs, syms}), kdb.NewDict(syms, longs), kdb.NewList(longs, syms),
			vec(kdb.Parted, kdb.Sym("b"), kdb.Sym("b"), kdb.Symbol{}), kdb.Sym("b"), kdb.Long(7))
}

func TestMappedList(t *testing.T) {
	files, want := anymapFiles(t)
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	v, err := file.Read(filepath.Join(dir, "a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := kdbtest.Diff(v, want); d != "" {
		t.Error(d)
	}
	v, m, err := file.Map(filepath.Join(dir, "a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if d := kdbtest.Diff(v, want); d != "" {
		t.Error(d)
	}
}

// TestMappedListDamage cuts each of the files at every byte and changes every
// bit of them.
func TestMappedListDamage(t *testing.T) {
	seen, _ := anymapFiles(t)
	_, written := writtenMappedList(t)
	for _, files := range []map[string][]byte{seen, written} {
		damageMappedList(t, files)
	}
}

func damageMappedList(t *testing.T, files map[string][]byte) {
	t.Helper()
	for name, whole := range files {
		for n := range whole {
			if n > 32 && n < 4070 && len(whole) > 4096 {
				continue // the page's unused part
			}
			read := func(b []byte) {
				damaged := maps.Clone(files)
				damaged[name] = b
				v, err := file.Parse(damaged, "a", nil)
				var c *file.CorruptError
				if err != nil && !errors.As(err, &c) {
					t.Errorf("%s byte %d: got %v", name, n, err)
				}
				if err == nil {
					kdb.Format(v, kdb.DefaultConsole())
				}
			}
			read(whole[:n])
			for bit := range 8 {
				b := bytes.Clone(whole)
				b[n] ^= 1 << bit
				read(b)
			}
		}
	}
}

// TestMappedListInItself: a list that has itself for an item, and one of twice
// the list before it thirty times over, which is of a thousand million items.
func TestMappedListInItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	write := func(arena []byte) {
		t.Helper()
		if err := os.WriteFile(path, pageFile(t, "", "fd01 4d00 00000000 0100000000000000", "0000000000000001"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+"#", append(pageFile(t, "", "fd00 0400 00000000 0000000000000000", ""), arena...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(unhex(t, "fb00 4d00 01000000 0200000000000000 0000000000000001 0000000000000001"))
	var c *file.CorruptError
	if _, err := file.Read(path, nil); !errors.As(err, &c) {
		t.Errorf("list in itself: got %v", err)
	}
	var arena []byte
	for i := range 30 {
		next := byte(i + 1)
		link := []byte{next << 5, next >> 3, 0, 0, 0, 0, 0, 0}
		arena = append(append(append(arena, unhex(t, "fb00 4d00 01000000 0200000000000000")...), link...), link...)
	}
	write(append(arena, 0x89, 1, 'x'))
	v, err := file.Read(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, m, err := file.Map(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	for range 31 {
		v = kdb.Item(v, 0)
	}
	if d := kdbtest.Diff(v, kdb.Str("x")); d != "" {
		t.Error(d)
	}
}

func FuzzMappedList(f *testing.F) {
	files, _ := anymapFiles(f)
	head := files["a"]
	_, written := writtenMappedList(f)
	for _, s := range []map[string][]byte{files, written} {
		f.Add(s["a"][4080:], s["a#"][4096:], s["a##"])
	}
	f.Fuzz(func(t *testing.T, tail, arena, syms []byte) {
		if v, err := file.Parse(map[string][]byte{"a": append(bytes.Clone(head[:4080]), tail...),
			"a#": append(bytes.Clone(files["a#"][:4096]), arena...), "a##": syms}, "a", sym); err == nil {
			kdb.Format(v, kdb.DefaultConsole())
		}
	})
}
