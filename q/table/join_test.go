package table_test

import (
	"slices"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
	"pgregory.net/rapid"
)

func TestJoins(t *testing.T) {
	x := tableOf("a", longs(1, 2, 3), "b", syms("x", "y", "z"), "c", longs(10, 20, 30))
	y := keyed(tableOf("a", longs(1, 3), "b", syms("x", "z"), "c", longs(1, kdb.NullLong), "d", longs(10, 20)), 2)
	null := kdb.NullLong
	tests := []struct {
		name string
		join func(e *prim.Env) (kdb.Value, error)
		want kdb.Value
	}{
		{"lj", func(e *prim.Env) (kdb.Value, error) { return table.LeftJoin(e, x, y, false) },
			tableOf("a", longs(1, 2, 3), "b", syms("x", "y", "z"), "c", longs(1, 20, null), "d", longs(10, null, 20))},
		{"ljf", func(e *prim.Env) (kdb.Value, error) { return table.LeftJoin(e, x, y, true) },
			tableOf("a", longs(1, 2, 3), "b", syms("x", "y", "z"), "c", longs(1, 20, 30), "d", longs(10, null, 20))},
		{"ij", func(e *prim.Env) (kdb.Value, error) { return table.InnerJoin(e, x, y, false) },
			tableOf("a", longs(1, 3), "b", syms("x", "z"), "c", longs(1, null), "d", longs(10, 20))},
		{"pj", func(e *prim.Env) (kdb.Value, error) { return table.PlusJoin(e, x, y) },
			tableOf("a", longs(1, 2, 3), "b", syms("x", "y", "z"), "c", longs(11, 20, 30), "d", longs(10, 0, 20))},
		{"uj", func(e *prim.Env) (kdb.Value, error) {
			return table.UnionJoin(e, tableOf("a", longs(1), "b", longs(2)), tableOf("b", longs(3), "c", longs(4)), false)
		}, tableOf("a", longs(1, null), "b", longs(2, 3), "c", longs(null, 4))},
		{"uj keyed", func(e *prim.Env) (kdb.Value, error) {
			return table.UnionJoin(e, keyed(tableOf("a", longs(1, 2), "b", longs(2, 3)), 1), keyed(tableOf("a", longs(2, 5), "b", longs(7, 8)), 1), false)
		}, keyed(tableOf("a", longs(1, 2, 5), "b", longs(2, 7, 8)), 1)},
		{"ej", func(e *prim.Env) (kdb.Value, error) {
			return table.EquiJoin(e, kdb.Sym("k"), tableOf("k", longs(1, 2, 3), "c", longs(10, 20, 30)), tableOf("k", longs(2, 2, 3, 5), "c", longs(200, 222, 300, 500)))
		}, tableOf("k", longs(2, 2, 3), "c", longs(200, 222, 300))},
		{"wj", func(e *prim.Env) (kdb.Value, error) { return window(e, false) },
			tableOf("s", syms("a", "b", "a"), "t", longs(10, 20, 40), "p", longs(2, 3, null))},
		{"wj1", func(e *prim.Env) (kdb.Value, error) { return window(e, true) },
			tableOf("s", syms("a", "b", "a"), "t", longs(10, 20, 40), "p", longs(2, 3, null))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := newEnv(1)
			got, err := tt.join(e)
			if tt.name == "wj" { // the prices at 17 and at 9 prevail at 18 and at 35
				tt.want.(*kdb.Table).Cols[2] = longs(2, 4, 2)
			}
			wantMatch(t, must(t, got, err), tt.want)
		})
	}
}

func window(e *prim.Env, strict bool) (kdb.Value, error) {
	maximum, _ := prim.Lookup("max")
	return table.Window(e, list(longs(8, 18, 35), longs(10, 20, 40)), syms("s", "t"), tableOf("s", syms("a", "b", "a"), "t", longs(10, 20, 40)),
		list(tableOf("s", syms("a", "a", "b", "b"), "t", longs(8, 9, 17, 20), "p", longs(1, 2, 4, 3)), list(maximum, kdb.Sym("p"))), strict)
}

func TestJoinErrors(t *testing.T) {
	e, _ := newEnv(1)
	x := tableOf("a", longs(1))
	if _, err := table.LeftJoin(e, x, x, false); err != prim.ErrType {
		t.Errorf("lj of a table without keys: %v, want type", err)
	}
	if _, err := table.LeftJoin(e, x, keyed(tableOf("z", longs(1), "y", longs(2)), 1), false); err != kdb.Error("z") {
		t.Errorf("lj by a missing column: %v, want z", err)
	}
}

// randomTable draws a table of up to n rows with few different keys.
func randomTable(rt *rapid.T, label string, n int, unique bool) *kdb.Table {
	k := rapid.SliceOfN(rapid.IntRange(0, 12), 0, n).Draw(rt, label)
	if unique {
		slices.Sort(k)
		k = slices.Compact(k)
	}
	a, b, v := make([]kdb.Symbol, len(k)), make([]kdb.Long, len(k)), make([]kdb.Long, len(k))
	for i, x := range k {
		a[i], b[i], v[i] = kdb.Sym(string(rune('a'+x/4))), kdb.Long(x%4), kdb.Long(i)
	}
	return tableOf("a", kdb.NewVec(a), "b", kdb.NewVec(b), label, kdb.NewVec(v))
}

func TestKeyedJoinProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		left, right := randomTable(rt, "l", 30, false), randomTable(rt, "r", 20, true)
		e, _ := newEnv(2)
		joined, err := table.LeftJoin(e, left, keyed(right, 2), false)
		inner, err2 := table.InnerJoin(e, left, keyed(right, 2), false)
		if err != nil || err2 != nil {
			rt.Fatalf("errors %v, %v", err, err2)
		}
		want, matched := make([]kdb.Long, left.Len()), []kdb.Long{}
		for i := range want {
			want[i] = kdb.NullLong
			for j := range right.Len() {
				if prim.Match(prim.Item(left.Cols[0], i), prim.Item(right.Cols[0], j)) && prim.Match(prim.Item(left.Cols[1], i), prim.Item(right.Cols[1], j)) {
					want[i] = kdb.Long(j)
					matched = append(matched, kdb.Long(j))
				}
			}
		}
		if got, _ := joined.(*kdb.Table).Col(kdb.Sym("r")); !prim.Match(got, kdb.NewVec(want)) {
			rt.Fatalf("lj %s, want %s", show(got), show(kdb.NewVec(want)))
		}
		if got, _ := inner.(*kdb.Table).Col(kdb.Sym("r")); !prim.Match(got, kdb.NewVec(matched)) {
			rt.Fatalf("ij %s, want %s", show(got), show(kdb.NewVec(matched)))
		}
	})
}

func TestUpsertProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e, _ := newEnv(1)
		var have kdb.Value = keyed(randomTable(rt, "v", 20, true), 2)
		model := map[string]kdb.Long{}
		var order []string
		put := func(t *kdb.Table) {
			for i, s := range t.Cols[0].(*kdb.Symbols).V {
				k := s.String() + string(rune('0'+t.Cols[1].(*kdb.Longs).V[i]))
				if _, ok := model[k]; !ok {
					order = append(order, k)
				}
				model[k] = t.Cols[2].(*kdb.Longs).V[i]
			}
		}
		k, v, _ := kdb.IsKeyed(have)
		put(kdb.NewTable(append(slices.Clone(k.Names), v.Names...), append(slices.Clone(k.Cols), v.Cols...)))
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			rows := randomTable(rt, "v", 10, false)
			before := show(have)
			next, err := table.Upsert(e, have, rows)
			if err != nil {
				rt.Fatalf("upsert: %v", err)
			}
			if show(have) != before {
				rt.Fatalf("upsert changed its argument")
			}
			have = next
			put(rows)
		}
		k, v, _ = kdb.IsKeyed(have)
		if k.Len() != len(order) {
			rt.Fatalf("%d rows, want %d", k.Len(), len(order))
		}
		for i, key := range order {
			got := k.Cols[0].(*kdb.Symbols).V[i].String() + string(rune('0'+k.Cols[1].(*kdb.Longs).V[i]))
			if got != key || v.Cols[0].(*kdb.Longs).V[i] != model[key] {
				rt.Fatalf("row %d is %s %d, want %s %d", i, got, v.Cols[0].(*kdb.Longs).V[i], key, model[key])
			}
		}
	})
}

func TestSortProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := randomTable(rt, "v", 60, false)
		down := rapid.Bool().Draw(rt, "descending")
		e, _ := newEnv(2)
		got, err := table.Sort(e, syms("a", "b"), in, down)
		if err != nil {
			rt.Fatalf("sort: %v", err)
		}
		order := make([]kdb.Long, in.Len())
		for i := range order {
			order[i] = kdb.Long(i)
		}
		slices.SortStableFunc(order, func(x, y kdb.Long) int {
			c := prim.Compare(prim.Item(in.Cols[0], int(x)), prim.Item(in.Cols[0], int(y)))
			if c == 0 {
				c = prim.Compare(prim.Item(in.Cols[1], int(x)), prim.Item(in.Cols[1], int(y)))
			}
			if down {
				return -c
			}
			return c
		})
		if want := prim.Gather(in, order); !prim.Match(got, want) {
			rt.Fatalf("got %s want %s", show(got), show(want))
		}
	})
}
