package eval

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// accumulate is f/ and f\ in all their forms.
func (th *thread) accumulate(f kdb.Value, args []kdb.Value, scan bool) (kdb.Value, error) {
	r := rank(f)
	if isIndexed(f) {
		r = depth(f)
		if len(args) == 2 && r >= 2 {
			if _, ok := f.(*kdb.Dict); ok && isFunction(args[0]) {
				r = 1
			}
		}
	}
	switch {
	case len(args) == 1 && r <= 1:
		return th.converge(f, args[0], scan)
	case len(args) == 1:
		return th.reduce(f, args[0], scan)
	case len(args) == 2 && r <= 1:
		return th.repeat(f, args[0], args[1], scan)
	}
	return th.fold(f, args, scan)
}

// isIndexed reports whether a value is applied by indexing.
func isIndexed(f kdb.Value) bool { return f.Type() >= 0 && f.Type() <= kdb.TDict }

// depth returns how many arguments f takes: 1 where an index reaches an atom,
// 2 where it reaches a list or a function.
func depth(f kdb.Value) int {
	switch x := f.(type) {
	case *kdb.List:
		if len(x.V) > 0 && (!isAtom(x.V[0]) || isFunction(x.V[0])) {
			return 2
		}
	case *kdb.Dict:
		return depth(x.V)
	}
	return 1
}

// converge applies f until the result repeats or matches the start.
func (th *thread) converge(f, x kdb.Value, scan bool) (kdb.Value, error) {
	out := []kdb.Value{x}
	prev := x
	for {
		v, err := th.apply(f, []kdb.Value{prev})
		if err != nil {
			return nil, err
		}
		if tolerant(v, prev) || tolerant(v, x) {
			break
		}
		if scan {
			shareValue(v)
			out = append(out, v)
		}
		prev = v
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
	if scan {
		return prim.Collapse(out), nil
	}
	return prev, nil
}

// tolerant matches with q's comparison tolerance for float atoms.
func tolerant(a, b kdb.Value) bool {
	if x, ok := a.(kdb.Float); ok {
		if y, ok := b.(kdb.Float); ok {
			if x == y || x != x && y != y {
				return true
			}
			d, m := x-y, max(x, -x, y, -y)
			return max(d, -d) < 1e-14*m
		}
	}
	if x, ok := a.(*kdb.Floats); ok {
		if y, ok := b.(*kdb.Floats); ok && len(x.V) == len(y.V) {
			for i := range x.V {
				if !tolerant(x.V[i], y.V[i]) {
					return false
				}
			}
			return true
		}
	}
	return prim.Match(a, b)
}

// repeat is Do for a count and While for a truth function.
func (th *thread) repeat(f, control, x kdb.Value, scan bool) (kdb.Value, error) {
	out := []kdb.Value{x}
	if scan {
		shareValue(x)
	}
	n, counted := intOf(control)
	if !counted && isAtom(control) && !isFunction(control) {
		if _, ok := control.(kdb.Symbol); !ok {
			return nil, errType
		}
	}
	one := make([]kdb.Value, 1)
	for i := 0; ; i++ {
		if counted {
			if i >= n {
				break
			}
		} else {
			one[0] = x
			shareValue(x)
			c, err := th.apply(control, one)
			if err != nil {
				return nil, err
			}
			t, ok := isTrue(c)
			if !ok {
				if s, isSym := c.(kdb.Symbol); isSym {
					t, ok = s != kdb.Symbol{}, true
				}
			}
			if !ok {
				return nil, errType
			}
			if !t {
				break
			}
		}
		one[0] = x
		v, err := th.apply(f, one)
		if err != nil {
			return nil, err
		}
		if scan {
			shareValue(v)
			out = append(out, v)
		}
		x = v
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
	if scan {
		return prim.Collapse(out), nil
	}
	return x, nil
}

// whole are the keywords that compute f/x and f\x at once.
// Source: KX manual, "Accumulators": functions with a known identity element.
var whole = map[string][2]string{"+": {"sum", "sums"}, "*": {"prd", "prds"}, "&": {"min", "mins"}, "|": {"max", "maxs"}}

// reduce is f/[x] and f\[x] for f of two arguments.
func (th *thread) reduce(f, x kdb.Value, scan bool) (kdb.Value, error) {
	if d, ok := x.(*kdb.Dict); ok {
		v, err := th.reduce(f, d.V, scan)
		if err != nil || !scan {
			return v, err
		}
		return kdb.NewDict(d.K, v), nil
	}
	if isAtom(x) {
		return x, nil
	}
	b, _ := f.(*prim.Builtin)
	if b != nil && (x.Type() > 0 && x.Type() < kdb.TEnum) {
		if w, ok := whole[b.Name]; ok && addable(x) {
			name := w[0]
			if scan {
				name = w[1]
			}
			if k, ok := keyword(name); ok && k.Unary != nil && x.Len() > 0 {
				return k.Unary(&th.env, x)
			}
		}
	}
	if b != nil && b.Name == "," && !scan && x.Len() > 0 {
		if l, ok := x.(*kdb.List); ok {
			for _, v := range l.V {
				shareValue(v)
			}
		}
		return prim.RazeValues(x)
	}
	n := x.Len()
	if n == 0 {
		if b != nil {
			if id, ok := identity(b.Name, x); ok {
				return id, nil
			}
		}
		if isIndexed(f) {
			return prim.Empty(max(f.Type(), 0)), nil
		}
		return &kdb.List{}, nil
	}
	acc := item(x, 0)
	if b != nil && b.Name == "," && isAtom(acc) {
		acc = prim.Enlist(acc)
	}
	return th.foldFrom(f, acc, []kdb.Value{x}, 1, n, scan, true)
}

// addable reports whether q's sum of a vector has the type of the items' +.
func addable(x kdb.Value) bool {
	switch x.(type) {
	case *kdb.Longs, *kdb.Floats, *kdb.Ints, *kdb.Reals, *kdb.Timespans:
		return true
	}
	return false
}

// identity returns the identity element of an operator, typed as x's items.
func identity(op string, x kdb.Value) (kdb.Value, bool) {
	switch op {
	case "+", "-":
		return kdb.Long(0), true
	case "*", "%":
		return kdb.Long(1), true
	case ",":
		return &kdb.List{}, true
	case "&", "|":
		if k, ok := keyword(whole[op][0]); ok && x.Type() > 0 {
			v, err := k.Unary(&prim.Env{}, x)
			return v, err == nil
		}
	}
	return nil, false
}

// fold is f/[x;y;…] and f\[x;y;…].
func (th *thread) fold(f kdb.Value, args []kdb.Value, scan bool) (kdb.Value, error) {
	n := -1
	var keys kdb.Value
	for _, a := range args[1:] {
		if isAtom(a) {
			continue
		}
		if n >= 0 && a.Len() != n {
			return nil, errLength
		}
		n = a.Len()
		if d, ok := a.(*kdb.Dict); ok {
			keys = d.K
		}
	}
	if floats, ok := linear(f, args, scan); ok {
		return floats, nil
	}
	if n < 0 {
		return th.apply(f, args)
	}
	r, err := th.foldFrom(f, args[0], args[1:], 0, n, scan, false)
	if err == nil && scan && keys != nil {
		r = kdb.NewDict(keys, r)
	}
	return r, err
}

// foldFrom runs the accumulation over items from i to n of lists.
func (th *thread) foldFrom(f, acc kdb.Value, lists []kdb.Value, i, n int, scan, first bool) (kdb.Value, error) {
	var out []kdb.Value
	if scan {
		out = make([]kdb.Value, 0, n)
		if first {
			shareValue(acc)
			out = append(out, acc)
		}
	}
	m := th.mark()
	defer th.release(m)
	buf := th.alloc(len(lists) + 1)
	for ; i < n; i++ {
		buf[0] = acc
		for j, l := range lists {
			if isAtom(l) {
				buf[j+1] = l
			} else {
				buf[j+1] = item(l, i)
			}
		}
		acc = nil
		v, err := th.apply(f, buf)
		if err != nil {
			return nil, err
		}
		acc = v
		if scan {
			shareValue(v)
			out = append(out, v)
		}
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
	if scan {
		return prim.Collapse(out), nil
	}
	return acc, nil
}

// linear is the built-in recurrence a b\c: each item z+b*previous.
// Source: KX manual, "Accumulators", Alternative syntax.
func linear(f kdb.Value, args []kdb.Value, scan bool) (kdb.Value, bool) {
	b, ok := f.(*kdb.Floats)
	if !ok || !scan || len(args) != 2 {
		return nil, false
	}
	a, ok1 := args[0].(kdb.Float)
	c, ok2 := args[1].(*kdb.Floats)
	if !ok1 || !ok2 || len(b.V) != len(c.V) {
		return nil, false
	}
	out := make([]kdb.Float, len(c.V))
	for i := range out {
		a = c.V[i] + a*b.V[i]
		out[i] = a
	}
	return kdb.NewVec(out), true
}
