package table_test

import (
	"slices"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// parts is a source over tables in memory that records what is opened.
type parts struct {
	*kdb.Table
	dates  []kdb.Date
	tables []*kdb.Table
	opened map[int][]string
}

func (p *parts) Virtual() kdb.Symbol   { return kdb.Sym("date") }
func (p *parts) Columns() []kdb.Symbol { return p.tables[0].Names }
func (p *parts) Values() kdb.Value     { return kdb.NewVec(p.dates) }

func (p *parts) Segment(i int, names []kdb.Symbol) (*kdb.Table, error) {
	t := &kdb.Table{}
	for _, n := range names {
		if !slices.Contains(p.opened[i], n.String()) {
			p.opened[i] = append(p.opened[i], n.String())
		}
		c, _ := p.tables[i].Col(n)
		t.Names, t.Cols = append(t.Names, n), append(t.Cols, c)
	}
	return t, nil
}

func newParts() *parts {
	return &parts{
		dates: []kdb.Date{1, 2, 3},
		tables: []*kdb.Table{
			tableOf("s", syms("b", "a", "b"), "p", longs(1, 2, 3), "x", floats(1, 2, 3)),
			tableOf("s", syms("c", "a"), "p", longs(4, kdb.NullLong), "x", floats(4, 5)),
			tableOf("s", kdb.NewVec([]kdb.Symbol{}), "p", longs(), "x", floats()),
		},
		opened: map[int][]string{},
	}
}

// whole is the same rows in one table in memory.
func (p *parts) whole() *kdb.Table {
	all := &kdb.Table{}
	var days []kdb.Date
	for i, t := range p.tables {
		for range t.Len() {
			days = append(days, p.dates[i])
		}
	}
	all.Names, all.Cols = append(all.Names, kdb.Sym("date")), append(all.Cols, kdb.NewVec(days))
	for j, n := range p.tables[0].Names {
		var cols []kdb.Value
		for _, t := range p.tables {
			cols = append(cols, t.Cols[j])
		}
		all.Names, all.Cols = append(all.Names, n), append(all.Cols, prim.Raze(kdb.NewList(cols...)))
	}
	return all
}

// TestSource compares queries on a source with the same on one table.
func TestSource(t *testing.T) {
	byS, byDate := phrase("s", "s"), phrase("date", "date", "s", "s")
	on := func(d kdb.Date) kdb.Value { return tree("=", "date", d) }
	tests := []struct {
		name   string
		args   []kdb.Value
		opened int // segments
	}{
		{"all", []kdb.Value{none, no, none}, 3},
		{"one date", []kdb.Value{list(on(2)), no, none}, 1},
		{"dates within", []kdb.Value{list(tree("within", "date", list(kdb.Of[kdb.Date](1, 2)))), no, phrase("p", "p")}, 2},
		{"no date", []kdb.Value{list(on(9)), no, phrase("p", "p")}, 1},
		{"where in two", []kdb.Value{list(tree(">", "date", kdb.Date(0)), tree("=", "s", symbol("a"))), no, phrase("d", "date", "x", "x")}, 3},
		{"sum", []kdb.Value{none, no, phrase("p", tree("sum", "p"), "n", tree("count", "i"), "a", tree("avg", "p"))}, 3},
		{"sum by", []kdb.Value{none, byS, phrase("p", tree("sum", "p"), "m", tree("max", "x"), "l", tree("last", "p"), "f", tree("first", "x"))}, 3},
		{"avg by", []kdb.Value{none, byS, phrase("a", tree("avg", "p"), "v", tree("var", "x"), "d", tree("sdev", "x"))}, 3},
		{"wavg by", []kdb.Value{none, byS, phrase("w", tree("wavg", "p", "x"))}, 3},
		{"by date", []kdb.Value{none, byDate, phrase("p", tree("sum", "p"), "m", tree("med", "x"))}, 3},
		{"median by", []kdb.Value{none, byS, phrase("m", tree("med", "x"))}, 3},
		{"nested by", []kdb.Value{none, byS, phrase("p", "p")}, 3},
		{"ratio", []kdb.Value{none, byS, phrase("r", tree("%", tree("sum", "x"), tree("count", "i")))}, 3},
		{"last by", []kdb.Value{none, byS, none}, 3},
		{"exec sum", []kdb.Value{none, none, tree("sum", "p")}, 3},
		{"exec column", []kdb.Value{list(on(1)), none, kdb.Sym("s")}, 1},
		{"distinct", []kdb.Value{none, kdb.Bool(true), phrase("s", "s")}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := newEnv(2)
			p := newParts()
			got, err := table.Select(e, append([]kdb.Value{p}, tt.args...))
			g := must(t, got, err)
			want, err := table.Select(e, append([]kdb.Value{p.whole()}, tt.args...))
			wantMatch(t, g, must(t, want, err))
			if len(p.opened) != tt.opened {
				t.Errorf("opened segments %v, want %d", p.opened, tt.opened)
			}
		})
	}
}

// TestSourceRowNumber checks that i counts within a segment and is no column of
// the result.
func TestSourceRowNumber(t *testing.T) {
	e, _ := newEnv(1)
	got, err := table.Select(e, []kdb.Value{newParts(), list(tree("<", "date", kdb.Date(3)), tree("<", "i", 1)), no, none})
	wantMatch(t, must(t, got, err), tableOf("date", kdb.Of[kdb.Date](1, 2), "s", syms("b", "c"), "p", longs(1, 4), "x", floats(1, 4)))
	got, err = table.Select(e, []kdb.Value{newParts(), list(tree("<", "date", kdb.Date(3))), no, phrase("i", "i")})
	wantMatch(t, must(t, got, err), tableOf("i", longs(0, 1, 2, 0, 1)))
}

func TestSourceOpensOnlyWhatItNeeds(t *testing.T) {
	e, _ := newEnv(1)
	p := newParts()
	_, err := table.Select(e, []kdb.Value{p, list(tree("=", "date", kdb.Date(1)), tree("=", "s", symbol("b"))), no, phrase("p", tree("sum", "p"))})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.opened[0]; len(p.opened) != 1 || len(got) != 2 || got[0] != "s" || got[1] != "p" {
		t.Fatalf("opened %v", p.opened)
	}
}
