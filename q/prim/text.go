package prim

import (
	"bytes"
	"unsafe"

	"github.com/quoinhq/quoin/kdb"
)

// lowerColumn returns chars or symbols in lower case.
func lowerColumn(c column) column { return mapText(c, lowerByte) }

func lowerByte(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func upperByte(b byte) byte {
	if b >= 'a' && b <= 'z' {
		return b - ('a' - 'A')
	}
	return b
}

// mapText maps the bytes of chars, or of each symbol's text.
func mapText(c column, f func(byte) byte) column {
	if c.t == kdb.TChar {
		out := c.newColumn(c.n)
		o := words[byte](out)
		for i, b := range words[byte](c) {
			o[i] = f(b)
		}
		return out
	}
	return colOf(kdb.NewVec(bySymbol(words[kdb.Symbol](c), func(s kdb.Symbol) kdb.Symbol {
		b := []byte(s.String())
		for j := range b {
			b[j] = f(b[j])
		}
		return kdb.SymBytes(b)
	})))
}

// shiftCase makes lower or upper of a byte function.
func shiftCase(f func(byte) byte) func(x kdb.Value) (kdb.Value, error) {
	return func(x kdb.Value) (kdb.Value, error) {
		return overItems(x, func(c column) (column, error) {
			c = plainColumn(c)
			if c.t != kdb.TChar && c.t != kdb.TSymbol {
				return c, ErrType
			}
			return mapText(c, f), nil
		})
	}
}

// trimmed makes trim, ltrim or rtrim: nulls off a vector's ends, through lists
// of strings.
func trimmed(left, right bool) func(x kdb.Value) (kdb.Value, error) {
	var self func(x kdb.Value) (kdb.Value, error)
	self = func(x kdb.Value) (kdb.Value, error) {
		switch v := x.(type) {
		case *kdb.List:
			return eachItem(v, self)
		case *kdb.Dict:
			r, err := self(v.V)
			return onlyDict(v.K, r, err)
		case *kdb.Table:
			return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return self(c) })
		}
		c, ok := columnOf(x)
		if !ok {
			if isAtom(x) {
				return x, nil
			}
			return nil, ErrType
		}
		null := words[bool](nulls(c))
		i, j := 0, c.n
		for left && i < j && null[i] {
			i++
		}
		for right && j > i && null[j-1] {
			j--
		}
		return Slice(x, i, j), nil
	}
	return self
}

// strings applies f to each string in x: to x itself, or down through lists.
func eachString(x kdb.Value, f func(b []byte) (kdb.Value, error)) (kdb.Value, error) {
	if b, ok := textOf(x); ok {
		if l, ok := x.(*kdb.List); !ok || len(l.V) > 0 {
			return f(b)
		}
	}
	switch v := x.(type) {
	case *kdb.Symbols:
		known := map[kdb.Symbol]kdb.Value{}
		out := make([]kdb.Value, len(v.V))
		for i, s := range v.V {
			r, ok := known[s]
			if !ok {
				var err error
				if r, err = f([]byte(s.String())); err != nil {
					return nil, err
				}
				known[s] = r
			}
			out[i] = r
		}
		if len(out) == 0 {
			return Empty(kdb.TBool), nil
		}
		return Collapse(out), nil
	case *kdb.Enum:
		return eachString(Symbols(v), f)
	case *kdb.List:
		if len(v.V) == 0 {
			return Empty(kdb.TBool), nil
		}
		return eachItem(v, func(y kdb.Value) (kdb.Value, error) { return eachString(y, f) })
	case *kdb.Dict:
		r, err := eachString(v.V, f)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return eachString(c, f) })
	}
	return nil, ErrType
}

// Like is q's x like y: whether each text matches a pattern. Errors: 'type,
// 'nyi for a pattern with more than two * of which q makes nothing.
func Like(x, y kdb.Value) (kdb.Value, error) {
	if ps, ok := y.(*kdb.List); ok {
		return eachItem(ps, func(p kdb.Value) (kdb.Value, error) { return Like(x, p) })
	}
	p, ok := textOf(y)
	if !ok {
		return nil, ErrType
	}
	if tooManyStars(p) {
		return nil, ErrNYI
	}
	if !texts(x) {
		return nil, ErrType
	}
	return testStrings(x, func(b []byte) bool { return matchGlob(p, b) })
}

// texts reports whether x is a text, or a list or dictionary of texts: like does
// not go deeper.
func texts(x kdb.Value) bool {
	if d, ok := x.(*kdb.Dict); ok {
		x = d.V
	}
	l, ok := x.(*kdb.List)
	if !ok {
		return true
	}
	for _, v := range l.V {
		if t := v.Type(); t != kdb.TChar && t != -kdb.TChar && t != -kdb.TSymbol && t != -kdb.TEnum {
			return false
		}
	}
	return true
}

// testStrings is eachString for a test: what is long goes into vectors of
// booleans without a value for each.
func testStrings(x kdb.Value, test func(b []byte) bool) (kdb.Value, error) {
	switch v := x.(type) {
	case *kdb.Symbols:
		return kdb.NewVec(bySymbol(v.V, func(s kdb.Symbol) kdb.Bool { return kdb.Bool(test(textBytes(s.String()))) })), nil
	case *kdb.Enum:
		return testStrings(Symbols(v), test)
	case *kdb.List:
		if texts, ok := stringsIn(v.V); ok && len(texts) > 0 {
			out := make([]kdb.Bool, len(texts))
			for i, s := range texts {
				out[i] = kdb.Bool(test(textBytes(s)))
			}
			return kdb.NewVec(out), nil
		}
	}
	return eachString(x, func(b []byte) (kdb.Value, error) { return kdb.Bool(test(b)), nil })
}

// textBytes returns a text as bytes that are not to be changed.
func textBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// tooManyStars reports the patterns that q refuses: a * inside, besides one at
// the start.
func tooManyStars(p []byte) bool {
	inside := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '[':
			i += classLen(p[i:]) - 1
		case '*':
			if i > 0 && i < len(p)-1 {
				inside++
			}
		}
	}
	lead := len(p) > 0 && p[0] == '*'
	return inside > 1 || inside == 1 && lead
}

// classLen returns the length of the list of alternatives that p begins with;
// 1 if it is never closed.
func classLen(p []byte) int {
	i := 1
	if i < len(p) && p[i] == '^' {
		i++
	}
	for j := i + 1; j < len(p); j++ {
		if p[j] == ']' {
			return j + 1
		}
	}
	return 1
}

// matchOne matches one byte against the pattern's first element and returns
// the element's length.
func matchOne(p []byte, c byte) (n int, ok bool) {
	switch p[0] {
	case '?':
		return 1, true
	case '[':
		n := classLen(p)
		if n == 1 {
			return 1, c == '['
		}
		set := p[1 : n-1]
		negate := len(set) > 1 && set[0] == '^'
		if negate {
			set = set[1:]
		}
		in := false
		for i := 0; i < len(set); i++ {
			if i+2 < len(set) && set[i+1] == '-' {
				in = in || set[i] <= c && c <= set[i+2]
				i += 2
				continue
			}
			in = in || set[i] == c
		}
		return n, in != negate
	}
	return 1, p[0] == c
}

// matchGlob matches all of s against a pattern with *, going back to the last
// * when what follows it fails.
func matchGlob(p, s []byte) bool {
	pi, si := 0, 0
	star, mark := -1, 0
	for si < len(s) {
		if pi < len(p) && p[pi] == '*' {
			star, mark = pi, si
			pi++
			continue
		}
		if pi < len(p) {
			if n, ok := matchOne(p[pi:], s[si]); ok {
				pi += n
				si++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		pi, si = star+1, mark
	}
	for pi < len(p) && p[pi] == '*' {
		pi++
	}
	return pi == len(p)
}

// matchAt matches the pattern, which has no *, at the start of s and returns
// how long the match is.
func matchAt(p, s []byte) (int, bool) {
	si := 0
	for pi := 0; pi < len(p); {
		if si == len(s) {
			return 0, false
		}
		n, ok := matchOne(p[pi:], s[si])
		if !ok {
			return 0, false
		}
		pi += n
		si++
	}
	return si, true
}

// findAll returns where the pattern matches in s, one match after the other.
// Errors: 'length for an empty pattern or one with *.
func findAll(s, p []byte) (at []kdb.Long, size int, err error) {
	if len(p) == 0 {
		return nil, 0, ErrLength
	}
	for i := 0; i < len(p); i++ {
		if p[i] == '[' {
			i += classLen(p[i:]) - 1
		} else if p[i] == '*' {
			return nil, 0, ErrLength
		}
	}
	at = []kdb.Long{}
	plain := !bytes.ContainsAny(p, "?[")
	for i := 0; i < len(s); {
		if plain {
			j := bytes.Index(s[i:], p)
			if j < 0 {
				break
			}
			i += j
		}
		n, ok := matchAt(p, s[i:])
		if !ok {
			i++
			continue
		}
		at = append(at, kdb.Long(i))
		size = n
		i += n
	}
	return at, size, nil
}

// Ss is q's x ss y: where a pattern matches in a string. Errors: 'type, 'length.
func Ss(x, y kdb.Value) (kdb.Value, error) {
	p, ok := textOf(y)
	if !ok {
		return nil, ErrType
	}
	switch x.(type) {
	case *kdb.Chars, kdb.Char, *kdb.List, *kdb.Dict:
	default:
		return nil, ErrType
	}
	return eachString(x, func(s []byte) (kdb.Value, error) {
		at, _, err := findAll(s, p)
		if err != nil {
			return nil, err
		}
		return kdb.NewVec(at), nil
	})
}

// Ssr is q's ssr[x;y;z]: x with what matches y replaced by z, or by z of it
// where z is a function. Errors: 'type, 'length, and the function's own.
func Ssr(e *Env, args []kdb.Value) (kdb.Value, error) {
	if len(args) != 3 {
		return nil, ErrRank
	}
	p, ok := textOf(args[1])
	if !ok {
		return nil, ErrType
	}
	if args[0].Type() == -kdb.TChar {
		return nil, ErrType
	}
	with, plain := textOf(args[2])
	return eachString(args[0], func(s []byte) (kdb.Value, error) {
		at, size, err := findAll(s, p)
		if err != nil {
			return nil, err
		}
		var out []byte
		if plain {
			room(len(s)+len(at)*len(with), 1)
		}
		last := 0
		for _, i := range at {
			out = append(out, s[last:i]...)
			last = int(i) + size
			if plain {
				out = append(out, with...)
				continue
			}
			if e == nil || e.Apply == nil {
				return nil, ErrType
			}
			r, err := e.Apply(args[2], chars(bytes.Clone(s[i:last])))
			if err != nil {
				return nil, err
			}
			b, ok := textOf(r)
			if !ok {
				return nil, ErrType
			}
			out = append(out, b...)
		}
		return chars(append(out, s[last:]...)), nil
	})
}

func textOps(r registry) {
	r.one("lower", shiftCase(lowerByte)).Atomic = true
	r.one("upper", shiftCase(upperByte)).Atomic = true
	r.one("trim", trimmed(true, true))
	r.one("ltrim", trimmed(true, false))
	r.one("rtrim", trimmed(false, true))
	r.two("like", Like)
	r.two("ss", Ss)
	r.get("ssr", 100).Variadic = Ssr
	r.unary("string", String)
	r.binary("$", Dollar)
	r.two("sv", Sv)
	r.two("vs", Vs)
	r.one("md5", Md5)
}
