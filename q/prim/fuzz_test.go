package prim_test

import (
	"path"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// FuzzParseAtom reads texts as every type: no panic, and the text of what was
// read reads as the same again.
func FuzzParseAtom(f *testing.F) {
	for _, s := range []string{"", "42", "-0W", "1e400", "2024.02.29", "29feb24", "1D02:03:04.5", "12:34:56.789",
		"2024-02-29T12:34:56Z", "99999999999", "0x1f", "::ffff:1.2.3.4", "8c680a01-5a49-5aab-5a65-d4bfddb6a661", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for typ := kdb.TBool; typ <= kdb.TTime; typ++ {
			if typ == 3 || typ == kdb.TReal || typ == kdb.TFloat || typ == kdb.TDatetime || typ == kdb.TSymbol || typ == kdb.TChar {
				prim.ParseAtom(nil, max(typ, kdb.TBool), []byte(s))
				continue
			}
			v := prim.ParseAtom(nil, typ, []byte(s))
			if v.Type() != -typ {
				t.Fatalf("%q as %d gave type %d", s, typ, v.Type())
			}
			text := kdb.AppendText(nil, v, 0)
			if strings.HasPrefix(string(text), "0000.00.00") || len(text) > 0 && (text[len(text)-1] == 'W' || strings.Contains(string(text), "0W")) {
				continue // out of the calendar, or infinite
			}
			if back := prim.ParseAtom(nil, typ, text); back != v {
				t.Fatalf("%q as %d is %s, which reads as %s", s, typ, text, kdb.Inline(back))
			}
		}
	})
}

// FuzzLike compares patterns without brackets with path.Match, which means the
// same by * and ? where there is no slash.
func FuzzLike(f *testing.F) {
	f.Add("hello", "h*o")
	f.Add("", "*")
	f.Add("abc", "a?[b-d]")
	f.Add("[", "[")
	f.Fuzz(func(t *testing.T, s, pattern string) {
		got, err := call(t, "like", kdb.Str(s), kdb.Str(pattern))
		if err != nil || strings.ContainsAny(pattern, "[\\/") || strings.Contains(s, "/") || !isASCII(s+pattern) {
			return
		}
		want, err := path.Match(pattern, s)
		if err == nil && bool(got.(kdb.Bool)) != want {
			t.Fatalf("%q like %q: got %v", s, pattern, got)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// FuzzPrimitives calls every primitive with one and two values built from
// bytes: a q error is right, a panic other than for memory is not.
func FuzzPrimitives(f *testing.F) {
	for b := range byte(12) {
		f.Add([]byte{b, 3, 1, 2, 3, b + 1, 2, 9, 9, 0, 7})
	}
	all := prim.Builtins()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64 {
			return
		}
		s := &source{data: data}
		x, y := s.value(3), s.value(3)
		e := &prim.Env{Threads: 2, Rand: prim.NewRandomSource(1)}
		for _, b := range all {
			tryCall(t, b, e, x)
			tryCall(t, b, e, x, y)
		}
	})
}

func tryCall(t *testing.T, b *prim.Builtin, e *prim.Env, args ...kdb.Value) {
	defer func() {
		if r := recover(); r != nil && r != prim.ErrMemory {
			t.Fatalf("%s %s: %v", b.Name, show(args...), r)
		}
	}()
	v, err := b.Call(e, args...)
	if err == nil && v == nil {
		t.Fatalf("%s %s: neither value nor error", b.Name, show(args...))
	}
}

// source builds values from fuzzed bytes.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *source) long() kdb.Long {
	switch b := s.byte(); {
	case b == 255:
		return kdb.NullLong
	case b == 254:
		return kdb.InfLong
	default:
		return kdb.Long(int8(b))
	}
}

// value builds an atom, a vector, or, while depth lasts, something nested.
func (s *source) value(depth int) kdb.Value {
	kind, n := s.byte()%14, int(s.byte()%5)
	longs, floats, syms, text := make([]kdb.Long, n), make([]kdb.Float, n), make([]kdb.Symbol, n), make([]kdb.Char, n)
	flags, dates := make([]kdb.Bool, n), make([]kdb.Date, n)
	for i := range n {
		v := s.long()
		longs[i], floats[i], syms[i], text[i] = v, kdb.Float(v)/2, kdb.Sym(string(rune('a'+v&3))), kdb.Char(v)
		flags[i], dates[i] = v&1 == 1, kdb.Date(int32(v))
		if v == kdb.NullLong {
			floats[i] = kdb.NullFloat()
		}
	}
	switch kind {
	case 0:
		return s.long()
	case 1:
		return kdb.Float(s.long()) / 4
	case 2:
		return kdb.Sym(string(rune('a' + s.byte()&3)))
	case 3:
		return kdb.NewVec(longs)
	case 4:
		return kdb.NewVec(floats)
	case 5:
		return kdb.NewVec(syms)
	case 6:
		return kdb.NewVec(text)
	case 7:
		return kdb.NewVec(flags)
	case 8:
		return kdb.NewVec(dates)
	case 9:
		return kdb.Timestamp(s.long()) * 1e15
	}
	if depth == 0 {
		return kdb.Char(s.byte())
	}
	switch kind {
	case 10:
		items := make([]kdb.Value, n)
		for i := range items {
			items[i] = s.value(depth - 1)
		}
		return prim.Collapse(items)
	case 11:
		return kdb.NewDict(kdb.NewVec(syms), kdb.NewVec(longs))
	case 12:
		return kdb.NewTable([]kdb.Symbol{kdb.Sym("a"), kdb.Sym("b")}, []kdb.Value{kdb.NewVec(longs), kdb.NewVec(syms)})
	}
	return kdb.NewDict(kdb.NewTable([]kdb.Symbol{kdb.Sym("k")}, []kdb.Value{kdb.NewVec(syms)}), kdb.NewTable([]kdb.Symbol{kdb.Sym("v")}, []kdb.Value{kdb.NewVec(floats)}))
}
