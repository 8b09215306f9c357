package table

import (
	"slices"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// A link column of a source leads to rows of another source, within the segment:
// both have the same segments, and row numbers begin anew in each. So what a name
// like link.price stands for is looked up segment by segment, and then goes beside
// the segment's columns.
// Source: KX manual, "Linking columns", "Partitioned tables".

// linkedNames returns the names among uses that may lead through a stored column.
func (s *sourceQuery) linkedNames(uses map[kdb.Symbol]bool) (names []kdb.Symbol) {
	for _, n := range s.src.Columns() {
		for u := range uses {
			if base(u) == n && !slices.Contains(s.src.Columns(), u) {
				names = append(names, u)
			}
		}
	}
	return names
}

// follow returns the columns that links of a segment's table lead to in other
// sources. Errors: 'par, if that one has other segments; those of its columns.
func (s *sourceQuery) follow(t *kdb.Table, segment int) (map[kdb.Symbol]kdb.Value, error) {
	var linked map[kdb.Symbol]kdb.Value
	for _, n := range s.linked {
		c, _ := t.Col(base(n))
		en, ok := c.(*kdb.Enum)
		if !ok || !en.IsLink() {
			continue
		}
		target, err := s.e.Get(en.Domain)
		if err != nil {
			return nil, err
		}
		src, ok := target.(Source)
		if !ok {
			continue
		}
		if !prim.Match(src.Values(), s.src.Values()) {
			return nil, kdb.Error("par")
		}
		_, part, _ := strings.Cut(n.String(), ".")
		col := base(kdb.Sym(part))
		if !slices.Contains(src.Columns(), col) {
			return nil, kdb.Error(n.String())
		}
		there, err := src.Segment(segment, []kdb.Symbol{col})
		if err != nil {
			return nil, err
		}
		q, err := newQuery(s.e, there, 0)
		if err != nil {
			return nil, err
		}
		v, ok := q.lookup(kdb.Sym(part))
		if !ok {
			return nil, kdb.Error(n.String())
		}
		if linked == nil {
			linked = map[kdb.Symbol]kdb.Value{}
		}
		linked[n] = prim.Gather(v, en.V)
	}
	return linked, nil
}

// beside returns t with the columns that were found through links after its own.
func (s *sourceQuery) beside(t *kdb.Table, linked map[kdb.Symbol]kdb.Value, sel rows) *kdb.Table {
	for _, n := range s.linked {
		if c, ok := linked[n]; ok {
			t = withColumn(t, n, pick(s.e, c, sel))
		}
	}
	return t
}

// apart is the reverse of beside.
func (s *sourceQuery) apart(t *kdb.Table) (own *kdb.Table, linked map[kdb.Symbol]kdb.Value) {
	own, linked = &kdb.Table{}, map[kdb.Symbol]kdb.Value{}
	for i, n := range t.Names {
		if slices.Contains(s.linked, n) {
			linked[n] = t.Cols[i]
			continue
		}
		own.Names, own.Cols = append(own.Names, n), append(own.Cols, t.Cols[i])
	}
	return own, linked
}

// withColumn returns t with one more column.
func withColumn(t *kdb.Table, name kdb.Symbol, c kdb.Value) *kdb.Table {
	names := append(append([]kdb.Symbol(nil), t.Names...), name)
	return kdb.NewTable(names, append(append([]kdb.Value(nil), t.Cols...), c))
}
