package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
)

// million is a trade table of a million rows.
func million() *kdb.Table {
	const n = 1_000_000
	time, price, size, place := make([]kdb.Timestamp, n), make([]kdb.Float, n), make([]kdb.Long, n), make([]kdb.Long, n)
	for i := range n {
		time[i], price[i], size[i], place[i] = kdb.Timestamp(i*1000), kdb.Float(i%1000)/8, kdb.Long(i%500), kdb.Long(i%3)
	}
	return table("time", kdb.NewVec(time), "sym", enum(kdb.NoAttr, place...), "price", kdb.NewVec(price), "size", kdb.NewVec(size))
}

func BenchmarkMapTable(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "trade")
	if err := file.WriteTable(dir, million(), nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, m, err := file.MapTable(dir, sym)
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}

// BenchmarkMapGigabyte maps a table of a gigabyte: sparse files, as nothing is
// read.
func BenchmarkMapGigabyte(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "trade")
	small := table("time", kdb.Of[kdb.Timestamp](0), "sym", enum(kdb.NoAttr, 0), "price", kdb.Of[kdb.Float](0), "size", kdb.Of[kdb.Long](0))
	if err := file.WriteTable(dir, small, nil); err != nil {
		b.Fatal(err)
	}
	const rows = 1 << 25 // 4 columns of 8 bytes
	for name, head := range map[string]int64{"time": 16, "sym": 4096, "price": 16, "size": 16} {
		if err := os.Truncate(filepath.Join(dir, name), head+8*rows); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		t, m, err := file.MapTable(dir, sym)
		if err != nil || t.Len() != rows {
			b.Fatal(err)
		}
		m.Close()
	}
}

func BenchmarkReadTable(b *testing.B) {
	for name, o := range map[string]*file.Options{
		"plain": nil, "gzip": {Compression: file.Compression{Block: 17, Algorithm: file.Gzip, Level: 6}}, "snappy": {Compression: file.Compression{Block: 17, Algorithm: file.Snappy}},
		"lz4": {Compression: file.Compression{Block: 17, Algorithm: file.LZ4HC, Level: 9}}, "zstd": {Compression: file.Compression{Block: 17, Algorithm: file.Zstd, Level: 3}},
	} {
		b.Run(name, func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "trade")
			if err := file.WriteTable(dir, million(), o); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(32_000_000)
			for b.Loop() {
				if _, err := file.ReadTable(dir, sym); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWriteTable(b *testing.B) {
	t := million()
	for name, o := range map[string]*file.Options{
		"plain": nil, "gzip": {Compression: file.Compression{Block: 17, Algorithm: file.Gzip, Level: 6}}, "snappy": {Compression: file.Compression{Block: 17, Algorithm: file.Snappy}},
		"lz4": {Compression: file.Compression{Block: 17, Algorithm: file.LZ4HC, Level: 9}}, "zstd": {Compression: file.Compression{Block: 17, Algorithm: file.Zstd, Level: 3}},
	} {
		b.Run(name, func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "trade")
			b.SetBytes(32_000_000)
			for b.Loop() {
				if err := file.WriteTable(dir, t, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLogAppend(b *testing.B) {
	l, _, err := file.OpenLog(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	row := kdb.NewList(kdb.Sym("upd"), kdb.Sym("trade"), kdb.NewList(kdb.Timestamp(1), kdb.Sym("IBM"), kdb.Float(10.5), kdb.Long(100)))
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplayLog(b *testing.B) {
	path := filepath.Join(b.TempDir(), "log")
	l, _, err := file.OpenLog(path)
	if err != nil {
		b.Fatal(err)
	}
	row := kdb.NewList(kdb.Sym("upd"), kdb.Sym("trade"), kdb.NewList(kdb.Timestamp(1), kdb.Sym("IBM"), kdb.Float(10.5), kdb.Long(100)))
	const n = 100_000
	for range n {
		if err := l.Append(row); err != nil {
			b.Fatal(err)
		}
	}
	l.Close()
	for b.Loop() {
		if _, err := file.ReplayLog(path, n, func(int, kdb.Value) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkEnumerate(b *testing.B) {
	s, err := file.OpenSym(filepath.Join(b.TempDir(), "sym"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	v := make([]kdb.Symbol, 1_000_000)
	for i := range v {
		v[i] = kdb.Sym(string(rune('a'+i%26)) + string(rune('a'+i%7)))
	}
	syms := kdb.NewVec(v)
	for b.Loop() {
		if _, err := s.Enumerate(syms); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds(), "symbols/s")
}
