package prim_test

import (
	"fmt"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

func manyStrings(n int) *kdb.List {
	out := make([]kdb.Value, n)
	for i := range out {
		out[i] = kdb.Str(fmt.Sprintf("H%d", i*7919%n))
	}
	return &kdb.List{V: out}
}

func BenchmarkStrings(b *testing.B) {
	list := manyStrings(1_000_000)
	for _, c := range []struct {
		name string
		f    func() (kdb.Value, error)
	}{
		{"distinct", func() (kdb.Value, error) { return prim.Distinct(list), nil }},
		{"asc", func() (kdb.Value, error) { return prim.Asc(nil, list) }},
		{"like", func() (kdb.Value, error) { return prim.Like(list, kdb.Str("H1*5")) }},
		{"tosymbol", func() (kdb.Value, error) { return prim.Tok(nil, kdb.TSymbol, list) }},
		{"tolong", func() (kdb.Value, error) { return prim.Tok(nil, kdb.TLong, list) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
