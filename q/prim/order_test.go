package prim_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"pgregory.net/rapid"
)

// TestOrderAgainstCompare sorts rows of columns of several types and lengths, to
// either side, and compares with a stable sort by comparing items.
func TestOrderAgainstCompare(t *testing.T) {
	spread := func(t *rapid.T) func(i int) int64 {
		k := rapid.Int64Range(1, math.MaxInt32).Draw(t, "factor")
		m := rapid.SampledFrom([]int64{1, 2, 7, 300, 70_000, 1 << 40}).Draw(t, "values")
		return func(i int) int64 { return int64(i) * k % m * (math.MaxInt64 / m >> 1) >> (k % 40) }
	}
	kinds := map[string]func(v int64) kdb.Value{
		"long":  func(v int64) kdb.Value { return kdb.Long(v) },
		"short": func(v int64) kdb.Value { return kdb.Short(v) },
		"time":  func(v int64) kdb.Value { return kdb.Time(v) },
		"bool":  func(v int64) kdb.Value { return kdb.Bool(v&1 == 1) },
		"float": func(v int64) kdb.Value {
			switch v % 11 {
			case 3:
				return kdb.NullFloat()
			case 5:
				return kdb.Float(math.Copysign(0, -1))
			}
			return kdb.Float(v) / 8 * kdb.Float(1-2*(v&2))
		},
		"real":   func(v int64) kdb.Value { return kdb.Real(v%1000) * kdb.Real(1-2*(v&1)) },
		"symbol": func(v int64) kdb.Value { return kdb.Sym(strings.Repeat("s", int(v%12)) + string(rune('a'+v%26))) },
		"string": func(v int64) kdb.Value { return kdb.Str(strings.Repeat("t", int(v%10))) },
	}
	names := []string{"long", "short", "time", "bool", "float", "real", "symbol", "string"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 2, 31, 33, 500, 9000}).Draw(t, "rows")
		descending := rapid.Bool().Draw(t, "descending")
		var cols []kdb.Value
		for range rapid.IntRange(1, 4).Draw(t, "columns") {
			of, value := kinds[rapid.SampledFrom(names).Draw(t, "type")], spread(t)
			items := make([]kdb.Value, n)
			for i := range items {
				items[i] = of(value(i))
			}
			cols = append(cols, prim.Collapse(items))
		}
		want := make([]uint32, n)
		for i := range want {
			want[i] = uint32(i)
		}
		slices.SortStableFunc(want, func(i, j uint32) int {
			if descending {
				i, j = j, i
			}
			for _, c := range cols {
				if d := prim.Compare(prim.Item(c, int(i)), prim.Item(c, int(j))); d != 0 {
					return d
				}
			}
			return 0
		})
		got := prim.Order(&prim.Env{Threads: 2}, cols, descending)
		for i := range want {
			if at := uint32(i); got == nil && want[i] != at || got != nil && got[i] != want[i] {
				t.Fatalf("place %d of %d is wrong", i, n)
			}
		}
	})
}

// TestOrderOfManyRows sorts enough rows for several goroutines and for a part that
// does not fit the cache.
func TestOrderOfManyRows(t *testing.T) {
	const n = 300_000
	for name, key := range map[string]func(i int64) int64{
		"spread":  func(i int64) int64 { return i * 7919 % n << 20 },
		"few":     func(i int64) int64 { return i * 7919 % 500 },
		"crowded": func(i int64) int64 { return i*7919%n + i%1000/999<<50 },
	} {
		t.Run(name, func(t *testing.T) {
			v := make([]kdb.Long, n)
			for i := range v {
				v[i] = kdb.Long(key(int64(i)))
			}
			order := prim.Order(&prim.Env{Threads: 3}, []kdb.Value{kdb.NewVec(v)}, false)
			for i := 1; i < n; i++ {
				if a, b := order[i-1], order[i]; v[a] > v[b] || v[a] == v[b] && a >= b {
					t.Fatalf("rows %d and %d stand the wrong way", a, b)
				}
			}
		})
	}
}
