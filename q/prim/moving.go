package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// moving applies a function of a window length and one vector, through
// dictionaries and tables. Errors: 'type.
func moving(f func(e *Env, n int, c column) (kdb.Value, error)) Binary {
	var self Binary
	self = func(e *Env, x, y kdb.Value) (kdb.Value, error) {
		switch v := y.(type) {
		case *kdb.Dict:
			r, err := self(e, x, v.V)
			return onlyDict(v.K, r, err)
		case *kdb.Table:
			return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return self(e, x, c) })
		case *kdb.List:
			return downColumns(v, func(z kdb.Value) (kdb.Value, error) { return self(e, x, z) })
		}
		n, ok := intAtom(x)
		if !ok {
			return nil, ErrType
		}
		c, ok := columnOf(y)
		if !ok {
			return nil, ErrType
		}
		return f(e, int(max(n, 0)), c)
	}
	return self
}

const msumTypes = "i.iiijef..niifnuvt"

func msum(e *Env, n int, c column) (kdb.Value, error) {
	t, err := unaryType(msumTypes, c.t)
	if err != nil {
		return nil, err
	}
	out := alloc(t, c.n)
	if isFloating(t) {
		out.writeFloats(0, movingSums(words[float64](c.convert(e, kdb.TFloat)), n))
		return out.value(), nil
	}
	s := c.asLongs()
	buf := make([]int64, len(s))
	var acc int64
	for i, v := range s {
		if v != math.MinInt64 {
			acc += v
		}
		if i >= n && s[i-n] != math.MinInt64 {
			acc -= s[i-n]
		}
		buf[i] = acc
	}
	out.writeLongs(0, buf, false)
	return out.value(), nil
}

// downColumns applies a uniform function of one vector to each position of
// conforming lists, of which it makes lists again.
func downColumns(l *kdb.List, f func(kdb.Value) (kdb.Value, error)) (kdb.Value, error) {
	if len(l.V) == 0 {
		return l, nil
	}
	if allAtoms(l.V) {
		v, err := floatAtoms(l.V)
		if err != nil {
			return nil, err
		}
		return f(kdb.NewVec(v))
	}
	t, err := flipList(l.V)
	if err != nil {
		return nil, err
	}
	r, err := eachItem(t, f)
	if err != nil {
		return nil, err
	}
	return Flip(r)
}

// movingSums returns the sums of windows of n, nulls as zeros. An item that
// leaves is subtracted, unless it or the sum is not finite: then the window is
// added up anew. A window of nulls alone starts again from zero, so that what
// rounding left does not show.
func movingSums(s []float64, n int) []float64 {
	out := make([]float64, len(s))
	if n == 0 {
		return out
	}
	acc := 0.0
	count := 0
	for i, v := range s {
		if v == v {
			acc += v
			count++
		}
		if i >= n && s[i-n] == s[i-n] {
			acc -= s[i-n]
			count--
		}
		if count == 0 {
			acc = 0
		} else if acc-acc != 0 {
			acc = SumFloats(s[max(0, i-n+1) : i+1])
		}
		out[i] = acc
	}
	return out
}

// MovingAverage stores in out the averages of the windows of up to n floats
// that end at each item of s, nulls left out. out and s have one length.
func MovingAverage(out, s []float64, n int) {
	if n <= 0 {
		fillWords(out, math.NaN())
		return
	}
	out = out[:len(s)]
	var acc float64
	count := 0
	head := min(n, len(s))
	for i := 0; i < head; i++ {
		if v := s[i]; v == v {
			acc += v
			count++
		}
		out[i] = acc / float64(count)
	}
	if count == n && acc-acc == 0 {
		// No null so far: go on without looking for them until one appears.
		inv := float64(n)
		old := s[:len(s)-head]
		i := head
		for ; i < len(s); i++ {
			next := acc + s[i] - old[i-n]
			if next-next != 0 {
				break
			}
			acc = next
			out[i] = acc / inv
		}
		head = i
	}
	if head == len(s) {
		return
	}
	// Nulls or infinities: the careful way from here on.
	sums := movingSums(s, n)
	counts := movingCounts(s, n)
	for i := head; i < len(s); i++ {
		out[i] = sums[i] / float64(counts[i]) // 0 of 0 is the null
	}
}

// movingCounts returns how many of each window are not null.
func movingCounts(s []float64, n int) []int {
	out := make([]int, len(s))
	count := 0
	for i, v := range s {
		if v == v {
			count++
		}
		if i >= n && s[i-n] == s[i-n] {
			count--
		}
		out[i] = count
	}
	return out
}

func mavg(e *Env, n int, c column) (kdb.Value, error) {
	s, err := floatsOf(e, c)
	if err != nil || c.t == kdb.TChar {
		return nil, ErrType
	}
	out := make([]kdb.Float, len(s))
	MovingAverage(view[float64](out), s, n)
	return kdb.NewVec(out), nil
}

func mcount(e *Env, n int, c column) (kdb.Value, error) {
	isNull := words[bool](nulls(c))
	out := make([]kdb.Long, c.n)
	count := kdb.Long(0)
	for i, null := range isNull {
		if !null {
			count++
		}
		if i >= n && !isNull[i-n] {
			count--
		}
		out[i] = count
	}
	return kdb.NewVec(out), nil
}

// mdev works out each window from its mean, which keeps what subtracting two
// sums of squares would lose.
func mdev(e *Env, n int, c column) (kdb.Value, error) {
	s, err := floatsOf(e, c)
	if err != nil {
		return nil, err
	}
	out := make([]kdb.Float, len(s))
	for i := range s {
		_, _, v := moments(s[max(0, i-n+1) : i+1])
		out[i] = kdb.Float(math.Sqrt(v))
	}
	return kdb.NewVec(out), nil
}

func mextreme(least bool) func(e *Env, n int, c column) (kdb.Value, error) {
	return func(e *Env, n int, c column) (kdb.Value, error) {
		if isSymbolic(c.t) || c.t == kdb.TGUID {
			return nil, ErrType
		}
		if n <= 0 {
			out := c.newColumn(c.n)
			copyWords(out, 0, c)
			return out.value(), nil
		}
		out := c.newColumn(c.n)
		keys := make([]int64, c.n)
		if isFloating(c.t) {
			for i, v := range words[float64](c.convert(e, kdb.TFloat)) {
				keys[i] = OrderKey(v)
			}
			movingExtremes(keys, n, least)
			back := make([]float64, c.n)
			for i, k := range keys {
				back[i] = keyFloat(k)
			}
			out.writeFloats(0, back)
		} else {
			c.readLongs(keys, 0, c.t)
			movingExtremes(keys, n, least)
			out.writeLongs(0, keys, false)
		}
		replaceHead(out, least)
		return out.value(), nil
	}
}

// keyFloat is OrderKey's inverse.
func keyFloat(k int64) float64 {
	if k == math.MinInt64 {
		return math.NaN()
	}
	return math.Float64frombits(uint64(k ^ int64(uint64(k>>63)>>1)))
}

// replaceHead turns nulls at the start of moving maximums into negative
// infinity: no item has been seen that is above it.
func replaceHead(c column, least bool) {
	if least {
		return
	}
	inf, err := extreme(nil, c.slice(0, 0), false)
	if err != nil {
		return
	}
	for i, null := range words[bool](nulls(c)) {
		if null && c.t != kdb.TChar {
			copyWords(c, i, mustAtomColumn(inf))
		}
	}
}

func mustAtomColumn(x kdb.Value) column { c, _ := atomColumn(x); return c }

// movingExtremes replaces each of s by the extreme of the window of up to n
// that ends at it. A window is the end of one block of n and the start of the
// next, so its extreme is that of a suffix and a prefix, which are worked out
// for all windows in two passes. Source: M. van Herk, "A fast algorithm for
// local minimum and maximum filters", 1992.
func movingExtremes(s []int64, n int, least bool) {
	if least {
		for i, v := range s {
			s[i] = ^v // the order the other way round
		}
	}
	n = min(n, max(len(s), 1))
	suffix := make([]int64, len(s))
	for lo := 0; lo < len(s); lo += n {
		hi := min(lo+n, len(s))
		acc := int64(math.MinInt64)
		for i := hi - 1; i >= lo; i-- {
			acc = max(acc, s[i])
			suffix[i] = acc
		}
	}
	for lo := 0; lo < len(s); lo += n {
		acc := int64(math.MinInt64)
		for i := lo; i < min(lo+n, len(s)); i++ {
			acc = max(acc, s[i])
			s[i] = acc
			if j := i - n + 1; j > 0 && j < lo {
				s[i] = max(acc, suffix[j])
			}
		}
	}
	if least {
		for i, v := range s {
			s[i] = ^v
		}
	}
}

// Ema returns the exponential moving average of y with smoothing x, an atom or
// one for each item. Errors: 'type, 'length.
func Ema(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch v := y.(type) {
	case *kdb.Dict:
		r, err := Ema(e, x, v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return Ema(e, x, c) })
	case *kdb.List:
		return downColumns(v, func(z kdb.Value) (kdb.Value, error) { return Ema(e, x, z) })
	}
	a, s, err := pairs(e, x, y)
	if err != nil {
		return nil, err
	}
	out := make([]kdb.Float, len(s))
	acc := 0.0
	for i, v := range s {
		if i == 0 {
			acc = v
		} else {
			acc += a[i] * (v - acc)
		}
		out[i] = kdb.Float(acc)
	}
	return kdb.NewVec(out), nil
}

func movingOps(r registry) {
	for name, f := range map[string]func(e *Env, n int, c column) (kdb.Value, error){
		"msum": msum, "mavg": mavg, "mcount": mcount, "mdev": mdev, "mmin": mextreme(true), "mmax": mextreme(false)} {
		r.binary(name, moving(f)).Uniform = true
	}
	r.binary("ema", Ema).Uniform = true
}
