package table

import (
	"slices"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Source is a table that is not in memory as a whole: segments, each with a
// value of the virtual column, whose stored columns are opened only where a
// query asks for them. A partitioned database's tables are sources.
type Source interface {
	kdb.Value
	// Virtual is the name of the virtual column (date, month, year, int).
	Virtual() kdb.Symbol
	// Columns are the names of the stored columns.
	Columns() []kdb.Symbol
	// Values has one item for each segment, its value of the virtual column,
	// ascending; several segments may share one.
	Values() kdb.Value
	// Segment returns the named stored columns of segment i, or all of them for
	// nil. Columns come back in any order. It may be called concurrently.
	Segment(i int, names []kdb.Symbol) (*kdb.Table, error)
}

// sourceQuery is a query on a source.
type sourceQuery struct {
	e        *prim.Env
	src      Source
	segments []int // those that the virtual column lets through
	where    []kdb.Value
	names    []kdb.Symbol // stored columns in use
	linked   []kdb.Symbol // dotted names that may lead through links
	virtual  bool         // whether the virtual column is
	row      bool         // whether i is
}

// selectSource is Select on a source: constraints on nothing but the virtual
// column choose segments; the others run in each of them, on the columns the
// query names. Aggregates that can be made of those of the segments are; for
// any other query the selected rows are brought together first.
func selectSource(e *prim.Env, src Source, args []kdb.Value) (kdb.Value, error) {
	switch {
	case len(args) < 4:
		return nil, kdb.Error("par")
	case len(args) > 4:
		return nil, kdb.Error("nyi") // KX manual, "Flip Splayed or Partitioned"
	}
	constraints, err := constraintList(args[1])
	if err != nil {
		return nil, err
	}
	s := &sourceQuery{e: e, src: src}
	if err := s.prune(constraints); err != nil {
		return nil, err
	}
	s.use(args[1:])
	by, cols := args[2], args[3]
	if len(s.segments) > 1 {
		if v, ok, err := s.reduce(by, cols); ok || err != nil {
			return v, err
		}
	}
	all, err := s.collect()
	if err != nil {
		return nil, err
	}
	own, linked := s.apart(all)
	q, err := newQuery(e, own, 0)
	if err != nil {
		return nil, err
	}
	q.linked = linked
	return q.project(by, cols)
}

// prune chooses the segments that satisfy the constraints on the virtual column
// alone and keeps the other constraints.
func (s *sourceQuery) prune(constraints []kdb.Value) error {
	vals := s.src.Values()
	t := kdb.NewTable([]kdb.Symbol{s.src.Virtual()}, []kdb.Value{vals})
	q, err := newQuery(s.e, t, 0)
	if err != nil {
		return err
	}
	for _, c := range constraints {
		if !s.onlyVirtual(c) {
			s.where = append(s.where, c)
			continue
		}
		if err := q.constrain(c); err != nil {
			return err
		}
	}
	for _, row := range q.sel.list() {
		s.segments = append(s.segments, int(row))
	}
	return nil
}

// onlyVirtual reports whether a tree uses the virtual column and no other.
func (s *sourceQuery) onlyVirtual(tree kdb.Value) bool {
	uses := map[kdb.Symbol]bool{}
	namesIn(tree, uses)
	virtual := false
	for n := range uses {
		n = base(n)
		virtual = virtual || n == s.src.Virtual()
		if n == symI || slices.Contains(s.src.Columns(), n) {
			return false
		}
	}
	return virtual
}

// base is a dotted name's first part.
func base(n kdb.Symbol) kdb.Symbol {
	if text := n.String(); strings.IndexByte(text, '.') > 0 {
		return kdb.Sym(text[:strings.IndexByte(text, '.')])
	}
	return n
}

// namesIn collects the names in a tree.
func namesIn(tree kdb.Value, into map[kdb.Symbol]bool) {
	switch v := tree.(type) {
	case kdb.Symbol:
		into[v] = true
	case *kdb.List:
		if len(v.V) != 1 {
			for _, x := range v.V {
				namesIn(x, into)
			}
		}
	case *kdb.Symbols:
		if len(v.V) != 1 {
			for _, n := range v.V {
				into[n] = true
			}
		}
	case *kdb.Dict:
		for _, x := range prim.Items(v.V) {
			namesIn(x, into)
		}
	}
}

// use finds the columns that the clauses name.
func (s *sourceQuery) use(clauses []kdb.Value) {
	uses := map[kdb.Symbol]bool{}
	for _, c := range clauses[1:] {
		if l, ok := c.(*kdb.List); ok && len(l.V) == 1 {
			c = l.V[0]
		}
		namesIn(c, uses)
	}
	s.row = uses[symI] // as a column of the rows brought together
	for _, c := range s.where {
		namesIn(c, uses)
	}
	if isAll(clauses[2]) {
		for _, n := range s.src.Columns() {
			uses[n] = true
		}
		uses[s.src.Virtual()] = true
	}
	for n := range uses {
		n = base(n)
		s.virtual = s.virtual || n == s.src.Virtual()
	}
	for _, n := range s.src.Columns() {
		for u := range uses {
			if base(u) == n {
				s.names = append(s.names, n)
				break
			}
		}
	}
	s.linked = s.linkedNames(uses)
	if len(s.names) == 0 && len(s.src.Columns()) > 0 {
		s.names = s.src.Columns()[:1] // for the number of rows
	}
}

// query starts the query of one segment, with its constraints applied. The
// virtual column comes first.
func (s *sourceQuery) query(segment int) (*query, error) {
	t, err := s.src.Segment(segment, s.names)
	if err != nil {
		return nil, err
	}
	out := &kdb.Table{}
	if s.virtual {
		v := prim.TakeN(int64(t.Len()), prim.Item(s.src.Values(), segment))
		if t.Len() > 0 {
			prim.MarkAttr(v, kdb.Parted)
		}
		out.Names, out.Cols = append(out.Names, s.src.Virtual()), append(out.Cols, v)
	}
	for _, n := range s.names {
		c, ok := t.Col(n)
		if !ok {
			return nil, kdb.Error(n.String())
		}
		out.Names, out.Cols = append(out.Names, n), append(out.Cols, c)
	}
	q, err := newQuery(s.e, out, 0)
	if err != nil {
		return nil, err
	}
	if q.linked, err = s.follow(out, segment); err != nil {
		return nil, err
	}
	return q, q.where(kdb.NewList(s.where...))
}

// collect brings the selected rows of all segments together.
func (s *sourceQuery) collect() (*kdb.Table, error) {
	var found []kdb.Value
	segments := s.segments
	if len(segments) == 0 {
		return s.empty()
	}
	for _, i := range segments {
		q, err := s.query(i)
		if err != nil {
			return nil, err
		}
		t := q.t
		if s.row {
			v, _ := q.lookup(symI)
			t = withColumn(pickTable(s.e, t, q.sel), symI, v)
		} else {
			t = pickTable(s.e, t, q.sel)
		}
		t = s.beside(t, q.linked, q.sel)
		if t.Len() > 0 || i == segments[len(segments)-1] && found == nil {
			found = append(found, t)
		}
	}
	if len(found) == 1 {
		return found[0].(*kdb.Table), nil
	}
	all, ok := prim.Raze(kdb.NewList(found...)).(*kdb.Table)
	if !ok {
		return nil, prim.ErrMismatch
	}
	return all, nil
}

// empty is the table without rows, its types taken from the last segment.
func (s *sourceQuery) empty() (*kdb.Table, error) {
	vals := s.src.Values()
	if vals.Len() == 0 {
		t := &kdb.Table{}
		for _, n := range s.names {
			t.Names, t.Cols = append(t.Names, n), append(t.Cols, kdb.NewList())
		}
		return t, nil
	}
	t, err := s.src.Segment(vals.Len()-1, s.names)
	if err != nil {
		return nil, err
	}
	out := &kdb.Table{}
	if s.virtual {
		out.Names, out.Cols = append(out.Names, s.src.Virtual()), append(out.Cols, prim.EmptyLike(vals))
	}
	for _, n := range s.names {
		c, ok := t.Col(n)
		if !ok {
			return nil, kdb.Error(n.String())
		}
		out.Names, out.Cols = append(out.Names, n), append(out.Cols, prim.EmptyLike(c))
	}
	linked, err := s.follow(t, vals.Len()-1)
	return s.beside(out, linked, rows{}), err
}

// metaOfSource is meta of a source: the virtual column, then the stored ones as
// the last segment has them.
func metaOfSource(e *prim.Env, src Source) (kdb.Value, error) {
	s := &sourceQuery{e: e, src: src, names: src.Columns(), virtual: true}
	n := src.Values().Len()
	if n == 0 {
		t, err := s.empty()
		if err != nil {
			return nil, err
		}
		return Meta(e, t)
	}
	t, err := src.Segment(n-1, src.Columns())
	if err != nil {
		return nil, err
	}
	flat := &kdb.Table{Names: []kdb.Symbol{src.Virtual()}, Cols: []kdb.Value{prim.EmptyLike(src.Values())}}
	for _, n := range src.Columns() {
		c, ok := t.Col(n)
		if !ok {
			return nil, kdb.Error(n.String())
		}
		flat.Names, flat.Cols = append(flat.Names, n), append(flat.Cols, c)
	}
	return Meta(e, flat)
}
