package table

import (
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/q/prim"
)

// Fby is fby: (f;x) applies f to the items of x in each group of g, and every
// row gets its group's result, or its own item of it when that is a list.
// Errors: 'type, 'length for results of another length than their group.
func Fby(e *prim.Env, spec, g kdb.Value) (kdb.Value, error) {
	l, ok := spec.(*kdb.List)
	if !ok || len(l.V) != 2 {
		return nil, prim.ErrType
	}
	x := l.V[1]
	if x.Len() != g.Len() {
		return nil, prim.ErrLength
	}
	data := kdb.Sym("x")
	t := kdb.NewTable([]kdb.Symbol{data}, []kdb.Value{x})
	var by []kdb.Symbol
	add := func(c kdb.Value) {
		name := kdb.Sym("g" + string(rune('0'+len(by))))
		by = append(by, name)
		t.Names, t.Cols = append(t.Names, name), append(t.Cols, c)
	}
	if keys, ok := g.(*kdb.Table); ok {
		for _, c := range keys.Cols {
			add(c)
		}
	} else {
		add(g)
	}
	q, err := newQuery(e, t, 0)
	if err != nil {
		return nil, err
	}
	names := kdb.NewVec(by)
	vals, err := q.updateBy(kdb.NewDict(names, names), []named{{data, kdb.NewList(l.V[0], data)}})
	if err != nil {
		return nil, err
	}
	return vals[0], nil
}
