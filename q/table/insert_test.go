package table_test

import (
	"testing"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

func TestInsert(t *testing.T) {
	plain := func() kdb.Value { return tableOf("s", syms("a"), "p", longs(1)) }
	withKey := func() kdb.Value { return keyed(tableOf("s", syms("a"), "p", longs(1)), 1) }
	tests := []struct {
		name    string
		t       kdb.Value
		rows    kdb.Value
		want    kdb.Value
		wantErr error
	}{
		{"row", plain(), list(kdb.Sym("b"), kdb.Long(2)), tableOf("s", syms("a", "b"), "p", longs(1, 2)), nil},
		{"columns", plain(), list(syms("b", "c"), longs(2, 3)), tableOf("s", syms("a", "b", "c"), "p", longs(1, 2, 3)), nil},
		{"rows", plain(), list(list(kdb.Sym("b"), kdb.Long(2)), list(kdb.Sym("c"), kdb.Long(3))), tableOf("s", syms("a", "b", "c"), "p", longs(1, 2, 3)), nil},
		{"dictionary", plain(), kdb.NewDict(syms("p", "s"), list(kdb.Long(2), kdb.Sym("b"))), tableOf("s", syms("a", "b"), "p", longs(1, 2)), nil},
		{"table", plain(), tableOf("p", longs(2), "s", syms("b")), tableOf("s", syms("a", "b"), "p", longs(1, 2)), nil},
		{"missing column", plain(), tableOf("s", syms("b")), tableOf("s", syms("a", "b"), "p", longs(1, kdb.NullLong)), nil},
		{"other type", plain(), list(kdb.Sym("b"), kdb.Float(2)), nil, prim.ErrType},
		{"other length", plain(), list(kdb.Sym("b")), nil, prim.ErrLength},
		{"other column", plain(), tableOf("s", syms("b"), "q", longs(2)), nil, prim.ErrMismatch},
		{"new key", withKey(), list(kdb.Sym("b"), kdb.Long(2)), keyed(tableOf("s", syms("a", "b"), "p", longs(1, 2)), 1), nil},
		{"old key", withKey(), list(kdb.Sym("a"), kdb.Long(2)), nil, table.ErrInsert},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, en := newEnv(1)
			name := kdb.Sym("t")
			en.globals[name] = tt.t
			_, err := table.Insert(e, name, tt.rows)
			if err != tt.wantErr {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if err == nil {
				wantMatch(t, en.globals[name], tt.want)
			}
		})
	}
}

// TestInsertKeepsGrouped checks that an index moves on with the column, and that
// a table held from before an append does not see it.
func TestInsertKeepsGrouped(t *testing.T) {
	e, en := newEnv(1)
	name := kdb.Sym("t")
	en.globals[name] = withAttr(tableOf("p", longs(1), "s", syms("a")), kdb.Grouped)
	held := en.globals[name]
	for i := range 1000 {
		v, err := table.Insert(e, name, list(kdb.Long(i), kdb.Sym(string(rune('a'+i%3)))))
		must(t, v, err)
	}
	now := en.globals[name].(*kdb.Table)
	if prim.AttrOf(now.Cols[1]) != kdb.Grouped {
		t.Fatal("the attribute is gone")
	}
	count := func(tb kdb.Value) kdb.Value {
		v, err := table.Select(e, []kdb.Value{tb, list(tree("=", "s", symbol("a"))), none, tree("count", "i")})
		return must(t, v, err)
	}
	wantMatch(t, count(now), kdb.Long(335))
	wantMatch(t, count(held), kdb.Long(1))
}

func BenchmarkInsertRow(b *testing.B) {
	e, en := newEnv(1)
	name := kdb.Sym("t")
	t := inTimeOrder().trade
	cols := make([]kdb.Value, len(t.Cols))
	for i, c := range t.Cols {
		cols[i] = prim.AppendValues(c, prim.Item(c, 0))
	}
	en.globals[name] = kdb.NewTable(t.Names, cols)
	row := list(day, kdb.Sym("S001"), kdb.Float(1), kdb.Long(2))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Insert(e, name, row); err != nil {
			b.Fatal(err)
		}
	}
}
