package prim_test

import (
	"math"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"pgregory.net/rapid"
)

// TestNumberCastsAgainstPlainGo: nulls stay nulls, what does not fit is infinite,
// halves go up.
func TestNumberCastsAgainstPlainGo(t *testing.T) {
	narrow := func(f float64, limit int64) int64 {
		switch f = math.Floor(f + .5); {
		case f >= float64(limit):
			return limit
		case f <= -float64(limit):
			return -limit
		}
		return int64(f)
	}
	rapid.Check(t, func(t *rapid.T) {
		x, f := longs().Draw(t, "longs"), floats().Draw(t, "floats")
		ints, shorts, asFloats := make([]kdb.Int, len(x)), make([]kdb.Short, len(x)), make([]kdb.Float, len(x))
		for i, v := range x {
			if v == kdb.NullLong {
				ints[i], shorts[i], asFloats[i] = math.MinInt32, math.MinInt16, kdb.NullFloat()
				continue
			}
			ints[i] = kdb.Int(max(min(v, math.MaxInt32), -math.MaxInt32))
			shorts[i] = kdb.Short(max(min(v, math.MaxInt16), -math.MaxInt16))
			asFloats[i] = kdb.Float(v)
		}
		rounded, small := make([]kdb.Long, len(f)), make([]kdb.Int, len(f))
		for i, v := range f {
			rounded[i], small[i] = kdb.NullLong, math.MinInt32
			if v == v {
				rounded[i] = kdb.Long(narrow(float64(v), math.MaxInt64))
				small[i] = kdb.Int(narrow(float64(v), math.MaxInt32))
			}
		}
		for _, c := range []struct {
			letter  kdb.Char
			x, want kdb.Value
		}{
			{'i', kdb.NewVec(x), kdb.NewVec(ints)}, {'h', kdb.NewVec(x), kdb.NewVec(shorts)}, {'f', kdb.NewVec(x), kdb.NewVec(asFloats)},
			{'j', kdb.NewVec(f), kdb.NewVec(rounded)}, {'i', kdb.NewVec(f), kdb.NewVec(small)},
		} {
			if got := must(t, "$", c.letter, c.x); !prim.Match(got, c.want) {
				t.Fatalf("%c$%s: got %s want %s", c.letter, show(c.x), show(got), show(c.want))
			}
		}
	})
}
