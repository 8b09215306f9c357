package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

const (
	iterEach      = kdb.Iterator(0)
	iterOver      = kdb.Iterator(1)
	iterScan      = kdb.Iterator(2)
	iterPrior     = kdb.Iterator(3)
	iterEachRight = kdb.Iterator(4)
	iterEachLeft  = kdb.Iterator(5)
)

// callDerived applies a derived function.
func (th *thread) callDerived(d *kdb.Derived, args []kdb.Value) (kdb.Value, error) {
	switch d.Iter {
	case iterEach:
		if idx, ok := caseIndex(d.F); ok {
			return th.pick(idx, args)
		}
		if len(args) == 1 {
			return th.each(d.F, args[0])
		}
		return th.eachMany(d.F, args)
	case iterOver, iterScan:
		return th.accumulate(d.F, args, d.Iter == iterScan)
	case iterPrior:
		return th.prior(d.F, args)
	case iterEachRight, iterEachLeft:
		if len(args) == 1 {
			name := "sv"
			if d.Iter == iterEachLeft {
				name = "vs"
			}
			if b, ok := keyword(name); ok && !isFunction(d.F) {
				return th.callBuiltin(b, []kdb.Value{d.F, args[0]})
			}
			return &kdb.Projection{F: d, Args: []kdb.Value{args[0], nil}}, nil
		}
		if len(args) != 2 {
			return nil, errRank
		}
		m := th.mark()
		defer th.release(m)
		pair := th.alloc(2)
		if d.Iter == iterEachRight {
			return th.mapItems(args[1], func(y kdb.Value) (kdb.Value, error) {
				pair[0], pair[1] = args[0], y
				return th.apply(d.F, pair)
			})
		}
		return th.mapItems(args[0], func(x kdb.Value) (kdb.Value, error) {
			pair[0], pair[1] = x, args[1]
			return th.apply(d.F, pair)
		})
	}
	return nil, errNYI
}

// mapItems applies f to the items of x: entries of a dictionary keep their
// keys, an atom is mapped itself.
func (th *thread) mapItems(x kdb.Value, f func(kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Dict:
		if kt, vt, ok := kdb.IsKeyed(x); ok {
			r, err := th.mapItems(vt, f)
			if err != nil {
				return nil, err
			}
			return kdb.NewDict(kt, r), nil
		}
		r, err := th.mapItems(v.V, f)
		if err != nil {
			return nil, err
		}
		share(v.K)
		return kdb.NewDict(v.K, r), nil
	}
	if isAtom(x) {
		return f(x)
	}
	n := x.Len()
	if n == 0 {
		return &kdb.List{}, nil
	}
	stop := &th.eng.stop
	out := make([]kdb.Value, n)
	for i := range n {
		v, err := f(item(x, i))
		if err != nil {
			return nil, err
		}
		out[i] = v
		if stop.Load() != stopNo {
			if err := th.eng.check(); err != nil {
				return nil, err
			}
		}
	}
	return prim.Collapse(out), nil
}

// each is f'[x].
func (th *thread) each(f, x kdb.Value) (kdb.Value, error) {
	if b, ok := f.(*prim.Builtin); ok && b.Atomic && b.Unary != nil && !isGlyph(b) && x.Type() > 0 && x.Type() < kdb.TEnum && x.Len() > 0 {
		return b.Unary(&th.env, x)
	}
	m := th.mark()
	defer th.release(m)
	one := th.alloc(1)
	return th.mapItems(x, func(v kdb.Value) (kdb.Value, error) {
		one[0] = v
		return th.apply(f, one)
	})
}

// eachMany is f'[x;y;…]: items of conforming lists and dictionaries together.
func (th *thread) eachMany(f kdb.Value, args []kdb.Value) (kdb.Value, error) {
	if b, ok := f.(*prim.Builtin); ok && b.Name == "," && len(args) == 2 {
		x, okX := args[0].(*kdb.Table)
		y, okY := args[1].(*kdb.Table)
		if okX && okY {
			return table.JoinEach(x, y)
		}
	}
	n, dict := -1, (*kdb.Dict)(nil)
	for _, a := range args {
		if d, ok := a.(*kdb.Dict); ok {
			if dict != nil && !prim.Match(dict.K, d.K) {
				return th.eachUnion(f, args)
			}
			dict = d
		}
		if isAtom(a) {
			continue
		}
		if n >= 0 && a.Len() != n {
			return nil, errLength
		}
		n = a.Len()
	}
	if n < 0 {
		return th.apply(f, args)
	}
	if n == 0 {
		if dict != nil {
			return kdb.NewDict(dict.K, &kdb.List{}), nil
		}
		return &kdb.List{}, nil
	}
	m := th.mark()
	defer th.release(m)
	buf := th.alloc(len(args))
	out := make([]kdb.Value, n)
	for i := range n {
		for j, a := range args {
			if isAtom(a) {
				buf[j] = a
			} else {
				buf[j] = item(a, i)
			}
		}
		v, err := th.apply(f, buf)
		if err != nil {
			return nil, err
		}
		out[i] = v
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
	r := prim.Collapse(out)
	if dict != nil {
		return kdb.NewDict(dict.K, r), nil
	}
	return r, nil
}

// eachUnion is eachMany over dictionaries with different keys: each key that
// occurs takes the values there are, and nulls.
func (th *thread) eachUnion(f kdb.Value, args []kdb.Value) (kdb.Value, error) {
	var keys kdb.Value
	for _, a := range args {
		if d, ok := a.(*kdb.Dict); ok {
			if keys == nil {
				keys = d.K
			} else {
				keys = prim.Distinct(prim.Join(keys, d.K))
			}
		}
	}
	same := make([]kdb.Value, len(args))
	for i, a := range args {
		same[i] = a
		if d, ok := a.(*kdb.Dict); ok {
			v, err := prim.At(d, keys)
			if err != nil {
				return nil, err
			}
			same[i] = kdb.NewDict(keys, v)
		}
	}
	return th.eachMany(f, same)
}

// caseIndex returns the index vector of the Case iterator.
func caseIndex(f kdb.Value) ([]int, bool) {
	n := f.Len()
	switch f.(type) {
	case *kdb.Longs, *kdb.Ints, *kdb.Shorts, *kdb.Bools, *kdb.Bytes:
	default:
		return nil, false
	}
	idx := make([]int, n)
	for i := range n {
		idx[i], _ = intOf(item(f, i))
	}
	return idx, true
}

// pick is Case: item i comes from argument idx[i].
func (th *thread) pick(idx []int, args []kdb.Value) (kdb.Value, error) {
	var keys kdb.Value
	for _, a := range args {
		if isAtom(a) {
			continue
		}
		if a.Len() != len(idx) {
			return nil, errLength
		}
		if d, ok := a.(*kdb.Dict); ok {
			if keys != nil && !prim.Match(keys, d.K) {
				return nil, errDomain
			}
			keys = d.K
		}
	}
	out := make([]kdb.Value, len(idx))
	for i, k := range idx {
		if k < 0 || k >= len(args) {
			return nil, errIndex
		}
		if isAtom(args[k]) {
			out[i] = args[k]
		} else {
			out[i] = item(args[k], i)
		}
	}
	return prim.Collapse(out), nil
}

// prior is f':[x] and f':[seed;x]; for a unary f it is each, in parallel.
func (th *thread) prior(f kdb.Value, args []kdb.Value) (kdb.Value, error) {
	if len(args) > 2 {
		return nil, errRank
	}
	if len(args) == 1 && rank(f) == 1 && !isIndexed(f) {
		return th.peach(f, args[0])
	}
	x := args[len(args)-1]
	if d, ok := x.(*kdb.Dict); ok {
		v, err := th.prior(f, append(append([]kdb.Value(nil), args[:len(args)-1]...), d.V))
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(d.K, v), nil
	}
	if isAtom(x) {
		return x, nil
	}
	b, _ := f.(*prim.Builtin)
	n := x.Len()
	if n == 0 {
		return &kdb.List{}, nil
	}
	var seed kdb.Value
	switch {
	case len(args) == 2:
		seed = args[0]
	case b != nil && b.Name == ",":
		seed = &kdb.List{}
	case b != nil && priorSeeds[b.Name] != nil && x.Type() > 0:
		if b.Name == "-" || b.Name == "%" || b.Name == "+" || b.Name == "*" {
			word := map[string]string{"-": "deltas", "%": "ratios"}[b.Name]
			if k, ok := keyword(word); ok && k.Unary != nil {
				return k.Unary(&th.env, x)
			}
		}
		seed = priorSeeds[b.Name]
	case b != nil && b.Name == "~":
		seed = &kdb.List{}
	default:
		seed = nullOf(x)
	}
	m := th.mark()
	defer th.release(m)
	buf := th.alloc(2)
	out := make([]kdb.Value, n)
	prev := seed
	for i := range n {
		cur := item(x, i)
		if i == 0 && len(args) == 1 && b != nil && (b.Name == "+" || b.Name == "*" || b.Name == "-" || b.Name == "%") {
			out[i] = cur
			if b.Name == "%" {
				if v, err := th.apply(f, []kdb.Value{cur, kdb.Long(1)}); err == nil {
					out[i] = v
				}
			}
		} else {
			buf[0], buf[1] = cur, prev
			v, err := th.apply(f, buf)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		prev = cur
	}
	return prim.Collapse(out), nil
}

// priorSeeds are the identity elements that stand before the first item.
var priorSeeds = map[string]kdb.Value{"+": kdb.Long(0), "-": kdb.Long(0), "*": kdb.Long(1), "%": kdb.Long(1)}

// nullOf returns the null of x's items.
func nullOf(x kdb.Value) kdb.Value {
	if l, ok := x.(*kdb.List); ok {
		if len(l.V) > 0 && isAtom(l.V[0]) {
			return prim.NullOf(l.V[0].Type())
		}
		if len(l.V) > 0 && l.V[0].Type() > 0 {
			return prim.Empty(l.V[0].Type())
		}
		return &kdb.List{}
	}
	return prim.Item(x, -1)
}

// peach maps f over x on the secondaries (-s), keeping order.
func (th *thread) peach(f, x kdb.Value) (kdb.Value, error) {
	workers := th.eng.conf.threads
	if d, ok := x.(*kdb.Dict); ok {
		v, err := th.peach(f, d.V)
		if err != nil {
			return nil, err
		}
		return kdb.NewDict(d.K, v), nil
	}
	if workers < 2 || th.sub || isAtom(x) || x.Len() < 2 {
		return th.each(f, x)
	}
	out, err := th.parallel(x.Len(), workers, func(sub *thread, i int) (kdb.Value, error) {
		return sub.apply(f, []kdb.Value{item(x, i)})
	})
	if err != nil {
		return nil, err
	}
	return prim.Collapse(out), nil
}
