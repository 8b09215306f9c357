package table_test

import (
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

func longs(v ...kdb.Long) kdb.Value   { return kdb.NewVec(v) }
func floats(v ...kdb.Float) kdb.Value { return kdb.NewVec(v) }
func syms(v ...string) kdb.Value      { return kdb.Syms(v...) }
func keyed(t *kdb.Table, n int) kdb.Value {
	return kdb.NewDict(kdb.NewTable(t.Names[:n], t.Cols[:n]), kdb.NewTable(t.Names[n:], t.Cols[n:]))
}

var (
	none  = kdb.NewList()
	no    = kdb.Bool(false)
	sales = tableOf("s", syms("b", "a", "b", "a", "c"), "p", longs(1, 2, 3, 4, 5), "x", floats(1, 2, 3, 4, 5))
)

func TestSelect(t *testing.T) {
	byS := phrase("s", "s")
	tests := []struct {
		name string
		args []kdb.Value
		want kdb.Value
	}{
		{"all", []kdb.Value{sales, none, no, none}, sales},
		{"where equal", []kdb.Value{sales, list(tree("=", "s", symbol("a"))), no, phrase("p", "p")}, tableOf("p", longs(2, 4))},
		{"where cascades", []kdb.Value{sales, list(tree(">", "p", 1), tree("=", "s", symbol("b"))), no, phrase("p", "p")}, tableOf("p", longs(3))},
		{"where in", []kdb.Value{sales, list(tree("in", "s", list(syms("c", "a")))), no, phrase("p", "p")}, tableOf("p", longs(2, 4, 5))},
		{"where within", []kdb.Value{sales, list(tree("within", "p", list(longs(2, 3)))), no, phrase("s", "s")}, tableOf("s", syms("a", "b"))},
		{"where float", []kdb.Value{sales, list(tree(">", "x", 3.0)), no, phrase("p", "p")}, tableOf("p", longs(4, 5))},
		{"where i", []kdb.Value{sales, list(tree("<", "i", 2)), no, phrase("p", "p")}, tableOf("p", longs(1, 2))},
		{"sum", []kdb.Value{sales, none, no, phrase("p", tree("sum", "p"))}, tableOf("p", longs(15))},
		{"sum by", []kdb.Value{sales, none, byS, phrase("p", tree("sum", "p"))}, keyed(tableOf("s", syms("a", "b", "c"), "p", longs(6, 4, 5)), 1)},
		{"column by", []kdb.Value{sales, none, byS, phrase("p", "p")},
			keyed(tableOf("s", syms("a", "b", "c"), "p", list(longs(2, 4), longs(1, 3), longs(5))), 1)},
		{"last by", []kdb.Value{sales, none, byS, none},
			keyed(tableOf("s", syms("a", "b", "c"), "p", longs(4, 3, 5), "x", floats(4, 3, 5)), 1)},
		{"ratio of aggregates", []kdb.Value{sales, none, byS, phrase("r", tree("%", tree("sum", "x"), tree("count", "i")))},
			keyed(tableOf("s", syms("a", "b", "c"), "r", floats(3, 2, 5)), 1)},
		{"two keys", []kdb.Value{sales, none, phrase("s", "s", "b", tree("xbar", 2, "p")), phrase("n", tree("count", "i"))},
			keyed(tableOf("s", syms("a", "a", "b", "b", "c"), "b", longs(2, 4, 0, 2, 4), "n", longs(1, 1, 1, 1, 1)), 2)},
		{"distinct", []kdb.Value{sales, none, kdb.Bool(true), phrase("s", "s")}, tableOf("s", syms("b", "a", "c"))},
		{"first 2", []kdb.Value{sales, none, no, phrase("p", "p"), kdb.Long(2)}, tableOf("p", longs(1, 2))},
		{"last 2", []kdb.Value{sales, none, no, phrase("p", "p"), kdb.Long(-2)}, tableOf("p", longs(4, 5))},
		{"from 1", []kdb.Value{sales, none, no, phrase("p", "p"), longs(1, 2)}, tableOf("p", longs(2, 3))},
		{"exec column", []kdb.Value{sales, none, none, kdb.Sym("p")}, longs(1, 2, 3, 4, 5)},
		{"exec aggregate", []kdb.Value{sales, none, none, tree("max", "p")}, kdb.Long(5)},
		{"exec by", []kdb.Value{sales, none, kdb.Sym("s"), kdb.Sym("p")}, kdb.NewDict(syms("a", "b", "c"), list(longs(2, 4), longs(1, 3), longs(5)))},
		{"exec dict", []kdb.Value{sales, none, none, phrase("a", "p", "b", tree("sum", "p"))},
			kdb.NewDict(syms("a", "b"), list(longs(1, 2, 3, 4, 5), kdb.Long(15)))},
		{"simple exec", []kdb.Value{sales, longs(0, 2), tree("sum", "p")}, kdb.Long(4)},
		{"empty sum", []kdb.Value{sales, list(tree(">", "p", 9)), no, phrase("p", tree("sum", "p"), "m", tree("max", "p"), "l", tree("last", "s"))},
			tableOf("p", longs(0), "m", longs(-kdb.InfLong), "l", syms(""))},
		{"empty by", []kdb.Value{sales, list(tree(">", "p", 9)), byS, phrase("p", tree("avg", "p"), "l", tree("last", "s"))},
			keyed(tableOf("s", kdb.NewVec([]kdb.Symbol{}), "p", kdb.NewVec([]kdb.Float{}), "l", kdb.NewVec([]kdb.Symbol{})), 1)},
		{"count distinct", []kdb.Value{sales, none, no, phrase("n", tree("count", tree("distinct", "s")))}, tableOf("n", longs(3))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := newEnv(2)
			got, err := table.Select(e, tt.args)
			wantMatch(t, must(t, got, err), tt.want)
		})
	}
}

func TestSelectTop(t *testing.T) {
	e, _ := newEnv(2)
	idesc, _ := prim.Lookup("idesc")
	got, err := table.Select(e, []kdb.Value{sales, none, no, phrase("p", "p"), kdb.Long(2), list(idesc, kdb.Sym("x"))})
	wantMatch(t, must(t, got, err), tableOf("p", longs(5, 4)))
}
