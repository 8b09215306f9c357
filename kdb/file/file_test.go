package file_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

// domains is a database's domains by name.
type domains map[string]*kdb.Symbols

func (d domains) Domain(name kdb.Symbol) (*kdb.Symbols, error) {
	if s, ok := d[name.String()]; ok {
		return s, nil
	}
	return nil, fs.ErrNotExist
}

var sym = domains{"sym": kdb.Syms("a", "b", "c")}

func enum(a kdb.Attr, places ...kdb.Long) *kdb.Enum {
	return &kdb.Enum{Domain: kdb.Sym("sym"), Dom: sym["sym"], V: places, Attr: a}
}

func vec[T kdb.Elem](a kdb.Attr, x ...T) *kdb.Vec[T] { return &kdb.Vec[T]{V: x, Attr: a} }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pageFile returns a file of the page form.
func pageFile(t testing.TB, domain, head, data string) []byte {
	t.Helper()
	b := make([]byte, 4096)
	b[0], b[1] = 0xfd, ' '
	copy(b[16:], domain)
	copy(b[4080:], unhex(t, head))
	return append(b, unhex(t, data)...)
}

// forms are files of each form beside their values. written says that Write
// makes just these bytes of the value.
func forms(t testing.TB) map[string]struct {
	b       []byte
	v       kdb.Value
	written bool
} {
	type form = struct {
		b       []byte
		v       kdb.Value
		written bool
	}
	sorted := enum(kdb.Parted, 0, 0, 2)
	return map[string]form{
		"atom":                                 {unhex(t, "ff01 f9 2a00000000000000"), kdb.Long(42), true},
		"symbols with count":                   {unhex(t, "ff01 0b00 02000000 6100 6200"), kdb.Syms("a", "b"), true},
		"symbols without count":                {unhex(t, "ff01 0b00 00000000 6100 6200"), kdb.Syms("a", "b"), false},
		"symbols with an old count":            {unhex(t, "ff01 0b00 01000000 6100 6200"), kdb.Syms("a", "b"), false},
		"no symbols":                           {unhex(t, "ff01 0b00 00000000"), kdb.Syms(), true},
		"list":                                 {unhex(t, "ff01 0000 02000000 ff01 0a0001000000 78"), kdb.NewList(kdb.Bool(true), kdb.Str("x")), true},
		"list with more than its count":        {unhex(t, "ff01 0000 00000000 ff01 0b00010000007800"), kdb.NewList(kdb.Bool(true), kdb.Syms("x")), false},
		"dictionary":                           {unhex(t, "ff01 63 0b0001000000 6100 0700010000000100000000000000"), kdb.NewDict(kdb.Syms("a"), kdb.Of[kdb.Long](1)), true},
		"longs without count":                  {unhex(t, "fe20 0700 00000000 0000000000000000 0100000000000000 0200000000000000"), kdb.Of[kdb.Long](1, 2), true},
		"longs with count":                     {unhex(t, "fe20 0700 00000000 0200000000000000 0100000000000000 0200000000000000"), kdb.Of[kdb.Long](1, 2), false},
		"sorted ints":                          {unhex(t, "fe20 0601 00000000 0200000000000000 01000000 02000000"), vec[kdb.Int](kdb.Sorted, 1, 2), true},
		"booleans":                             {unhex(t, "fe20 0100 00000000 0000000000000000 010001"), kdb.Of[kdb.Bool](true, false, true), true},
		"no floats":                            {unhex(t, "fe20 0900 00000000 0000000000000000"), kdb.NewVec([]kdb.Float{}), true},
		"parted ints with index":               {unhex(t, "fe20 0603 00000000 0200000000000000 01000000 02000000 ffffffffffffff"), vec[kdb.Int](kdb.Parted, 1, 2), false},
		"enumeration":                          {pageFile(t, "sym", "fd00 1400 00000000 0000000000000000", "0000000000000000 0200000000000000"), enum(kdb.NoAttr, 0, 2), true},
		"enumeration with index":               {pageFile(t, "sym", "fd00 1403 00000000 0300000000000000", strings.Repeat("00", 16)+"0200000000000000"+strings.Repeat("07", 512)), sorted, false},
		"longs after a page":                   {pageFile(t, "", "fd00 0700 00000000 0100000000000000", "0500000000000000"), kdb.Of[kdb.Long](5), false},
		"enumeration of before 3.6":            {unhex(t, "fe73796d00000000 0000000000000000 0200000000000000 01000000 00000000"), enum(kdb.NoAttr, 1, 0), false},
		"enumeration of before 3.6 with index": {unhex(t, "fe73796d00000000 0000000300000000 0200000000000000 00000000 01000000 0200140200000000"), enum(kdb.Parted, 0, 1), false},
		"longs with an old count":              {unhex(t, "fe20 0700 00000000 0100000000000000 0100000000000000 0200000000000000"), kdb.Of[kdb.Long](1, 2), false},
		"no parted ints":                       {unhex(t, "fe20 0603 00000000 0000000000000000 0200070000000000"), vec[kdb.Int](kdb.Parted), false},
	}
}

func TestRead(t *testing.T) {
	for name, f := range forms(t) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, f.b, 0o644); err != nil {
			t.Fatal(err)
		}
		v, err := file.Read(path, sym)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := kdbtest.Diff(v, f.v); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		v, m, err := file.Map(path, sym)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := kdbtest.Diff(v, f.v); d != "" {
			t.Errorf("%s: mapped: %s", name, d)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrite(t *testing.T) {
	for name, f := range forms(t) {
		path := filepath.Join(t.TempDir(), "f")
		if err := file.Write(path, f.v, nil); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if f.written && !bytes.Equal(b, f.b) {
			t.Errorf("%s: got %x, want %x", name, b, f.b)
		}
		v, err := file.Read(path, sym)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := kdbtest.Diff(v, f.v); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestReadIsInverseOfWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	algorithms := []file.Compression{{}, {Block: 12, Algorithm: file.Gzip, Level: 6}, {Block: 14, Algorithm: file.Snappy},
		{Block: 12, Algorithm: file.LZ4HC, Level: 9}, {Block: 17, Algorithm: file.Zstd, Level: 3}, {Block: 12, Algorithm: file.IPC}}
	rapid.Check(t, func(t *rapid.T) {
		v := kdbtest.Value().Draw(t, "value")
		o := &file.Options{Compression: rapid.SampledFrom(algorithms).Draw(t, "compression")}
		if err := file.Write(path, v, o); err != nil {
			t.Fatal(err)
		}
		for _, read := range []func() (kdb.Value, func() error, error){
			func() (kdb.Value, func() error, error) {
				w, err := file.Read(path, nil)
				return w, func() error { return nil }, err
			},
			func() (kdb.Value, func() error, error) {
				w, m, err := file.Map(path, nil)
				return w, func() error { return m.Close() }, err
			},
		} {
			w, done, err := read()
			if err != nil {
				t.Fatal(err)
			}
			if d := kdbtest.Diff(v, w); d != "" {
				t.Fatal(d)
			}
			if err := done(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestCompressedLongColumns reads columns longer than the most that a
// block may have: with zstd these were damaged files.
func TestCompressedLongColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	longs := make([]kdb.Long, 2_200_000) // 17.6 MB
	for i := range longs {
		longs[i] = kdb.Long(i / 1000)
	}
	v := kdb.NewVec(longs)
	for _, a := range []file.Compression{{Block: 17, Algorithm: file.Gzip, Level: 1}, {Block: 17, Algorithm: file.Snappy},
		{Block: 17, Algorithm: file.LZ4HC, Level: 1}, {Block: 17, Algorithm: file.Zstd, Level: 3}, {Block: 17, Algorithm: file.IPC}} {
		if err := file.Write(path, v, &file.Options{Compression: a}); err != nil {
			t.Fatal(err)
		}
		w, err := file.Read(path, nil)
		if err != nil {
			t.Errorf("algorithm %d: %v", a.Algorithm, err)
		} else if d := kdbtest.Diff(v, w); d != "" {
			t.Errorf("algorithm %d: %s", a.Algorithm, d)
		}
	}
}

// TestDamage reads each form cut at every byte and with every bit changed: an
// error or a value, and an error says where.
func TestDamage(t *testing.T) {
	for name, f := range forms(t) {
		for n := range f.b {
			// Whole elements fewer of a form without count are a correct value.
			v := readDamaged(t, name, f.b[:n])
			if v != nil && v.Len() >= f.v.Len() && f.v.Len() > 0 && v.Type() == f.v.Type() && !strings.Contains(name, "index") {
				t.Errorf("%s: cut to %d: got all of %v", name, n, v)
			}
			b := bytes.Clone(f.b)
			for bit := range 8 {
				b[n] ^= 1 << bit
				readDamaged(t, name, b)
				b[n] ^= 1 << bit
			}
		}
	}
}

// readDamaged reads a file that may be damaged: its value, or nil where there
// is an error, which must be one that says where.
func readDamaged(t *testing.T, name string, b []byte) kdb.Value {
	t.Helper()
	v, err := file.Parse(map[string][]byte{"f": b}, "f", sym)
	var c *file.CorruptError
	if err != nil && !(errors.As(err, &c) && c.Path == "f") && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %x: got %v", name, b[:min(len(b), 32)], err)
	}
	if err != nil {
		return nil
	}
	kdb.Format(v, kdb.DefaultConsole())
	return v
}

func TestCompressedDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	v := make([]kdb.Long, 600)
	for i := range v {
		v[i] = kdb.Long(i / 7)
	}
	want := kdb.NewVec(v)
	for _, c := range []file.Compression{{Block: 12, Algorithm: file.Gzip, Level: 6}, {Block: 12, Algorithm: file.Snappy},
		{Block: 12, Algorithm: file.LZ4HC, Level: 9}, {Block: 12, Algorithm: file.Zstd, Level: 3}, {Block: 12, Algorithm: file.IPC}} {
		if err := file.Write(path, want, &file.Options{Compression: c}); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, ok, err := file.CompressionStats(path)
		if err != nil || !ok || s.Compression != c || s.Plain != 4816 || s.Compressed != int64(len(whole)) || len(whole) > 4000 {
			t.Errorf("stats: got %+v, %v, %v", s, ok, err)
		}
		name := fmt.Sprint("algorithm ", c.Algorithm)
		for n := range whole {
			if readDamaged(t, name, whole[:n]) != nil {
				t.Errorf("%s: cut to %d of %d: no error", name, n, len(whole))
			}
			b := bytes.Clone(whole)
			for bit := range 8 {
				b[n] ^= 1 << bit
				readDamaged(t, name, b)
				b[n] ^= 1 << bit
			}
		}
	}
}

func TestCompressionErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, c := range []file.Compression{{Block: 11, Algorithm: file.Gzip}, {Block: 21, Algorithm: file.Gzip}, {Block: 17, Algorithm: file.Gzip, Level: 10},
		{Block: 17, Algorithm: file.IPC, Level: 1}, {Block: 17, Algorithm: 16}, {Block: 17, Algorithm: file.Zstd, Level: 23}} {
		if err := file.Write(path, kdb.Of[kdb.Long](1), &file.Options{Compression: c}); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
	if err := os.WriteFile(path, append([]byte("kxzippEd"), make([]byte, 100)...), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Read(path, nil); !errors.Is(err, file.ErrUnsupported) {
		t.Errorf("encrypted: got %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("failed writes left %v", entries)
	}
}

func TestReadErrors(t *testing.T) {
	for name, c := range map[string]struct{ hex, want string }{
		"nothing":                 {"", "too early"},
		"something else":          {"7f454c46", "byte 0: not a kdb+ file"},
		"fewer than the count":    {"fe20 0700 00000000 0300000000000000 0100000000000000 0200000000000000", "byte 8: count of 3"},
		"count beyond the file":   {"fe20 0700 00000000 ffffffffffffff7f 0100000000000000", "byte 8: count of"},
		"part of an element":      {"fe20 0700 00000000 0000000000000000 0100000000", "byte 16: 5 bytes"},
		"unknown type":            {"fe20 1e00 00000000 0000000000000000", "byte 2: unknown type 30"},
		"unknown attribute":       {"fe20 0709 00000000 0000000000000000", "byte 3: unknown attribute"},
		"boolean of 2":            {"fe20 0100 00000000 0000000000000000 000102", "byte 18: boolean of 2"},
		"more after a value":      {"ff01 f9 2a00000000000000 00", "byte 11: 1 bytes after"},
		"fewer symbols than said": {"ff01 0b00 05000000 6100 6200", "ends inside"},
		"list of symbols":         {"fe20 6100 00000000 0000000000000000", "unsupported"},
	} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, unhex(t, c.hex), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Read(path, sym); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := file.Read(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, x := range forms(f) {
		f.Add(x.b)
	}
	files, _ := anymapFiles(f)
	f.Add(files["a"])
	dir := f.TempDir()
	for i, c := range []file.Compression{{Block: 12, Algorithm: file.Gzip, Level: 6}, {Block: 12, Algorithm: file.Snappy}, {Block: 12, Algorithm: file.LZ4HC}, {Block: 12, Algorithm: file.Zstd}, {Block: 12, Algorithm: file.IPC}} {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := file.Write(path, kdb.NewVec(make([]kdb.Long, 1200)), &file.Options{Compression: c}); err != nil {
			f.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := file.Parse(map[string][]byte{"f": b}, "f", sym)
		if err != nil {
			return
		}
		kdb.Format(v, kdb.DefaultConsole())
	})
}
