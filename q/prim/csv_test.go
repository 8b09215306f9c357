package prim_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/internal/measure"
	"github.com/quoinhq/quoin/q/prim"
)

// TestReadDelimited reads what Go's csv package writes: the same fields, in one
// goroutine and in several.
func TestReadDelimited(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.Bool().Draw(t, "lines in quotes")
		field := rapid.StringMatching(`[a-c ,"]{0,6}`)
		if lines {
			field = rapid.StringMatching(`[a-c ,"\n]{0,6}`)
		}
		width := rapid.IntRange(2, 4).Draw(t, "width")
		records := rapid.SliceOfN(rapid.SliceOfN(field, width, width), 0, 40).Draw(t, "records")
		// Enough text that several goroutines get a part of it.
		var once, text bytes.Buffer
		w := csv.NewWriter(&once)
		for _, r := range records {
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		copies := 1
		if len(records) > 0 && rapid.IntRange(0, 19).Draw(t, "long") == 17 {
			copies = 3<<20/once.Len() + 1
		}
		for range copies {
			text.Write(once.Bytes())
		}
		d := prim.Delimited{Types: strings.Repeat("*", width), Separator: ',', QuotedLines: lines}
		cols, _, err := prim.ReadDelimited(&prim.Env{Threads: 3}, text.Bytes(), d)
		if err != nil {
			t.Fatal(err)
		}
		for j, c := range cols {
			if c.Len() != copies*len(records) {
				t.Fatalf("column %d has %d rows of %d", j, c.Len(), copies*len(records))
			}
			for i, v := range c.(*kdb.List).V {
				if got, want := kdb.Inline(v), kdb.Inline(kdb.Str(records[i%len(records)][j])); got != want {
					t.Fatalf("record %d field %d: %s, want %s", i, j, got, want)
				}
			}
		}
	})
}

// TestDelimitedRoundTrip writes a table as lines and reads it back.
func TestDelimitedRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 50).Draw(t, "rows")
		longs, syms, texts := make([]kdb.Long, n), make([]kdb.Symbol, n), make([]kdb.Value, n)
		dates, times, floats := make([]kdb.Date, n), make([]kdb.Timestamp, n), make([]kdb.Float, n)
		for i := range n {
			longs[i] = kdb.Long(rapid.Int64().Draw(t, "long"))
			syms[i] = kdb.Sym(rapid.StringMatching(`x[a-z,"]{0,5}`).Draw(t, "symbol"))
			texts[i] = kdb.Str(rapid.StringMatching(`x[a-z,"]{0,5}`).Draw(t, "text"))
			dates[i] = kdb.Date(rapid.IntRange(-20000, 20000).Draw(t, "date"))
			times[i] = kdb.Timestamp(rapid.Int64Range(-1<<60, 1<<60).Draw(t, "time"))
			floats[i] = kdb.Float(rapid.Float64Range(-1e9, 1e9).Draw(t, "float"))
		}
		cols := []kdb.Value{kdb.NewVec(longs), kdb.NewVec(syms), &kdb.List{V: texts}, kdb.NewVec(dates), kdb.NewVec(times), kdb.NewVec(floats)}
		e := &prim.Env{Threads: 1}
		var text strings.Builder
		for _, l := range prim.DelimitedLines(e, ',', cols, n) {
			fmt.Fprintln(&text, bytesIn(l))
		}
		back, _, err := prim.ReadDelimited(e, []byte(text.String()), prim.Delimited{Types: "JS*DPF", Separator: ','})
		if err != nil {
			t.Fatal(err)
		}
		for j := range cols {
			if got, want := kdb.Inline(back[j]), kdb.Inline(cols[j]); got != want {
				t.Fatalf("column %d:\n%s, want\n%s", j, got, want)
			}
		}
	})
}

// bytesIn returns a char vector as a string of Go.
func bytesIn(v kdb.Value) string {
	var b []byte
	for _, c := range v.(*kdb.Chars).V {
		b = append(b, byte(c))
	}
	return string(b)
}

func BenchmarkDelimited(b *testing.B) {
	const n = 1_000_000
	long, float, sym, time := benchColumns()
	cols := []kdb.Value{time, sym, float, long}
	e := &prim.Env{Threads: 2, Precision: 7}
	var text bytes.Buffer
	b.Run("write", func(b *testing.B) {
		defer measure.CPU(b)()
		for b.Loop() {
			prim.DelimitedLines(e, ',', cols, n)
		}
	})
	for _, l := range prim.DelimitedLines(e, ',', cols, n) {
		fmt.Fprintln(&text, bytesIn(l))
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		defer measure.CPU(b)()
		for b.Loop() {
			if _, _, err := prim.ReadDelimited(e, text.Bytes(), prim.Delimited{Types: "PSFJ", Separator: ','}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
