package prim_test

import (
	"fmt"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

const benchRows = 1 << 20

// benchColumns returns columns as a tick table has them.
func benchColumns() (long *kdb.Longs, float *kdb.Floats, sym *kdb.Symbols, time *kdb.Timestamps) {
	l, f := make([]kdb.Long, benchRows), make([]kdb.Float, benchRows)
	s, p := make([]kdb.Symbol, benchRows), make([]kdb.Timestamp, benchRows)
	syms := make([]kdb.Symbol, 500)
	for i := range syms {
		syms[i] = kdb.Sym(fmt.Sprintf("S%03d", i))
	}
	r := prim.NewRandomSource(1)
	for i := range l {
		u := r.Uint64()
		l[i] = kdb.Long(u % 1000)
		f[i] = kdb.Float(1000+u>>32%4000) / 100
		s[i] = syms[u>>20%500]
		p[i] = kdb.Timestamp(i) * 23400000
	}
	return kdb.NewVec(l), kdb.NewVec(f), kdb.NewVec(s), kdb.NewVec(p)
}

func BenchmarkPrimitives(b *testing.B) {
	long, float, sym, time := benchColumns()
	flags, _ := prim.Equal(sym, kdb.Sym("S003"))
	for _, c := range []struct {
		name string
		f    string
		args []kdb.Value
	}{
		{"add long long", "+", []kdb.Value{long, long}},
		{"add long atom", "+", []kdb.Value{long, kdb.Long(1)}},
		{"multiply long float", "*", []kdb.Value{long, float}},
		{"multiply float float", "*", []kdb.Value{float, float}},
		{"mod", "mod", []kdb.Value{long, kdb.Long(7)}},
		{"xbar 5 minutes", "xbar", []kdb.Value{kdb.Timespan(300e9), time}},
		{"less float", "<", []kdb.Value{float, kdb.Float(20)}},
		{"equal symbol", "=", []kdb.Value{sym, kdb.Sym("S003")}},
		{"within", "within", []kdb.Value{time, kdb.Of(time.V[1000], time.V[500000])}},
		{"in symbols", "in", []kdb.Value{sym, kdb.Syms("S003", "S100", "S200")}},
		{"where", "where", []kdb.Value{flags}},
		{"sum long", "sum", []kdb.Value{long}},
		{"sum float", "sum", []kdb.Value{float}},
		{"max float", "max", []kdb.Value{float}},
		{"avg float", "avg", []kdb.Value{float}},
		{"wavg", "wavg", []kdb.Value{long, float}},
		{"mavg 20", "mavg", []kdb.Value{kdb.Long(20), float}},
		{"mmax 20", "mmax", []kdb.Value{kdb.Long(20), float}},
		{"med", "med", []kdb.Value{float}},
		{"distinct symbols", "distinct", []kdb.Value{sym}},
		{"group symbols", "group", []kdb.Value{sym}},
		{"group longs", "group", []kdb.Value{long}},
		{"find longs", "?", []kdb.Value{long, long}},
		{"bin", "bin", []kdb.Value{time, time}},
		{"iasc float", "iasc", []kdb.Value{float}},
		{"iasc symbols", "iasc", []kdb.Value{sym}},
		{"asc long", "asc", []kdb.Value{long}},
		{"deltas", "deltas", []kdb.Value{time}},
		{"set g", "#", []kdb.Value{kdb.Sym("g"), sym}},
		{"roll", "?", []kdb.Value{kdb.Long(benchRows), kdb.Float(1)}},
	} {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("%s/threads=%d", c.name, threads), func(b *testing.B) {
				p, _ := prim.Lookup(c.f)
				e := &prim.Env{Threads: threads}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Call(e, c.args...); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkAppendGrouped appends single rows to a column of a million with g#.
func BenchmarkAppendGrouped(b *testing.B) {
	_, _, sym, _ := benchColumns()
	v, err := prim.SetAttr(kdb.Grouped, sym)
	if err != nil {
		b.Fatal(err)
	}
	s := kdb.Value(kdb.Sym("S007"))
	b.ReportAllocs()
	for b.Loop() {
		v = prim.AppendValues(v, s)
	}
}

// BenchmarkPlainGo is what the kernels are measured against.
func BenchmarkPlainGo(b *testing.B) {
	long, float, sym, _ := benchColumns()
	b.Run("add long long", func(b *testing.B) {
		for b.Loop() {
			out := make([]kdb.Long, benchRows)
			for i, v := range long.V {
				out[i] = v + long.V[i]
			}
		}
	})
	b.Run("sum float", func(b *testing.B) {
		var s kdb.Float
		for b.Loop() {
			for _, v := range float.V {
				s += v
			}
		}
		_ = s
	})
	b.Run("equal symbol", func(b *testing.B) {
		x := kdb.Sym("S003")
		for b.Loop() {
			out := make([]kdb.Bool, benchRows)
			for i, v := range sym.V {
				out[i] = v == x
			}
		}
	})
}
