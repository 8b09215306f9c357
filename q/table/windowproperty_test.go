package table_test

import (
	"slices"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
	"pgregory.net/rapid"
)

// TestWindowProperty compares wj and wj1 with their definition: of the rows of one
// symbol those with times inside the interval, and with wj the last one before it.
func TestWindowProperty(t *testing.T) {
	e, _ := newEnv(1)
	maximum, _ := prim.Lookup("max")
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(label string, n, limit int) []kdb.Long {
			out := make([]kdb.Long, n)
			for i := range out {
				out[i] = kdb.Long(rapid.IntRange(0, limit).Draw(rt, label))
			}
			return out
		}
		n, m := rapid.IntRange(1, 20).Draw(rt, "left"), rapid.IntRange(1, 40).Draw(rt, "right")
		ls, lt, rs, price := draw("ls", n, 2), draw("lt", n, 50), draw("rs", m, 2), draw("price", m, 99)
		rtime := draw("rt", m, 50)
		slices.Sort(rs)
		for lo := 0; lo < m; { // in order of time for each symbol
			hi := lo
			for hi < m && rs[hi] == rs[lo] {
				hi++
			}
			slices.Sort(rtime[lo:hi])
			lo = hi
		}
		before, after := kdb.Long(rapid.IntRange(0, 10).Draw(rt, "before")), kdb.Long(rapid.IntRange(0, 10).Draw(rt, "after"))
		begin, end := make([]kdb.Long, n), make([]kdb.Long, n)
		for i := range lt {
			begin[i], end[i] = lt[i]-before, lt[i]+after
		}
		for _, strict := range []bool{false, true} {
			want := make([]kdb.Long, n)
			for i := range want {
				want[i] = kdb.NullLong // no row
				last := -1
				for j := range rs {
					switch {
					case rs[j] != ls[i] || rtime[j] > end[i]:
					case rtime[j] >= begin[i]:
						want[i] = max(want[i], price[j])
						if rtime[j] == begin[i] {
							last = -1 // what prevails is inside
						}
					default:
						last = j
					}
				}
				if !strict && last >= 0 {
					want[i] = max(want[i], price[last])
				}
			}
			got, err := table.Window(e, list(kdb.NewVec(begin), kdb.NewVec(end)), syms("s", "t"),
				tableOf("s", kdb.NewVec(ls), "t", kdb.NewVec(lt)),
				list(tableOf("s", kdb.NewVec(rs), "t", kdb.NewVec(rtime), "p", kdb.NewVec(price)), list(maximum, kdb.Sym("p"))), strict)
			if err != nil {
				rt.Fatal(err)
			}
			col, _ := got.(*kdb.Table).Col(kdb.Sym("p"))
			if !prim.Match(col, kdb.NewVec(want)) {
				rt.Fatalf("strict %v: got %s want %s", strict, show(col), show(kdb.NewVec(want)))
			}
		}
	})
}
