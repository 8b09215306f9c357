package table

import (
	"math"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// AsofKind says which of the as-of joins is meant.
type AsofKind struct {
	// RightTime takes the time of the matching row (aj0), not that of the left.
	RightTime bool
	// Fill keeps the left value where the right one is null (ajf).
	Fill bool
}

// Asof is aj and its relatives: to each row of left the last row of right that
// is equal in all but the last of the columns and not after it in the last.
// Rows of right with equal keys must ascend in the last column. A row without a
// match keeps its values in common columns and gets nulls in new ones.
// Errors: 'type, 'length, the name of a missing column.
func Asof(e *prim.Env, kind AsofKind, columns, left, right kdb.Value) (kdb.Value, error) {
	names, err := symbolList(columns)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, prim.ErrLength
	}
	r, err := plainTable(e, right)
	if err != nil {
		return nil, err
	}
	return onTable(e, left, func(l *kdb.Table) (*kdb.Table, error) {
		at, err := asofRows(e, names, l, r)
		if err != nil {
			return nil, err
		}
		take := make([]kdb.Symbol, 0, len(r.Names))
		for _, n := range r.Names {
			if !slices.Contains(names, n) || kind.RightTime && n == names[len(names)-1] {
				take = append(take, n)
			}
		}
		return joinAt(e, l, r, take, at, kind.Fill)
	})
}

// onTable applies f to a table, to the columns of a keyed table, or to a table
// given by name, which is then replaced by the result.
func onTable(e *prim.Env, t kdb.Value, f func(*kdb.Table) (*kdb.Table, error)) (kdb.Value, error) {
	if name, ok := t.(kdb.Symbol); ok {
		v, err := e.Get(name)
		if err != nil {
			return nil, err
		}
		out, err := onTable(e, v, f)
		if err != nil {
			return nil, err
		}
		return name, e.Set(name, out)
	}
	switch v := t.(type) {
	case *kdb.Table:
		for _, c := range v.Cols {
			prim.Share(c) // the result holds them too
		}
		return f(v)
	case *kdb.Dict:
		if k, val, ok := kdb.IsKeyed(v); ok {
			out, err := onTable(e, unkey(k, val), f)
			if err != nil {
				return nil, err
			}
			return rekey(out.(*kdb.Table), len(k.Names)), nil
		}
	}
	return nil, prim.ErrType
}

// plainTable returns a table without keys, resolving names.
func plainTable(e *prim.Env, v kdb.Value) (*kdb.Table, error) {
	v, err := resolve(e, v)
	if err != nil {
		return nil, err
	}
	if t, ok := v.(*kdb.Table); ok {
		return t, nil
	}
	if k, val, ok := kdb.IsKeyed(v); ok {
		return unkey(k, val), nil
	}
	return nil, prim.ErrType
}

// symbolList returns one symbol or a list of them.
func symbolList(v kdb.Value) ([]kdb.Symbol, error) {
	switch s := v.(type) {
	case kdb.Symbol:
		return []kdb.Symbol{s}, nil
	case *kdb.Symbols:
		return s.V, nil
	}
	if v.Len() == 0 {
		return nil, nil
	}
	return nil, prim.ErrType
}

// columnsNamed returns the named columns of a table, or the missing name as
// the error.
func columnsNamed(t *kdb.Table, names []kdb.Symbol) ([]kdb.Value, error) {
	out := make([]kdb.Value, len(names))
	for i, n := range names {
		c, ok := t.Col(n)
		if !ok {
			return nil, kdb.Error(n.String())
		}
		out[i] = c
	}
	return out, nil
}

// joinAt appends to l the columns of r named in take, with r's rows as given by
// at for each row of l, -1 for none. Columns that l has already are replaced
// where there is a row, and with fill where the row's value is no null.
func joinAt(e *prim.Env, l, r *kdb.Table, take []kdb.Symbol, at []int32, fill bool) (*kdb.Table, error) {
	out := kdb.NewTable(slices.Clone(l.Names), slices.Clone(l.Cols))
	missing := slices.Contains(at, -1)
	from, err := columnsNamed(r, take)
	if err != nil {
		return nil, err
	}
	found := gatherAll(e, from, at)
	for j, n := range take {
		v := found[j]
		i := slices.Index(out.Names, n)
		if i < 0 {
			out.Names, out.Cols = append(out.Names, n), append(out.Cols, v)
			continue
		}
		if missing || fill {
			var err error
			if v, err = overlay(out.Cols[i], v, at, fill); err != nil {
				return nil, err
			}
		}
		out.Cols[i] = v
	}
	return out, nil
}

// overlay returns over where at is a row (and, with fill, over is not null) and
// under elsewhere.
func overlay(under, over kdb.Value, at []int32, fill bool) (kdb.Value, error) {
	var null []kdb.Bool
	if fill {
		v, err := prim.Null(over)
		if err != nil {
			return nil, err
		}
		if b, ok := v.(*kdb.Bools); ok {
			null = b.V
		}
	}
	n := len(at)
	pick := make([]kdb.Long, n)
	for i, row := range at {
		pick[i] = kdb.Long(i)
		if row >= 0 && (null == nil || !bool(null[i])) {
			pick[i] += kdb.Long(n)
		}
	}
	both, err := prim.JoinValues(under, over)
	if err != nil {
		return nil, err
	}
	return prim.Gather(both, pick), nil
}

// asofRows returns for each row of l the row of r it joins as of, or -1.
func asofRows(e *prim.Env, names []kdb.Symbol, l, r *kdb.Table) ([]int32, error) {
	lc, err := columnsNamed(l, names)
	if err != nil {
		return nil, err
	}
	rc, err := columnsNamed(r, names)
	if err != nil {
		return nil, err
	}
	if _, err := rowCount(l); err != nil {
		return nil, err
	}
	if _, err := rowCount(r); err != nil {
		return nil, err
	}
	if at, ok := asofFew(lc, rc); ok {
		return at, nil
	}
	last := len(names) - 1
	lt, rt, err := times(lc[last], rc[last])
	if err != nil {
		return nil, err
	}
	k, err := matchKeys(lc[:last], rc[:last], len(lt), len(rt))
	if err != nil {
		return nil, err
	}
	if asofListed(e, k, rc[last]) {
		return asofLists(e, k, lt, rt), nil
	}
	// A walk over all of right costs less than looking up lists of scattered
	// rows, unless left is very short.
	if !k.parted && (k.lists == nil || len(lt) > len(rt)/64) {
		if at, ok := asofInOrder(e, k, lt, rt); ok {
			return at, nil
		}
	}
	if k.parted && k.leftRuns != nil {
		return asofParts(e, k, lt, rt), nil
	}
	return asofByGroup(e, k, lt, rt), nil
}

// times returns two time columns as numbers that order alike.
func times(a, b kdb.Value) (x, y []int64, err error) {
	if a.Type() != b.Type() {
		return nil, nil, prim.ErrType
	}
	if x, err = orderedInts(a); err != nil {
		return nil, nil, err
	}
	y, err = orderedInts(b)
	return x, y, err
}

// orderedInts returns a column as 64-bit integers of the same order, without
// copying when it is made of them.
func orderedInts(v kdb.Value) ([]int64, error) {
	c, ok := prim.ColumnOf(v)
	if !ok {
		if v.Len() == 0 {
			return nil, nil
		}
		return nil, prim.ErrType
	}
	switch c.Type() {
	case kdb.TLong, kdb.TTimestamp, kdb.TTimespan:
		return prim.Words[int64](c), nil
	}
	n := v.Len()
	all := allRows(n)
	read, ok := intReader(v, &all)
	if !ok {
		f, isFloat := floatReader(v, &all)
		if !isFloat {
			return nil, prim.ErrType
		}
		read = orderedFloats(f)
	}
	out := make([]int64, 0, n)
	for at := 0; at < n; at += blockLen {
		out = append(out, read(at, min(at+blockLen, n))...)
	}
	return out, nil
}

// asofInOrder joins two tables that both ascend in time as a whole: one walk
// over both that remembers the last row of every key. ok is false if they do
// not ascend. Each goroutine walks a stretch of time; a key it has not met yet
// is looked up afterwards in what the stretches before it have left.
func asofInOrder(e *prim.Env, k *keyMatch, lt, rt []int64) (at []int32, ok bool) {
	at = prim.MakeRaw[int32](len(lt))
	p := parts(e, len(lt)+len(rt), 1<<17)
	cut := func(i int) (l, r int) {
		switch i {
		case 0:
			return 0, 0
		case p:
			l = len(lt)
		default:
			l = i * len(lt) / p
		}
		if l == 0 {
			return 0, 0
		}
		// Rows of r up to the last time before the cut belong before it.
		r, _ = slices.BinarySearch(rt, lt[l-1]+1)
		return l, r
	}
	lasts, fine := make([][]int32, p), make([]bool, p)
	open := make([][]int32, p) // rows whose key a stretch had not met
	prim.InParallel(p, func(part int) {
		l0, r0 := cut(part)
		l1, r1 := cut(part + 1)
		last := newCodes(k.n, -1)
		lasts[part] = last
		if r1 < r0 {
			return
		}
		lcode, rcode := k.left(), k.right()
		prev, before := int64(math.MinInt64), int64(math.MinInt64)
		if r0 > 0 {
			prev = rt[r0-1]
		}
		if l0 > 0 {
			before = lt[l0-1]
		}
		var rk []int32
		j, jEnd := r0, r0 // rk holds the keys of the right rows j to jEnd
		for i := l0; i < l1; i += blockLen {
			to := min(i+blockLen, l1)
			for x, key := range lcode(i, to) {
				t := lt[i+x]
				if t < before {
					return
				}
				before = t
				for j < r1 {
					if j == jEnd {
						jEnd = min(j+blockLen, r1)
						rk = rcode(j, jEnd)
					}
					base := jEnd - len(rk)
					for j < jEnd && rt[j] <= t {
						if rt[j] < prev {
							return
						}
						prev = rt[j]
						last[rk[j-base]] = int32(j)
						j++
					}
					if j < jEnd {
						break
					}
				}
				row := int32(-1)
				if key >= 0 {
					row = last[key]
				}
				at[i+x] = row
				if row < 0 && part > 0 && key >= 0 {
					open[part] = append(open[part], int32(i+x))
				}
			}
		}
		if part == p-1 {
			r1 = len(rt) // what is left has no row to join, if it ascends too
		}
		for ; j < r1; j++ {
			if rt[j] < prev {
				return
			}
			prev = rt[j]
		}
		fine[part] = true
	})
	if slices.Contains(fine, false) {
		return nil, false
	}
	known := lasts[0]
	for part := 1; part < p; part++ {
		lcode := k.left()
		for _, i := range open[part] {
			at[i] = known[lcode(int(i), int(i)+1)[0]]
		}
		for key, row := range lasts[part] {
			if row >= 0 {
				known[key] = row
			}
		}
	}
	return at, true
}

// asofByGroup joins key by key: the rows of each key on the left, which mostly
// ascend in time, against those on the right.
func asofByGroup(e *prim.Env, k *keyMatch, lt, rt []int64) []int32 {
	at := prim.MakeRaw[int32](len(lt))
	order, starts := k.leftGroups()
	right := k.rightGroups()
	// Keys are dealt out in stretches of about equal numbers of rows.
	p := parts(e, len(lt), 1<<14)
	cuts := make([]int, p+1)
	for i := 1; i < p; i++ {
		cuts[i], _ = slices.BinarySearch(starts, int32(i*len(lt)/p))
	}
	cuts[p] = k.n
	prim.InParallel(p, func(part int) {
		for key := cuts[part]; key < cuts[part+1]; key++ {
			rows := order[starts[key]:starts[key+1]]
			if len(rows) == 0 {
				continue
			}
			if lo, hi, ok := right.span(key); ok {
				asofSpan(at, rows, lt, rt, lo, hi)
			} else {
				asofList(at, rows, lt, rt, right.list(key))
			}
		}
	})
	for _, i := range order[starts[k.n]:] { // keys the right does not have
		at[i] = -1
	}
	return at
}

// asofSpan joins rows of one key against the right rows lo to hi.
func asofSpan(at, rows []int32, lt, rt []int64, lo, hi int32) {
	j := lo
	for n, i := range rows {
		t := lt[i]
		if n > 0 && t < lt[rows[n-1]] {
			j = lo
		}
		j += stepTo(rt[j:hi], t)
		at[i] = j - 1
		if j == lo {
			at[i] = -1
		}
	}
}

// stepTo returns how many of the ascending numbers are not above t: it looks at
// eight at a time, of which those that are not above are counted without a
// branch, and when t is far it goes on by doubling and bisection.
func stepTo[T ~int64](v []T, t T) int32 {
	n := 0
	for ; len(v)-n >= 8; n += 8 {
		w := v[n : n+8 : n+8]
		if w[7] > t {
			return int32(n + b2i(w[0] <= t) + b2i(w[1] <= t) + b2i(w[2] <= t) + b2i(w[3] <= t) + b2i(w[4] <= t) + b2i(w[5] <= t) + b2i(w[6] <= t))
		}
		if n >= 32 {
			break
		}
	}
	step := 8
	for n+step < len(v) && v[n+step] <= t {
		n += step
		step *= 2
	}
	hi := min(n+step, len(v))
	for n < hi {
		m := int(uint(n+hi) / 2)
		if v[m] <= t {
			n = m + 1
		} else {
			hi = m
		}
	}
	return int32(n)
}

// asofList is asofSpan for right rows that are not adjacent.
func asofList(at, rows []int32, lt, rt []int64, list []kdb.Long) {
	j := 0
	for n, i := range rows {
		t := lt[i]
		if n > 0 && t < lt[rows[n-1]] {
			j = 0
		}
		for steps := 0; j < len(list) && rt[list[j]] <= t; j++ {
			if steps++; steps == 16 {
				j += bisectList(list[j:], rt, t)
				break
			}
		}
		at[i] = -1
		if j > 0 {
			at[i] = int32(list[j-1])
		}
	}
}

// bisectList returns how many of the listed rows are not after t.
func bisectList(list []kdb.Long, rt []int64, t int64) int {
	n, hi := 0, len(list)
	for n < hi {
		m := int(uint(n+hi) / 2)
		if rt[list[m]] <= t {
			n = m + 1
		} else {
			hi = m
		}
	}
	return n
}

// AsofRow is asof: the values of the last row of t that equals d in all but the
// last of d's columns and is not after it in the last; d is a dictionary, or a
// table of several. Without such a row they are nulls. Errors: those of Asof.
func AsofRow(e *prim.Env, t, d kdb.Value) (kdb.Value, error) {
	r, err := plainTable(e, t)
	if err != nil {
		return nil, err
	}
	keys, isTable := d.(*kdb.Table)
	if row, ok := d.(*kdb.Dict); ok {
		names, ok := row.K.(*kdb.Symbols)
		if !ok {
			return nil, prim.ErrType
		}
		keys = &kdb.Table{Names: names.V}
		for _, v := range prim.Items(row.V) {
			keys.Cols = append(keys.Cols, prim.Enlist(v))
		}
	}
	if keys == nil {
		return nil, prim.ErrType
	}
	at, err := asofRows(e, keys.Names, keys, r)
	if err != nil {
		return nil, err
	}
	out := &kdb.Table{}
	for i, n := range r.Names {
		if !slices.Contains(keys.Names, n) {
			out.Names, out.Cols = append(out.Names, n), append(out.Cols, gather(e, r.Cols[i], at))
		}
	}
	if !isTable {
		return prim.Item(out, 0), nil
	}
	return out, nil
}
