package syntax

import (
	"strconv"
	"strings"
	"time"
)

// epoch2000 is the Unix day number of 2000.01.01, from which kdb+ counts.
const epoch2000 = 10957

// parseTemporalWord reads dates, times, timespans, timestamps and datetimes.
func parseTemporalWord(w string) (number, bool) {
	suffix := byte(0)
	if c := w[len(w)-1]; isAlpha(c) && c != 'D' && c != 'T' {
		suffix, w = c, w[:len(w)-1]
	}
	n, ok := parseTemporalBody(w)
	if !ok {
		return n, false
	}
	if suffix != 0 {
		if !strings.ContainsRune("pdznuvt", rune(suffix)) {
			return n, false
		}
		if suffix != n.typ {
			switch {
			case suffix == 'p' && n.typ == 'd':
				n.i *= dayNanos
			case suffix == 'z' && n.typ == 'd':
				n.f = float64(n.i)
			case suffix == 'z' && n.typ == 'p':
				n.f = float64(n.i) / dayNanos
			case strings.IndexByte("uvtn", suffix) >= 0 && strings.IndexByte("uvtn", n.typ) >= 0:
				n.i = n.i * unit(n.typ) / unit(suffix)
			default:
				return n, false
			}
		}
		n.typ, n.explicit = suffix, true
	}
	return n, true
}

func parseTemporalBody(w string) (number, bool) {
	if i := strings.IndexByte(w, 'D'); i >= 0 {
		head, tail := w[:i], w[i+1:]
		var nanos int64
		if tail != "" {
			var ok bool
			if nanos, _, ok = parseClock(tail); !ok {
				return number{}, false
			}
		}
		if strings.IndexByte(head, '.') >= 0 {
			d, ok := parseDate(head)
			return number{typ: 'p', i: d*dayNanos + nanos}, ok
		}
		d, err := strconv.ParseInt(head, 10, 32)
		return number{typ: 'n', i: d*dayNanos + nanos}, err == nil
	}
	if i := strings.IndexByte(w, 'T'); i >= 0 {
		d, ok := parseDate(w[:i])
		if !ok {
			return number{}, false
		}
		var nanos int64
		if i+1 < len(w) {
			if nanos, _, ok = parseClock(w[i+1:]); !ok {
				return number{}, false
			}
		}
		return number{typ: 'z', f: float64(d) + float64(nanos/1e6)/86400e3}, true
	}
	if strings.IndexByte(w, ':') >= 0 {
		nanos, typ, ok := parseClock(w)
		return number{typ: typ, i: nanos / unit(typ)}, ok
	}
	d, ok := parseDate(w)
	return number{typ: 'd', i: d}, ok
}

// parseClock reads hh[:mm[:ss[.fraction]]]; typ is the type that the precision
// means on its own.
func parseClock(w string) (nanos int64, typ byte, ok bool) {
	frac := ""
	hasFrac := false
	if i := strings.IndexByte(w, '.'); i >= 0 {
		frac, w, hasFrac = w[i+1:], w[:i], true
	}
	parts := strings.Split(w, ":")
	if len(parts) > 3 || hasFrac && len(parts) != 3 || len(frac) > 9 {
		return 0, 0, false
	}
	scale := int64(3600e9)
	for i, p := range parts {
		if i > 0 && len(p) != 2 || p == "" {
			return 0, 0, false
		}
		v, err := strconv.ParseInt(p, 10, 32)
		if err != nil || v < 0 || i > 0 && v > 59 {
			return 0, 0, false
		}
		nanos += v * scale
		scale /= 60
	}
	typ = "uuv"[len(parts)-1]
	if hasFrac {
		typ = 't'
		if len(frac) > 3 {
			typ = 'n'
		}
		f, err := strconv.ParseInt(frac+strings.Repeat("0", 9-len(frac)), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		nanos += f
	}
	return nanos, typ, true
}

func parseDate(w string) (days int64, ok bool) {
	p := strings.Split(w, ".")
	if len(p) != 3 || len(p[0]) != 4 || len(p[1]) != 2 || len(p[2]) != 2 {
		return 0, false
	}
	y, err1 := strconv.Atoi(p[0])
	m, err2 := strconv.Atoi(p[1])
	d, err3 := strconv.Atoi(p[2])
	if err1 != nil || err2 != nil || err3 != nil || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d {
		return 0, false
	}
	return t.Unix()/86400 - epoch2000 - b2i(t.Unix() < 0 && t.Unix()%86400 != 0), true
}

func parseMonth(w string) (months int64, ok bool) {
	p := strings.Split(w, ".")
	if len(p) != 2 || len(p[0]) != 4 || len(p[1]) != 2 {
		return 0, false
	}
	y, err1 := strconv.Atoi(p[0])
	m, err2 := strconv.Atoi(p[1])
	if err1 != nil || err2 != nil || m < 1 || m > 12 {
		return 0, false
	}
	return int64(y-2000)*12 + int64(m-1), true
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
