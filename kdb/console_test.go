package kdb_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

// These keep the cases below short.
func dict(k, v kdb.Value) kdb.Value { return kdb.NewDict(k, v) }

func table(cols ...any) *kdb.Table { return kdbtest.Cols(cols...) }

func list(items ...kdb.Value) *kdb.List { return kdb.NewList(items...) }

func longs(x ...kdb.Long) *kdb.Longs    { return kdb.Of(x...) }
func floats(x ...kdb.Float) *kdb.Floats { return kdb.Of(x...) }
func str(s string) *kdb.Chars           { return kdb.Str(s) }

func attributed[T kdb.Elem](a kdb.Attr, x ...T) *kdb.Vec[T] {
	v := kdb.NewVec(x)
	v.Attr = a
	return v
}

func enum(domain string, texts ...string) *kdb.Enum {
	e := &kdb.Enum{Domain: kdb.Sym(domain), Dom: kdb.Syms(texts...)}
	for i := range texts {
		e.V = append(e.V, kdb.Long(i))
	}
	return e
}

const (
	nullInt  = kdb.NullInt
	nullLong = kdb.NullLong
)

// TestInline holds values beside the text that q has for them. Cases with a
// page's name are shown in KX's manual there.
func TestInline(t *testing.T) {
	nan, inf := kdb.NullFloat(), kdb.InfFloat(1)
	stamp := kdb.TimestampOf(time.Date(2013, 7, 4, 5, 6, 7, 89, time.UTC))
	var guid kdb.GUID
	copy(guid[:], "\x8c\x6b\x8b\x64\x68\x15\x60\x84\x0a\x3e\x17\x84\x01\x25\x1b\x68")
	for _, c := range []struct {
		v    kdb.Value
		want string
	}{
		{kdb.Bool(true), "1b"},
		{kdb.Of(kdb.Bool(true), kdb.Bool(false)), "10b"},
		{kdb.Of(kdb.Bool(true)), ",1b"},
		{kdb.NewVec([]kdb.Bool(nil)), "`boolean$()"},
		{kdb.GUID{}, "00000000-0000-0000-0000-000000000000"},
		{kdb.Of(guid), ",8c6b8b64-6815-6084-0a3e-178401251b68"}, // ref/deal
		{kdb.Byte(0x42), "0x42"},
		{kdb.Of(kdb.Byte(3), kdb.Byte(4), kdb.Byte(5)), "0x030405"}, // ref/cast
		{kdb.Of(kdb.Byte(1)), ",0x01"},                              // ref/vs
		{kdb.Short(255), "255h"},
		{kdb.NullShort, "0Nh"},
		{kdb.InfShort, "32767h"}, // basics/datatypes: no display for short infinity
		{kdb.Int(10), "10i"},
		{nullInt, "0Ni"},
		{-kdb.InfInt, "-0Wi"},
		{kdb.Of(kdb.Int(3), kdb.Int(55), kdb.Int(58)), "3 55 58i"}, // ref/cast
		{kdb.Of(kdb.Int(1), nullInt), "1 0Ni"},
		{kdb.Long(2), "2"},
		{nullLong, "0N"},
		{longs(nullLong, kdb.InfLong, -kdb.InfLong, 7), "0N 0W -0W 7"},
		{longs(2), ",2"},
		{longs(), "`long$()"},                                   // ref/next
		{attributed[kdb.Long](kdb.Sorted, 1, 2, 3), "`s#1 2 3"}, // ref/set-attribute
		{attributed[kdb.Long](kdb.Parted, 2, 2, 1), "`p#2 2 1"}, // ref/set-attribute
		{attributed[kdb.Long](kdb.Unique, 2), "`u#,2"},
		{attributed[kdb.Long](kdb.Grouped), "`g#`long$()"},
		{kdb.Real(3.14), "3.14e"}, // ref/tok
		{kdb.NullReal(), "0Ne"},
		{kdb.Real(math.Inf(1)), "0we"}, // basics/datatypes
		{kdb.Of[kdb.Real](1, 2.5), "1 2.5e"},
		{kdb.Float(1), "1f"},
		{kdb.Float(183907), "183907f"}, // ref/sv
		{kdb.Float(1.0 / 7), "0.1428571"},
		{kdb.Float(123456789), "1.234568e+08"}, // basics/syscmds
		{kdb.Float(0.00001), "1e-05"},
		{kdb.Float(math.Copysign(0, -1)), "-0f"},
		{nan, "0n"},
		{kdb.InfFloat(-1), "-0w"},
		{floats(1, 1), "1 1f"}, // basics/precision
		{floats(1, 2.5), "1 2.5"},
		{floats(1, 5, -3, 2-1e-12), "1 5 -3 2"}, // ref/lsq
		{kdb.Float(6572670.6), "6572671f"},      // ref/sqrt
		{floats(nan, 1), "0n 1"},
		{floats(inf, 1), "0w 1"},
		{floats(1e10, 1), "1e+10 1"},
		{kdb.Char('k'), `"k"`},
		{str("abc"), `"abc"`},
		{str("c"), `,"c"`}, // ref/string
		{str(""), `""`},
		{str("a\tb\n\"\\\r\x01"), `"a\tb\n\"\\\r\001"`},
		{str("Zürich"), `"Z\303\274rich"`}, // basics/datatypes
		{kdb.Sym("ibm"), "`ibm"},
		{kdb.Symbol{}, "`"},
		{kdb.Syms("a", "", "b"), "`a``b"},
		{kdb.Syms("c2"), ",`c2"}, // ref/null
		{kdb.Syms(), "`symbol$()"},
		{kdb.Timestamp(42), "2000.01.01D00:00:00.000000042"}, // ref/cast
		{kdb.Timestamp(nullLong), "0Np"},
		{kdb.Timestamp(-kdb.InfLong), "-0Wp"}, // basics/datatypes
		{kdb.Of(kdb.Timestamp(-math.MaxInt64+1), kdb.Timestamp(math.MaxInt64-1)),
			"1707.09.22D00:12:43.145224194 2292.04.10D23:47:16.854775806"}, // basics/datatypes
		{kdb.Of(kdb.Timestamp(nullLong), stamp), "0N 2013.07.04D05:06:07.000000089"},
		{kdb.Of(kdb.Timestamp(nullLong), kdb.Timestamp(nullLong)), "0N 0Np"},
		{kdb.Month(42), "2003.07m"}, // ref/cast
		{kdb.Month(nullInt), "0Nm"},
		{kdb.Of(kdb.Month(240), kdb.Month(-1)), "2020.01 1999.12m"},
		{kdb.Date(42), "2000.02.12"}, // ref/cast
		{kdb.DateOf(2020, 2, 29), "2020.02.29"},
		{kdb.DateOf(1, 1, 1) - 1, "0000.00.00"}, // basics/datatypes
		{kdb.DateOf(9999, 12, 31), "9999.12.31"},
		{kdb.Date(nullInt), "0Nd"},
		{kdb.Date(kdb.InfInt), "0Wd"},
		{kdb.Datetime(42), "2000.02.12T00:00:00.000"}, // ref/cast
		{kdb.Datetime(-0.5), "1999.12.31T12:00:00.000"},
		{kdb.Datetime(math.NaN()), "0Nz"},
		{kdb.Datetime(firstDatetime - 1), "0000.00.00T00:00:00.000"},
		{kdb.Timespan(42), "0D00:00:00.000000042"}, // ref/cast
		{kdb.Of(kdb.Timespan(-math.MaxInt64+1), kdb.Timespan(math.MaxInt64-1)),
			"-106751D23:47:16.854775806 106751D23:47:16.854775806"}, // basics/datatypes
		{kdb.Minute(42), "00:42"},
		{kdb.Minute(-61), "-01:01"},
		{kdb.Second(42), "00:00:42"},
		{kdb.Time(42), "00:00:00.042"},
		{kdb.Time(nullInt), "0Nt"},
		{kdb.Of(kdb.Time(1), kdb.Time(nullInt)), "00:00:00.001 0N"},
		{enum("s", "s1", "s2"), "`s$`s1`s2"}, // ref/xgroup
		{enum("s", "s1"), "`s$,`s1"},         // ref/xgroup
		{list(), "()"},
		{list(longs(1, 2)), ",1 2"},
		{list(list(kdb.Float(3.141593))), ",,3.141593"}, // ref/file-binary
		{list(list(longs(1, 2), longs(5, 6)), list(longs(3, 4))), "((1 2;5 6);,3 4)"}, // after ref/cross
		{list(kdb.Binary(1), kdb.Sym("a"), kdb.Long(1)), "(+;`a;1)"},                  // ref/value
		{list(kdb.Unary(2), longs(5, 7)), "(-:;5 7)"},                                 // ref/parse
		{list(kdb.Iterator(4), kdb.Binary(1)), "(/:;+)"},                              // ref/parse
		{dict(kdb.Syms("sup"), kdb.Syms("s")), "(,`sup)!,`s"},                         // ref/parse
		{dict(kdb.Syms("a", "b"), kdb.Syms("p", "q")), "`a`b!`p`q"},                   // ref/parse
		{dict(str("a"), longs(1)), `(,"a")!,1`},                                       // learn/reading/scrabble
		{dict(kdb.Syms("date", "sym"), list(kdb.NewVec([]kdb.Date(nil)), longs())), "`date`sym!(`date$();`long$())"},
		{table("a", longs(1, 2)), "+(,`a)!,1 2"},
		{dict(table("v", kdb.Syms("L", "B")), table("q", list(kdb.Syms("D"), kdb.Syms("E")))),
			"(+(,`v)!,`L`B)!+(,`q)!,(,`D;,`E)"}, // wp/market-fragmentation
		{kdb.Nil, "::"},
		{kdb.Unary(23), "avg"},
		{kdb.Binary(24), "within"},
		{&kdb.Lambda{Source: "{x+y}"}, "{x+y}"},
		{&kdb.Projection{F: kdb.Binary(11), Args: []kdb.Value{str("bb")}}, `$["bb"]`},
		{&kdb.Projection{F: &kdb.Lambda{Source: "{x+y}"}, Args: []kdb.Value{nil, kdb.Long(1)}}, "{x+y}[;1]"},
		{&kdb.Derived{Iter: 1, F: kdb.Binary(1)}, "+/"},                                                 // basics/parsetrees
		{&kdb.Derived{Iter: 5, F: &kdb.Derived{Iter: 4, F: kdb.Binary(12)}}, `,/:\:`},                   // ref/value
		{&kdb.Compose{F: []kdb.Value{kdb.Unary(15), &kdb.Derived{Iter: 3, F: kdb.Binary(15)}}}, "~~':"}, // ref/value
		{kdb.Error("type"), "'type"},
	} {
		if got := kdb.Inline(c.v); got != c.want {
			t.Errorf("%T: got %s, want %s", c.v, got, c.want)
		}
	}
}

const firstDatetime = -730119

func TestFormat(t *testing.T) {
	nan := kdb.NullFloat()
	for _, c := range []struct {
		name string
		v    kdb.Value
		want []string // lines; trailing blanks count
	}{
		{"empty list", list(), nil},
		{"empty dictionary", dict(list(), list()), nil},
		{"mixed list", list(longs(0, 1), kdb.Syms("ibm", "goog"), str("hello"), kdb.Long(3)),
			[]string{"0 1", "`ibm`goog", `"hello"`, "3"}}, // ref/enlist
		{"mixed depth", list(kdb.Date(42), kdb.Collapse([]kdb.Value{kdb.Month(42), kdb.Date(1)})),
			[]string{"2000.02.12", "(2003.07m;2000.01.02)"}}, // ref/cast
		{"int matrix", list(kdb.Of[kdb.Int](6, 7), kdb.Of[kdb.Int](-6, -7)), []string{"6  7 ", "-6 -7"}}, // ref/cast
		{"float matrix", list(floats(8.881784e-16, 0), floats(0, 4.440892e-16)),
			[]string{"8.881784e-16 0           ", "0            4.440892e-16"}}, // ref/lsq
		{"boolean matrix", list(kdb.Of[kdb.Bool](true, false), kdb.Of[kdb.Bool](false, true)), []string{"10b", "01b"}}, // ref/inv
		{"byte lists", list(kdb.Of[kdb.Byte](0, 1), kdb.Of[kdb.Byte](4, 5)), []string{"0x0001", "0x0405"}},             // ref/vs
		{"strings", list(str("abc"), str("def")), []string{`"abc"`, `"def"`}},                                          // basics/application
		{"matrix of strings", list(list(str("Now"), str("is")), list(str("for"), str("all"))),
			[]string{`"Now" "is" `, `"for" "all"`}}, // basics/application
		{"symbol matrix", list(kdb.Syms("a", "bc"), kdb.Syms("def", "g")), []string{"a   bc", "def g "}},
		{"nested lists of one length", list(list(longs(1, 2), longs(5, 6)), list(longs(1, 2), longs(7, 8))),
			[]string{"1 2 5 6", "1 2 7 8"}}, // ref/cross
		{"uneven lists", list(longs(2, 5, 9), list(longs(5, 6), longs(12, 14)), longs(9, 19, 30, 42)),
			[]string{"2 5 9", "(5 6;12 14)", "9 19 30 42"}}, // ref/each
		{"dictionary", dict(kdb.Syms("tom", "harry"), longs(1040, 27)), []string{"tom  | 1040", "harry| 27"}},
		{"dictionary of lists", dict(str("mis"), list(longs(0), longs(1, 4, 7, 10), longs(2, 3))),
			[]string{"m| ,0", "i| 1 4 7 10", "s| 2 3"}}, // ref/group
		{"dictionary of equal lists", dict(kdb.Syms("name", "dob"), list(kdb.Syms("jack", "jill"), kdb.Of[kdb.Date](0, 1))),
			[]string{"name| jack       jill      ", "dob | 2000.01.01 2000.01.02"}}, // basics/dictsandtables
		{"dictionary of atoms", dict(kdb.Syms("abc", "xyz", "efg", "n"), list(kdb.Long(123), kdb.Float(321), kdb.Sym("a"), nan)),
			[]string{"abc| 123", "xyz| 321f", "efg| `a", "n  | 0n"}}, // ref/dotq
		{"dictionary of strings", dict(kdb.Syms("a"), list(str("2002"))), []string{`a| "2002"`}},           // ref/string
		{"dictionary with float keys", dict(floats(1, 96.1), longs(0, 1)), []string{"1   | 0", "96.1| 1"}}, // basics/precision
		{"table", table("sym", kdb.Syms("IBM", "MSFT"), "price", floats(10.2, 100), "size", longs(100, nullLong)),
			[]string{"sym  price size", "---------------", "IBM  10.2  100 ", "MSFT 100       "}},
		{"table with chars, enums and bytes", table("c", str("ab"), "e", enum("s", "x", "yy"), "x", kdb.Of[kdb.Byte](1, 255), "b", kdb.Of[kdb.Bool](true, false)),
			[]string{"c e  x  b", "---------", "a x  01 1", "b yy ff 0"}},
		{"table with lists", table("s", kdb.Syms("a", "b"), "p", list(longs(2), longs(5, 7, 11)), "r", list(str("A"), str("CDE"))),
			[]string{"s p      r    ", "--------------", `a ,2     ,"A" `, `b 5 7 11 "CDE"`}}, // ref/ungroup
		{"empty table", table("time", kdb.NewVec([]kdb.Time(nil)), "sym", kdb.Syms()), []string{"time sym", "--------"}},
		{"keyed table", dict(table("sex", str("fm")), table("name", list(kdb.Syms("jill"), kdb.Syms("tom", "dick")))),
			[]string{"sex| name     ", "---| ---------", "f  | ,`jill   ", "m  | `tom`dick"}}, // ref/select
		{"values in a table", dict(kdb.Of[kdb.Date](0, 1), table("quotes", longs(0, 100000), "trade", longs(49859, 1))),
			[]string{"          | quotes trade", "----------| ------------", "2000.01.01| 0      49859", "2000.01.02| 100000 1    "}},
		{"atom", kdb.Float(2), []string{"2f"}},
		{"vector", longs(1, 2, 3), []string{"1 2 3"}},
	} {
		want := ""
		for _, l := range c.want {
			want += l + "\n"
		}
		if got := kdb.Format(c.v, kdb.DefaultConsole()); got != want {
			t.Errorf("%s: got\n%swant\n%s", c.name, strings.ReplaceAll(got, " ", "·"), strings.ReplaceAll(want, " ", "·"))
		}
	}
}

// TestFormatCuts holds the manual's example of \c and its tables of 20 rows on
// a console of 25.
func TestFormatCuts(t *testing.T) {
	til := func(n int) *kdb.Longs {
		v := make([]kdb.Long, n)
		for i := range v {
			v[i] = kdb.Long(i)
		}
		return kdb.NewVec(v)
	}
	var each []kdb.Value
	for i := range 10 {
		each = append(each, til(20+i))
	}
	got := kdb.Format(list(each...), kdb.Console{Rows: 10, Cols: 10, Precision: 7})
	if want := strings.Repeat("0 1 2 3..\n", 7) + "..\n"; got != want {
		t.Errorf("list: got\n%swant\n%s", got, want)
	}
	got = kdb.Format(table("a", til(100)), kdb.DefaultConsole())
	if n := strings.Count(got, "\n"); n != 23 || !strings.HasSuffix(got, "\n19\n..\n") {
		t.Errorf("table: got %d lines\n%s", n, got)
	}
	got = kdb.Format(til(1000), kdb.DefaultConsole())
	if len(got) != 80 || !strings.HasSuffix(got, "..\n") {
		t.Errorf("vector: got %d bytes %q", len(got), got)
	}
	if got = kdb.Format(til(100), kdb.Console{}); len(got) != 290 {
		t.Errorf("no limit: got %d bytes %q", len(got), got)
	}
}

// TestAppendFloatPrecision holds the manual's page on precision.
func TestAppendFloatPrecision(t *testing.T) {
	third := kdb.Float(1.0 / 3)
	for _, c := range []struct {
		f         kdb.Float
		precision int
		want      string
	}{
		{third, 0, "0.33333333333333331"},
		{third, 3, "0.333"},
		{third, 10, "0.3333333333"},
		{96.1, 17, "96.099999999999994"},
		{1e6, 7, "1000000"},
		{1e7, 7, "1e+07"},
		{12345678, 7, "1.234568e+07"},
		{100, 2, "1e+02"},
		{-1.5, 7, "-1.5"},
	} {
		if got := string(kdb.AppendFloat(nil, c.f, c.precision)); got != c.want {
			t.Errorf("%v with %d digits: got %s, want %s", float64(c.f), c.precision, got, c.want)
		}
	}
}
