package table_test

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
	"pgregory.net/rapid"
)

// naive is aggregates by group in plain Go, over rows of float and long cells.
type naive struct {
	keys   []string // of each row, ordered as the keys are
	f      []float64
	n      []int64
	groups map[string][]int
	order  []string
}

func newNaive(keys []string, f []float64, n []int64, keep []bool) *naive {
	m := &naive{keys: keys, f: f, n: n, groups: map[string][]int{}}
	for i, k := range keys {
		if !keep[i] {
			continue
		}
		if _, ok := m.groups[k]; !ok {
			m.order = append(m.order, k)
		}
		m.groups[k] = append(m.groups[k], i)
	}
	sort.Strings(m.order)
	return m
}

// column returns one aggregate for every group.
func (m *naive) column(name string) kdb.Value {
	var fs []kdb.Float
	var ns []kdb.Long
	for _, k := range m.order {
		rows := m.groups[k]
		var sum, weight, weighted, count float64
		lo, hi := math.Inf(1), math.Inf(-1)
		var nsum int64
		nlo, nhi := int64(math.MaxInt64), int64(-math.MaxInt64)
		seen := map[int64]bool{}
		for _, i := range rows {
			seen[m.n[i]] = true
			if v := m.f[i]; v == v {
				sum, count, lo, hi = sum+v, count+1, min(lo, v), max(hi, v)
				if m.n[i] != math.MinInt64 {
					weight, weighted = weight+float64(m.n[i]), weighted+v*float64(m.n[i])
				}
			}
			if v := m.n[i]; v != math.MinInt64 {
				nsum, nlo, nhi = nsum+v, min(nlo, v), max(nhi, v)
			}
		}
		first, last := rows[0], rows[len(rows)-1]
		switch name {
		case "sumf":
			fs = append(fs, kdb.Float(sum))
		case "avgf":
			fs = append(fs, kdb.Float(sum/count))
		case "minf":
			fs = append(fs, kdb.Float(lo))
		case "maxf":
			fs = append(fs, kdb.Float(hi))
		case "firstf":
			fs = append(fs, kdb.Float(m.f[first]))
		case "lastf":
			fs = append(fs, kdb.Float(m.f[last]))
		case "wavg":
			fs = append(fs, kdb.Float(weighted/weight))
		case "count":
			ns = append(ns, kdb.Long(len(rows)))
		case "distinct":
			ns = append(ns, kdb.Long(len(seen)))
		case "sumn":
			ns = append(ns, kdb.Long(nsum))
		case "minn":
			ns = append(ns, kdb.Long(nlo))
		case "maxn":
			ns = append(ns, kdb.Long(nhi))
		}
	}
	if fs != nil {
		return kdb.NewVec(fs)
	}
	return kdb.NewVec(append([]kdb.Long{}, ns...))
}

var aggregates = []struct {
	name string
	tree kdb.Value
}{
	{"sumf", tree("sum", "f")}, {"avgf", tree("avg", "f")}, {"minf", tree("min", "f")}, {"maxf", tree("max", "f")},
	{"firstf", tree("first", "f")}, {"lastf", tree("last", "f")}, {"wavg", tree("wavg", "n", "f")},
	{"count", tree("count", "i")}, {"distinct", tree("count", tree("distinct", "n"))},
	{"sumn", tree("sum", "n")}, {"minn", tree("min", "n")}, {"maxn", tree("max", "n")},
}

// keyColumn makes a key column of numbers from 0 in the given form, and the
// text its items order by.
func keyColumn(form string, ids []int) (kdb.Value, []string) {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = fmt.Sprintf("%06d", id)
	}
	switch form {
	case "longs", "wide longs", "dates":
		v, d := make([]kdb.Long, len(ids)), make([]kdb.Date, len(ids))
		for i, id := range ids {
			v[i], d[i] = kdb.Long(id), kdb.Date(id)
			if form == "wide longs" {
				v[i] = kdb.Long(id) << 40
			}
			if id == 0 {
				v[i], d[i] = kdb.NullLong, kdb.Date(kdb.NullInt)
			}
		}
		if form == "dates" {
			return kdb.NewVec(d), text
		}
		return kdb.NewVec(v), text
	case "floats":
		v := make([]kdb.Float, len(ids))
		for i, id := range ids {
			if v[i] = kdb.Float(id) / 3; id == 0 {
				v[i] = kdb.NullFloat()
			}
		}
		return kdb.NewVec(v), text
	case "strings":
		v := make([]kdb.Value, len(ids))
		for i := range ids {
			v[i] = kdb.Str(text[i])
		}
		return kdb.NewList(v...), text
	}
	v := make([]kdb.Symbol, len(ids))
	for i := range ids {
		v[i] = kdb.Sym("k" + text[i])
	}
	return kdb.NewVec(v), text
}

func TestGroupProperty(t *testing.T) {
	forms := []string{"symbols", "grouped", "parted", "longs", "wide longs", "dates", "floats", "strings"}
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]int{0, 3, 40, 2500}).Draw(rt, "size")
		form, form2 := rapid.SampledFrom(forms).Draw(rt, "form"), rapid.SampledFrom(append(forms, "")).Draw(rt, "second form")
		kinds := rapid.IntRange(1, 50).Draw(rt, "kinds")
		seed := int64(rapid.Uint32().Draw(rt, "seed"))
		checkGroups(rt, size, kinds, form, form2, rapid.SampledFrom([]string{"all", "span", "list"}).Draw(rt, "where"), seed, rapid.IntRange(1, 3).Draw(rt, "threads"))
	})
}

// TestGroupLarge is the same with rows enough for several goroutines.
func TestGroupLarge(t *testing.T) {
	tests := []struct{ form, second, where string }{
		{"symbols", "", "list"}, {"symbols", "longs", "all"}, {"grouped", "", "all"}, {"grouped", "longs", "list"},
		{"parted", "", "all"}, {"parted", "longs", "span"}, {"wide longs", "", "all"},
	}
	for _, tt := range tests {
		t.Run(tt.form+" "+tt.second+" "+tt.where, func(t *testing.T) {
			checkGroups(t, 140_000, 200, tt.form, tt.second, tt.where, 7, 2)
		})
	}
}

// TestGroupFewAmongManySymbols is the same where the process has far more
// symbols than the table has rows.
func TestGroupFewAmongManySymbols(t *testing.T) {
	for i := range 1 << 15 {
		kdb.Sym(fmt.Sprint("other", i))
	}
	for _, where := range []string{"all", "span", "list"} {
		for _, second := range []string{"", "symbols"} {
			checkGroups(t, 40, 20, "symbols", second, where, 3, 1)
		}
	}
}

type failer interface{ Fatalf(string, ...any) }

func checkGroups(t failer, size, kinds int, form, form2, where string, seed int64, threads int) {
	random := func(i, k int64) int64 { return hash(i+seed, k) }
	ids, ids2 := make([]int, size), make([]int, size)
	fs, ns := make([]float64, size), make([]int64, size)
	floats, longs := make([]kdb.Float, size), make([]kdb.Long, size)
	for i := range int64(size) {
		ids[i], ids2[i] = int(random(i, 1))%kinds, int(random(i, 2))%7
		fs[i], ns[i] = float64(random(i, 3)%64)/4, random(i, 4)%1000
		if random(i, 5)%10 == 0 {
			fs[i], ns[i] = math.NaN(), math.MinInt64
		}
		floats[i], longs[i] = kdb.Float(fs[i]), kdb.Long(ns[i])
	}
	if form == "parted" {
		sort.Ints(ids)
	}
	key, text := keyColumn(form, ids)
	names, cols := []string{"k"}, phrase("k", "k")
	in := tableOf("k", key, "f", kdb.NewVec(floats), "n", kdb.NewVec(longs), "pos", kdb.NewVec(positions(size)))
	if form == "parted" || form == "grouped" {
		attr := map[string]kdb.Attr{"parted": kdb.Parted, "grouped": kdb.Grouped}[form]
		v, err := prim.SetAttr(attr, key)
		if err != nil {
			t.Fatalf("attribute: %v", err)
		}
		in.Cols[0] = v
	}
	if form2 != "" {
		second, text2 := keyColumn(form2, ids2)
		in.Names, in.Cols = append(in.Names, kdb.Sym("k2")), append(in.Cols, second)
		for i := range text {
			text[i] += " " + text2[i]
		}
		names, cols = append(names, "k2"), phrase("k", "k", "k2", "k2")
	}
	keep := make([]bool, size)
	constraint := kdb.Value(none)
	lo, hi := size/4, size/2
	for i := range keep {
		keep[i] = where == "all" || where == "span" && i >= lo && i <= hi || where == "list" && ids2[i] < 3
	}
	switch where {
	case "span":
		constraint = list(tree("within", "pos", list(kdb.Of(kdb.Long(lo), kdb.Long(hi)))))
	case "list":
		flags := make([]kdb.Bool, size)
		for i, k := range keep {
			flags[i] = kdb.Bool(k)
		}
		in.Names, in.Cols = append(in.Names, kdb.Sym("flag")), append(in.Cols, kdb.NewVec(flags))
		constraint = list(kdb.Sym("flag"))
	}
	var pairs []any
	for _, a := range aggregates {
		pairs = append(pairs, a.name, a.tree)
	}
	e, _ := newEnv(threads)
	got, err := table.Select(e, []kdb.Value{in, constraint, cols, phrase(pairs...)})
	if err != nil {
		t.Fatalf("select: %v", err)
	}
	k, v, _ := kdb.IsKeyed(got)
	m := newNaive(text, fs, ns, keep)
	if k.Len() != len(m.order) || len(k.Names) != len(names) {
		t.Fatalf("%s %s: %d groups, want %d", form, form2, k.Len(), len(m.order))
	}
	for i, a := range aggregates {
		if want := m.column(a.name); !close(v.Cols[i], want) && want.Len() > 0 {
			t.Fatalf("%s %s %s %s:\ngot  %s\nwant %s", form, form2, where, a.name, show(v.Cols[i]), show(want))
		}
	}
	for i, want := range m.order {
		row := m.groups[want][0]
		for j := range names {
			col, _ := in.Col(k.Names[j])
			if !prim.Match(prim.Item(k.Cols[j], i), prim.Item(col, row)) {
				t.Fatalf("%s: key %d is %s, want %s", form, i, show(prim.Item(k.Cols[j], i)), strings.Split(want, " ")[j])
			}
		}
	}
}

func positions(n int) []kdb.Long {
	out := make([]kdb.Long, n)
	for i := range out {
		out[i] = kdb.Long(i)
	}
	return out
}

// close is match with room for another order of summing.
func close(a, b kdb.Value) bool {
	x, ok := a.(*kdb.Floats)
	y, ok2 := b.(*kdb.Floats)
	if !ok || !ok2 {
		return prim.Match(a, b)
	}
	if len(x.V) != len(y.V) {
		return false
	}
	for i, v := range x.V {
		w := y.V[i]
		if v != w && (v == v || w == w) && math.Abs(float64(v-w)) > 1e-9*math.Abs(float64(w)) {
			return false
		}
	}
	return true
}
