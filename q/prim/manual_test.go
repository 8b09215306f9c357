package prim_test

import (
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// call applies a primitive by name and fails the test if there is none.
func call(t testing.TB, name string, args ...kdb.Value) (kdb.Value, error) {
	t.Helper()
	b, ok := prim.Lookup(name)
	if !ok {
		t.Fatalf("no primitive %q", name)
	}
	return b.Call(&prim.Env{Threads: 2}, args...)
}

func TestManual(t *testing.T) {
	L := func(v ...kdb.Long) kdb.Value { return kdb.Of(v...) }
	F := func(v ...kdb.Float) kdb.Value { return kdb.Of(v...) }
	G := func(v ...kdb.Value) kdb.Value { return kdb.NewList(v...) }
	B := func(s string) kdb.Value {
		out := []kdb.Bool{}
		for _, c := range s {
			out = append(out, c == '1')
		}
		return kdb.NewVec(out)
	}
	N := kdb.NullLong
	S := func(s ...string) kdb.Value { return kdb.Syms(s...) }
	for _, c := range []struct {
		f    string
		args []kdb.Value
		want kdb.Value
	}{
		{"+", []kdb.Value{kdb.Long(2), L(1, N, 3)}, L(3, N, 5)},
		{"+", []kdb.Value{G(kdb.Long(10), L(20, 30)), G(L(2, 3), kdb.Long(4))}, G(L(12, 13), L(24, 34))},
		{"-", []kdb.Value{kdb.Float(1), L(1, N)}, F(0, kdb.NullFloat())},
		{"-", []kdb.Value{kdb.Long(10), L(1, N)}, L(9, N)},
		{"+", []kdb.Value{kdb.Date(10), kdb.Time(1000)}, kdb.Timestamp(10*86400e9 + 1e9)},
		{"+", []kdb.Value{kdb.Minute(1), kdb.Time(5)}, kdb.Time(60005)},
		{"-", []kdb.Value{kdb.Date(10), kdb.Date(3)}, kdb.Int(7)},
		{"-", []kdb.Value{kdb.Timestamp(10), kdb.Timestamp(3)}, kdb.Timespan(7)},
		{"+", []kdb.Value{kdb.Int(1), kdb.Bool(true)}, kdb.Int(2)},
		{"*", []kdb.Value{kdb.Int(3), kdb.Of(kdb.Int(1), kdb.NullInt)}, kdb.Of(kdb.Int(3), kdb.NullInt)},
		{"%", []kdb.Value{kdb.Long(1), L(2, 4)}, F(.5, .25)},
		{"div", []kdb.Value{L(-7, 7, 0), kdb.Long(2)}, L(-4, 3, 0)},
		{"div", []kdb.Value{kdb.Long(7), F(-2.5, 2.5)}, L(-3, 2)},
		{"mod", []kdb.Value{L(-3, -2, -1, 0, 1), kdb.Long(3)}, L(0, 1, 2, 0, 1)},
		{"mod", []kdb.Value{kdb.Long(-7), F(-2.5, 2.5)}, F(-2, .5)},
		{"xbar", []kdb.Value{kdb.Long(3), L(0, 4, 8, -1)}, L(0, 3, 6, -3)},
		{"xbar", []kdb.Value{kdb.Float(2.5), L(0, 4, 8)}, F(0, 2.5, 7.5)},
		{"xbar", []kdb.Value{kdb.Long(5), kdb.Of(kdb.Minute(662))}, kdb.Of(kdb.Minute(660))},
		{"&", []kdb.Value{B("1010"), B("1100")}, B("1000")},
		{"|", []kdb.Value{L(1, N), L(0, 5)}, L(1, 5)},
		{"&", []kdb.Value{kdb.Str("sat"), kdb.Str("cow")}, kdb.Str("cat")},
		{"=", []kdb.Value{kdb.Str("hello"), kdb.Str("world")}, B("00010")},
		{">", []kdb.Value{kdb.Long(0), G(kdb.Int(1), kdb.Long(-2), kdb.Short(0), kdb.Bool(true), N, -kdb.InfLong)}, B("010011")},
		{"<", []kdb.Value{kdb.Long(2), kdb.Float(3)}, kdb.Bool(true)},
		{"<", []kdb.Value{S("a", "c"), kdb.Sym("b")}, B("10")},
		{"within", []kdb.Value{L(1, 3, 10, 6, 4), L(2, 6)}, B("01011")},
		{"within", []kdb.Value{kdb.Long(5), G(L(1, 2, 6), L(3, 5, 7))}, B("010")},
		{"sum", []kdb.Value{L(2, 3, N, 7)}, kdb.Long(12)},
		{"sum", []kdb.Value{G(L(1, 2), L(N, 4))}, L(N, 6)},
		{"sum", []kdb.Value{B("1011")}, kdb.Int(3)},
		{"min", []kdb.Value{L(N, 5, N, 1, 3)}, kdb.Long(1)},
		{"min", []kdb.Value{L(N)}, kdb.InfLong},
		{"max", []kdb.Value{L()}, -kdb.InfLong},
		{"avg", []kdb.Value{F(1, kdb.NullFloat(), 2, 3)}, kdb.Float(2)},
		{"avg", []kdb.Value{G(L(1, 2), L(N, 4))}, F(kdb.NullFloat(), 3)},
		{"var", []kdb.Value{L(2, 3, 5, 7)}, kdb.Float(3.6875)},
		{"svar", []kdb.Value{G(L(2, 3), L(4, N), L(1, 7))}, F(7.0/3, 8)},
		{"med", []kdb.Value{L(10, 34, 23, 123, 5, 56)}, kdb.Float(28.5)},
		{"cov", []kdb.Value{L(2, 3, 5, 7), L(3, 3, 5, 9)}, kdb.Float(4.5)},
		{"cor", []kdb.Value{L(1, 3, 9), L(1, 3, 9)}, kdb.Float(1)},
		{"wavg", []kdb.Value{L(2, N, 4, 5), L(1, 2, N, 8)}, kdb.Float(6)},
		{"wavg", []kdb.Value{G(L(1, 2), L(3, 4)), G(L(500, 400), L(300, 200))}, F(350, 800.0/3)},
		{"wsum", []kdb.Value{L(2, 3, 4), L(1, 2, 4)}, kdb.Float(24)},
		{"?", []kdb.Value{L(10, -8, 3, 5, -1, 2, 3), L(3, 17)}, L(2, 7)},
		{"?", []kdb.Value{S("a", "b"), kdb.Sym("b")}, kdb.Long(1)},
		{"in", []kdb.Value{L(1, 3, 7, 6, 4), L(5, 4, 1, 6)}, B("10011")},
		{"in", []kdb.Value{kdb.Str("wx"), G(kdb.Str("ab"), kdb.Str("wx"))}, kdb.Bool(true)},
		{"in", []kdb.Value{L(1, 2), G(kdb.Long(9), G(L(1, 2), L(3, 4)))}, B("00")},
		{"in", []kdb.Value{L(1, 2), G(L(1, 2), kdb.Long(9))}, kdb.Bool(true)},
		{"bin", []kdb.Value{L(0, 2, 4, 6, 8, 10), L(-10, 0, 4, 5, 6, 20)}, L(-1, 0, 2, 2, 3, 5)},
		{"binr", []kdb.Value{L(0, 1, 1, 2), L(0, 1, 2)}, L(0, 1, 3)},
		{"bin", []kdb.Value{L(0, 1, 1, 2), L(0, 1, 2)}, L(0, 2, 3)},
		{"distinct", []kdb.Value{L(2, 3, 7, 3, 5, 3)}, L(2, 3, 7, 5)},
		{"except", []kdb.Value{L(1, 2, 3, 4, 1, 3), L(2, 3)}, L(1, 4, 1)},
		{"inter", []kdb.Value{L(1, 3, 4, 2), L(2, 3, 5, 7)}, L(3, 2)},
		{"union", []kdb.Value{L(1, 2, 3, 3, 6), L(2, 4, 6, 8)}, L(1, 2, 3, 6, 4, 8)},
		{"asc", []kdb.Value{L(2, 1, 3, 4, 2, 1, 2)}, L(1, 1, 2, 2, 2, 3, 4)},
		{"iasc", []kdb.Value{L(2, 1, 3, 4, 2, 1, 2)}, L(1, 5, 0, 4, 6, 2, 3)},
		{"idesc", []kdb.Value{L(2, 1, 3, 4, 2, 1, 2)}, L(3, 2, 0, 4, 6, 1, 5)},
		{"asc", []kdb.Value{S("c", "a", "b")}, S("a", "b", "c")},
		{"asc", []kdb.Value{F(2, kdb.NullFloat(), -1, kdb.InfFloat(-1))}, F(kdb.NullFloat(), kdb.InfFloat(-1), -1, 2)},
		{"rank", []kdb.Value{L(2, 7, 3)}, L(0, 2, 1)},
		{"where", []kdb.Value{B("0110")}, L(1, 2)},
		{"where", []kdb.Value{L(2, 0, 1)}, L(0, 0, 2)},
		{"#", []kdb.Value{kdb.Long(-5), S("a", "b", "c")}, S("b", "c", "a", "b", "c")},
		{"#", []kdb.Value{L(N, 3), L(0, 1, 2, 3)}, G(L(0, 1, 2), L(3))},
		{"_", []kdb.Value{L(0, 2), L(1, 2, 3)}, G(L(1, 2), L(3))},
		{",", []kdb.Value{L(1, 2), kdb.Float(3)}, G(kdb.Long(1), kdb.Long(2), kdb.Float(3))},
		{",", []kdb.Value{kdb.NewDict(S("a", "b"), L(1, 2)), kdb.NewDict(S("b", "c"), L(5, 6))}, kdb.NewDict(S("a", "b", "c"), L(1, 5, 6))},
		{"+", []kdb.Value{kdb.NewDict(S("a", "b"), L(1, 2)), kdb.NewDict(S("b", "c"), L(5, 6))}, kdb.NewDict(S("a", "b", "c"), L(1, 7, 6))},
		{"@", []kdb.Value{kdb.NewDict(S("a", "b"), L(1, 2)), S("b", "z")}, L(2, N)},
		{"neg", []kdb.Value{G(kdb.InfLong, kdb.InfFloat(-1), N)}, G(-kdb.InfLong, kdb.InfFloat(1), N)},
		{"signum", []kdb.Value{L(-2, 0, 1, N)}, kdb.Of[kdb.Int](-1, 0, 1, -1)},
		{"floor", []kdb.Value{F(-2.1, 0, 2.1)}, L(-3, 0, 2)},
		{"all", []kdb.Value{G()}, kdb.Bool(true)},
		{"any", []kdb.Value{kdb.Str(" \x00")}, kdb.Bool(true)},
		{"group", []kdb.Value{kdb.Str("abab")}, kdb.NewDict(kdb.Str("ab"), G(L(0, 2), L(1, 3)))},
	} {
		got, err := call(t, c.f, c.args...)
		if err != nil {
			t.Errorf("%s %v: %v", c.f, c.args, err)
			continue
		}
		if !prim.Match(got, c.want) {
			t.Errorf("%s %s: got %#v want %#v", c.f, show(c.args...), show(got), show(c.want))
		}
	}
}
