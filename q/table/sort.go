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
		if order := sortOrder(e, cols, descending); order != nil {
			out = gatherTable(e, flat, order)
		}
		if !descending {
			i := slices.Index(out.Names, by[0])
			if v, err := prim.SetAttr(kdb.Sorted, out.Cols[i]); err == nil {
				out = kdb.NewTable(out.Names, slices.Clone(out.Cols))
				out.Cols[i] = v
			}
		}
		return rekey(out, keys), nil
	})
}

// sortOrder returns the rows in the order of the columns, major first, nil if
// they are in it already. The columns are sorted by one after the other, the
// last first; each sort is stable, so that it keeps the order of those before.
func sortOrder(e *prim.Env, cols []kdb.Value, descending bool) []int32 {
	var order []int32
	n := cols[0].Len()
	for i := len(cols) - 1; i >= 0; i-- {
		if order == nil && !descending && ascending(cols[i]) {
			continue
		}
		if c, ok := fewCodes(e, cols[i], n); ok {
			order = sortByCode(c, order, n, descending)
			continue
		}
		col := cols[i]
		if order != nil {
			col = gather(e, col, order)
		}
		grade := prim.Grade(col, descending)
		next := make([]int32, n)
		for j, g := range grade {
			next[j] = int32(g)
			if order != nil {
				next[j] = order[g]
			}
		}
		order = next
	}
	return order
}

// ascending reports whether a column of integers is in order.
func ascending(col kdb.Value) bool {
	if prim.AttrOf(col) == kdb.Sorted {
		return true
	}
	n := col.Len()
	all := allRows(n)
	read, ok := intReader(col, &all)
	if !ok || n == 0 {
		return false
	}
	prev := read(0, 1)[0]
	for at := 0; at < n; at += blockLen {
		for _, v := range read(at, min(at+blockLen, n)) {
			if v < prev {
				return false
			}
			prev = v
		}
	}
	return true
}

// fewCodes returns the coder of a column with so few different items that
// counting them is the fastest sort: symbols, and integers of a small range.
func fewCodes(e *prim.Env, col kdb.Value, n int) (coder, bool) {
	all := allRows(n)
	if symbolic(col) {
		return symbolCodes(e, col, &all), true
	}
	if _, ok := intReader(col, &all); ok && n > 0 {
		lo, hi, nulls := extremes(e, col, &all)
		if lo <= hi && uint64(hi)-uint64(lo) < uint64(max(1<<12, n/4)) {
			return bucketCodes(col, &all, 1, lo, hi, nulls), true
		}
	}
	return coder{}, false
}

// sortByCode is a stable counting sort of the rows in order (all for nil).
func sortByCode(c coder, order []int32, n int, descending bool) []int32 {
	ids := make([]int32, n)
	read := c.blocks()
	for at := 0; at < n; at += blockLen {
		copy(ids[at:], read(at, min(at+blockLen, n)))
	}
	next := make([]int32, c.n+1)
	for _, id := range ids {
		next[id]++
	}
	total := int32(0)
	start := func(code int) {
		k := next[code]
		next[code] = total
		total += k
	}
	for code := range c.n {
		if descending {
			code = c.n - 1 - code
		}
		start(code)
	}
	out := make([]int32, n)
	if order == nil {
		for row, id := range ids {
			out[next[id]] = int32(row)
			next[id]++
		}
		return out
	}
	for _, row := range order {
		id := ids[row]
		out[next[id]] = row
		next[id]++
	}
	return out
}
