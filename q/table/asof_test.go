package table_test

import (
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/internal/measure"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
	"pgregory.net/rapid"
)

var symTime = syms("sym", "time")

func TestAsof(t *testing.T) {
	trades := tableOf("time", longs(61, 63, 64), "sym", syms("m", "i", "g"), "qty", longs(1, 2, 3))
	quotes := tableOf("time", longs(60, 60, 60, 62), "sym", syms("i", "m", "m", "i"), "px", longs(100, 99, 101, 98))
	null := kdb.NullLong
	tests := []struct {
		name        string
		kind        table.AsofKind
		left, right kdb.Value
		want        kdb.Value
	}{
		{"aj", table.AsofKind{}, trades, quotes, tableOf("time", longs(61, 63, 64), "sym", syms("m", "i", "g"), "qty", longs(1, 2, 3), "px", longs(101, 98, null))},
		{"aj0", table.AsofKind{RightTime: true}, trades, quotes, tableOf("time", longs(60, 62, 64), "sym", syms("m", "i", "g"), "qty", longs(1, 2, 3), "px", longs(101, 98, null))},
		{"ajf", table.AsofKind{Fill: true},
			tableOf("time", longs(1, 1), "sym", syms("a", "b"), "p", longs(0, 1)),
			tableOf("time", longs(0, 0), "sym", syms("a", "b"), "p", longs(1, null), "n", syms("r", "s")),
			tableOf("time", longs(1, 1), "sym", syms("a", "b"), "p", longs(1, 1), "n", syms("r", "s"))},
		{"keyed left", table.AsofKind{}, keyed(trades, 1), quotes,
			keyed(tableOf("time", longs(61, 63, 64), "sym", syms("m", "i", "g"), "qty", longs(1, 2, 3), "px", longs(101, 98, null)), 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := newEnv(2)
			got, err := table.Asof(e, tt.kind, symTime, tt.left, tt.right)
			wantMatch(t, must(t, got, err), tt.want)
		})
	}
}

func TestAsofByName(t *testing.T) {
	e, en := newEnv(1)
	en.globals[kdb.Sym("t")] = tableOf("time", longs(2), "sym", syms("a"))
	got, err := table.Asof(e, table.AsofKind{}, symTime, kdb.Sym("t"), tableOf("time", longs(1), "sym", syms("a"), "x", longs(7)))
	wantMatch(t, must(t, got, err), kdb.Sym("t"))
	wantMatch(t, en.globals[kdb.Sym("t")], tableOf("time", longs(2), "sym", syms("a"), "x", longs(7)))
}

// TestAsofProperty compares every way the join can go (in time order, parted,
// grouped, unordered left) with the definition.
func TestAsofProperty(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	rapid.Check(t, func(rt *rapid.T) {
		layout := rapid.SampledFrom([]string{"time", "sym", "parted", "grouped", "longs"}).Draw(rt, "layout")
		drawTable := func(label string, ordered bool) *kdb.Table {
			n := rapid.IntRange(0, 60).Draw(rt, label)
			sym, time, val := make([]kdb.Symbol, n), make([]kdb.Long, n), make([]kdb.Long, n)
			at := kdb.Long(0)
			for i := range n {
				sym[i] = kdb.Sym(rapid.SampledFrom(names).Draw(rt, "sym"))
				at += kdb.Long(rapid.IntRange(0, 3).Draw(rt, "step"))
				time[i], val[i] = at, kdb.Long(i)
				if !ordered {
					time[i] = kdb.Long(rapid.IntRange(0, 60).Draw(rt, "time"))
				}
			}
			return tableOf("time", kdb.NewVec(time), "sym", kdb.NewVec(sym), label, kdb.NewVec(val))
		}
		left := drawTable("l", rapid.Bool().Draw(rt, "left ordered"))
		if rapid.Bool().Draw(rt, "long left") { // longer than what is looked up row by row
			times := rapid.IntRange(1, 8).Draw(rt, "times")
			idx := make([]kdb.Long, 64*times*min(1, left.Len()))
			for i := range idx {
				idx[i] = kdb.Long(i % left.Len())
			}
			left = prim.Gather(left, idx).(*kdb.Table)
		}
		right := drawTable("r", true)
		switch layout {
		case "sym":
			left, right = bySym(left), bySym(right)
		case "parted":
			right = withAttr(bySym(right), kdb.Parted)
		case "grouped":
			right = withAttr(right, kdb.Grouped)
		case "longs":
			number := func(t *kdb.Table) {
				ids := make([]kdb.Long, t.Len())
				for i, s := range t.Cols[1].(*kdb.Symbols).V {
					ids[i] = kdb.Long(s.ID())
				}
				t.Cols[1] = kdb.NewVec(ids)
			}
			number(left)
			number(right)
		}
		e, _ := newEnv(rapid.IntRange(1, 3).Draw(rt, "threads"))
		got, err := table.Asof(e, table.AsofKind{}, symTime, left, right)
		joined := must(t, got, err).(*kdb.Table)
		want := make([]kdb.Long, left.Len())
		lt, rtime := left.Cols[0].(*kdb.Longs).V, right.Cols[0].(*kdb.Longs).V
		for i := range want {
			want[i] = kdb.NullLong
			for j := range rtime {
				if prim.Match(prim.Item(left.Cols[1], i), prim.Item(right.Cols[1], j)) && rtime[j] <= lt[i] {
					want[i] = right.Cols[2].(*kdb.Longs).V[j]
				}
			}
		}
		col, _ := joined.Col(kdb.Sym("r"))
		if !prim.Match(col, kdb.NewVec(want)) {
			rt.Fatalf("%s: got %s want %s\nleft %s\nright %s", layout, show(col), show(kdb.NewVec(want)), show(left), show(right))
		}
	})
}

func benchAsof(b *testing.B, pick func(e *prim.Env, t *kdb.Table) *kdb.Table) {
	for _, layout := range []string{"rdb", "hdb"} {
		b.Run(layout, func(b *testing.B) {
			t := inTimeOrder()
			if layout == "hdb" {
				t = bySymbol()
			}
			e, _ := newEnv(2)
			b.ResetTimer()
			defer measure.CPU(b)()
			for b.Loop() {
				v, err := table.Asof(e, table.AsofKind{}, symTime, pick(e, t.trade), t.quote)
				must(b, v, err)
			}
		})
	}
}

func BenchmarkAsof(b *testing.B) {
	benchAsof(b, func(_ *prim.Env, t *kdb.Table) *kdb.Table { return t })
}

func BenchmarkAsofTen(b *testing.B) {
	benchAsof(b, func(e *prim.Env, t *kdb.Table) *kdb.Table {
		v, err := table.Select(e, []kdb.Value{t, list(tree("in", "sym", list(tenSyms))), no, none})
		return must(b, v, err).(*kdb.Table)
	})
}

// TestAsofLarge walks tables long enough for several goroutines, in time order
// and by symbol, and compares with one walk in plain Go.
func TestAsofLarge(t *testing.T) {
	const n, m = 150_000, 300_000
	names := make([]kdb.Symbol, 300)
	for i := range names {
		names[i] = kdb.Sym("L" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
	}
	make2 := func(rows int, salt int64, val string) *kdb.Table {
		sym, time, id := make([]kdb.Symbol, rows), make([]kdb.Timestamp, rows), make([]kdb.Long, rows)
		at := kdb.Timestamp(0)
		for i := range rows {
			at += kdb.Timestamp(hash(int64(i), salt) % 3 * int64(m/rows))
			r := hash(int64(i), salt+1) % 300
			sym[i], time[i], id[i] = names[r*r/300], at, kdb.Long(i)
		}
		return tableOf("time", kdb.NewVec(time), "sym", kdb.NewVec(sym), val, kdb.NewVec(id))
	}
	left, right := make2(n, 10, "l"), make2(m, 20, "r")
	lt, rtime := left.Cols[0].(*kdb.Timestamps).V, right.Cols[0].(*kdb.Timestamps).V
	last := map[kdb.Symbol]kdb.Long{}
	want, j := make([]kdb.Long, n), 0
	for i, s := range left.Cols[1].(*kdb.Symbols).V {
		for ; j < m && rtime[j] <= lt[i]; j++ {
			last[right.Cols[1].(*kdb.Symbols).V[j]] = kdb.Long(j)
		}
		want[i] = kdb.NullLong
		if r, ok := last[s]; ok {
			want[i] = r
		}
	}
	every := func(step int) []kdb.Long { // rows of left, in another order unless step divides n
		rows := make([]kdb.Long, n/20)
		for i := range rows {
			rows[i] = kdb.Long(i * step % n)
		}
		return rows
	}
	listed := withAttr(right, kdb.Grouped)
	for _, layout := range []string{"time", "parted", "sorted", "both parted", "listed", "listed, left in another order", "listed, no order as a whole"} {
		t.Run(layout, func(t *testing.T) {
			l, r := left, right
			switch layout {
			case "listed":
				l, r = prim.Gather(left, every(20)).(*kdb.Table), listed
			case "listed, left in another order":
				l, r = prim.Gather(left, every(7919)).(*kdb.Table), listed
			case "listed, no order as a whole":
				l, r = prim.Gather(left, every(20)).(*kdb.Table), withAttr(apart(right), kdb.Grouped)
			case "parted":
				r = withAttr(bySym(right), kdb.Parted)
			case "sorted":
				l, r = bySym(left), bySym(right)
			case "both parted":
				l, r = withAttr(bySym(left), kdb.Parted), withAttr(bySym(right), kdb.Parted)
			}
			e, _ := newEnv(3)
			got, err := table.Asof(e, table.AsofKind{}, symTime, l, r)
			joined := must(t, got, err).(*kdb.Table)
			rows, found := joined.Cols[2].(*kdb.Longs).V, joined.Cols[3].(*kdb.Longs).V
			for i, row := range rows {
				if found[i] != want[row] {
					t.Fatalf("row %d joins %d, want %d", row, found[i], want[row])
				}
			}
		})
	}
}

// apart swaps the first two adjacent rows of which both time and symbol differ:
// the table still ascends by symbol.
func apart(t *kdb.Table) *kdb.Table {
	sym, rows := t.Cols[1].(*kdb.Symbols).V, make([]kdb.Long, t.Len())
	for i := range rows {
		rows[i] = kdb.Long(i)
	}
	for i := 1; i < len(sym); i++ {
		if sym[i] != sym[i-1] && t.Cols[0].(*kdb.Timestamps).V[i] != t.Cols[0].(*kdb.Timestamps).V[i-1] {
			rows[i-1], rows[i] = rows[i], rows[i-1]
			return prim.Gather(t, rows).(*kdb.Table)
		}
	}
	return t
}
