package prim

import "github.com/quoinhq/quoin/kdb"

// choose is q's ?[x;y;z] for a bool vector x: the items of y where it is true
// and of z where it is not; an atom stands for every item.
// Errors: 'rank, 'type, 'length.
func choose(_ *Env, args []kdb.Value) (kdb.Value, error) {
	if len(args) != 3 {
		return nil, ErrRank
	}
	x, y, z := args[0], args[1], args[2]
	switch v := x.(type) {
	case kdb.Bool:
		if v {
			return y, nil
		}
		return z, nil
	case *kdb.List:
		if len(v.V) == 0 {
			return v, nil
		}
	}
	flags, ok := x.(*kdb.Bools)
	if !ok {
		return nil, ErrType
	}
	n := len(flags.V)
	for _, side := range []kdb.Value{y, z} {
		if isList(side) && side.Len() != n {
			return nil, ErrLength
		}
	}
	a, aAtom := sideColumn(y)
	b, bAtom := sideColumn(z)
	if a.p == nil || b.p == nil || !sameKind(a, b) {
		return chooseItems(flags.V, y, z), nil
	}
	out := a.newColumn(n)
	switch width(a.t) {
	case 1:
		chooseWords(flags.V, words[uint8](out), words[uint8](a), words[uint8](b), aAtom, bAtom)
	case 2:
		chooseWords(flags.V, words[uint16](out), words[uint16](a), words[uint16](b), aAtom, bAtom)
	case 4:
		chooseWords(flags.V, words[uint32](out), words[uint32](a), words[uint32](b), aAtom, bAtom)
	case 8:
		chooseWords(flags.V, words[uint64](out), words[uint64](a), words[uint64](b), aAtom, bAtom)
	default:
		chooseWords(flags.V, words[kdb.GUID](out), words[kdb.GUID](a), words[kdb.GUID](b), aAtom, bAtom)
	}
	return out.value(), nil
}

// sideColumn returns a vector's memory, or an atom's and that it is one.
func sideColumn(x kdb.Value) (c column, atom bool) {
	if c, ok := columnOf(x); ok {
		return c, false
	}
	c, _ = atomColumn(x)
	return c, true
}

func chooseWords[T any](flags []kdb.Bool, out, a, b []T, aAtom, bAtom bool) {
	for i, f := range flags {
		j := i
		switch {
		case bool(f) && aAtom, !bool(f) && bAtom:
			j = 0
		}
		if f {
			out[i] = a[j]
		} else {
			out[i] = b[j]
		}
	}
}

func chooseItems(flags []kdb.Bool, y, z kdb.Value) kdb.Value {
	out := make([]kdb.Value, len(flags))
	for i, f := range flags {
		side := z
		if f {
			side = y
		}
		if isList(side) {
			side = Item(side, i)
		}
		out[i] = side
	}
	return Collapse(out)
}
