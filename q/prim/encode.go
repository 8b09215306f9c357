package prim

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"math"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Md5 returns the MD5 digest of a string as bytes. Errors: 'type.
func Md5(x kdb.Value) (kdb.Value, error) {
	switch x.(type) {
	case *kdb.Chars, kdb.Char:
		b, _ := textOf(x)
		sum := md5.Sum(b)
		return kdb.NewVec(view[kdb.Byte](sum[:])), nil
	}
	return nil, ErrType
}

// Vs is q's x vs y: a string cut at a delimiter, a symbol at its dots, a file
// handle into folder and file, a number into bits, bytes or digits.
// Errors: 'type, 'domain.
func Vs(x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Char, *kdb.Chars:
		sep, _ := textOf(x)
		if l, ok := y.(*kdb.List); ok {
			return eachKeep(l.V, func(z kdb.Value) (kdb.Value, error) { return Vs(x, z) })
		}
		b, ok := bytesOrText(y)
		if !ok {
			return nil, ErrType
		}
		return splitBytes(b, sep, func(p []byte) kdb.Value { return chars(bytes.Clone(p)) })
	case kdb.Symbol:
		return splitNull(v, y)
	case kdb.Byte:
		if b, ok := y.(*kdb.Bytes); ok {
			return splitBytes(view[byte](b.V), []byte{byte(v)}, byteVec)
		}
		return numberBytes(y)
	case *kdb.Bytes:
		if b, ok := y.(*kdb.Bytes); ok {
			return splitBytes(view[byte](b.V), view[byte](v.V), byteVec)
		}
		return nil, ErrType
	case kdb.Bool:
		return numberBits(y)
	}
	return digitsOf(x, y)
}

func byteVec(p []byte) kdb.Value { return kdb.NewVec(view[kdb.Byte](bytes.Clone(p))) }

func bytesOrText(y kdb.Value) ([]byte, bool) {
	switch v := y.(type) {
	case *kdb.Chars, kdb.Char:
		return textOf(y)
	case *kdb.Bytes:
		return view[byte](v.V), true
	}
	return nil, false
}

func splitBytes(b, sep []byte, make1 func([]byte) kdb.Value) (kdb.Value, error) {
	if len(sep) == 0 {
		return nil, ErrLength
	}
	parts := bytes.Split(b, sep)
	out := make([]kdb.Value, len(parts))
	for i, p := range parts {
		out[i] = make1(p)
	}
	return &kdb.List{V: out}, nil
}

func splitNull(s kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	if s != (kdb.Symbol{}) {
		return nil, ErrType
	}
	switch v := desymbol(y).(type) {
	case *kdb.Chars, kdb.Char, *kdb.Bytes:
		b, _ := bytesOrText(v)
		if len(b) == 0 {
			return &kdb.List{}, nil
		}
		b = bytes.TrimSuffix(b, []byte("\n"))
		parts := bytes.Split(b, []byte("\n"))
		out := make([]kdb.Value, len(parts))
		for i, p := range parts {
			out[i] = chars(bytes.Clone(bytes.TrimSuffix(p, []byte("\r"))))
		}
		return &kdb.List{V: out}, nil
	case kdb.Symbol:
		t := v.String()
		if strings.HasPrefix(t, ":") {
			i := strings.LastIndexByte(t, '/')
			if i < 0 {
				return kdb.Syms(":", t[1:]), nil
			}
			return kdb.Syms(t[:i], t[i+1:]), nil
		}
		return kdb.Syms(strings.Split(t, ".")...), nil
	case *kdb.Symbols:
		return eachKeep(Items(v), func(z kdb.Value) (kdb.Value, error) { return splitNull(s, z) })
	}
	return nil, ErrType
}

// bigEndian returns the bytes of an atom, most significant first.
func bigEndian(y kdb.Value) ([]byte, bool) {
	c, ok := atomColumn(y)
	if !ok || isSymbolic(c.t) {
		return nil, false
	}
	b := bytes.Clone(bytesOf(c))
	if c.t != kdb.TGUID {
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
	return b, true
}

func numberBytes(y kdb.Value) (kdb.Value, error) {
	if c, ok := columnOf(y); ok {
		return eachKeep(Items(c.value()), numberBytes)
	}
	b, ok := bigEndian(y)
	if !ok {
		return nil, ErrType
	}
	return kdb.NewVec(view[kdb.Byte](b)), nil
}

func numberBits(y kdb.Value) (kdb.Value, error) {
	if _, ok := columnOf(y); ok {
		return eachKeep(Items(y), numberBits)
	}
	b, ok := bigEndian(y)
	if !ok {
		return nil, ErrType
	}
	out := make([]kdb.Bool, 0, 8*len(b))
	for _, v := range b {
		for k := 7; k >= 0; k-- {
			out = append(out, v>>k&1 == 1)
		}
	}
	return kdb.NewVec(out), nil
}

// digitsOf returns the digits of y in one base, or in the mixed bases of a
// vector; of a vector y a matrix with a row for each place.
func digitsOf(x, y kdb.Value) (kdb.Value, error) {
	if l, ok := y.(*kdb.List); ok {
		flat, err := RazeItems(l.V)
		if err != nil {
			return nil, err
		}
		c, ok := columnOf(flat)
		if !ok {
			return nil, ErrType
		}
		m, err := digitsOf(x, c.value())
		if err != nil {
			return nil, err
		}
		return eachKeep(Items(m), func(row kdb.Value) (kdb.Value, error) {
			at := 0
			return eachKeep(l.V, func(z kdb.Value) (kdb.Value, error) {
				n := z.Len()
				at += n
				if isAtom(z) {
					return Item(row, at-1), nil
				}
				return Slice(row, at-n, at), nil
			})
		})
	}
	var nums []kdb.Long
	atom := isAtom(y)
	if n, ok := numberAtom(y); ok {
		nums = []kdb.Long{kdb.Long(n)}
	} else if c, ok := columnOf(y); ok && !isSymbolic(c.t) {
		nums = view[kdb.Long](c.asLongsRaw())
	} else {
		return nil, ErrType
	}
	var rows [][]kdb.Long
	if base, ok := intAtom(x); ok {
		if base < 2 {
			return nil, ErrDomain
		}
		rest := append([]kdb.Long(nil), nums...)
		for {
			row := make([]kdb.Long, len(rest))
			more := false
			for i, v := range rest {
				row[i] = kdb.Long(modInt(int64(v), base, math.MinInt64))
				rest[i] = kdb.Long(divInt(int64(v), base, math.MinInt64))
				more = more || rest[i] > 0
			}
			rows = append([][]kdb.Long{row}, rows...)
			if !more {
				break
			}
		}
	} else {
		bases, ok := intVector(x)
		if !ok {
			return nil, ErrType
		}
		room(len(bases)*len(nums), 8)
		rows = make([][]kdb.Long, len(bases))
		rest := append([]kdb.Long(nil), nums...)
		for k := len(bases) - 1; k >= 0; k-- {
			rows[k] = make([]kdb.Long, len(rest))
			for i, v := range rest {
				if bases[k] == 0 || k == 0 && bases[k] == 0 {
					rows[k][i] = v
					rest[i] = 0
					continue
				}
				rows[k][i] = kdb.Long(modInt(int64(v), int64(bases[k]), math.MinInt64))
				rest[i] = kdb.Long(divInt(int64(v), int64(bases[k]), math.MinInt64))
			}
		}
	}
	if atom {
		out := make([]kdb.Long, len(rows))
		for k, r := range rows {
			out[k] = r[0]
		}
		return kdb.NewVec(out), nil
	}
	out := make([]kdb.Value, len(rows))
	for k, r := range rows {
		out[k] = kdb.NewVec(r)
	}
	return &kdb.List{V: out}, nil
}

// numberAtom returns the underlying integer of a numeric or temporal atom.
func numberAtom(y kdb.Value) (int64, bool) {
	c, ok := atomColumn(y)
	if !ok || isSymbolic(c.t) || c.t == kdb.TGUID {
		return 0, false
	}
	return c.asLongsRaw()[0], true
}

// asLongsRaw is asLongs for floats too.
func (c column) asLongsRaw() []int64 {
	if width(c.t) == 8 && !isFloating(c.t) {
		return words[int64](c)
	}
	out := make([]int64, c.n)
	c.readLongs(out, 0, c.t)
	return out
}

// Sv is q's x sv y: the opposite of Vs. Errors: 'type, 'length.
func Sv(x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Char, *kdb.Chars:
		sep, _ := textOf(x)
		return joinTexts(y, sep, nil)
	case kdb.Symbol:
		if v != (kdb.Symbol{}) {
			return nil, ErrType
		}
		return joinNull(y)
	case kdb.Bool:
		return bitsNumber(y)
	case kdb.Byte:
		if l, ok := y.(*kdb.List); ok {
			return joinByteLists(l, []byte{byte(v)})
		}
		if b, ok := y.(*kdb.Bytes); ok && v == 0 {
			return bytesNumber(view[byte](b.V))
		}
	case *kdb.Bytes:
		if l, ok := y.(*kdb.List); ok {
			return joinByteLists(l, view[byte](v.V))
		}
	}
	return fromDigits(x, y)
}

func joinTexts(y kdb.Value, sep, tail []byte) (kdb.Value, error) {
	items := listItems(y)
	total := len(sep)*len(items) + len(tail)
	for _, z := range items {
		total += z.Len()
	}
	room(total, 1)
	out := make([]byte, 0, total)
	for i, z := range items {
		b, ok := textOf(z)
		if _, isSym := z.(kdb.Symbol); !ok || isSym {
			return nil, ErrType
		}
		if i > 0 {
			out = append(out, sep...)
		}
		out = append(out, b...)
	}
	return chars(append(out, tail...)), nil
}

func joinNull(y kdb.Value) (kdb.Value, error) {
	s, ok := desymbol(y).(*kdb.Symbols)
	if !ok {
		if y.Len() == 0 {
			return kdb.Str(""), nil
		}
		return joinTexts(y, []byte("\n"), []byte("\n"))
	}
	sep := "."
	if len(s.V) > 0 && strings.HasPrefix(s.V[0].String(), ":") {
		sep = "/"
	}
	parts := make([]string, len(s.V))
	for i, z := range s.V {
		parts[i] = z.String()
	}
	return kdb.Sym(strings.Join(parts, sep)), nil
}

func joinByteLists(l *kdb.List, sep []byte) (kdb.Value, error) {
	var out []byte
	for i, z := range l.V {
		b, ok := bytesOrText(listOf(z))
		if !ok {
			return nil, ErrType
		}
		if i > 0 {
			out = append(out, sep...)
		}
		out = append(out, b...)
	}
	return kdb.NewVec(view[kdb.Byte](out)), nil
}

func bytesNumber(b []byte) (kdb.Value, error) {
	switch len(b) {
	case 2:
		return kdb.Short(binary.BigEndian.Uint16(b)), nil
	case 4:
		return kdb.Int(binary.BigEndian.Uint32(b)), nil
	case 8:
		return kdb.Long(binary.BigEndian.Uint64(b)), nil
	case 16:
		return kdb.GUID(b), nil
	}
	return nil, ErrLength
}

func bitsNumber(y kdb.Value) (kdb.Value, error) {
	bits, ok := y.(*kdb.Bools)
	if !ok {
		if l, ok := y.(*kdb.List); ok {
			return eachItem(l, bitsNumber)
		}
		return nil, ErrType
	}
	n := len(bits.V)
	if n%8 != 0 {
		return nil, ErrLength
	}
	b := make([]byte, n/8)
	for i, v := range bits.V {
		if v {
			b[i/8] |= 1 << (7 - i%8)
		}
	}
	if len(b) == 1 {
		return kdb.Byte(b[0]), nil
	}
	return bytesNumber(b)
}

// fromDigits evaluates digits to a base, or to the mixed bases of a vector
// whose first item does not count.
func fromDigits(x, y kdb.Value) (kdb.Value, error) {
	if l, ok := y.(*kdb.List); ok {
		t, err := flipList(l.V)
		if err != nil {
			return nil, err
		}
		return eachItem(t, func(z kdb.Value) (kdb.Value, error) { return fromDigits(x, z) })
	}
	if !isList(y) {
		y = Enlist(y)
	}
	c, ok := columnOf(y)
	if !ok || isSymbolic(c.t) {
		return nil, ErrType
	}
	xc, isVec := columnOf(x)
	if !isVec {
		if xc, ok = atomColumn(x); !ok {
			return nil, ErrType
		}
	}
	if isVec && xc.n != c.n {
		return nil, ErrLength
	}
	base := func(i int) int {
		if isVec {
			return i
		}
		return 0
	}
	if isFloating(c.t) || isFloating(xc.t) {
		f, g := words[float64](xc.convert(nil, kdb.TFloat)), words[float64](c.convert(nil, kdb.TFloat))
		acc := 0.0
		for i, v := range g {
			acc = acc*f[base(i)] + v
		}
		return kdb.Float(acc), nil
	}
	bs, vs := xc.asLongsRaw(), c.asLongsRaw()
	acc := int64(0)
	for i, v := range vs {
		acc = acc*bs[base(i)] + v
	}
	return kdb.Long(acc), nil
}
