package syntax

import (
	"math"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// number is one word of a numeric literal before its type is settled: 1, 2f,
// 0N, 10:30. A vector takes the type that its words agree on.
type number struct {
	typ      byte // q's type letter; ' ' for a plain integer
	explicit bool // a letter says the type
	null     bool
	inf      int // 1 or -1
	i        int64
	f        float64
	list     kdb.Value // for bytes and booleans, which bring their own vector
}

const dayNanos = 86400 * 1e9

// parseNumber reads one numeric word.
func parseNumber(w string) (number, bool) {
	neg := strings.HasPrefix(w, "-")
	if neg {
		w = w[1:]
	}
	n, ok := parseUnsigned(w)
	if ok && neg {
		if n.list != nil {
			return n, false
		}
		n.i, n.f, n.inf = -n.i, -n.f, -n.inf
	}
	return n, ok
}

func parseUnsigned(w string) (number, bool) {
	if w == "" {
		return number{}, false
	}
	if strings.HasPrefix(w, "0x") {
		return parseBytes(w[2:])
	}
	if len(w) >= 2 && w[0] == '0' && (w[1] == 'N' || w[1] == 'W' || w[1] == 'n' || w[1] == 'w') {
		return parseSpecial(w)
	}
	last := w[len(w)-1]
	if last == 'b' {
		return parseBools(w[:len(w)-1])
	}
	if strings.ContainsAny(w, ":DT") {
		return parseTemporalWord(w)
	}
	if strings.Count(w, ".") == 2 {
		return parseTemporalWord(w)
	}
	if isAlpha(last) {
		body := w[:len(w)-1]
		switch last {
		case 'h', 'i', 'j':
			i, err := strconv.ParseInt(body, 10, 64)
			return number{typ: last, explicit: true, i: i, f: float64(i)}, err == nil
		case 'e', 'f':
			f, ok := parseFloat(body)
			return number{typ: last, explicit: true, f: f}, ok
		case 'm':
			if m, ok := parseMonth(body); ok {
				return number{typ: 'm', explicit: true, i: m}, true
			}
			f, err := strconv.ParseFloat(body, 64)
			return number{typ: 'm', explicit: true, i: int64(f)}, err == nil
		case 'p', 'd', 'z', 'n', 'u', 'v', 't':
			i, err := strconv.ParseInt(body, 10, 64)
			if err == nil && last == 'z' {
				return number{typ: 'z', explicit: true, f: float64(i)}, true
			}
			if err != nil && last == 'z' {
				f, ok := parseFloat(body)
				return number{typ: 'z', explicit: true, f: f}, ok
			}
			return number{typ: last, explicit: true, i: i, f: float64(i)}, err == nil
		case 'c':
			i, err := strconv.ParseInt(body, 10, 16)
			return number{typ: 'c', explicit: true, i: i}, err == nil
		}
		return number{}, false
	}
	if strings.ContainsAny(w, ".e") {
		f, ok := parseFloat(w)
		return number{typ: 'f', f: f}, ok
	}
	i, err := strconv.ParseInt(w, 10, 64)
	if err != nil {
		return number{}, false
	}
	return number{typ: ' ', i: i, f: float64(i)}, true
}

func parseFloat(s string) (float64, bool) {
	for i := range len(s) {
		c := s[i]
		if !isDigit(c) && c != '.' && c != 'e' && c != '-' && c != '+' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && math.IsInf(f, 0) {
		return f, true
	}
	return f, err == nil
}

// parseSpecial reads nulls and infinities: 0N 0Nh 0n 0W 0Wd 0w.
func parseSpecial(w string) (number, bool) {
	n := number{typ: ' '}
	switch w[1] {
	case 'n':
		n.typ, n.null, n.f = 'f', true, math.NaN()
	case 'w':
		n.typ, n.inf, n.f = 'f', 1, math.Inf(1)
	case 'N':
		n.null, n.f, n.i = true, math.NaN(), math.MinInt64
	case 'W':
		n.inf, n.f, n.i = 1, math.Inf(1), math.MaxInt64
	}
	switch len(w) {
	case 2:
		return n, true
	case 3:
		n.explicit = true
		n.typ = w[2]
		if !strings.ContainsRune("ghijefcpmdznuvt", rune(w[2])) {
			return n, false
		}
		if w[2] == 'g' && !n.null {
			return n, false
		}
		return n, true
	}
	return n, false
}

func parseBytes(hex string) (number, bool) {
	if len(hex)%2 == 1 {
		hex = "0" + hex
		if len(hex) > 2 {
			return number{}, false
		}
	}
	v := make([]kdb.Byte, len(hex)/2)
	for i := range v {
		b, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return number{}, false
		}
		v[i] = kdb.Byte(b)
	}
	if len(v) == 1 {
		return number{typ: 'x', list: v[0]}, true
	}
	return number{typ: 'x', list: kdb.NewVec(v)}, true
}

func parseBools(bits string) (number, bool) {
	if bits == "" {
		return number{}, false
	}
	v := make([]kdb.Bool, len(bits))
	for i := range v {
		if bits[i] != '0' && bits[i] != '1' {
			return number{}, false
		}
		v[i] = bits[i] == '1'
	}
	if len(v) == 1 {
		return number{typ: 'b', list: v[0]}, true
	}
	return number{typ: 'b', list: kdb.NewVec(v)}, true
}

// combine turns the words of one literal into a value: an atom if there is one
// word, a vector otherwise.
func combine(ns []number) (kdb.Value, bool) {
	if ns[0].list != nil {
		return ns[0].list, len(ns) == 1
	}
	typ := byte(' ')
	for i, n := range ns {
		if n.list != nil {
			return nil, false
		}
		if n.explicit && i == len(ns)-1 {
			typ = n.typ
			break
		}
		t, ok := widen(typ, n.typ)
		if !ok {
			return nil, false
		}
		typ = t
	}
	if typ == ' ' {
		typ = 'j'
	}
	return build(typ, ns)
}

// widen returns the type that two words of a vector agree on.
func widen(a, b byte) (byte, bool) {
	if a == b || b == ' ' {
		return a, true
	}
	if a == ' ' {
		return b, true
	}
	const order = "uvtn"
	i, j := strings.IndexByte(order, a), strings.IndexByte(order, b)
	if i >= 0 && j >= 0 {
		return order[max(i, j)], true
	}
	const dates = "mdzp"
	i, j = strings.IndexByte(dates, a), strings.IndexByte(dates, b)
	if i >= 0 && j >= 0 {
		return dates[max(i, j)], true
	}
	const nums = "hijef"
	i, j = strings.IndexByte(nums, a), strings.IndexByte(nums, b)
	if i >= 0 && j >= 0 {
		return nums[max(i, j)], true
	}
	if (a == 'd' || a == 'm') && b == 'f' || (b == 'd' || b == 'm') && a == 'f' {
		return 'm', a == 'm' || b == 'm'
	}
	return 0, false
}

func build(typ byte, ns []number) (kdb.Value, bool) {
	switch typ {
	case 'g':
		return vector(ns, func(number) kdb.GUID { return kdb.GUID{} }), true
	case 'h':
		return vector(ns, func(n number) kdb.Short { return kdb.Short(n.int(math.MinInt16, math.MaxInt16)) }), true
	case 'i':
		return vector(ns, func(n number) kdb.Int { return kdb.Int(n.int32()) }), true
	case 'j':
		return vector(ns, func(n number) kdb.Long { return kdb.Long(n.int64()) }), true
	case 'e':
		return vector(ns, func(n number) kdb.Real { return kdb.Real(n.float()) }), true
	case 'f':
		return vector(ns, func(n number) kdb.Float { return kdb.Float(n.float()) }), true
	case 'c':
		return vector(ns, func(n number) kdb.Char {
			if n.null {
				return kdb.NullChar
			}
			return kdb.Char(n.i)
		}), true
	case 'p':
		return vector(ns, func(n number) kdb.Timestamp { return kdb.Timestamp(n.as('p')) }), true
	case 'n':
		return vector(ns, func(n number) kdb.Timespan { return kdb.Timespan(n.as('n')) }), true
	case 'm':
		return vector(ns, func(n number) kdb.Month {
			if n.typ == 'f' && !n.null && n.inf == 0 { // 2018.05 in a vector that ends in m
				m, _ := parseMonth(strconv.FormatFloat(n.f, 'f', 2, 64))
				return kdb.Month(m)
			}
			return kdb.Month(n.int32())
		}), true
	case 'd':
		return vector(ns, func(n number) kdb.Date { return kdb.Date(n.int32()) }), true
	case 'z':
		return vector(ns, func(n number) kdb.Datetime {
			if n.typ == 'd' {
				return kdb.Datetime(n.i)
			}
			return kdb.Datetime(n.float())
		}), true
	case 'u':
		return vector(ns, func(n number) kdb.Minute { return kdb.Minute(n.as32('u')) }), true
	case 'v':
		return vector(ns, func(n number) kdb.Second { return kdb.Second(n.as32('v')) }), true
	case 't':
		return vector(ns, func(n number) kdb.Time { return kdb.Time(n.as32('t')) }), true
	}
	return nil, false
}

func vector[T kdb.Elem](ns []number, f func(number) T) kdb.Value {
	if len(ns) == 1 {
		return f(ns[0])
	}
	v := make([]T, len(ns))
	for i, n := range ns {
		v[i] = f(n)
	}
	return kdb.NewVec(v)
}

// int returns the word as an integer within [null, inf].
func (n number) int(null, inf int64) int64 {
	switch {
	case n.null:
		return null
	case n.inf > 0:
		return inf
	case n.inf < 0:
		return -inf
	case n.typ == 'f' || n.typ == 'e':
		return int64(n.f)
	}
	return n.i
}

func (n number) int32() int64 { return n.int(math.MinInt32, math.MaxInt32) }
func (n number) int64() int64 { return n.int(math.MinInt64, math.MaxInt64) }

func (n number) float() float64 {
	switch {
	case n.null:
		return math.NaN()
	case n.inf != 0:
		return math.Inf(n.inf)
	case n.typ == 'f' || n.typ == 'e' || n.typ == 'z':
		return n.f
	}
	return float64(n.i)
}

// unit is the length in nanoseconds of one count of a temporal type.
func unit(typ byte) int64 {
	switch typ {
	case 'u':
		return 60e9
	case 'v':
		return 1e9
	case 't':
		return 1e6
	case 'd':
		return dayNanos
	}
	return 1
}

// as returns the word counted in the units of typ.
func (n number) as(typ byte) int64 {
	if n.null || n.inf != 0 || n.typ == ' ' || n.typ == typ {
		return n.int64()
	}
	return n.i * unit(n.typ) / unit(typ)
}

func (n number) as32(typ byte) int64 {
	if n.null || n.inf != 0 {
		return n.int32()
	}
	return n.as(typ)
}
