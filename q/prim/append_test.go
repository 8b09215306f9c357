package prim_test

import (
	"slices"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"pgregory.net/rapid"
)

// TestAppendKeepsAttributes grows vectors with every attribute in random steps,
// with branches off older versions, and checks each version against its items.
func TestAppendKeepsAttributes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attr := rapid.SampledFrom([]string{"", "s", "u", "g", "p"}).Draw(t, "attr")
		type version struct {
			v     kdb.Value
			items []kdb.Long
		}
		start := []kdb.Long{1, 2, 3}
		versions := []version{{withAttr(t, attr, slices.Clone(start)), start}}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			from := versions[rapid.IntRange(0, len(versions)-1).Draw(t, "from")]
			more := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 12), func(v int64) kdb.Long { return kdb.Long(v) }), 0, 4).Draw(t, "more")
			var y kdb.Value = kdb.NewVec(more)
			if len(more) == 1 {
				y = more[0]
			}
			versions = append(versions, version{prim.AppendValues(from.v, y), append(slices.Clone(from.items), more...)})
		}
		for _, x := range versions {
			if !prim.Match(x.v, kdb.NewVec(x.items)) {
				t.Fatalf("got %s want %v", show(x.v), x.items)
			}
			switch prim.AttrOf(x.v) {
			case kdb.Sorted:
				if !slices.IsSorted(x.items) {
					t.Fatalf("s# on %v", x.items)
				}
			case kdb.Grouped:
				for k := range kdb.Long(13) {
					rows, ok := prim.RowsOf(x.v, k)
					var want []kdb.Long
					for i, v := range x.items {
						if v == k {
							want = append(want, kdb.Long(i))
						}
					}
					if !ok || !slices.Equal(rows, want) {
						t.Fatalf("rows of %d in %v: got %v want %v", k, x.items, rows, want)
					}
				}
			case kdb.Unique:
				for i, v := range x.items {
					if p := slices.Index(x.items, v); p != i {
						t.Fatalf("u# on %v", x.items)
					}
					if j, k, ok := prim.RangeOf(x.v, v); !ok || j != i || k != i+1 {
						t.Fatalf("%d in %v is at %d,%d", v, x.items, j, k)
					}
				}
			}
		}
	})
}

func TestSetAttributeErrors(t *testing.T) {
	for _, c := range []struct {
		attr string
		x    kdb.Value
		want error
	}{
		{"s", kdb.Of[kdb.Long](3, 2, 1), prim.ErrSorted},
		{"u", kdb.Of[kdb.Long](1, 1), prim.ErrUnique},
		{"p", kdb.Of[kdb.Long](1, 2, 1), prim.ErrUnique},
		{"g", kdb.NewList(kdb.Long(1), kdb.Sym("a")), prim.ErrType},
		{"x", kdb.Of[kdb.Long](1), prim.ErrType},
	} {
		if _, err := call(t, "#", kdb.Sym(c.attr), c.x); err != c.want {
			t.Errorf("`%s#%s: got %v want %v", c.attr, show(c.x), err, c.want)
		}
	}
}

func TestRangeOfParted(t *testing.T) {
	x := withAttr(t, "p", []kdb.Long{7, 7, 3, 3, 3, 9})
	for key, want := range map[kdb.Long][2]int{7: {0, 2}, 3: {2, 5}, 9: {5, 6}, 1: {0, 0}} {
		if i, j, ok := prim.RangeOf(x, key); !ok || i != want[0] || j != want[1] {
			t.Errorf("%d: got [%d,%d) %v want %v", key, i, j, ok, want)
		}
	}
}
