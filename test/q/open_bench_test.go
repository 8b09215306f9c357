package q_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// manyPartitions writes a database of 1,000 days: one is written, the others are
// copies of its files.
func manyPartitions(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	m := newEmbedded(b, dir)
	m.do("trade:([]sym:10000?`a`b`c`d;time:asc 10000?0D24;price:10000?100f;size:10000?1000);.Q.dpft[`:db;2024.01.01;`sym;`trade];")
	first := filepath.Join(dir, "db", "2024.01.01")
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := 1; i < 1000; i++ {
		if err := os.CopyFS(filepath.Join(dir, "db", day.AddDate(0, 0, i).Format("2006.01.02")), os.DirFS(first)); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkOpenDatabase opens a database of 1,000 partitions in a new engine.
func BenchmarkOpenDatabase(b *testing.B) {
	dir := manyPartitions(b)
	for b.Loop() {
		b.StopTimer()
		m := newEmbedded(b, dir)
		b.StartTimer()
		m.do(`\l db`)
		b.StopTimer()
		if got := m.do("count date"); got != "1000" {
			b.Fatal(got)
		}
		b.StartTimer()
	}
}

// BenchmarkOnePartition asks for one of 1,000 partitions, another each time.
func BenchmarkOnePartition(b *testing.B) {
	m := newEmbedded(b, manyPartitions(b))
	m.do(`\l db`)
	i := 0
	for b.Loop() {
		if got := m.do(fmt.Sprintf("exec count i from select vwap:size wavg price by sym from trade where date=2024.01.01+%d", i%1000)); got != "4" {
			b.Fatal(got)
		}
		i++
	}
}
