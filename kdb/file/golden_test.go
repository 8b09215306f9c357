package file_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

// zipped returns a compressed file of one block.
func zipped(t testing.TB, algorithm byte, plain int, block string) []byte {
	t.Helper()
	le, data := binary.LittleEndian, unhex(t, block)
	b := append([]byte("kxzipped"), data...)
	end := len(b)
	b = append(b, 3, 0, 0, 0, algorithm, 0, 0, 0)
	b = le.AppendUint64(b, uint64(plain))
	b = le.AppendUint64(b, uint64(end))
	b = le.AppendUint64(b, 4096)
	b = le.AppendUint32(b, uint32(len(data)))
	b = le.AppendUint32(b, uint32(algorithm))
	return le.AppendUint64(b, 1)
}

// TestReadCompressed reads blocks of each algorithm that no compressor made:
// each says "these bytes, as they are" in the words of its format.
func TestReadCompressed(t *testing.T) {
	const plain = "fe20 0100 00000000 0000000000000000 010001"
	want := kdb.Of[kdb.Bool](true, false, true)
	path := filepath.Join(t.TempDir(), "f")
	for name, f := range map[string][]byte{
		"none":   zipped(t, 0, 19, plain),
		"ipc":    zipped(t, 1, 19, "01000100 22000000 1b000000"+"00 fe20010000000000"+"00 0000000000000000"+"00 010001"),
		"gzip":   zipped(t, 2, 19, "7801 01 1300 ecff"+plain+"15420122"),
		"snappy": zipped(t, 3, 19, "13 48"+plain),
		"lz4":    zipped(t, 4, 19, "f0 04"+plain),
		"zstd":   zipped(t, 5, 19, "28b52ffd 20 13 990000"+plain),
	} {
		if err := os.WriteFile(path, f, 0o644); err != nil {
			t.Fatal(err)
		}
		v, err := file.Read(path, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := kdbtest.Diff(v, want); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestWriteCompressed pins down what kdb+'s own algorithm makes of a file, and
// the container: of 40 bytes of zero after a header that ends in some, a
// reference to those.
func TestWriteCompressed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := file.Write(path, kdb.NewVec(make([]kdb.Byte, 40)), &file.Options{Compression: file.Compression{Block: 12, Algorithm: file.IPC}}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := zipped(t, 1, 56, "01000100 14000000 40000000"+"20 fe20040000 0031"); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// TestColumnFiles has the bytes of columns of vectors of one type, which take
// two files: where each vector ends, and the elements of all.
func TestColumnFiles(t *testing.T) {
	for name, c := range map[string]struct {
		v           kdb.Value
		ends, items string
	}{
		"strings": {kdb.NewList(kdb.Str("first"), kdb.Str(""), kdb.Str("x")),
			"fe20 5700 00000000 0000000000000000 0500000000000000 0500000000000000 0600000000000000", "666972737478"},
		"longs": {kdb.NewList(kdb.Of[kdb.Long](1, 2), kdb.Of[kdb.Long](3)),
			"fe20 5400 00000000 0000000000000000 0200000000000000 0300000000000000", "0100000000000000 0200000000000000 0300000000000000"},
	} {
		got, err := file.Column("a", c.v)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || !bytes.Equal(got["a"], unhex(t, c.ends)) || !bytes.Equal(got["a#"], unhex(t, c.items)) {
			t.Errorf("%s: got %x", name, got)
		}
	}
}
