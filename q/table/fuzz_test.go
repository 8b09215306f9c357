package table_test

import (
	"runtime/debug"
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// fuzzValues are what a fuzzed query is put together of.
var fuzzValues = []kdb.Value{
	none, no, kdb.Bool(true), kdb.Sym("s"), kdb.Sym("p"), kdb.Sym("x"), kdb.Sym("i"), kdb.Sym("none"), kdb.Sym("n"), kdb.Sym("t.minute"),
	kdb.Long(0), kdb.Long(-2), kdb.NullLong, kdb.InfLong, kdb.Float(1.5), kdb.NullFloat(), kdb.Char('c'), kdb.Nil,
	symbol("a"), list(syms("a", "b")), list(longs(1, 3)), longs(), longs(0, 2, 9), syms("s", "p"), list(),
	phrase("s", "s"), phrase("p", tree("sum", "p")), phrase("a", "p", "b", tree("last", "s")), phrase(), kdb.NewDict(longs(1), longs(2)),
	sales, keyed(sales, 1),
}

// byteReader takes choices from fuzz input.
type byteReader struct{ b []byte }

func (r *byteReader) next(n int) int {
	if len(r.b) == 0 {
		return 0
	}
	v := int(r.b[0]) % n
	r.b = r.b[1:]
	return v
}

var fuzzWords = []string{"=", "<", ">", "in", "within", "sum", "avg", "max", "first", "last", "count", "distinct", "wavg", "dev", "+", "%", "&",
	"xbar", "not", "neg", "sums", "reverse", "med", ",", "#", "enlist"}

func (r *byteReader) value(depth int) kdb.Value {
	if depth > 0 && r.next(3) > 0 {
		b, ok := prim.Lookup(fuzzWords[r.next(len(fuzzWords))])
		if !ok {
			return none
		}
		out := []kdb.Value{b}
		for range 1 + r.next(2) {
			out = append(out, r.value(depth-1))
		}
		return kdb.NewList(out...)
	}
	return fuzzValues[r.next(len(fuzzValues))]
}

// FuzzQuery puts arbitrary functional queries together: they may fail with a q
// error, and nothing else.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "0", "select", "\x00\x01\x02\x03\x04", "zzzzzzzzzzzzzzzz", "\xff\xfe\x80\x40\x20\x10\x08\x04\x02\x01"} {
		f.Add([]byte(seed))
	}
	mixed := tableOf("s", syms("b", "a", "b"), "p", longs(1, kdb.NullLong, 3), "x", floats(1, kdb.NullFloat(), 3),
		"n", list(longs(1, 2), longs(), kdb.Str("ab")), "t", kdb.Of[kdb.Timestamp](1, 2, kdb.Timestamp(kdb.NullLong)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &byteReader{data}
		e, en := newEnv(2)
		en.globals[kdb.Sym("t")] = mixed
		tables := []kdb.Value{mixed, keyed(mixed, 1), kdb.Sym("t"), newParts(), kdb.NewTable(nil, nil), tableOf("s", syms())}
		args := []kdb.Value{tables[r.next(len(tables))]}
		if r.next(2) == 0 {
			args = append(args, list(r.value(3)))
		} else {
			args = append(args, r.value(1))
		}
		args = append(args, r.value(1))
		if r.next(2) == 0 {
			args = append(args, phrase("a", r.value(3), "b", r.value(2)))
		} else {
			args = append(args, r.value(3))
		}
		for range r.next(3) {
			args = append(args, r.value(1))
		}
		defer func() {
			p := recover()
			if _, ok := p.(kdb.Error); ok {
				return // 'wsfull: the engine turns it into an error
			}
			if p != nil {
				t.Fatalf("panic %v for %s\n%s", p, showArgs(args), debug.Stack())
			}
		}()
		if r.next(2) == 0 || len(args) != 4 {
			_, _ = table.Select(e, args)
		} else {
			_, _ = table.Update(e, args)
		}
	})
}

func showArgs(args []kdb.Value) string {
	s := ""
	for _, a := range args {
		s += show(a) + ";"
	}
	return s
}
