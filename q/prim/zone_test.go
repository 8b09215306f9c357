package prim_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"pgregory.net/rapid"
)

// TestZonesAgainstSort checks the zones of columns in several orders, from
// which the first rows of an order are found.
func TestZonesAgainstSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5*prim.ZoneLen).Draw(t, "n")
		step := rapid.SampledFrom([]int{-1, 0, 1, 7919}).Draw(t, "step")
		v := make([]kdb.Float, n)
		for i := range v {
			v[i] = kdb.Float((i*step)%1000) / 4
			if i%97 == 5 {
				v[i] = kdb.NullFloat()
			}
		}
		z := prim.ZonesOf(&prim.Env{Threads: 2}, kdb.NewVec(v))
		for i := range z.Least {
			part := v[i*prim.ZoneLen : min(n, (i+1)*prim.ZoneLen)]
			least := slices.MinFunc(part, func(a, b kdb.Float) int { return cmp.Compare(a, b) })
			greatest := slices.MaxFunc(part, func(a, b kdb.Float) int { return cmp.Compare(a, b) })
			if z.Least[i] != prim.OrderKey(float64(least)) || z.Greatest[i] != prim.OrderKey(float64(greatest)) {
				t.Fatalf("zone %d: got %d %d want %v %v", i, z.Least[i], z.Greatest[i], least, greatest)
			}
		}
	})
}

// TestZonesOfGrowingColumn appends to a column whose zones are kept.
func TestZonesOfGrowingColumn(t *testing.T) {
	e := &prim.Env{Threads: 2}
	var v kdb.Value = kdb.NewVec([]kdb.Long{7})
	for _, more := range []int{5, prim.ZoneLen - 6, 1, 3 * prim.ZoneLen, 10} {
		prim.ZonesOf(e, v)
		add := make([]kdb.Long, more)
		for i := range add {
			add[i] = kdb.Long(more * (i - more/2))
		}
		old := v
		v = prim.AppendValues(v, kdb.NewVec(add))
		if !prim.KeepsZones(v) {
			t.Fatal("no zones are handed on")
		}
		got, want := prim.ZonesOf(e, v), prim.ZonesOf(e, kdb.NewVec(slices.Clone(v.(*kdb.Longs).V)))
		if !slices.Equal(got.Least, want.Least) || !slices.Equal(got.Greatest, want.Greatest) {
			t.Fatalf("%d rows: got %v, want %v", v.Len(), got, want)
		}
		if z := prim.ZonesOf(e, old); len(z.Least) != (old.Len()+prim.ZoneLen-1)/prim.ZoneLen {
			t.Fatal("the shorter version has the zones of the longer one")
		}
	}
}

// TestZonesKnowAscent: whether a column ascends is known also when it has grown,
// wherever the one step down is.
func TestZonesKnowAscent(t *testing.T) {
	e := &prim.Env{Threads: 2}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4*prim.ZoneLen).Draw(t, "n")
		v := make([]kdb.Timestamp, n)
		for i := range v {
			v[i] = kdb.Timestamp(i / 3)
		}
		if at := rapid.IntRange(-1, n-1).Draw(t, "step down"); at > 0 {
			v[at] = v[at-1] - kdb.Timestamp(rapid.IntRange(0, 1).Draw(t, "by"))
		}
		cut := rapid.IntRange(1, n).Draw(t, "cut")
		first := kdb.NewVec(slices.Clone(v[:cut]))
		if got, want := prim.ZonesOf(e, first).Ascends, slices.IsSorted(v[:cut]); got != want {
			t.Fatalf("the first part: %v, want %v", got, want)
		}
		all := prim.AppendValues(first, kdb.NewVec(v[cut:]))
		if got, want := prim.ZonesOf(e, all).Ascends, slices.IsSorted(v); got != want {
			t.Fatalf("all: %v, want %v", got, want)
		}
	})
}
