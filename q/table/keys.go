package table

import (
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Columns returns the column names of a table, keyed table or name of one,
// keys first. Errors: 'type.
func Columns(e *prim.Env, t kdb.Value) (kdb.Value, error) {
	if s, ok := t.(Source); ok {
		return kdb.NewVec(append([]kdb.Symbol{s.Virtual()}, s.Columns()...)), nil
	}
	flat, _, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	return kdb.NewVec(flat.Names), nil
}

// Keys returns the names of a table's key columns. Errors: 'type.
func Keys(e *prim.Env, t kdb.Value) (kdb.Value, error) {
	flat, n, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	return kdb.NewVec(flat.Names[:n:n]), nil
}

// flatten returns a table's columns without keys, and how many were keys.
func flatten(e *prim.Env, t kdb.Value) (*kdb.Table, int, error) {
	t, err := resolve(e, t)
	if err != nil {
		return nil, 0, err
	}
	switch v := t.(type) {
	case *kdb.Table:
		return v, 0, nil
	case *kdb.Dict:
		if k, val, ok := kdb.IsKeyed(v); ok {
			return unkey(k, val), len(k.Names), nil
		}
	}
	return nil, 0, prim.ErrType
}

// replace applies f to a table's columns; a table given by name is replaced by
// the result, and its name returned.
func replace(e *prim.Env, t kdb.Value, f func(flat *kdb.Table, keys int) (kdb.Value, error)) (kdb.Value, error) {
	flat, n, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	for _, c := range flat.Cols {
		prim.Share(c)
	}
	out, err := f(flat, n)
	if err != nil {
		return nil, err
	}
	name, ok := t.(kdb.Symbol)
	if !ok {
		return out, nil
	}
	return assign(e, name, out)
}

// XKey is xkey: the table with the named columns as keys, none for an empty
// list. Errors: 'type, the name of a missing column.
func XKey(e *prim.Env, names, t kdb.Value) (kdb.Value, error) {
	keys, err := symbolList(names)
	if err != nil {
		return nil, err
	}
	return replace(e, t, func(flat *kdb.Table, _ int) (kdb.Value, error) {
		out, err := toFront(flat, keys)
		if err != nil {
			return nil, err
		}
		return rekey(out, len(keys)), nil
	})
}

// Enkey is n!t: the table with its first n columns as keys. Errors: 'type,
// 'length for more keys than columns.
func Enkey(e *prim.Env, n kdb.Value, t kdb.Value) (kdb.Value, error) {
	k, ok := intAtom(n)
	if !ok || k < 0 {
		return nil, prim.ErrType
	}
	return replace(e, t, func(flat *kdb.Table, _ int) (kdb.Value, error) {
		if k > 0 && int(k) >= len(flat.Names) {
			return nil, prim.ErrLength
		}
		return rekey(flat, int(k)), nil
	})
}

func intAtom(v kdb.Value) (int64, bool) {
	switch n := v.(type) {
	case kdb.Long:
		return int64(n), true
	case kdb.Int:
		return int64(n), true
	case kdb.Short:
		return int64(n), true
	case kdb.Bool:
		return int64(b2i(bool(n))), true
	}
	return 0, false
}

// toFront returns a table with the named columns first.
func toFront(t *kdb.Table, names []kdb.Symbol) (*kdb.Table, error) {
	out := &kdb.Table{}
	for _, n := range names {
		c, ok := t.Col(n)
		if !ok {
			return nil, kdb.Error(n.String())
		}
		out.Names, out.Cols = append(out.Names, n), append(out.Cols, c)
	}
	for i, n := range t.Names {
		if !slices.Contains(names, n) {
			out.Names, out.Cols = append(out.Names, n), append(out.Cols, t.Cols[i])
		}
	}
	return out, nil
}

// XCols is xcols: the table with the named columns first. Errors: 'type, the
// name of a missing column.
func XCols(e *prim.Env, names, t kdb.Value) (kdb.Value, error) {
	first, err := symbolList(names)
	if err != nil {
		return nil, err
	}
	return replace(e, t, func(flat *kdb.Table, keys int) (kdb.Value, error) {
		if keys > 0 {
			return nil, prim.ErrType
		}
		return toFront(flat, first)
	})
}

// XCol is xcol: the table with its first columns renamed, or with a dictionary
// those it names. Errors: 'type, 'length for more names than columns or an
// unknown one.
func XCol(e *prim.Env, names, t kdb.Value) (kdb.Value, error) {
	flat, keys, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(flat.Names)
	if d, ok := names.(*kdb.Dict); ok {
		from, err := symbolList(d.K)
		if err != nil {
			return nil, err
		}
		to, err := symbolList(d.V)
		if err != nil {
			return nil, err
		}
		for i, n := range from {
			j := slices.Index(flat.Names, n)
			if j < 0 {
				return nil, prim.ErrLength
			}
			out[j] = to[i]
		}
	} else {
		to, err := symbolList(names)
		if err != nil {
			return nil, err
		}
		if len(to) > len(out) {
			return nil, prim.ErrLength
		}
		copy(out, to)
	}
	return rekey(kdb.NewTable(out, flat.Cols), keys), nil
}

// Meta is meta: for each column its type's letter, its foreign key and its
// attribute, as a table keyed by name. Errors: 'type.
func Meta(e *prim.Env, t kdb.Value) (kdb.Value, error) {
	v, err := resolve(e, t)
	if err != nil {
		return nil, err
	}
	if s, ok := v.(Source); ok {
		return metaOfSource(e, s)
	}
	flat, _, err := flatten(e, v)
	if err != nil {
		return nil, err
	}
	n := len(flat.Cols)
	letters, keys, attrs := make([]kdb.Char, n), make([]kdb.Symbol, n), make([]kdb.Symbol, n)
	for i, c := range flat.Cols {
		letters[i] = kdb.Char(typeLetter(c))
		keys[i] = foreignKey(e, c)
		attrs[i] = kdb.Sym(prim.AttrOf(c).String())
	}
	return metaTable(flat.Names, letters, keys, attrs), nil
}

func metaTable(names []kdb.Symbol, letters []kdb.Char, keys, attrs []kdb.Symbol) kdb.Value {
	return kdb.NewDict(kdb.NewTable([]kdb.Symbol{kdb.Sym("c")}, []kdb.Value{kdb.NewVec(names)}),
		kdb.NewTable([]kdb.Symbol{kdb.Sym("t"), kdb.Sym("f"), kdb.Sym("a")},
			[]kdb.Value{kdb.NewVec(letters), kdb.NewVec(keys), kdb.NewVec(attrs)}))
}

// typeLetter returns a column's type: lower case for a vector, upper case for
// lists of vectors judged by the first, blank for anything else.
func typeLetter(c kdb.Value) byte {
	const letters = " bg xhijefcspmdznuvts"
	t := c.Type()
	if l, ok := c.(*kdb.List); ok && len(l.V) > 0 {
		t = l.V[0].Type()
		if t > 0 && int(t) < len(letters) && letters[t] != ' ' {
			return letters[t] - 'a' + 'A'
		}
		return ' '
	}
	if en, ok := c.(*kdb.Enum); ok && en.IsLink() {
		if en.Key != nil {
			return typeLetter(en.Key)
		}
		return 'j'
	}
	if t > 0 && int(t) < len(letters) {
		return letters[t]
	}
	return ' '
}

// foreignKey returns the keyed table an enumerated column points to, or the table
// a link is to, or null.
func foreignKey(e *prim.Env, c kdb.Value) kdb.Symbol {
	en, ok := c.(*kdb.Enum)
	if !ok {
		return nullName
	}
	v, err := e.Get(en.Domain)
	if err != nil {
		return nullName
	}
	if _, _, ok := kdb.IsKeyed(v); ok || en.IsLink() && v.Type() == kdb.TTable {
		return en.Domain
	}
	return nullName
}

// ForeignKeys is fkeys: a table's foreign-key columns and the tables they
// point to. Errors: 'type.
func ForeignKeys(e *prim.Env, t kdb.Value) (kdb.Value, error) {
	flat, _, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	var names, targets []kdb.Symbol
	for i, c := range flat.Cols {
		if k := foreignKey(e, c); k != nullName {
			names, targets = append(names, flat.Names[i]), append(targets, k)
		}
	}
	return kdb.NewDict(kdb.NewVec(names), kdb.NewVec(targets)), nil
}

// XGroup is xgroup: the table keyed by the named columns, ascending, all others
// gathered into lists. Errors: 'type, the name of a missing column.
func XGroup(e *prim.Env, names, t kdb.Value) (kdb.Value, error) {
	keys, err := symbolList(names)
	if err != nil {
		return nil, err
	}
	flat, _, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	if _, err := columnsNamed(flat, keys); err != nil {
		return nil, err
	}
	q, err := newQuery(e, flat, 0)
	if err != nil {
		return nil, err
	}
	var by, rest []named
	for _, n := range keys {
		by = append(by, named{n, n})
	}
	for _, n := range flat.Names {
		if !slices.Contains(keys, n) {
			rest = append(rest, named{n, n})
		}
	}
	g, keyTable, err := q.group(by)
	if err != nil {
		return nil, err
	}
	out := &kdb.Table{}
	for _, x := range rest {
		v, err := q.eachGroup(g, x.tree)
		if err != nil {
			return nil, err
		}
		out.Names, out.Cols = append(out.Names, x.name), append(out.Cols, v)
	}
	k, err := keyTable()
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(k, out), nil
}

// Ungroup is ungroup: one row for each item of the lists in a row's cells,
// which are of one length; cells that are atoms are repeated. Errors: 'type,
// 'length.
func Ungroup(e *prim.Env, t kdb.Value) (kdb.Value, error) {
	flat, _, err := flatten(e, t)
	if err != nil {
		return nil, err
	}
	n := flat.Len()
	counts := newCodes(n, 1)
	nested := false
	for _, c := range flat.Cols {
		l, ok := c.(*kdb.List)
		if !ok {
			continue
		}
		for i, v := range l.V {
			if !prim.IsList(v) {
				continue
			}
			if nested && int(counts[i]) != v.Len() && counts[i] != 1 {
				return nil, prim.ErrLength
			}
			counts[i] = int32(v.Len())
		}
		nested = true
	}
	if !nested {
		return flat, nil
	}
	total := 0
	for _, k := range counts {
		total += int(k)
	}
	prim.Room(total, 4)
	repeat := make([]int32, 0, total)
	for i, k := range counts {
		for range k {
			repeat = append(repeat, int32(i))
		}
	}
	out := kdb.NewTable(flat.Names, make([]kdb.Value, len(flat.Cols)))
	for i, c := range flat.Cols {
		if l, ok := c.(*kdb.List); ok {
			items := make([]kdb.Value, len(l.V))
			for j, v := range l.V {
				if items[j] = v; !prim.IsList(v) {
					items[j] = prim.TakeN(int64(counts[j]), v)
				}
			}
			out.Cols[i] = prim.Raze(kdb.NewList(items...))
			continue
		}
		out.Cols[i] = gather(e, c, repeat)
	}
	return out, nil
}
