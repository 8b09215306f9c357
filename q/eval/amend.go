package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// update is what an amend does to each item it selects: f[item] or f[item;y].
type update struct {
	th   *thread
	f    kdb.Value // nil assigns y
	y    kdb.Value
	hasY bool
}

// isShared reports whether v may have a second holder.
func isShared(v kdb.Value) bool {
	s, ok := v.(interface{ Shared() bool })
	return ok && s.Shared()
}

// of returns the update for item k of n selected together.
func (u update) of(k, n int) (update, error) {
	if !u.hasY || isAtom(u.y) || u.y.Type() == kdb.TDict {
		return u, nil
	}
	if u.y.Len() != n {
		return u, errLength
	}
	u.y = item(u.y, k)
	return u, nil
}

// apply returns the new value for an item. owned tells that nobody else holds
// the old one.
func (u update) apply(old kdb.Value, owned bool) (kdb.Value, error) {
	if u.f == nil {
		return u.y, nil
	}
	if b, ok := u.f.(*prim.Builtin); ok && u.hasY {
		if b.Name == "," {
			if v, ok := appendTo(old, u.y, owned); ok {
				return v, nil
			}
			if _, _, keyed := kdb.IsKeyed(old); keyed || old.Type() == kdb.TTable {
				y := u.y
				if l, ok := y.(*kdb.List); ok && len(l.V) > 0 && prim.IsList(l.V[0]) {
					var err error
					if y, err = prim.Flip(y); err != nil { // a list of rows, not of columns
						return nil, err
					}
				}
				return table.Upsert(&u.th.env, old, y)
			}
			return prim.Extend(&u.th.env, old, u.y)
		}
		if len(b.Name) == 1 {
			if v := scalar(b.Name[0], old, u.y); v != nil {
				return v, nil
			}
		}
	}
	if !owned {
		shareValue(old)
	}
	if u.hasY {
		return u.th.apply(u.f, []kdb.Value{old, u.y})
	}
	return u.th.apply(u.f, []kdb.Value{old})
}

// amend returns x with the items at path updated. x is amended in place if
// owned; path is empty to update x itself.
func (u update) amend(x kdb.Value, path []kdb.Value, owned bool) (kdb.Value, error) {
	owned = owned && !isShared(x)
	if len(path) == 0 {
		return u.apply(x, owned)
	}
	i, rest := path[0], path[1:]
	switch v := x.(type) {
	case *kdb.Dict:
		if kt, vt, ok := kdb.IsKeyed(v); ok {
			return u.amendKeyed(v, kt, vt, i, rest)
		}
		return u.amendDict(v, i, rest, owned)
	case *kdb.Table:
		return u.amendTable(v, i, rest, owned)
	}
	if isAtom(x) {
		if len(path) == 1 && i == kdb.Nil {
			return u.apply(x, owned)
		}
		return nil, errType
	}
	if !owned {
		x = clone(x)
	}
	return u.amendList(x, i, rest)
}

// amendList amends a list that may be changed in place.
func (u update) amendList(x, i kdb.Value, rest []kdb.Value) (kdb.Value, error) {
	n := x.Len()
	if i == nil || i == kdb.Nil {
		for k := range n {
			uk, err := u.of(k, n)
			if err != nil {
				return nil, err
			}
			if err := uk.item(x, k, rest); err != nil {
				return nil, err
			}
		}
		return tidy(x), nil
	}
	if k, ok := intOf(i); ok {
		if k < 0 || k >= n {
			return nil, errLength
		}
		if err := u.item(x, k, rest); err != nil {
			return nil, err
		}
		return tidy(x), nil
	}
	if isAtom(i) {
		return nil, errType
	}
	m := i.Len()
	if idx, ok := i.(*kdb.Longs); ok && len(rest) == 0 && u.f == nil {
		if done, err := assignMany(x, idx.V, u.y); done || err != nil {
			return x, err
		}
	}
	if d, ok := i.(*kdb.Dict); ok {
		i = d.V
	}
	for k := range m {
		uk, err := u.of(k, m)
		if err != nil {
			return nil, err
		}
		j := item(i, k)
		if !isAtom(j) || j == kdb.Nil {
			if x, err = uk.amendList(x, j, rest); err != nil {
				return nil, err
			}
			continue
		}
		pos, ok := intOf(j)
		if !ok {
			return nil, errType
		}
		if pos < 0 || pos >= n {
			return nil, errLength
		}
		if err := uk.item(x, pos, rest); err != nil {
			return nil, err
		}
	}
	return tidy(x), nil
}

// item amends item k of a list that may be changed in place.
func (u update) item(x kdb.Value, k int, rest []kdb.Value) error {
	if l, ok := x.(*kdb.List); ok {
		old := l.V[k]
		if len(rest) == 0 && u.f == nil {
			l.V[k] = u.y
			shareValue(u.y)
			l.Changed()
			_, err := nested(l)
			return err
		}
		v, err := u.amend(old, rest, true)
		if err != nil {
			return err
		}
		l.V[k] = v
		l.Changed()
		_, err = nested(l)
		return err
	}
	v, err := u.amend(prim.Item(x, k), rest, true)
	if err != nil {
		return err
	}
	if !setItem(x, k, v) {
		return errType
	}
	return nil
}

// tidy makes a general list whose items have become atoms of one type a vector.
func tidy(x kdb.Value) kdb.Value {
	l, ok := x.(*kdb.List)
	if !ok || len(l.V) == 0 || l.V[0].Type() >= 0 {
		return x
	}
	t := l.V[0].Type()
	for _, v := range l.V {
		if v.Type() != t {
			return x
		}
	}
	return prim.Collapse(l.V)
}

func (u update) amendDict(d *kdb.Dict, i kdb.Value, rest []kdb.Value, owned bool) (kdb.Value, error) {
	if i == nil || i == kdb.Nil {
		i = d.K
	}
	pos, err := prim.Find(d.K, i)
	if err != nil {
		return nil, err
	}
	if !owned {
		share(d.K)
		share(d.V)
		d = &kdb.Dict{K: d.K, V: d.V}
	}
	switch p := pos.(type) {
	case kdb.Long:
		return d, u.entry(d, i, int(p), rest)
	case *kdb.Longs:
		if prim.Match(i, d.K) && len(rest) == 0 && !u.hasY {
			break
		}
	}
	n := i.Len()
	for k := range n {
		uk, err := u.of(k, n)
		if err != nil {
			return nil, err
		}
		if dy, ok := u.y.(*kdb.Dict); ok && u.hasY {
			if uk.y, err = prim.At(dy, item(i, k)); err != nil {
				return nil, err
			}
		}
		key := item(i, k)
		p, err := prim.Find(d.K, key)
		if err != nil {
			return nil, err
		}
		at, ok := p.(kdb.Long)
		if !ok {
			if _, err = uk.amendDict(d, key, rest, true); err != nil {
				return nil, err
			}
			continue
		}
		if err := uk.entry(d, key, int(at), rest); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// entry amends the value at position p of a dictionary that may be changed in
// place; p beyond the end adds key.
func (u update) entry(d *kdb.Dict, key kdb.Value, p int, rest []kdb.Value) error {
	if err := u.setEntry(d, key, p, rest); err != nil {
		return err
	}
	d.Changed()
	_, err := nested(d)
	return err
}

func (u update) setEntry(d *kdb.Dict, key kdb.Value, p int, rest []kdb.Value) error {
	if p < d.K.Len() {
		vals := d.V
		if isShared(vals) || d.Sorted {
			vals = clone(vals)
		}
		v, err := u.amendList(vals, kdb.Long(p), rest)
		if err != nil {
			return err
		}
		d.V = v
		return nil
	}
	var val kdb.Value
	var err error
	switch {
	case len(rest) == 0 && u.f == nil:
		val = u.y
	case len(rest) == 0:
		val, err = u.apply(u.missing(d.V), false)
	default:
		val, err = u.amend(u.missing(d.V), rest, false)
	}
	if err != nil {
		return err
	}
	if d.K.Len() > 0 && d.K.Type() > 0 && -key.Type() != d.K.Type() {
		return errType
	}
	if vt := d.V.Type(); vt > 0 && vt < kdb.TEnum && val.Type() != -vt {
		return errType
	}
	if nk, ok := appendTo(d.K, key, !isShared(d.K)); ok && isAtom(key) {
		d.K = nk
	} else {
		d.K = prim.Join(d.K, prim.Enlist(key))
	}
	if nv, ok := appendTo(d.V, val, !isShared(d.V)); ok && isAtom(val) {
		d.V = nv
	} else {
		shareValue(val)
		d.V = prim.Join(d.V, prim.Enlist(val))
	}
	return nil
}

// missing is what an update of a new entry starts from: the identity of the
// operator for assignment through it, else the null of the values.
func (u update) missing(vals kdb.Value) kdb.Value {
	if b, ok := u.f.(*prim.Builtin); ok && u.hasY {
		switch b.Name {
		case ",":
			if vals.Type() == kdb.TList {
				return &kdb.List{}
			}
		case "+", "-", "|":
			if vals.Type() >= kdb.TBool && vals.Type() < kdb.TSymbol || vals.Type() == kdb.TList && vals.Len() == 0 {
				return kdb.Long(0)
			}
		}
	}
	if l, ok := vals.(*kdb.List); ok && len(l.V) == 0 {
		return &kdb.List{}
	}
	return nullOf(vals)
}

func (u update) amendTable(t *kdb.Table, i kdb.Value, rest []kdb.Value, owned bool) (kdb.Value, error) {
	if !owned {
		for _, c := range t.Cols {
			share(c)
		}
		t = kdb.NewTable(t.Names, append([]kdb.Value(nil), t.Cols...))
	}
	switch c := i.(type) {
	case kdb.Symbol:
		return t, u.column(t, c, rest)
	case *kdb.Symbols:
		for k, name := range c.V {
			uk, err := u.of(k, len(c.V))
			if err != nil {
				return nil, err
			}
			if err := uk.column(t, name, rest); err != nil {
				return nil, err
			}
		}
		return t, nil
	}
	if len(rest) > 0 {
		switch c := rest[0].(type) {
		case kdb.Symbol:
			return t, u.column(t, c, append([]kdb.Value{i}, rest[1:]...))
		case *kdb.Symbols:
			for k, name := range c.V {
				uk, err := u.of(k, len(c.V))
				if err != nil {
					return nil, err
				}
				if err := uk.column(t, name, append([]kdb.Value{i}, rest[1:]...)); err != nil {
					return nil, err
				}
			}
			return t, nil
		}
		return nil, errType
	}
	// Whole rows.
	if k, ok := intOf(i); ok {
		if k < 0 || k >= t.Len() {
			return nil, errLength
		}
		return t, u.row(t, k)
	}
	if i == nil || i == kdb.Nil {
		n := t.Len()
		for k := range n {
			uk, err := u.of(k, n)
			if err != nil {
				return nil, err
			}
			if err := uk.row(t, k); err != nil {
				return nil, err
			}
		}
		return t, nil
	}
	if isAtom(i) {
		return nil, errType
	}
	for k := range i.Len() {
		uk, err := u.of(k, i.Len())
		if err != nil {
			return nil, err
		}
		pos, ok := intOf(item(i, k))
		if !ok {
			return nil, errType
		}
		if pos < 0 || pos >= t.Len() {
			return nil, errLength
		}
		if err := uk.row(t, pos); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (u update) row(t *kdb.Table, k int) error {
	v, err := u.apply(prim.Item(t, k), false)
	if err != nil {
		return err
	}
	vals := v
	if d, ok := v.(*kdb.Dict); ok {
		if vals, err = prim.At(d, kdb.NewVec(t.Names)); err != nil {
			return err
		}
	}
	if vals.Len() != len(t.Cols) {
		return errLength
	}
	for j := range t.Cols {
		set := update{th: u.th, y: item(vals, j), hasY: true}
		if t.Cols[j], err = set.amend(t.Cols[j], []kdb.Value{kdb.Long(k)}, true); err != nil {
			return err
		}
	}
	return nil
}

// column amends one column; assigning a whole new one adds it.
func (u update) column(t *kdb.Table, name kdb.Symbol, rest []kdb.Value) error {
	for j, c := range t.Names {
		if c != name {
			continue
		}
		if len(rest) == 0 {
			// All items of the column, each with its own y: atoms spread.
			v, err := u.whole(t.Cols[j], t.Len())
			if err != nil {
				return err
			}
			t.Cols[j] = v
			return nil
		}
		v, err := u.amend(t.Cols[j], rest, true)
		if err != nil {
			return err
		}
		t.Cols[j] = v
		return nil
	}
	if len(rest) > 0 || u.f != nil {
		return errIndex
	}
	v, err := u.whole(nil, t.Len())
	if err != nil {
		return err
	}
	t.Names = append(append([]kdb.Symbol(nil), t.Names...), name)
	t.Cols = append(append([]kdb.Value(nil), t.Cols...), v)
	return nil
}

func (u update) whole(old kdb.Value, n int) (kdb.Value, error) {
	v := u.y
	if u.f != nil {
		var err error
		if v, err = u.apply(old, false); err != nil {
			return nil, err
		}
	}
	if isAtom(v) {
		return prim.TakeN(int64(n), v), nil
	}
	if v.Len() != n {
		return nil, errLength
	}
	shareValue(v)
	return v, nil
}

// amendKeyed amends a keyed table: a key selects a row, then a column.
func (u update) amendKeyed(d *kdb.Dict, kt, vt *kdb.Table, i kdb.Value, rest []kdb.Value) (kdb.Value, error) {
	keyRow := i
	if kd, ok := i.(*kdb.Dict); ok {
		keyRow = kd.V
	}
	if i == nil || i == kdb.Nil {
		v, err := u.amendTable(vt, kdb.Nil, rest, false)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(kt, v), nil
	}
	if isAtom(keyRow) {
		keyRow = prim.Enlist(keyRow)
	}
	if keyRow.Len() != len(kt.Cols) || i.Type() == kdb.TTable {
		return nil, errLength
	}
	cols := make([]kdb.Value, len(kt.Cols))
	for j := range cols {
		cols[j] = prim.Enlist(item(keyRow, j))
	}
	one := kdb.NewTable(kt.Names, cols)
	pos, err := prim.Find(kt, one)
	if err != nil {
		return nil, err
	}
	p := int(pos.(*kdb.Longs).V[0])
	if p >= kt.Len() {
		nk, err := prim.JoinValues(kt, one)
		if err != nil {
			return nil, err
		}
		blank := make([]kdb.Value, len(vt.Cols))
		for j, c := range vt.Cols {
			blank[j] = prim.Enlist(nullOf(c))
		}
		nv, err := prim.JoinValues(vt, kdb.NewTable(vt.Names, blank))
		if err != nil {
			return nil, err
		}
		kt, vt = nk.(*kdb.Table), nv.(*kdb.Table)
	}
	v, err := u.amendTable(vt, kdb.Long(p), rest, false)
	if err != nil {
		return nil, err
	}
	return kdb.NewDict(kt, v), nil
}
