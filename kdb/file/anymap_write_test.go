package file_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

// writtenMappedList is a list with items of every kind and the files that it
// takes. Their layout is that of files kdb+ wrote: short items where they come,
// long ones on boundaries of 16 bytes, a list before what is in it.
func writtenMappedList(t testing.TB) (v *kdb.List, files map[string][]byte) {
	syms, longs := kdb.Syms("b", "a"), kdb.Of[kdb.Long](1, -1)
	many := kdb.NewVec(make([]kdb.Long, 11))
	names := make([]kdb.Symbol, 21)
	for i := range names {
		names[i] = kdb.Sym("c")
	}
	v = kdb.NewList(kdb.Str("ab"), kdb.Str(""), longs, syms, kdb.Sym("b"), kdb.Long(7),
		kdb.NewTable(syms.V, []kdb.Value{longs, kdb.Str("xy")}), kdb.NewDict(syms, longs), kdb.NewList(longs, kdb.Str("x")), many, kdb.NewVec(names))
	const ba, ones = "8a02 00000000 01000000", "8602 0100000000000000 ffffffffffffffff"
	items := "" +
		"8902 6162" + // at 0x00: "ab"
		"8900" + // 0x04: ""
		ones + // 0x06
		ba + // 0x18
		"74 00000000" + // 0x22: `b
		"78 0700000000000000" + // 0x27: 7
		"fb006200 01000000 0200000000000000 5000000000000001 6000000000000000" + // 0x30: a table of
		ba + "000000000000" + // 0x50: its names, and
		"fb004d00 01000000 0200000000000000 8000000000000001 9200000000000001" + // 0x60: its columns
		ones + "8902 7879" + "00000000000000000000" + // 0x80, 0x92
		"fb006300 01000000 0200000000000000 c000000000000001 ca00000000000001" + // 0xa0: a dictionary
		ba + ones + "00000000" + // 0xc0, 0xca
		"fb004d00 01000000 0200000000000000 0001000000000001 1201000000000001" + // 0xe0: a list
		ones + "8901 78" + "0000000000 000000 000000" + // 0x100, 0x112
		"fb000700 01000000 0b00000000000000" // 0x120: 11 longs
	b := append(unhex(t, items), make([]byte, 88+8)...)
	b = append(b, unhex(t, "fb001400 01000000 1500000000000000")...) // 0x190: 21 symbols
	for range names {
		b = append(b, 2, 0, 0, 0, 0, 0, 0, 0)
	}
	head := pageFile(t, "", "fd01 4d00 00000000 0b00000000000000", ""+
		"0000000000000001 0400000000000001 0600000000000001 1800000000000001 2200000000000001 2700000000000001"+
		"3000000000000001 a000000000000001 e000000000000000 2001000000000000 9001000000000001")
	return v, map[string][]byte{"a": head, "a#": append(pageFile(t, "", "fd00 0400 00000000 0000000000000000", ""), b...),
		"a##": unhex(t, "ff01 0b00 03000000 6200 6100 6300")}
}

func TestWriteMappedList(t *testing.T) {
	v, files := writtenMappedList(t)
	dir := filepath.Join(t.TempDir(), "t")
	if err := file.WriteTable(dir, table("a", v), nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", name, bytes.TrimLeft(got[4:], "\x00"), bytes.TrimLeft(want[4:], "\x00"))
		}
	}
	got, err := file.ReadTable(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameTable(t, got, table("a", v))
}

// TestNestedColumns has columns of lists of anything come back as they were,
// whichever form they took.
func TestNestedColumns(t *testing.T) {
	mapped := 0
	rapid.Check(t, func(t *rapid.T) {
		item := kdbtest.Value()
		if rapid.Bool().Draw(t, "atoms") {
			item = kdbtest.Atom() // one function or attribute keeps a list from being mapped
		}
		items := rapid.SliceOfN(item, 0, 5).Draw(t, "items")
		files, err := file.Column("a", kdb.NewList(items...))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) > 1 {
			mapped++
		}
		got, err := file.Parse(files, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := kdbtest.Diff(got, kdb.NewList(items...)); d != "" {
			t.Fatal(d)
		}
	})
	if mapped == 0 {
		t.Error("no column took a mapped form")
	}
}

// TestAppendChangesForm appends to a column of strings what makes it a list of
// anything, and takes away what it needed then.
func TestAppendChangesForm(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "t")
	strings, anything := kdb.NewList(kdb.Str("x"), kdb.Str("yz")), kdb.NewList(kdb.Sym("a"), kdb.Long(1))
	for _, rows := range []*kdb.List{strings, anything} {
		if err := file.AppendTable(dir, table("a", rows), nil); err != nil {
			t.Fatal(err)
		}
	}
	got, err := file.ReadTable(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameTable(t, got, table("a", kdb.NewList(append(strings.V, anything.V...)...)))
	if _, err := os.Stat(filepath.Join(dir, "a##")); err != nil {
		t.Error(err)
	}
	// A function has no form in a mapped list.
	if err := file.AppendTable(dir, table("a", kdb.NewList(kdb.Nil)), nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a#", "a##"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// mapTable tells the test binary, started again, to map a table and print it.
const mapTable = "QUOIN_MAP_TABLE"

func printMapped(dir string) error {
	t, m, err := file.MapTable(dir, nil)
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(kdb.Inline(t))
	return errors.Join(err, m.Close())
}

// TestMappedByAnotherProcess has another process map a table with columns of
// each nested form.
func TestMappedByAnotherProcess(t *testing.T) {
	anything, _ := writtenMappedList(t)
	strings, longs := make([]kdb.Value, anything.Len()), make([]kdb.Value, anything.Len())
	for i := range strings {
		strings[i], longs[i] = kdb.Str("row"), kdb.NewVec(make([]kdb.Long, i))
	}
	want := table("anything", anything, "strings", kdb.NewList(strings...), "longs", kdb.NewList(longs...))
	dir := filepath.Join(t.TempDir(), "t")
	if err := file.WriteTable(dir, want, nil); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), mapTable+"="+dir)
	cmd.Stderr = os.Stderr
	got, err := cmd.Output()
	if err != nil || string(got) != kdb.Inline(want) {
		t.Errorf("got %s, %v; want %s", got, err, kdb.Inline(want))
	}
}
