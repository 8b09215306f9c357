package eval

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/table"
)

// unflipped is names!`:path/ or names!`table: the columns of a splayed or a
// partitioned table, of which flip makes the table.
// Source: KX manual, "Flip Splayed or Partitioned" (ref/flip-splayed).
type unflipped struct {
	names []kdb.Symbol
	at    kdb.Symbol
	kdb.Mark
}

// Type returns TDict.
func (*unflipped) Type() kdb.Type { return kdb.TDict }

// Len returns the number of columns.
func (u *unflipped) Len() int { return len(u.names) }

// String returns the expression that made it.
func (u *unflipped) String() string {
	return kdb.Inline(kdb.NewDict(kdb.NewVec(u.names), u.at))
}

// flipped returns the table that u stands for. One that is not there is found
// missing where it is queried.
func (th *thread) flipped(u *unflipped) (kdb.Value, error) {
	name := u.at.String()
	if strings.HasPrefix(name, ":") && strings.HasSuffix(name, "/") {
		v, err := th.readValue(u.at)
		if err != nil {
			first := name[1:] + u.names[0].String()
			return &missingTable{unflipped: u, err: osError(first, fs.ErrNotExist)}, nil
		}
		if t, ok := v.(*kdb.Table); ok {
			return chosen(t, u.names)
		}
		return nil, errType
	}
	if v := th.eng.names.find(u.at); v != nil {
		if p, ok := v.v.(*partitioned); ok {
			return &partitioned{hdb: p.hdb, name: p.name, cols: u.names}, nil
		}
	}
	return &missingTable{unflipped: u, err: kdb.Error(name)}, nil
}

// chosen returns the named columns of t.
func chosen(t *kdb.Table, names []kdb.Symbol) (kdb.Value, error) {
	cols := make([]kdb.Value, len(names))
	for i, n := range names {
		k := slices.Index(t.Names, n)
		if k < 0 {
			return nil, kdb.Error(n.String())
		}
		cols[i] = t.Cols[k]
	}
	return kdb.NewTable(names, cols), nil
}

// missingTable is the flip of what is not there: a table.Source whose only
// segment cannot be opened.
type missingTable struct {
	*unflipped
	err error
}

var _ table.Source = (*missingTable)(nil)

// Type returns TTable.
func (*missingTable) Type() kdb.Type { return kdb.TTable }

// String shows a flip.
func (m *missingTable) String() string { return "+" + m.unflipped.String() }

// Virtual returns no name: nothing is known of partitions.
func (*missingTable) Virtual() kdb.Symbol { return kdb.Symbol{} }

// Columns returns the columns that were named.
func (m *missingTable) Columns() []kdb.Symbol { return m.names }

// Values returns one segment.
func (*missingTable) Values() kdb.Value { return kdb.NewVec([]kdb.Long{0}) }

// Segment returns the error of the table that is not there.
func (m *missingTable) Segment(int, []kdb.Symbol) (*kdb.Table, error) { return nil, m.err }
