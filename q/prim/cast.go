package prim

import (
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// ErrCast is q's error for a symbol that is not in an enumeration's domain.
const ErrCast = kdb.Error("cast")

// typeNames are the symbols that name types in a cast.
var typeNames = map[string]kdb.Type{
	"boolean": kdb.TBool, "guid": kdb.TGUID, "byte": kdb.TByte, "short": kdb.TShort, "int": kdb.TInt, "long": kdb.TLong,
	"real": kdb.TReal, "float": kdb.TFloat, "char": kdb.TChar, "symbol": kdb.TSymbol, "timestamp": kdb.TTimestamp,
	"month": kdb.TMonth, "date": kdb.TDate, "datetime": kdb.TDatetime, "timespan": kdb.TTimespan, "minute": kdb.TMinute,
	"second": kdb.TSecond, "time": kdb.TTime,
}

// TypeNamed returns the type that a symbol such as `int names.
func TypeNamed(name string) (kdb.Type, bool) { t, ok := typeNames[name]; return t, ok }

// TypeName returns the symbol's text that names a vector type, "" for none.
func TypeName(t kdb.Type) string {
	for n, u := range typeNames {
		if u == t {
			return n
		}
	}
	return ""
}

// Dollar is q's x$y: cast, tok, pad, enumerate and matrix product, told apart
// by the type of x. Errors: 'type, 'length, 'cast, 'domain.
func Dollar(e *Env, x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Char:
		return castLetter(e, byte(v), y)
	case kdb.Short:
		if v < 0 {
			return Tok(e, kdb.Type(-v), y)
		}
		return Cast(e, kdb.Type(v), y)
	case kdb.Symbol:
		return castName(e, v, y)
	case kdb.Long, kdb.Int:
		n, _ := intAtom(x)
		return Pad(n, y)
	case *kdb.Floats:
		return Mmu(x, y)
	case *kdb.List:
		if len(v.V) > 0 && isFloatRows(v) {
			return Mmu(x, y)
		}
	case *kdb.Chars:
		if len(v.V) == 1 || y.Type() < 0 || !isList(y) {
			break
		}
		if y.Type() == kdb.TList && y.Len() != len(v.V) {
			return nil, ErrLength
		}
	}
	if isList(x) {
		if !isList(y) || y.Type() == kdb.TChar && x.Type() == kdb.TChar {
			return eachItem(x, func(t kdb.Value) (kdb.Value, error) { return Dollar(e, t, y) })
		}
		if x.Len() != y.Len() {
			return nil, ErrLength
		}
		out := make([]kdb.Value, x.Len())
		for i := range out {
			r, err := Dollar(e, Item(x, i), Item(y, i))
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return Collapse(out), nil
	}
	return nil, ErrType
}

func isFloatRows(l *kdb.List) bool {
	for _, r := range l.V {
		if r.Type() != kdb.TFloat {
			return false
		}
	}
	return true
}

func castLetter(e *Env, c byte, y kdb.Value) (kdb.Value, error) {
	if c == '*' {
		return y, nil
	}
	if t, ok := typeOfLetter(c); ok {
		return Cast(e, t, y)
	}
	if t, ok := typeOfLetter(lowerByte(c)); ok {
		return Tok(e, t, y)
	}
	return nil, ErrDomain
}

func castName(e *Env, s kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	if s == (kdb.Symbol{}) {
		return Tok(e, kdb.TSymbol, y)
	}
	name := s.String()
	if t, ok := typeNames[name]; ok {
		return Cast(e, t, y)
	}
	if isPart(name) && y.Type() != kdb.TSymbol && y.Type() != -kdb.TSymbol {
		return TemporalPart(name, y)
	}
	return Enumerate(e, s, y)
}

// Cast converts to a vector type, item by item: numbers keep their value,
// temporals their instant or time of day, a string becomes a symbol as a
// whole. Errors: 'type.
func Cast(e *Env, t kdb.Type, y kdb.Value) (kdb.Value, error) {
	if t == kdb.TList {
		return y, nil
	}
	if t == kdb.TSymbol {
		return toSymbol(y)
	}
	if t < 0 || t > kdb.TTime || letterIndex[t] == 255 {
		return nil, ErrType
	}
	return castItems(e, t, y)
}

// castItems is Cast through lists; the empty list becomes the empty vector.
func castItems(e *Env, t kdb.Type, y kdb.Value) (kdb.Value, error) {
	switch v := y.(type) {
	case *kdb.List:
		if len(v.V) == 0 {
			return Empty(t), nil
		}
		return eachItem(v, func(z kdb.Value) (kdb.Value, error) { return castItems(e, t, z) })
	case *kdb.Dict:
		r, err := castItems(e, t, v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return castItems(e, t, c) })
	}
	return overItems(y, func(c column) (column, error) { return castColumn(e, c, t) })
}

func castColumn(e *Env, c column, t kdb.Type) (column, error) {
	switch {
	case c.t == t:
		return c, nil
	case t == kdb.TGUID || c.t == kdb.TGUID || c.t == kdb.TSymbol:
		return c, ErrType
	case t == kdb.TBool:
		return truth(c)
	case t == kdb.TChar || t == kdb.TByte:
		out := alloc(t, c.n)
		if width(c.t) == 1 {
			copyWords(out, 0, c)
			return out, nil
		}
		var buf [blockLen]int64
		for lo := 0; lo < c.n; lo += blockLen {
			b := buf[:min(blockLen, c.n-lo)]
			c.readLongs(b, lo, t)
			for i, v := range b {
				// What is above the greatest int becomes the greatest byte;
				// below, the lowest eight bits remain.
				if v > math.MaxInt32 {
					b[i] = 255
				}
			}
			out.writeLongs(lo, b, false)
		}
		return out, nil
	case c.t == kdb.TDatetime && !isTemporal(t) && !isFloating(t):
		return c.convert(e, t), nil
	}
	return c.convert(e, t), nil
}

func toSymbol(y kdb.Value) (kdb.Value, error) {
	switch v := y.(type) {
	case kdb.Symbol, *kdb.Symbols:
		return y, nil
	case kdb.EnumAtom:
		return v.Sym(), nil
	case *kdb.Enum:
		return Symbols(v), nil
	case kdb.Char:
		return kdb.Sym(string(rune(v))), nil
	case *kdb.Chars:
		return kdb.SymBytes(trimBytes(view[byte](v.V))), nil
	case *kdb.List:
		if len(v.V) == 0 {
			return Empty(kdb.TSymbol), nil
		}
		return eachItem(v, toSymbol)
	case *kdb.Dict:
		r, err := toSymbol(v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return toSymbol(c) })
	}
	return nil, ErrType
}

func trimBytes(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

func isPart(name string) bool {
	switch name {
	case "year", "mm", "dd", "hh", "uu", "ss", "week":
		return true
	}
	return false
}

// HasPart reports whether a temporal type has the named part: what may follow
// the dot in x.minute. Besides the number parts these are the temporal types.
func HasPart(t kdb.Type, name string) bool {
	if t < 0 {
		t = -t
	}
	if !isTemporal(t) {
		return false
	}
	clock := t != kdb.TDate && t != kdb.TMonth
	dated := t == kdb.TTimestamp || t == kdb.TDate || t == kdb.TDatetime
	switch name {
	case "year", "mm", "month":
		return dated || t == kdb.TMonth
	case "dd", "week", "date":
		return dated
	case "hh", "uu", "ss", "minute", "second", "time", "timespan":
		return clock
	case "timestamp", "datetime":
		return dated
	}
	return false
}

// TemporalPart returns a named part of a temporal: year, mm, dd, hh, uu and ss
// as ints, week as the date of its Monday, a type's name as a cast to it.
// Errors: 'type where the type has no such part.
func TemporalPart(name string, y kdb.Value) (kdb.Value, error) {
	if t, ok := typeNames[name]; ok {
		return Cast(nil, t, y)
	}
	return overItems(y, func(c column) (column, error) {
		if !isTemporal(c.t) || !HasPart(c.t, name) {
			return c, ErrType
		}
		if name == "week" {
			d := c.convert(nil, kdb.TDate)
			out := alloc(kdb.TDate, c.n)
			for i, v := range words[int32](d) {
				words[int32](out)[i] = v
				if v != math.MinInt32 {
					// 2000.01.01 was a Saturday, two days short of a Monday.
					words[int32](out)[i] = v - int32(modInt(int64(v)-2, 7, math.MinInt64))
				}
			}
			return out, nil
		}
		out := alloc(kdb.TInt, c.n)
		o := words[int32](out)
		switch name {
		case "hh", "uu", "ss":
			s := c.convert(nil, kdb.TSecond)
			for i, v := range words[int32](s) {
				o[i] = v
				if v == math.MinInt32 {
					continue
				}
				switch name {
				case "hh":
					o[i] = int32(floorDiv(int64(v), 3600))
				case "uu":
					o[i] = int32(modInt(floorDiv(int64(v), 60), 60, math.MinInt64))
				default:
					o[i] = int32(modInt(int64(v), 60, math.MinInt64))
				}
			}
			return out, nil
		}
		d := words[int32](c.convert(nil, kdb.TDate))
		for i, v := range d {
			o[i] = v
			if v == math.MinInt32 {
				continue
			}
			year, month, day := civil(v)
			switch name {
			case "year":
				o[i] = int32(year)
			case "mm":
				o[i] = int32(month)
			default:
				o[i] = int32(day)
			}
		}
		return out, nil
	})
}

// Pad is q's n$y on strings: cut or filled with blanks to n chars, on the left
// for negative n. Errors: 'type.
func Pad(n int64, y kdb.Value) (kdb.Value, error) {
	switch v := y.(type) {
	case *kdb.Chars, kdb.Char:
		s, _ := textOf(v)
		w := int(absInt(n))
		room(w, 1)
		out := make([]byte, w)
		for i := range out {
			out[i] = ' '
		}
		if n >= 0 {
			copy(out, s)
		} else if len(s) >= w {
			copy(out, s[len(s)-w:])
		} else {
			copy(out[w-len(s):], s)
		}
		return chars(out), nil
	case *kdb.List:
		return eachItem(v, func(z kdb.Value) (kdb.Value, error) { return Pad(n, z) })
	case *kdb.Dict:
		r, err := Pad(n, v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return Pad(n, c) })
	}
	return nil, ErrType
}

// Enumerate is q's `dom$y: symbols as an enumeration over the global list dom.
// Errors: 'cast for a symbol that is not in it, 'type, and what the
// environment returns for a name it does not know.
func Enumerate(e *Env, name kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	if e == nil || e.Get == nil {
		return nil, ErrType
	}
	g, err := e.Get(name)
	if err != nil {
		return nil, err
	}
	dom, ok := DomainOf(g)
	if !ok {
		if kt, _, is := kdb.IsKeyed(g); is && len(kt.Cols) == 1 && kt.Cols[0].Type() > 0 {
			return foreign(name, kt.Cols[0], Unlinked(y))
		}
		return nil, ErrType
	}
	return enumerate(name, dom, y)
}

// DomainOf returns the symbols that an enumeration over a global's value
// stands for: the value's own, or the first key column's of a keyed table. ok
// is false for a value that is no domain.
func DomainOf(v kdb.Value) (dom *kdb.Symbols, ok bool) {
	if kt, _, keyed := kdb.IsKeyed(v); keyed && len(kt.Cols) > 0 {
		v = kt.Cols[0]
	}
	switch x := v.(type) {
	case *kdb.Symbols:
		return x, true
	case *kdb.Enum:
		if !x.IsLink() {
			return Symbols(x), true
		}
	}
	return nil, false
}

func enumerate(name kdb.Symbol, dom *kdb.Symbols, y kdb.Value) (kdb.Value, error) {
	switch v := desymbol(y).(type) {
	case kdb.Symbol:
		pos, err := Find(dom, v)
		if err != nil {
			return nil, err
		}
		i := pos.(kdb.Long)
		if int(i) == len(dom.V) {
			if v != (kdb.Symbol{}) {
				return nil, ErrCast
			}
			i = kdb.NullLong
		}
		return kdb.EnumAtom{Domain: name, Dom: dom, I: i}, nil
	case *kdb.Symbols:
		pos, err := Find(dom, v)
		if err != nil {
			return nil, err
		}
		idx := pos.(*kdb.Longs).V
		for i, p := range idx {
			if int(p) == len(dom.V) {
				if v.V[i] != (kdb.Symbol{}) {
					return nil, ErrCast
				}
				idx[i] = kdb.NullLong
			}
		}
		return &kdb.Enum{Domain: name, Dom: dom, V: idx}, nil
	case *kdb.List:
		return eachItem(v, func(z kdb.Value) (kdb.Value, error) { return enumerate(name, dom, z) })
	}
	return nil, ErrType
}

// EnumExtend is q's `dom?y: symbols as an enumeration over the global list dom,
// to which those that are missing are added. Errors: 'type, and what the
// environment returns.
func EnumExtend(e *Env, name kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	if e == nil || e.Get == nil || e.Set == nil {
		return nil, ErrType
	}
	dom := kdb.NewVec([]kdb.Symbol{})
	if g, err := e.Get(name); err == nil {
		switch v := g.(type) {
		case *kdb.Symbols:
			dom = v
		case *kdb.List:
			if len(v.V) > 0 {
				return nil, ErrType
			}
		default:
			return nil, ErrType
		}
	}
	plain := desymbol(y)
	if !isSymbolic(kdb.Type(abs8(plain.Type()))) {
		if l, ok := plain.(*kdb.List); ok {
			return eachItem(l, func(z kdb.Value) (kdb.Value, error) { return EnumExtend(e, name, z) })
		}
		return nil, ErrType
	}
	fresh, err := Except(Distinct(listOf(plain)), dom)
	if err != nil {
		return nil, err
	}
	if s, ok := fresh.(*kdb.Symbols); ok && len(s.V) > 0 {
		dom = AppendValues(dom, s).(*kdb.Symbols)
		if err := e.Set(name, dom); err != nil {
			return nil, err
		}
	}
	r, err := enumerate(name, dom, plain)
	if en, ok := r.(*kdb.Enum); ok && err == nil {
		en.Attr = AttrOf(y)
	}
	return r, err
}

func listOf(x kdb.Value) kdb.Value {
	if isList(x) {
		return x
	}
	return Enlist(x)
}
