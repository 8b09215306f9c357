package kdb_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/kdbtest"
)

type trade struct {
	Time  time.Time
	Sym   string
	Price float64
	Size  int
	Note  string `kdb:",string"`
	local int
}

type embedded struct{ A int }

// Pointed is exported, as what embeds it by pointer has a field of its name.
type Pointed struct{ B int }

func ExampleFrom() {
	v, _ := kdb.From([]trade{
		{time.Date(2026, 1, 2, 9, 30, 0, 0, time.UTC), "IBM", 180.5, 100, "first", 0},
		{time.Date(2026, 1, 2, 9, 31, 0, 0, time.UTC), "MSFT", 410, 200, "", 0},
	})
	for line := range strings.Lines(kdb.Format(v, kdb.DefaultConsole())) {
		fmt.Println(strings.TrimRight(line, " \n"))
	}
	// Output:
	// time                          sym  price size note
	// -----------------------------------------------------
	// 2026.01.02D09:30:00.000000000 IBM  180.5 100  "first"
	// 2026.01.02D09:31:00.000000000 MSFT 410   200  ""
}

func ExampleTo() {
	v := kdb.NewTable([]kdb.Symbol{kdb.Sym("sym"), kdb.Sym("price"), kdb.Sym("ex")},
		[]kdb.Value{kdb.Syms("IBM", "MSFT"), kdb.Of[kdb.Float](180.5, 410), kdb.Str("NQ")})
	var rows []struct {
		Sym   string
		Price float64
		Where string `kdb:"ex"`
	}
	if err := kdb.To(v, &rows); err != nil {
		fmt.Println(err)
	}
	fmt.Println(rows)
	// Output: [{IBM 180.5 N} {MSFT 410 Q}]
}

func TestFrom(t *testing.T) {
	n := 7
	for _, c := range []struct {
		x    any
		want string
	}{
		{nil, "::"},
		{true, "1b"}, {1, "1"}, {int32(1), "1i"}, {int16(1), "1h"}, {int8(-1), "-1h"}, {uint8(1), "0x01"}, {uint16(1), "1i"}, {uint64(1), "1"},
		{1.5, "1.5"}, {float32(1.5), "1.5e"}, {"ibm", "`ibm"}, {kdb.Date(0), "2000.01.01"},
		{time.Date(2000, 1, 1, 0, 0, 1, 0, time.UTC), "2000.01.01D00:00:01.000000000"}, {time.Time{}, "0Np"}, {time.Second, "0D00:00:01.000000000"},
		{[16]byte{1}, "01000000-0000-0000-0000-000000000000"},
		{errors.New("type"), "'type"},
		{&n, "7"}, {(*int)(nil), "0N"}, {(*string)(nil), "`"},
		{[]int{1, 2}, "1 2"}, {[]int{}, "`long$()"}, {[2]bool{true, false}, "10b"}, {[]byte("ab"), "0x6162"}, {[]string{"a", "b"}, "`a`b"},
		{[]any{1, "a"}, "(1;`a)"}, {[]any{1, 2}, "(1;2)"}, {[]any{}, "()"}, {[][]int{{1}, {2, 3}}, "(,1;2 3)"}, {[]*int{&n, nil}, "7 0N"},
		{[]time.Time{}, "`timestamp$()"},
		{map[string]int{"b": 2, "a": 1}, "`a`b!1 2"}, {map[int]string{10: "x", 9: "y"}, "9 10!`y`x"}, {map[string]any{}, "(`symbol$())!()"},
		{struct{ A, B int }{1, 2}, "`a`b!1 2"},
		{[]struct {
			ID  int `kdb:"id,key"`
			Qty int32
		}{{1, 2}}, "(+(,`id)!,,1)!+(,`qty)!,,2i"},
		{struct {
			embedded
			*Pointed
			C int
		}{embedded{1}, nil, 2}, "`a`pointed`c!(1;::;2)"},
		{[]trade{}, "+`time`sym`price`size`note!(`timestamp$();`symbol$();`float$();`long$();())"},
	} {
		v, err := kdb.From(c.x)
		if err != nil || kdb.Inline(v) != c.want {
			t.Errorf("%T: got %v, %v; want %s", c.x, v, err, c.want)
		}
	}
}

func TestFromErrors(t *testing.T) {
	for _, x := range []any{make(chan int), uint64(1) << 63, struct{ a int }{}, []func(){}, struct {
		A int `kdb:"a,nonsense"`
	}{}} {
		if v, err := kdb.From(x); err == nil {
			t.Errorf("%T: got %v", x, v)
		}
	}
}

func TestTo(t *testing.T) {
	stamp := time.Date(2020, 5, 1, 2, 3, 4, 5, time.UTC)
	for _, c := range []struct {
		v    kdb.Value
		want any // of the type to convert to
	}{
		{kdb.Long(5), int64(5)}, {kdb.Long(5), int8(5)}, {kdb.Byte(5), 5}, {kdb.Short(5), uint16(5)}, {kdb.Long(5), 5.0}, {kdb.Bool(true), true},
		{kdb.Real(1.5), 1.5}, {kdb.Float(1.5), float32(1.5)}, {kdb.Sym("a"), "a"}, {kdb.Str("abc"), "abc"}, {kdb.Char('x'), "x"}, {kdb.NullChar, ""},
		{kdb.TimestampOf(stamp), stamp}, {kdb.Timestamp(kdb.NullLong), time.Time{}}, {kdb.DateOf(2020, 5, 1), stamp.Truncate(24 * time.Hour)},
		{kdb.MonthOf(2020, 5), stamp.Truncate(24 * time.Hour)}, {kdb.Datetime(0.5), time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)},
		{kdb.Timespan(5), 5 * time.Nanosecond}, {kdb.Time(5), 5 * time.Millisecond}, {kdb.Minute(5), 5 * time.Minute}, {kdb.Second(5), 5 * time.Second},
		{kdb.GUID{1}, [16]byte{1}}, {kdb.Long(5), kdb.Long(5)}, {kdb.NullLong, (*int)(nil)}, {kdb.Syms("a"), []string{"a"}},
		{kdb.Of[kdb.Long](1, 2), []int{1, 2}}, {kdb.NewList(kdb.Str("a"), kdb.Sym("b")), []string{"a", "b"}}, {enum("s", "x"), []string{"x"}},
		{kdb.NewDict(kdb.Syms("a", "b"), kdb.Of[kdb.Long](1, 2)), map[string]int{"a": 1, "b": 2}},
		{kdb.NewDict(kdb.Syms("a", "c"), kdb.Of[kdb.Long](1, 2)), struct{ A, B int }{1, 0}},
		{table("a", kdb.Of[kdb.Long](1)), []map[string]int{{"a": 1}}},
		{kdb.NewDict(table("a", kdb.Of[kdb.Long](1)), table("b", kdb.Syms("x"))), []struct {
			A int
			B string
		}{{1, "x"}}},
		{kdb.NewDict(kdb.Of[kdb.Long](1), kdb.NewList(kdb.Str("x"))), map[int]any{1: "x"}},
	} {
		dst := reflect.New(reflect.TypeOf(c.want))
		if err := kdb.To(c.v, dst.Interface()); err != nil || !reflect.DeepEqual(dst.Elem().Interface(), c.want) {
			t.Errorf("%v: got %v, %v; want %v", c.v, dst.Elem(), err, c.want)
		}
	}
	for _, c := range []struct {
		v    kdb.Value
		want any
	}{
		{kdb.NullLong, nil}, {kdb.Long(1), int64(1)}, {kdb.Str("a"), "a"}, {kdb.Of[kdb.Float](1), []float64{1}}, {kdb.Of[kdb.Long](1, kdb.NullLong), []any{int64(1), nil}},
		{table("a", kdb.Syms("x")), []map[string]any{{"a": "x"}}}, {kdb.NewDict(kdb.Syms("a"), kdb.NewList(kdb.Nil)), map[string]any{"a": nil}},
		{kdb.NewDict(table("k", kdb.Syms("x")), table("a", kdb.Syms("x"))), []map[string]any{{"k": "x", "a": "x"}}},
	} {
		var got any
		if err := kdb.To(c.v, &got); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: got %#v, %v; want %#v", c.v, got, err, c.want)
		}
	}
}

func TestToErrors(t *testing.T) {
	for _, c := range []struct {
		v    kdb.Value
		dst  any
		want string
	}{
		{kdb.NullLong, new(int), "null"},
		{kdb.Long(300), new(int8), "overflows"},
		{kdb.Long(-1), new(uint), "overflows"},
		{kdb.Long(1), new(string), "type -7"},
		{kdb.Long(1), new([]int), "type -7"},
		{kdb.Sym("a"), new(int), "type -11"},
		{kdb.Long(1), new(time.Time), "type -7"},
		{kdb.Long(1), 5, "pointer"},
		{kdb.Float(1), new(int), "type -9"},
		{table("a", kdb.Of[kdb.Long](1, kdb.NullLong)), new([]struct{ A int }), "column a, row 1: null"},
		{kdb.NewDict(kdb.NewList(kdb.Of[kdb.Long](1)), kdb.Of[kdb.Long](1)), new(map[any]any), "cannot be the key"},
	} {
		if err := kdb.To(c.v, c.dst); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.v, err, c.want)
		}
	}
}

// TestToOfFrom goes there and back.
func TestToOfFrom(t *testing.T) {
	rows := []trade{{time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), "a", 1.5, 3, "note", 0}, {time.Time{}, "", 0, 0, "", 0}}
	v, err := kdb.From(rows)
	if err != nil {
		t.Fatal(err)
	}
	var got []trade
	if err := kdb.To(v, &got); err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("got %v, %v", got, err)
	}
	w, err := kdb.From(got)
	if err != nil {
		t.Fatal(err)
	}
	if d := kdbtest.Diff(v, w); d != "" {
		t.Error(d)
	}
}
