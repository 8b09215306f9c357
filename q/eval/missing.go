package eval

import (
	"os"
	"path"
	"slices"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/q/prim"
)

// fillMissing is .Q.bv and .Q.bvi: tables that some partitions lack are empty
// there. Their schemas come from the last partition that has the table, or the
// first; .Q.vp lists them. again has it look at every partition, and not only
// at those that it has not seen yet.
//
// Source: KX manual, ".Q.bv".
func (th *thread) fillMissing(first, again bool) error {
	if th.blocked() {
		return errNoUpd
	}
	h := th.eng.hdb
	if h == nil {
		return kdb.Error(".Q.pt")
	}
	if again || th.eng.tablesIn == nil {
		th.eng.tablesIn = map[string][]string{}
	}
	where := map[string][]int{} // partitions that have a table
	for i, p := range h.db.Partitions {
		names, seen := th.eng.tablesIn[p.Dirs[0]]
		if !seen {
			var err error
			if names, err = p.Tables(); err != nil {
				return osError(p.Dirs[0], err)
			}
			th.eng.tablesIn[p.Dirs[0]] = names
		}
		for _, n := range names {
			where[n] = append(where[n], i)
		}
	}
	names := make([]string, 0, len(where))
	for n := range where {
		names = append(names, n)
	}
	slices.Sort(names)
	h.empty = map[string]*kdb.Table{}
	var missing []kdb.Symbol
	var schemas []kdb.Value
	for _, n := range names {
		in := where[n]
		if len(in) == len(h.db.Partitions) {
			continue
		}
		from := in[len(in)-1]
		if first {
			from = in[0]
		}
		t, err := h.schema(from, n)
		if err != nil {
			return err
		}
		h.empty[n] = t
		if err := h.define(th, n, t.Names); err != nil {
			return err
		}
		full := kdb.NewTable(append([]kdb.Symbol{h.db.Field}, t.Names...), append([]kdb.Value{prim.TakeN(0, h.values())}, t.Cols...))
		missing, schemas = append(missing, kdb.Sym(n)), append(schemas, full)
	}
	if err := th.setRoot(".Q.pt", kdb.Syms(h.tables...)); err != nil {
		return err
	}
	return th.setRoot(".Q.vp", kdb.NewDict(kdb.NewVec(missing), kdb.NewList(schemas...)))
}

// schema returns a table of a partition without its rows.
func (h *hdb) schema(partition int, name string) (*kdb.Table, error) {
	dir := h.db.Partitions[partition].Paths(name)[0]
	t, m, err := file.MapTable(dir, domains{h.eng.main, h.db.Folder})
	if err != nil {
		return nil, osError(dir, err)
	}
	h.eng.keep(m)
	empty, ok := prim.TakeN(0, t).(*kdb.Table)
	if !ok {
		return nil, errType
	}
	share(empty)
	return empty, nil
}

// define makes a table of the database a global, unless it is one already.
func (h *hdb) define(th *thread, name string, cols []kdb.Symbol) error {
	if !slices.Contains(h.tables, name) {
		h.tables = append(h.tables, name)
		slices.Sort(h.tables)
	} else if v := th.eng.names.find(kdb.Sym(name)); v != nil {
		if p, ok := v.v.(*partitioned); ok && p.hdb == h {
			return nil
		}
	}
	return th.setRoot(name, &partitioned{hdb: h, name: name, cols: cols})
}

// loadMore is .Q.li: partitions that came since the database was loaded.
func (th *thread) loadMore(x kdb.Value) error {
	h := th.eng.hdb
	if h == nil {
		return kdb.Error(".Q.pv")
	}
	db, err := file.Open(h.db.Root)
	if err != nil {
		return osError(h.db.Root, err)
	}
	known := map[kdb.Value]bool{}
	for _, p := range h.db.Partitions {
		known[p.Value] = true
	}
	db.Partitions = slices.DeleteFunc(db.Partitions, func(p file.Partition) bool {
		in, err := prim.In(p.Value, x)
		yes, ok := in.(kdb.Bool)
		return !known[p.Value] && !(err == nil && ok && bool(yes))
	})
	return th.loadPartitions(db)
}

// fillOnDisk is .Q.chk: writes the empty tables that partitions lack, by the
// last partition that has each, and returns for every partition, last first,
// its folder if it was wanting.
func (th *thread) fillOnDisk(x kdb.Value) (kdb.Value, error) {
	if err := th.writing(); err != nil {
		return nil, err
	}
	root, ok := fileName(x)
	if !ok {
		return nil, errType
	}
	p, err := th.path(root, Write)
	if err != nil {
		return nil, err
	}
	db, err := file.Open(p)
	if err != nil {
		return nil, osError(root, err)
	}
	template := map[string]string{}
	has := make([][]string, len(db.Partitions))
	for i, part := range db.Partitions {
		if has[i], err = part.Tables(); err != nil {
			return nil, osError(root, err)
		}
		for _, n := range has[i] {
			template[n] = part.Paths(n)[0]
		}
	}
	out := make([]kdb.Value, 0, len(db.Partitions))
	for i := len(db.Partitions) - 1; i >= 0; i-- {
		dir := db.Partitions[i].Dirs[0]
		var fixed kdb.Value = kdb.NewList()
		for n, from := range template {
			if slices.Contains(has[i], n) {
				continue
			}
			if err := emptyCopy(from, path.Join(dir, n), domains{th, db.Folder}); err != nil {
				return nil, osError(dir, err)
			}
			fixed = kdb.Syms(":" + dir)
		}
		out = append(out, fixed)
	}
	return kdb.NewList(out...), nil
}

// emptyCopy writes a splayed table with the columns of another and no rows.
func emptyCopy(from, to string, d file.Domains) error {
	t, m, err := file.MapTable(from, d)
	if err != nil {
		return err
	}
	defer m.Close()
	empty, ok := prim.TakeN(0, t).(*kdb.Table)
	if !ok {
		return errType
	}
	return file.WriteTable(to, empty, nil)
}

// loadWithout is .Q.lo: a database without the scripts in it, or without going
// into its folder.
func (th *thread) loadWithout(x, cd, scripts kdb.Value) error {
	name, ok := stringOf(x)
	enter, ok2 := isTrue(cd)
	run, ok3 := isTrue(scripts)
	if !ok || !ok2 || !ok3 {
		return errType
	}
	if len(name) > 0 && name[0] == ':' {
		name = name[1:]
	}
	full := th.eng.abs(name)
	info, err := th.stat(full)
	if err != nil {
		return osError(name, err)
	}
	if !info.IsDir() {
		return osError(name, os.ErrInvalid)
	}
	return th.loadFolder(full, enter, run)
}
