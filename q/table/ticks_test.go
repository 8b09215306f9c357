package table_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/internal/measure"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// Tick data for benchmarks: symbols whose frequency falls with their rank,
// rising times without ties, prices around a level of each symbol.

const modulus = 2147483647

func square(x int64) int64 { return x * x % modulus }

func hash(i, k int64) int64 {
	return square((k + 69621*square((k+48271*i)%modulus)) % modulus)
}

func rankOf(i, k int64) int64 {
	f := float64(hash(i, k)) / modulus
	return int64(500 * f * f * f)
}

var day = kdb.Timestamp(757503000000000000) // 2024.01.02D09:30

type ticks struct{ trade, quote *kdb.Table }

// makeTicks makes a million trades and five million quotes, or as many of each
// as TICKS says.
var makeTicks = sync.OnceValue(func() ticks {
	n, m := int64(1_000_000), int64(5_000_000)
	if v, err := strconv.ParseInt(os.Getenv("TICKS"), 10, 64); err == nil {
		n, m = v, v
	}
	names := make([]kdb.Symbol, 500)
	for i := range names {
		names[i] = kdb.Sym(fmt.Sprintf("S%03d", i))
	}
	step := int64(23400000000000)
	var t, q ticks
	{
		time, sym := make([]kdb.Timestamp, n), make([]kdb.Symbol, n)
		price, size := make([]kdb.Float, n), make([]kdb.Long, n)
		w := step / n
		for i := range n {
			id := rankOf(i, 12345)
			time[i] = day + kdb.Timestamp(w*i+hash(i, 777777)%w)
			sym[i] = names[id]
			price[i] = kdb.Float(1000+37*id+hash(i, 991199)%200) / 100
			size[i] = kdb.Long(1 + hash(i, 445566)%1000)
		}
		t.trade = tableOf("time", kdb.NewVec(time), "sym", kdb.NewVec(sym), "price", kdb.NewVec(price), "size", kdb.NewVec(size))
	}
	{
		time, sym := make([]kdb.Timestamp, m), make([]kdb.Symbol, m)
		bid, ask := make([]kdb.Float, m), make([]kdb.Float, m)
		bsize, asize := make([]kdb.Long, m), make([]kdb.Long, m)
		w := step / m
		for i := range m {
			id := rankOf(i, 54321)
			c := 1000 + 37*id + hash(i, 987654)%200
			time[i] = day + kdb.Timestamp(w*i+hash(i, 888888)%w)
			sym[i] = names[id]
			bid[i] = kdb.Float(c-1-hash(i, 101010)%5) / 100
			ask[i] = kdb.Float(c+1+hash(i, 202020)%5) / 100
			bsize[i] = kdb.Long(100 * (1 + hash(i, 303030)%50))
			asize[i] = kdb.Long(100 * (1 + hash(i, 404040)%50))
		}
		q.quote = tableOf("time", kdb.NewVec(time), "sym", kdb.NewVec(sym), "bid", kdb.NewVec(bid), "ask", kdb.NewVec(ask),
			"bsize", kdb.NewVec(bsize), "asize", kdb.NewVec(asize))
	}
	return ticks{t.trade, q.quote}
})

// inTimeOrder are the tables as a tickerplant's subscriber holds them: g#sym.
var inTimeOrder = sync.OnceValue(func() ticks {
	t := makeTicks()
	return ticks{withAttr(t.trade, kdb.Grouped), withAttr(t.quote, kdb.Grouped)}
})

// bySymbol are the tables as a database holds them: sorted by sym and time, p#sym.
var bySymbol = sync.OnceValue(func() ticks {
	t := makeTicks()
	return ticks{withAttr(bySym(t.trade), kdb.Parted), withAttr(bySym(t.quote), kdb.Parted)}
})

// bySym sorts a table that is in time order by sym.
func bySym(t *kdb.Table) *kdb.Table {
	sym, _ := t.Col(kdb.Sym("sym"))
	return prim.Gather(t, prim.Grade(nil, sym, false)).(*kdb.Table)
}

func withAttr(t *kdb.Table, a kdb.Attr) *kdb.Table {
	out := kdb.NewTable(t.Names, append([]kdb.Value(nil), t.Cols...))
	sym := kdb.NewVec(t.Cols[1].(*kdb.Symbols).V)
	sym.Attr = a
	out.Cols[1] = sym
	return out
}

func benchSelect(b *testing.B, quotes bool, args ...kdb.Value) {
	for _, layout := range []string{"rdb", "hdb"} {
		b.Run(layout, func(b *testing.B) {
			t := inTimeOrder()
			if layout == "hdb" {
				t = bySymbol()
			}
			from := t.trade
			if quotes {
				from = t.quote
			}
			e, _ := newEnv(2)
			all := append([]kdb.Value{from}, args...)
			b.ResetTimer()
			defer measure.CPU(b)()
			for b.Loop() {
				v, err := table.Select(e, all)
				must(b, v, err)
			}
		})
	}
}

func BenchmarkVwap(b *testing.B) {
	benchSelect(b, false, none, phrase("sym", "sym"), phrase("vwap", tree("wavg", "size", "price")))
}

func BenchmarkBars(b *testing.B) {
	benchSelect(b, false, none, phrase("sym", "sym", "time", tree("xbar", kdb.Timespan(300e9), "time")),
		phrase("o", tree("first", "price"), "h", tree("max", "price"), "l", tree("min", "price"), "c", tree("last", "price"), "v", tree("sum", "size")))
}

func BenchmarkLast(b *testing.B) {
	benchSelect(b, false, none, phrase("sym", "sym"), phrase("price", tree("last", "price")))
}

func BenchmarkOneSymbol(b *testing.B) {
	benchSelect(b, false, list(tree("=", "sym", symbol("S003")), tree("within", "time", list(kdb.Of(day+1800e9, day+5400e9)))), no,
		phrase("n", tree("count", "i"), "s", tree("sum", "size")))
}

var tenSyms = syms("S000", "S003", "S010", "S025", "S050", "S100", "S150", "S200", "S300", "S450")

func BenchmarkTenSymbols(b *testing.B) {
	benchSelect(b, false, list(tree("in", "sym", list(tenSyms))), phrase("sym", "sym"), phrase("vwap", tree("wavg", "size", "price")))
}

func BenchmarkSpread(b *testing.B) {
	benchSelect(b, true, none, phrase("sym", "sym"), phrase("sp", tree("avg", tree("-", "ask", "bid"))))
}

func BenchmarkTop(b *testing.B) {
	idesc, _ := prim.Lookup("idesc")
	benchSelect(b, false, none, no, none, kdb.Long(100), list(idesc, kdb.Sym("price")))
}

func BenchmarkDistinctSymbols(b *testing.B) {
	benchSelect(b, false, none, phrase("time", tree("xbar", kdb.Timespan(60e9), "time")), phrase("n", tree("count", tree("distinct", "sym"))))
}

func BenchmarkTotals(b *testing.B) {
	benchSelect(b, false, none, no, phrase("n", tree("count", "i"), "s", tree("sum", "size"), "p", tree("sum", "price")))
}

func BenchmarkSort(b *testing.B) {
	for _, by := range [][]string{{"sym", "time"}, {"sym", "price"}, {"price"}} {
		b.Run(strings.Join(by, " "), func(b *testing.B) {
			t := makeTicks().trade
			e, _ := newEnv(2)
			names := syms(by...)
			b.ResetTimer()
			defer measure.CPU(b)()
			for b.Loop() {
				v, err := table.Sort(e, names, t, false)
				must(b, v, err)
			}
		})
	}
}
