package table_test

import (
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// TestWithinByZones finds a time window in columns that ascend, ascend but for a
// few rows and do not, among all rows, a span and a symbol's rows, before and
// after the table has grown; the columns are long enough for zones.
func TestWithinByZones(t *testing.T) {
	const n = 70_000
	orders := map[string]func(i int) int{
		"ascending": func(i int) int { return i },
		"nearly": func(i int) int {
			if i%5000 == 7 {
				return n - i
			}
			return i
		},
		"random": func(i int) int { return int(hash(int64(i), 5) % n) },
	}
	e, _ := newEnv(2)
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			time, sym, row := make([]kdb.Timestamp, n), make([]kdb.Symbol, n), make([]kdb.Long, n)
			for i := range n {
				time[i], sym[i], row[i] = kdb.Timestamp(order(i)), kdb.Sym([]string{"a", "b"}[i%2]), kdb.Long(i)
			}
			tab := withAttr(tableOf("time", kdb.NewVec(time), "sym", kdb.NewVec(sym), "row", kdb.NewVec(row)), kdb.Grouped)
			first := []struct {
				where []kdb.Value
				keeps func(i int) bool
			}{
				{nil, func(int) bool { return true }},
				{[]kdb.Value{tree("=", "sym", symbol("b"))}, func(i int) bool { return i%2 == 1 || i == n }},
				{[]kdb.Value{tree(">=", "row", 900)}, func(i int) bool { return i >= 900 }},
			}
			for range 2 {
				times := tab.Cols[0].(*kdb.Timestamps).V
				for _, f := range first {
					where := append(f.where, tree("within", "time", list(kdb.Of(kdb.Timestamp(3000), kdb.Timestamp(50_000)))))
					var want []kdb.Long
					for i, at := range times {
						if at >= 3000 && at <= 50_000 && f.keeps(i) {
							want = append(want, kdb.Long(i))
						}
					}
					got, err := table.Select(e, []kdb.Value{tab, list(where...), none, kdb.Sym("row")})
					wantMatch(t, must(t, got, err), kdb.NewVec(want))
				}
				for i, v := range []kdb.Value{kdb.Timestamp(40_000), kdb.Sym("b"), kdb.Long(len(times))} {
					tab.Cols[i] = prim.AppendValues(tab.Cols[i], v)
				}
			}
		})
	}
}
