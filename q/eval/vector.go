package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// vector is what the generic vectors have in common for amending.
type vector interface {
	set(i int, v kdb.Value) bool
	clone() kdb.Value
	assign(idx []kdb.Long, y kdb.Value) (done bool, err error)
	push(y kdb.Value) (kdb.Value, bool)
}

// typed gives the amend operations of one element type.
type typed[T kdb.Elem] struct{ v *kdb.Vec[T] }

func (t typed[T]) set(i int, v kdb.Value) bool {
	e, ok := v.(T)
	if ok {
		t.changed()
		t.v.V[i] = e
	}
	return ok
}

// changed drops what is known about a vector that is being amended.
func (t typed[T]) changed() {
	if t.v.Attr != kdb.Grouped {
		t.v.Attr = kdb.NoAttr
	}
	if t.v.Index.Load() != nil {
		t.v.Index.Store(nil)
	}
}

func (t typed[T]) clone() kdb.Value {
	c := kdb.NewVec(append(make([]T, 0, len(t.v.V)), t.v.V...))
	if t.v.Attr == kdb.Grouped {
		c.Attr = kdb.Grouped
	}
	return c
}

func (t typed[T]) assign(idx []kdb.Long, y kdb.Value) (bool, error) {
	s := t.v.V
	t.changed()
	switch y := y.(type) {
	case *kdb.Vec[T]:
		if len(y.V) != len(idx) {
			return false, errLength
		}
		for k, i := range idx {
			if uint64(i) >= uint64(len(s)) {
				return false, errLength
			}
			s[i] = y.V[k]
		}
		return true, nil
	case T:
		for _, i := range idx {
			if uint64(i) >= uint64(len(s)) {
				return false, errLength
			}
			s[i] = y
		}
		return true, nil
	}
	return false, nil
}

// push appends an item or vector; attributes are left to prim's join.
func (t typed[T]) push(y kdb.Value) (kdb.Value, bool) {
	if t.v.Attribute() != kdb.NoAttr {
		return nil, false
	}
	switch y := y.(type) {
	case T:
		return kdb.Append(t.v, y), true
	case *kdb.Vec[T]:
		return kdb.Append(t.v, y.V...), true
	}
	return nil, false
}

// asVector returns the amend operations of a typed vector.
func asVector(x kdb.Value) (vector, bool) {
	switch v := x.(type) {
	case *kdb.Bools:
		return typed[kdb.Bool]{v}, true
	case *kdb.GUIDs:
		return typed[kdb.GUID]{v}, true
	case *kdb.Bytes:
		return typed[kdb.Byte]{v}, true
	case *kdb.Shorts:
		return typed[kdb.Short]{v}, true
	case *kdb.Ints:
		return typed[kdb.Int]{v}, true
	case *kdb.Longs:
		return typed[kdb.Long]{v}, true
	case *kdb.Reals:
		return typed[kdb.Real]{v}, true
	case *kdb.Floats:
		return typed[kdb.Float]{v}, true
	case *kdb.Chars:
		return typed[kdb.Char]{v}, true
	case *kdb.Symbols:
		return typed[kdb.Symbol]{v}, true
	case *kdb.Timestamps:
		return typed[kdb.Timestamp]{v}, true
	case *kdb.Months:
		return typed[kdb.Month]{v}, true
	case *kdb.Dates:
		return typed[kdb.Date]{v}, true
	case *kdb.Datetimes:
		return typed[kdb.Datetime]{v}, true
	case *kdb.Timespans:
		return typed[kdb.Timespan]{v}, true
	case *kdb.Minutes:
		return typed[kdb.Minute]{v}, true
	case *kdb.Seconds:
		return typed[kdb.Second]{v}, true
	case *kdb.Times:
		return typed[kdb.Time]{v}, true
	}
	return nil, false
}

// setItem sets item i of a vector; false if v is of another type.
func setItem(x kdb.Value, i int, v kdb.Value) bool {
	if e, ok := x.(*kdb.Enum); ok {
		return setEnum(e, i, v)
	}
	t, ok := asVector(x)
	return ok && t.set(i, v)
}

func setEnum(e *kdb.Enum, i int, v kdb.Value) bool {
	v, err := prim.LinkTo(e, v)
	if err != nil {
		return false
	}
	switch v := v.(type) {
	case kdb.EnumAtom:
		if v.Domain != e.Domain {
			return false
		}
		e.V[i] = v.I
	case kdb.Symbol:
		if e.IsLink() {
			return false
		}
		for k, s := range e.Dom.V {
			if s == v {
				e.V[i] = kdb.Long(k)
				e.Attr = kdb.NoAttr
				return true
			}
		}
		return false
	default:
		return false
	}
	e.Attr = kdb.NoAttr
	return true
}

// clone returns a copy of a list that its caller may amend; the children of a
// general list are marked shared.
func clone(x kdb.Value) kdb.Value {
	switch v := x.(type) {
	case *kdb.List:
		for _, c := range v.V {
			shareValue(c)
		}
		return kdb.NewList(append(make([]kdb.Value, 0, len(v.V)), v.V...)...)
	case *kdb.Enum:
		return &kdb.Enum{Domain: v.Domain, Dom: v.Dom, Key: v.Key, V: append([]kdb.Long(nil), v.V...)}
	case *kdb.Table:
		for _, c := range v.Cols {
			shareValue(c)
		}
		return kdb.NewTable(v.Names, append([]kdb.Value(nil), v.Cols...))
	}
	if t, ok := asVector(x); ok {
		return t.clone()
	}
	return x
}

// assignMany sets the items at idx to y where a typed loop can do it.
func assignMany(x kdb.Value, idx []kdb.Long, y kdb.Value) (bool, error) {
	t, ok := asVector(x)
	if !ok {
		return false, nil
	}
	return t.assign(idx, y)
}

// appendTo returns x,y in time amortised over what is appended, if it can; x is
// used up when owned.
func appendTo(x, y kdb.Value, owned bool) (kdb.Value, bool) {
	if l, ok := x.(*kdb.List); ok {
		if !owned || len(l.V) == 0 {
			return nil, false
		}
		if l.V[0].Type() >= 0 || len(l.V) > 1 && l.V[0].Type() != l.V[1].Type() {
			switch z := y.(type) {
			case *kdb.List:
				for _, v := range z.V {
					shareValue(v)
				}
				l.V = append(l.V, z.V...)
				l.Changed()
				return l, true
			case *kdb.Dict, *kdb.Table:
				return nil, false
			}
			if isAtom(y) {
				l.V = append(l.V, y)
				return l, true
			}
		}
		return nil, false
	}
	t, ok := asVector(x)
	if !ok {
		return nil, false
	}
	r, ok := t.push(y)
	if ok && !owned {
		// The new vector and the old one have one memory.
		share(r)
	}
	return r, ok
}
