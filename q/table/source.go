package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Source is a table that is not in memory as a whole: segments, each with the
// value of a virtual column, whose columns are mapped only where a query asks
// for them. A partitioned database is one.
type Source interface {
	kdb.Value
	// Virtual is the name of the partition column.
	Virtual() kdb.Symbol
	// Columns are the names of the stored columns, without the virtual one.
	Columns() []kdb.Symbol
	// Values are the partition values of the segments, a vector with one item
	// a segment, ascending.
	Values() kdb.Value
	// Segment returns the named columns of segment i, or all for nil.
	Segment(i int, names []kdb.Symbol) (*kdb.Table, error)
}

func selectSource(*prim.Env, Source, []kdb.Value) (kdb.Value, error) { return nil, prim.ErrNYI }

func metaOfSource(*prim.Env, Source) (kdb.Value, error) { return nil, prim.ErrNYI }
