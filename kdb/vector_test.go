package kdb_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/kdb"
)

// TestAppendLeavesOthersAlone grows vectors in a tree of versions, of which
// many share memory, and compares each with a plain copy.
func TestAppendLeavesOthersAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions := []*kdb.Longs{kdb.Of[kdb.Long]()}
		models := [][]kdb.Long{nil}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			// Mostly the newest, as a table grows; sometimes an older one.
			at := len(versions) - 1
			if rapid.IntRange(0, 3).Draw(t, "older") == 0 {
				at = rapid.IntRange(0, at).Draw(t, "version")
			}
			more := make([]kdb.Long, rapid.IntRange(0, 5).Draw(t, "elements"))
			for j := range more {
				more[j] = kdb.Long(100*i + j)
			}
			versions = append(versions, kdb.Append(versions[at], more...))
			models = append(models, slices.Concat(models[at], more))
		}
		for i, v := range versions {
			if !slices.Equal(v.V, models[i]) {
				t.Fatalf("version %d is %v, want %v", i, v.V, models[i])
			}
		}
	})
}

// TestAppendOfTwoGoroutines has two append to one vector: both get theirs.
func TestAppendOfTwoGoroutines(t *testing.T) {
	for range 200 {
		base := kdb.Append(kdb.Of[kdb.Long](), 1, 2, 3) // with room
		var got [2]*kdb.Longs
		var wg sync.WaitGroup
		for g := range got {
			wg.Go(func() { got[g] = kdb.Append(base, kdb.Long(10+g)) })
		}
		wg.Wait()
		for g := range got {
			if want := []kdb.Long{1, 2, 3, kdb.Long(10 + g)}; !slices.Equal(got[g].V, want) {
				t.Fatalf("got %v, want %v", got[g].V, want)
			}
		}
	}
}

// TestAppendKeepsLittleRoom: a large column that has grown takes at most 1.3
// times its data, a short one has room for as much again.
func TestAppendKeepsLittleRoom(t *testing.T) {
	for _, n := range []int{10, 1000, 1 << 20, 10_000_000} {
		v := kdb.Append(kdb.NewVec(make([]kdb.Bool, n)), true)
		most := 2 * n
		if n > 1<<19 {
			most = n + n*3/10
		}
		if c := cap(v.V); c > most || c < n+n/16 {
			t.Errorf("%d rows: room for %d", n, c)
		}
	}
}

// TestColumnsGrowOneByOne: columns of one length, full at the same row, are not
// full at the same row again. Until they were told apart, a growing table was in
// memory twice, and more.
func TestColumnsGrowOneByOne(t *testing.T) {
	full := kdb.NewVec(make([]kdb.Bool, 4_000_000))
	room := map[int]bool{}
	for range 6 {
		room[cap(kdb.Append(full, true).V)/40_000] = true
	}
	if len(room) == 1 {
		t.Errorf("six columns have the same room: %v", room)
	}
}

// TestSymOfManyGoroutines: one text is one symbol, whoever came first.
func TestSymOfManyGoroutines(t *testing.T) {
	const n = 3000
	var ids [4][n]kdb.Symbol
	var wg sync.WaitGroup
	for g := range ids {
		wg.Go(func() {
			for i := range n {
				text := fmt.Sprintf("concurrent-%d", (i+g*701)%n)
				s := kdb.Sym(text)
				if g%2 == 1 {
					s = kdb.SymBytes([]byte(text))
				}
				if s.String() != text {
					t.Errorf("%q reads %q", text, s)
				}
				ids[g][(i+g*701)%n] = s
			}
		})
	}
	wg.Wait()
	for g := range ids {
		if ids[g] != ids[0] {
			t.Errorf("goroutine %d has other symbols", g)
		}
	}
	if kdb.Sym("") != (kdb.Symbol{}) || int(ids[0][0].ID()) >= kdb.SymbolCount() {
		t.Error("null symbol or count")
	}
}

func TestCollapse(t *testing.T) {
	for _, c := range []struct {
		items []kdb.Value
		want  string
	}{
		{nil, "()"},
		{[]kdb.Value{kdb.Long(1), kdb.Long(2)}, "1 2"},
		{[]kdb.Value{kdb.Long(1), kdb.Int(2)}, "(1;2i)"},
		{[]kdb.Value{kdb.Sym("a")}, ",`a"},
		{[]kdb.Value{kdb.Str("a"), kdb.Str("b")}, `(,"a";,"b")`},
		{[]kdb.Value{kdb.Nil, kdb.Nil}, "(::;::)"},
		{[]kdb.Value{enum("s", "x").At(0), enum("s", "x").At(0)}, "(`s$`x;`s$`x)"}, // of two domains
	} {
		if got := kdb.Inline(kdb.Collapse(c.items)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	e := enum("s", "x", "y")
	if got := kdb.Inline(kdb.Collapse([]kdb.Value{e.At(1), e.At(0)})); got != "`s$`y`x" {
		t.Errorf("got %s", got)
	}
}

func TestNullAndEmptyOfEveryType(t *testing.T) {
	texts := map[kdb.Type]string{kdb.TBool: "0b", kdb.TGUID: "00000000-0000-0000-0000-000000000000", kdb.TByte: "0x00", kdb.TShort: "0Nh", kdb.TInt: "0Ni",
		kdb.TLong: "0N", kdb.TReal: "0Ne", kdb.TFloat: "0n", kdb.TChar: `" "`, kdb.TSymbol: "`", kdb.TTimestamp: "0Np", kdb.TMonth: "0Nm", kdb.TDate: "0Nd",
		kdb.TDatetime: "0Nz", kdb.TTimespan: "0Nn", kdb.TMinute: "0Nu", kdb.TSecond: "0Nv", kdb.TTime: "0Nt"}
	for ty, text := range texts {
		n := kdb.Null(ty)
		if kdb.Inline(n) != text || n.Type() != -ty || kdb.Null(-ty).Type() != -ty {
			t.Errorf("null of %d is %v", ty, n)
		}
		if want := ty != kdb.TBool && ty != kdb.TByte; kdb.IsNull(n) != want {
			t.Errorf("null of %d: IsNull is %v", ty, !want)
		}
		if e := kdb.Empty(-ty); e.Type() != ty || e.Len() != 0 {
			t.Errorf("empty of %d is %v", ty, e)
		}
	}
	if kdb.Null(kdb.TTable) != kdb.Value(kdb.Nil) || kdb.Empty(0).Type() != 0 {
		t.Error("types without atoms")
	}
}

// TestFormatFits: no line is wider and no text longer than the console.
func TestFormatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "rows")
		items := make([]kdb.Value, n)
		for i := range items {
			items[i] = kdb.Str(rapid.StringN(0, 30, 60).Draw(t, "text"))
		}
		c := kdb.Console{Rows: rapid.IntRange(10, 30).Draw(t, "console rows"), Cols: rapid.IntRange(10, 60).Draw(t, "console columns"), Precision: 7}
		keys := make([]kdb.Long, n)
		for _, v := range []kdb.Value{kdb.NewList(items...), table("a", kdb.NewList(items...), "b", kdb.NewVec(keys)), kdb.NewDict(kdb.NewVec(keys), kdb.NewList(items...))} {
			lines := 0
			for rest := kdb.Format(v, c); rest != ""; lines++ {
				i := 0
				for rest[i] != '\n' {
					i++
				}
				if i >= c.Cols {
					t.Fatalf("line of %d on a console of %d: %q", i, c.Cols, rest[:i])
				}
				rest = rest[i+1:]
			}
			if lines > c.Rows-2 {
				t.Fatalf("%d lines on a console of %d", lines, c.Rows)
			}
		}
	})
}
