package table

import (
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Sort is xasc and xdesc: the table in the order of the named columns, equal
// rows as they stood. Ascending, the first of them becomes sorted. A table by
// name is sorted in place. Errors: 'type, 'dup, the name of a missing column.
func Sort(e *prim.Env, names, t kdb.Value, descending bool) (kdb.Value, error) {
	by, err := symbolList(names)
	if err != nil {
		return nil, err
	}
	return replace(e, t, func(flat *kdb.Table, keys int) (kdb.Value, error) {
		for i, n := range flat.Names {
			if slices.Contains(flat.Names[:i], n) {
				return nil, kdb.Error("dup " + n.String())
			}
		}
		cols, err := columnsNamed(flat, by)
		if err != nil {
			return nil, err
		}
		if len(cols) == 0 {
			return rekey(flat, keys), nil
		}
		if _, err := rowCount(flat); err != nil {
			return nil, err
		}
		out := flat
		order := prim.Order(e, cols, descending)
		if order != nil {
			out = gatherTable(e, flat, int32Words(order))
		}
		i := slices.Index(out.Names, by[0])
		if _, typed := prim.ColumnOf(out.Cols[i]); typed && order != nil && !descending {
			prim.MarkAttr(out.Cols[i], kdb.Sorted) // nobody holds it yet
		} else if !descending {
			if v, err := prim.SetAttr(kdb.Sorted, out.Cols[i]); err == nil {
				out = kdb.NewTable(out.Names, slices.Clone(out.Cols))
				out.Cols[i] = v
			}
		}
		return rekey(out, keys), nil
	})
}
