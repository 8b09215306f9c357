package prim

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// RandomSource is a small fast generator, SplitMix64, for Env.Rand: the same
// seed gives the same numbers. Source: G. Steele and others, "Fast Splittable
// Pseudorandom Number Generators", 2014. Not safe for concurrent use.
type RandomSource struct{ state uint64 }

// NewRandomSource returns a generator with a seed, as \S sets it.
func NewRandomSource(seed int64) *RandomSource { return &RandomSource{uint64(seed)} }

// Uint64 returns the next 64 random bits.
func (s *RandomSource) Uint64() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (e *Env) random() Source {
	if e.Rand == nil {
		e.Rand = NewRandomSource(-314159)
	}
	return e.Rand
}

// below returns a random number from 0 to n-1. The high half of a product
// replaces a division; the bias is below n/2^64.
func below(r Source, n uint64) uint64 {
	hi, _ := bits.Mul64(r.Uint64(), n)
	return hi
}

func unit(r Source) float64 { return float64(r.Uint64()>>11) * 0x1p-53 }

// Roll is q's n?x: n random items of a list, or random values of an atom's type
// below it; without repeats for negative n; all of x in random order for a
// null n. Errors: 'type, 'length, 'domain.
func Roll(e *Env, n int64, x kdb.Value) (kdb.Value, error) {
	r := e.random()
	if n == int64(kdb.NullLong) {
		m, ok := intAtom(x)
		if ok && !isList(x) {
			if m < 0 {
				return nil, ErrDomain
			}
			room(int(m), 8)
			return dealTil(r, int(m), m), nil
		}
		if !isList(x) {
			return nil, ErrType
		}
		p := dealTil(r, x.Len(), int64(x.Len()))
		return Gather(x, p.V), nil
	}
	k := int(absInt(n))
	room(k, 16)
	if isList(x) {
		m := x.Len()
		if n < 0 {
			if k > m {
				return nil, ErrLength
			}
			return Gather(x, dealTil(r, k, int64(m)).V), nil
		}
		if m == 0 {
			if k == 0 {
				return x, nil
			}
			return nil, ErrLength
		}
		return Gather(x, view[kdb.Long](rollInts(r, k, uint64(m)))), nil
	}
	return rollAtom(r, n, k, x)
}

func rollInts(r Source, k int, m uint64) []int64 {
	out := make([]int64, k)
	if s, ok := r.(*RandomSource); ok { // without a call through the interface
		for i := range out {
			hi, _ := bits.Mul64(s.Uint64(), m)
			out[i] = int64(hi)
		}
		return out
	}
	for i := range out {
		out[i] = int64(below(r, m))
	}
	return out
}

// dealTil returns k different numbers below m.
func dealTil(r Source, k int, m int64) *kdb.Longs {
	if int64(k)*4 < m {
		seen := make(map[int64]bool, k)
		out := make([]kdb.Long, 0, k)
		for len(out) < k {
			v := int64(below(r, uint64(m)))
			if !seen[v] {
				seen[v] = true
				out = append(out, kdb.Long(v))
			}
		}
		return kdb.NewVec(out)
	}
	room(int(m), 8)
	all := make([]kdb.Long, m)
	for i := range all {
		all[i] = kdb.Long(i)
	}
	for i := range k {
		j := i + int(below(r, uint64(m)-uint64(i)))
		all[i], all[j] = all[j], all[i]
	}
	return kdb.NewVec(all[:k:k])
}

func rollAtom(r Source, n int64, k int, x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Symbol:
		return rollSymbols(r, n, k, v.String())
	case kdb.GUID:
		out := make([]kdb.GUID, k)
		for i := range out {
			for j := 0; j < 16; j += 8 {
				for b, u := 0, r.Uint64(); b < 8; b++ {
					out[i][j+b] = byte(u >> (8 * b))
				}
			}
		}
		return kdb.NewVec(out), nil
	case kdb.EnumAtom:
		return nil, ErrType
	case kdb.Long:
		if n < 0 {
			if v < 0 {
				return nil, ErrDomain
			}
			if kdb.Long(k) > v {
				return nil, ErrLength
			}
			return dealTil(r, k, int64(v)), nil
		}
	}
	if n < 0 {
		if m, ok := intAtom(x); ok && m >= int64(k) && x.Type() != -kdb.TBool {
			c := colOf(dealTil(r, k, m))
			return c.convert(nil, -x.Type()).value(), nil
		}
		return nil, ErrType
	}
	c, ok := atomColumn(x)
	if !ok {
		return nil, ErrType
	}
	out := alloc(c.t, k)
	switch c.t {
	case kdb.TBool:
		for i := range words[byte](out) {
			words[byte](out)[i] = byte(r.Uint64() >> 63)
		}
		return out.value(), nil
	case kdb.TChar:
		for i := range words[byte](out) {
			words[byte](out)[i] = 'a' + byte(below(r, 26))
		}
		return out.value(), nil
	}
	if isFloating(c.t) {
		m := words[float64](c.convert(nil, kdb.TFloat))[0]
		buf := make([]float64, k)
		for i := range buf {
			buf[i] = unit(r) * m
		}
		out.writeFloats(0, buf)
		return out.value(), nil
	}
	m := c.asLongs()[0]
	if m < 0 {
		return nil, ErrDomain
	}
	limit := uint64(m)
	if m == 0 {
		limit = 1 << (8 * width(c.t))
		if width(c.t) == 8 {
			limit = math.MaxInt64
		}
	}
	nums := rollInts(r, k, limit)
	if width(c.t) == 8 {
		return column{t: c.t, n: k, p: colOf(kdb.NewVec(view[kdb.Long](nums))).p}.value(), nil
	}
	out.writeLongs(0, nums, false)
	return out.value(), nil
}

// rollSymbols makes symbols of as many letters, a to p, as the symbol says.
func rollSymbols(r Source, n int64, k int, text string) (kdb.Value, error) {
	size, err := strconv.Atoi(text)
	if err != nil || size < 1 || size > 8 {
		return nil, ErrType
	}
	if n < 0 && float64(k) > math.Pow(16, float64(size)) {
		return nil, ErrLength
	}
	out := make([]kdb.Symbol, 0, k)
	seen := map[kdb.Symbol]bool{}
	var b [8]byte
	for len(out) < k {
		u := r.Uint64()
		for j := range size {
			b[j] = 'a' + byte(u>>(60-4*j)&15)
		}
		s := kdb.SymBytes(b[:size])
		if n < 0 {
			if seen[s] {
				continue
			}
			seen[s] = true
		}
		out = append(out, s)
	}
	return kdb.NewVec(out), nil
}

// query is q's x?y with everything it means: find, roll and deal, extend an
// enumeration.
func query(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Symbol:
		if strings.HasPrefix(v.String(), ":") {
			return nil, ErrNYI // the file is the evaluator's to extend
		}
		return EnumExtend(e, v, y)
	case kdb.Long, kdb.Int, kdb.Short:
		n, _ := intAtom(x)
		return Roll(e, n, y)
	}
	return Find(x, y)
}

func randomOps(r registry) {
	r.binary("?", query).Variadic = choose
	r.unary("rand", func(e *Env, x kdb.Value) (kdb.Value, error) {
		v, err := Roll(e, 1, x)
		if err != nil {
			return nil, err
		}
		return First(v), nil
	})
}
