package prim

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/kdb"
)

// Tok interprets strings as values of vector type t; what does not parse gives
// a null. Lists are taken apart down to strings. Errors: 'type.
func Tok(e *Env, t kdb.Type, y kdb.Value) (kdb.Value, error) {
	switch v := y.(type) {
	case *kdb.Chars:
		return ParseAtom(e, t, view[byte](v.V)), nil
	case kdb.Char:
		return ParseAtom(e, t, []byte{byte(v)}), nil
	case *kdb.List:
		if len(v.V) == 0 {
			return Empty(t), nil
		}
		if texts, ok := stringsIn(v.V); ok {
			return tokTexts(e, t, texts)
		}
		return eachItem(v, func(z kdb.Value) (kdb.Value, error) { return Tok(e, t, z) })
	case *kdb.Dict:
		r, err := Tok(e, t, v.V)
		return onlyDict(v.K, r, err)
	case *kdb.Table:
		return pairTable(v, func(_ kdb.Symbol, c kdb.Value) (kdb.Value, error) { return Tok(e, t, c) })
	case kdb.Symbol, *kdb.Symbols:
		if t == kdb.TSymbol {
			return y, nil
		}
	}
	return nil, ErrType
}

// ParseAtom reads text as an atom of vector type t; the null if it is none.
func ParseAtom(e *Env, t kdb.Type, text []byte) kdb.Value {
	c := newTextColumn(e, t, 1)
	c.Part()(0, text)
	v, _ := c.Value() // fails for casts alone
	return Item(v, 0)
}

func parseByte(s string) kdb.Byte {
	s = strings.TrimPrefix(s, "0x")
	if v, err := strconv.ParseUint(s, 16, 8); err == nil && len(s) <= 2 {
		return kdb.Byte(v)
	}
	return 0
}

// parseIPv4 reads an address as q's int of it.
func parseIPv4(s string) (kdb.Int, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return 0, false
	}
	q := a.As4()
	return kdb.Int(binary.BigEndian.Uint32(q[:])), true
}

func parseInt(s string, limit int64) (int64, bool) {
	if v, ok := plainInt(s); ok && v <= limit {
		return v, true
	}
	neg := false
	t := s
	if strings.HasPrefix(t, "-") {
		neg, t = true, t[1:]
	} else if strings.HasPrefix(t, "+") {
		t = t[1:]
	}
	switch t {
	case "0W", "0w":
		if neg {
			return -limit, true
		}
		return limit, true
	case "0N", "0n", "":
		return 0, false
	}
	if strings.HasPrefix(t, "0x") {
		v, err := strconv.ParseUint(t[2:], 16, 64)
		return int64(v), err == nil
	}
	v, err := strconv.ParseInt(t, 10, 64)
	if err != nil || v > limit {
		return 0, false
	}
	if neg {
		v = -v
	}
	return v, true
}

// plainInt reads the common form, a few digits and nothing else.
func plainInt(s string) (v int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	return v, true
}

func parseFloat(s string) (float64, bool) {
	switch s {
	case "0w", "0W":
		return math.Inf(1), true
	case "-0w", "-0W":
		return math.Inf(-1), true
	case "", "0n", "0N":
		return 0, false
	}
	if c := s[len(s)-1]; c == 'f' || c == 'e' || c == 'F' {
		s = s[:len(s)-1]
	}
	for _, c := range []byte(s) {
		if c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

func parseGUID(s string) kdb.GUID {
	var g kdb.GUID
	h := strings.ReplaceAll(s, "-", "")
	if len(h) == 32 && !strings.Contains(h, ":") {
		if _, err := hex.Decode(g[:], []byte(h)); err == nil {
			return g
		}
		return kdb.GUID{}
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return kdb.GUID(a.As16())
	}
	return kdb.GUID{}
}

// scanner reads numbers off the front of a text.
type scanner struct{ s string }

// digits reads up to n digits and returns their value and how many there were.
func (p *scanner) digits(n int) (v, count int) {
	for count < n && count < len(p.s) && p.s[count] >= '0' && p.s[count] <= '9' {
		v = v*10 + int(p.s[count]-'0')
		count++
	}
	p.s = p.s[count:]
	return v, count
}

// any takes one byte if it is one of set.
func (p *scanner) any(set string) bool {
	if p.s != "" && strings.IndexByte(set, p.s[0]) >= 0 {
		p.s = p.s[1:]
		return true
	}
	return false
}

// parseTemporal reads a temporal value of vector type t in the units of the
// type, nanoseconds for a datetime.
func parseTemporal(e *Env, t kdb.Type, s string) (v int64, ok bool) {
	if s == "" {
		return 0, false
	}
	switch t {
	case kdb.TDate:
		p := scanner{s}
		return p.date(e)
	case kdb.TMonth:
		p := scanner{s}
		y, n := p.digits(4)
		p.any(".-/")
		m, k := p.digits(2)
		return int64((y-2000)*12 + m - 1), n == 4 && y > 0 && k > 0 && m >= 1 && m <= 12
	case kdb.TTimestamp, kdb.TDatetime:
		return parseInstant(e, s)
	}
	neg := false
	if s[0] == '-' || s[0] == '+' {
		neg, s = s[0] == '-', s[1:]
	}
	v, ok = parseClock(t, s)
	if neg {
		v = -v
	}
	switch t {
	case kdb.TMinute:
		v /= 60e9
	case kdb.TSecond:
		v /= 1e9
	case kdb.TTime:
		v /= 1e6
	}
	return v, ok
}

const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

// month reads a month as digits or as the first three letters of its name.
func (p *scanner) month() (int, bool) {
	if m, n := p.digits(2); n > 0 {
		return m, true
	}
	if len(p.s) >= 3 {
		if i := strings.Index(monthNames, strings.ToLower(p.s[:3])); i >= 0 && i%3 == 0 {
			p.s = p.s[3:]
			return i/3 + 1, true
		}
	}
	return 0, false
}

// year widens a year of two digits: up to 50 means this century.
func year(y, digits int) int {
	if digits > 2 {
		return y
	}
	if y <= 50 {
		return 2000 + y
	}
	return 1900 + y
}

func validDate(y, m, d int) (int64, bool) {
	if m < 1 || m > 12 || d < 1 || y < 1 || y > 9999 {
		return 0, false
	}
	day := daysFromCivil(y, m, d)
	if _, m2, _ := civil(day); m2 != m {
		return 0, false
	}
	return int64(day), true
}

// date reads a date in any of the manual's formats.
func (p *scanner) date(e *Env) (int64, bool) {
	all := p.s
	n := 0
	for n < len(all) && all[n] >= '0' && all[n] <= '9' {
		n++
	}
	switch {
	case n == 8:
		y, _ := p.digits(4)
		m, _ := p.digits(2)
		d, _ := p.digits(2)
		return validDate(y, m, d)
	case n == 6:
		y, _ := p.digits(2)
		m, _ := p.digits(2)
		d, _ := p.digits(2)
		return validDate(year(y, 2), m, d)
	case n == 4:
		y, _ := p.digits(4)
		p.any(".-/")
		m, ok := p.month()
		p.any(".-/")
		d, k := p.digits(2)
		if !ok || k == 0 {
			return 0, false
		}
		return validDate(y, m, d)
	case n == 1 || n == 2:
		first, _ := p.digits(2)
		slash := p.any("/-. ")
		named := p.s != "" && (p.s[0] < '0' || p.s[0] > '9')
		second, ok := p.month()
		if !ok || !slash && !named {
			return 0, false
		}
		p.any("/-. ")
		y, k := p.digits(4)
		if k != 2 && k != 4 {
			return 0, false
		}
		if named || e != nil && e.DayFirst {
			return validDate(year(y, k), second, first)
		}
		return validDate(year(y, k), first, second)
	case n == 0:
		m, ok := p.month()
		p.any("/-. ")
		d, k := p.digits(2)
		p.any("/-. ,")
		y, j := p.digits(4)
		if !ok || k == 0 || j != 2 && j != 4 {
			return 0, false
		}
		return validDate(year(y, j), m, d)
	}
	return 0, false
}

// parseInstant reads a date and a time of day, or seconds since the Unix
// epoch, as nanoseconds from 2000.01.01.
func parseInstant(e *Env, s string) (int64, bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n >= 9 && n <= 11 && (n == len(s) || s[n] == '.') {
		sec, _ := strconv.ParseInt(s[:n], 10, 64)
		var ns int64
		if n < len(s) {
			ns = fraction(s[n+1:])
		}
		return (sec-946684800)*1e9 + ns, true
	}
	p := scanner{s}
	day, ok := p.date(e)
	if !ok {
		return 0, false
	}
	if day > 106751 {
		return math.MaxInt64, true
	}
	if day < -106751 {
		return -math.MaxInt64, true
	}
	v := day * dayNanos
	p.any("DT- ")
	rest := strings.TrimSuffix(strings.TrimSpace(p.s), "Z")
	if rest == "" {
		return v, true
	}
	clock, ok := parseClock(kdb.TTimespan, rest)
	return v + clock, ok
}

// fraction reads digits after a decimal point as nanoseconds.
func fraction(s string) int64 {
	v, n := int64(0), 0
	for n < 9 && n < len(s) && s[n] >= '0' && s[n] <= '9' {
		v = v*10 + int64(s[n]-'0')
		n++
	}
	for ; n < 9; n++ {
		v *= 10
	}
	return v
}

// parseClock reads a time of day in nanoseconds: with colons, as digits alone
// (hhmmss and a fraction), or with days in front for a timespan.
func parseClock(t kdb.Type, s string) (int64, bool) {
	var days int64
	if i := strings.IndexByte(s, 'D'); i >= 0 && t == kdb.TTimespan {
		d, err := strconv.ParseInt(s[:i], 10, 64)
		if err != nil {
			return 0, false
		}
		days, s = d, s[i+1:]
		if s == "" {
			return days * dayNanos, true
		}
	}
	p := scanner{s}
	if !strings.Contains(s, ":") {
		digits := 0
		for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
			digits++
		}
		if digits == 0 {
			return 0, false
		}
		if digits < len(s) && s[digits] != '.' {
			return 0, false
		}
		if digits <= 2 {
			h, _ := p.digits(2)
			return days*dayNanos + int64(h)*3600e9, true
		}
		hw := 2
		if digits%2 == 1 && digits < 6 {
			hw = 1
		}
		h, _ := p.digits(hw)
		m, _ := p.digits(2)
		sec, _ := p.digits(2)
		p.any(".")
		return days*dayNanos + clockNanos(h, m, sec) + fraction(p.s), m < 60 && sec < 60
	}
	h, n := p.digits(9)
	if n == 0 || !p.any(":") {
		return 0, false
	}
	m, n := p.digits(2)
	if n == 0 || m > 59 {
		return 0, false
	}
	sec := 0
	if p.any(":") {
		if sec, n = p.digits(2); n == 0 || sec > 59 {
			return 0, false
		}
	}
	var f int64
	if p.any(".") {
		f = fraction(p.s)
	}
	return days*dayNanos + clockNanos(h, m, sec) + f, true
}

func clockNanos(h, m, s int) int64 { return int64(h*3600+m*60+s) * 1e9 }
