package prim

import "github.com/quoinhq/quoin/kdb"

// AppendValues returns x with y's items after it, for amending a list that the
// caller replaces: the cost is amortised in what is appended where y fits x's
// type, and the attributes s, u and g are kept up if they still hold. Where y
// does not fit it is Join. It is safe for any holder of x.
func AppendValues(x, y kdb.Value) kdb.Value {
	switch v := x.(type) {
	case *kdb.Longs:
		return appendVec(v, y)
	case *kdb.Floats:
		return appendVec(v, y)
	case *kdb.Symbols:
		return appendVec(v, desymbol(y))
	case *kdb.Timestamps:
		return appendVec(v, y)
	case *kdb.Timespans:
		return appendVec(v, y)
	case *kdb.Bools:
		return appendVec(v, y)
	case *kdb.GUIDs:
		return appendVec(v, y)
	case *kdb.Bytes:
		return appendVec(v, y)
	case *kdb.Shorts:
		return appendVec(v, y)
	case *kdb.Ints:
		return appendVec(v, y)
	case *kdb.Reals:
		return appendVec(v, y)
	case *kdb.Chars:
		return appendVec(v, y)
	case *kdb.Months:
		return appendVec(v, y)
	case *kdb.Dates:
		return appendVec(v, y)
	case *kdb.Datetimes:
		return appendVec(v, y)
	case *kdb.Minutes:
		return appendVec(v, y)
	case *kdb.Seconds:
		return appendVec(v, y)
	case *kdb.Times:
		return appendVec(v, y)
	case *kdb.Enum:
		return appendEnum(v, y)
	case *kdb.List:
		if len(v.V) == 0 {
			return Join(x, y)
		}
		return kdb.AppendItems(v, listItems(y)...)
	}
	return Join(x, y)
}

// Extend is q's x,:y for lists and dictionaries: unlike Join it never changes a
// vector's type. A list of lists takes a simpler list as one item, symbols are
// enumerated for an enumeration, enumerations become symbols for symbols.
// Errors: 'type, 'cast for a symbol that an enumeration's domain lacks.
func Extend(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		r, err := JoinValues(x, y)
		if err != nil {
			return nil, err
		}
		if d, ok := r.(*kdb.Dict); ok && v.V.Type() > 0 && v.V.Len() > 0 && d.V.Type() != v.V.Type() {
			return nil, ErrType
		}
		return r, nil
	case *kdb.List:
		if len(v.V) > 0 && depth(v) == depth(y)+1 && isList(y) {
			y = &kdb.List{V: []kdb.Value{y}}
		}
		return AppendValues(x, y), nil
	case *kdb.Enum:
		return extendEnum(e, v, y)
	}
	if !isList(x) || x.Type() > kdb.TEnum {
		return JoinValues(x, y)
	}
	if isList(y) && y.Len() == 0 {
		return x, nil
	}
	y = desymbol(y)
	if t := y.Type(); t != x.Type() && t != -x.Type() {
		return nil, ErrType
	}
	return AppendValues(x, y), nil
}

// depth is the rank of a list as Extend sees it: how deep its first items go.
func depth(x kdb.Value) int {
	n := 0
	for isList(x) && x.Len() > 0 {
		n++
		if x.Type() != kdb.TList {
			break
		}
		x = Item(x, 0)
	}
	return n
}

func extendEnum(e *Env, x *kdb.Enum, y kdb.Value) (kdb.Value, error) {
	if isList(y) && y.Len() == 0 {
		return x, nil
	}
	if x.IsLink() {
		l, err := LinkTo(x, y)
		if err != nil {
			return nil, err
		}
		return AppendValues(x, l), nil
	}
	if c, ok := columnOf(listOf(y)); !ok || !isSymbolic(c.t) {
		return nil, ErrType
	}
	switch v := y.(type) {
	case *kdb.Enum:
		if v.Domain == x.Domain {
			return AppendValues(x, y), nil
		}
	case kdb.EnumAtom:
		if v.Domain == x.Domain {
			return AppendValues(x, y), nil
		}
	}
	en, err := Enumerate(e, x.Domain, y)
	if err != nil {
		return nil, err
	}
	return AppendValues(x, en), nil
}

func appendVec[T kdb.Elem](v *kdb.Vec[T], y kdb.Value) kdb.Value {
	var r *kdb.Vec[T]
	switch w := y.(type) {
	case T:
		r = kdb.Append(v, w)
	case *kdb.Vec[T]:
		r = kdb.Append(v, w.V...)
	default:
		return Join(v, y)
	}
	if a := v.Attribute(); a != kdb.NoAttr {
		keepAttr(v, r, a, len(v.V))
	} else {
		handZones(v, r)
	}
	return r
}

// LinkTo returns numbers as rows of the table that a link is to, and keys as items
// of a foreign key that is not symbols; anything else, and anything for an
// enumeration, as it is. Errors: 'cast for a key that is not there.
func LinkTo(x *kdb.Enum, y kdb.Value) (kdb.Value, error) {
	if !x.IsLink() {
		return y, nil
	}
	if x.Key != nil && (y.Type() == x.Key.Type() || y.Type() == -x.Key.Type()) {
		return foreign(x.Domain, x.Key, y)
	}
	switch y := y.(type) {
	case kdb.Long:
		return kdb.EnumAtom{Domain: x.Domain, I: y}, nil
	case *kdb.Longs:
		return &kdb.Enum{Domain: x.Domain, V: y.V}, nil
	}
	return y, nil
}

// foreign returns keys of a table as a foreign key to it.
func foreign(name kdb.Symbol, key, y kdb.Value) (kdb.Value, error) {
	at, err := Find(key, y)
	if err != nil {
		return nil, err
	}
	switch at := at.(type) {
	case kdb.Long:
		if int(at) == key.Len() {
			return nil, ErrCast
		}
		return kdb.EnumAtom{Domain: name, Key: key, I: at}, nil
	case *kdb.Longs:
		for _, i := range at.V {
			if int(i) == key.Len() {
				return nil, ErrCast
			}
		}
		return &kdb.Enum{Domain: name, Key: key, V: at.V}, nil
	}
	return nil, ErrType
}

func appendEnum(v *kdb.Enum, y kdb.Value) kdb.Value {
	var idx []kdb.Long
	switch w := y.(type) {
	case kdb.EnumAtom:
		if w.Domain != v.Domain {
			return Join(v, y)
		}
		idx = []kdb.Long{w.I}
	case *kdb.Enum:
		if w.Domain != v.Domain {
			return Join(v, y)
		}
		idx = w.V
	default:
		return Join(v, y)
	}
	r := kdb.AppendIndices(v, idx...)
	if a := v.Attribute(); a != kdb.NoAttr {
		keepAttr(v, r, a, len(v.V))
	}
	return r
}

// keepAttr gives r, whose first n items are v's, the attribute that v has if
// the items after them allow it.
func keepAttr(v, r kdb.Value, a kdb.Attr, n int) {
	switch a {
	case kdb.Sorted:
		c, _ := columnOf(r)
		for i := max(n, 1); i < c.n; i++ {
			if compareAt(c, i-1, c, i) > 0 {
				return
			}
		}
	case kdb.Unique, kdb.Grouped:
		ix := indexOf(v)
		if ix == nil {
			return
		}
		c, _ := columnOf(r)
		if !ix.extend(n, c.slice(n, c.n)) {
			// Another version went on from v: index this one by itself, unless
			// it is no longer unique.
			if ix = buildIndex(c, a); ix == nil {
				return
			}
		}
		storeIndex(r, ix)
	default:
		return
	}
	withAttr(r, a)
}

// SetAttr is q's `s#x and its like: x with the attribute, checked and, for u, g
// and p, indexed; the null symbol takes it off. Errors: 's-fail, 'u-fail, 'type.
func SetAttr(a kdb.Attr, x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		return attrDict(a, v)
	case *kdb.Table:
		return attrTable(a, v)
	}
	if !isList(x) {
		return nil, ErrType
	}
	if AttrOf(x) == a {
		return x, nil
	}
	c, ok := columnOf(x)
	if l, isL := x.(*kdb.List); isL {
		return attrItems(a, l)
	}
	if !ok {
		return nil, ErrType
	}
	switch a {
	case kdb.NoAttr:
		return copyHead(x), nil
	case kdb.Sorted:
		if !isAscending(x) {
			return nil, ErrSorted
		}
		return markSorted(x), nil
	}
	ix := buildIndex(c, a)
	if ix == nil {
		return nil, ErrUnique
	}
	r := withAttr(copyHead(x), a)
	storeIndex(r, ix)
	return r, nil
}

// Errors of setting an attribute. Source: KX manual, "Set Attribute".
const (
	ErrSorted = kdb.Error("s-fail")
	ErrUnique = kdb.Error("u-fail")
)

// attrItems sets an attribute on a general list, which keeps s# only: of u# the
// check remains.
func attrItems(a kdb.Attr, l *kdb.List) (kdb.Value, error) {
	switch a {
	case kdb.Sorted:
		if !isAscending(l) {
			return nil, ErrSorted
		}
		return markSorted(l), nil
	case kdb.NoAttr:
		return copyHead(l), nil
	case kdb.Unique:
		if _, firsts := Classify(l); len(firsts) != len(l.V) {
			return nil, ErrUnique
		}
	case kdb.Parted, kdb.Grouped:
		return nil, ErrType
	}
	return l, nil
}

func attrDict(a kdb.Attr, d *kdb.Dict) (kdb.Value, error) {
	switch a {
	case kdb.NoAttr:
		k := d.K
		if isList(k) && AttrOf(k) == kdb.Sorted {
			k = copyHead(k)
		}
		if t, ok := k.(*kdb.Table); ok {
			k = kdb.NewTable(t.Names, t.Cols)
		}
		return kdb.NewDict(k, d.V), nil
	case kdb.Sorted:
		keys := d.K
		if t, ok := keys.(*kdb.Table); ok {
			s, err := attrTable(a, t)
			if err != nil {
				return nil, err
			}
			if len(t.Cols) > 0 && t.Len() > 0 {
				t.Rise()
			}
			return &kdb.Dict{K: s, V: d.V, Sorted: true}, nil
		}
		s, err := SetAttr(a, keys)
		if err != nil {
			return nil, err
		}
		return &kdb.Dict{K: s, V: d.V, Sorted: true}, nil
	case kdb.Unique, kdb.Grouped, kdb.Parted:
		if isTable(d.K) {
			break
		}
		k, err := SetAttr(a, d.K)
		if err != nil {
			return nil, err
		}
		return &kdb.Dict{K: k, V: d.V, Sorted: d.Sorted}, nil
	}
	return nil, ErrType
}

// attrTable marks a table sorted by its columns; its first column is then
// sorted if there is no other, else parted.
func attrTable(a kdb.Attr, t *kdb.Table) (kdb.Value, error) {
	r := kdb.NewTable(t.Names, append([]kdb.Value(nil), t.Cols...))
	if len(t.Cols) == 0 {
		return r, nil
	}
	switch a {
	case kdb.NoAttr:
		for i, c := range r.Cols {
			if AttrOf(c) != kdb.NoAttr {
				r.Cols[i] = copyHead(c)
			}
		}
		return r, nil
	case kdb.Sorted:
	default:
		return nil, ErrType
	}
	if Order(nil, t.Cols, false) != nil {
		return nil, ErrSorted
	}
	first := kdb.Parted
	if len(t.Cols) == 1 {
		first = kdb.Sorted
	}
	c, err := SetAttr(first, t.Cols[0])
	if err != nil {
		return nil, err
	}
	r.Cols[0] = c
	r.Attr = kdb.Sorted
	return r, nil
}

// AttrNamed returns the attribute with the given letter; "" is none.
func AttrNamed(s string) (kdb.Attr, bool) {
	switch s {
	case "":
		return kdb.NoAttr, true
	case "s":
		return kdb.Sorted, true
	case "u":
		return kdb.Unique, true
	case "p":
		return kdb.Parted, true
	case "g":
		return kdb.Grouped, true
	}
	return 0, false
}

// hash is q's n#x with everything it means: take, and set attribute.
func hash(n, x kdb.Value) (kdb.Value, error) {
	if s, ok := n.(kdb.Symbol); ok {
		if a, ok := AttrNamed(s.String()); ok {
			return SetAttr(a, x)
		}
		return nil, ErrType
	}
	return Take(n, x)
}
