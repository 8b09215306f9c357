package eval

import (
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/q/prim"
	"github.com/quoinhq/quoin/q/table"
)

// hdb is the partitioned database that \l loaded.
type hdb struct {
	eng    *Engine
	db     *file.DB
	tables []string
	chosen []int        // indexes of the partitions that .Q.view lets through
	dirs   []kdb.Symbol // of each partition, .Q.PD
	dir    string       // what .Q.pd calls the root
	// empty are the tables that may be missing in partitions, as .Q.bv made them.
	empty map[string]*kdb.Table
}

// loadFolder is \l of a folder: a database, or a splayed table. enter makes a
// database's folder the current one, scripts runs those in it.
func (th *thread) loadFolder(full string, enter, scripts bool) error {
	p, err := th.path(full, Read)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path.Join(p, ".d")); err == nil {
		v, err := th.readValue(kdb.Sym(":" + full))
		if err != nil {
			return err
		}
		return th.setName(kdb.Sym(path.Base(full)), v)
	}
	db, err := file.Open(p)
	if err != nil {
		return osError(full, err)
	}
	if enter {
		th.eng.cwd = full
	}
	var found []string
	for _, name := range db.Entries {
		switch ext := path.Ext(name); {
		case strings.HasPrefix(name, ".") || name == "par.txt" || strings.HasSuffix(name, "#"):
		case ext == ".q":
			found = append(found, name)
		case ext != "" || !isName(name):
		default:
			if err := th.loadEntry(db, name); err != nil {
				return err
			}
		}
	}
	if err := th.loadPartitions(db); err != nil {
		return err
	}
	if !scripts {
		return nil
	}
	for _, s := range found {
		if err := th.loadScript(path.Join(full, s)); err != nil {
			return err
		}
	}
	return nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || c == '_')) {
			return false
		}
	}
	return s != ""
}

// loadEntry loads one name of a database's root.
func (th *thread) loadEntry(db *file.DB, name string) error {
	p := path.Join(db.Root, name)
	info, err := os.Stat(p)
	if err != nil {
		return osError(name, err)
	}
	if info.IsDir() {
		if _, err := os.Stat(path.Join(p, ".d")); err != nil {
			return nil // neither a table nor a partition
		}
		t, m, err := file.MapTable(p, domains{th, db.Folder})
		if err != nil {
			return osError(name, err)
		}
		at := ":./" + name + "/"
		if th.eng.cwd != db.Root {
			at = ":" + p + "/"
		}
		return th.setRoot(name, th.eng.splayed(t, m, at))
	}
	v, err := file.Read(p, domains{th, db.Folder})
	if err != nil {
		return osError(name, err)
	}
	return th.setRoot(name, th.localise(v))
}

func (th *thread) setRoot(name string, v kdb.Value) error {
	share(v)
	return th.assign(th.eng.names.ref(kdb.Sym(name)), v)
}

// loadPartitions defines the partitioned tables and what .Q says of them.
func (th *thread) loadPartitions(db *file.DB) error {
	if len(db.Partitions) == 0 {
		return nil
	}
	h := &hdb{eng: th.eng, db: db, dir: "."}
	if th.eng.cwd != db.Root {
		h.dir = db.Root
	}
	last := db.Partitions[len(db.Partitions)-1]
	names, err := last.Tables()
	if err != nil {
		return osError(db.Root, err)
	}
	h.view(nil)
	th.eng.hdb = h
	pt := []kdb.Symbol{}
	for _, name := range names {
		dirs := last.Paths(name)
		if len(dirs) == 0 {
			continue
		}
		cols, err := file.Columns(dirs[0])
		if err != nil {
			return osError(name, err)
		}
		pt = append(pt, kdb.Sym(name))
		if err := h.define(th, name, cols); err != nil {
			return err
		}
	}
	return th.describePartitions(h, pt)
}

// describePartitions sets what .Q says of a database. Source: KX manual, ".Q",
// "Partitioned database state".
func (th *thread) describePartitions(h *hdb, pt []kdb.Symbol) error {
	segmented := h.db.Segments[0] != h.db.Root
	h.dirs = make([]kdb.Symbol, len(h.db.Partitions))
	unique := true
	present := make([][]kdb.Value, len(h.db.Segments))
	for i, p := range h.db.Partitions {
		h.dirs[i] = kdb.Sym(":" + h.dir)
		if !segmented {
			continue
		}
		unique = unique && len(p.Dirs) == 1
		for _, d := range p.Dirs {
			h.dirs[i] = kdb.Sym(":" + path.Dir(d))
			k := slices.Index(h.db.Segments, path.Dir(d))
			present[k] = append(present[k], p.Value)
		}
	}
	all := h.values()
	set := map[string]kdb.Value{
		".Q.pf": h.db.Field, ".Q.PV": all, ".Q.PD": kdb.NewVec(h.dirs), ".Q.pt": kdb.NewVec(pt), ".Q.u": kdb.Bool(unique),
	}
	if segmented {
		segments, parts := make([]kdb.Symbol, len(h.db.Segments)), make([]kdb.Value, len(h.db.Segments))
		for i, s := range h.db.Segments {
			segments[i], parts[i] = kdb.Sym(":"+s), prim.Collapse(present[i])
		}
		set[".Q.P"], set[".Q.D"] = kdb.NewVec(segments), kdb.NewList(parts...)
	}
	for name, v := range set {
		if err := th.setRoot(name, v); err != nil {
			return err
		}
	}
	return th.describeView(h)
}

// describeView sets what .Q says of the partitions that are seen.
func (th *thread) describeView(h *hdb) error {
	dirs := make([]kdb.Symbol, len(h.chosen))
	for i, k := range h.chosen {
		dirs[i] = h.dirs[k]
	}
	counts := make([]kdb.Value, len(h.tables))
	for i := range counts {
		counts[i] = kdb.NewList()
	}
	for name, v := range map[string]kdb.Value{
		h.db.Field.String(): h.values(), ".Q.pv": h.values(), ".Q.pd": kdb.NewVec(dirs),
		".Q.pn": kdb.NewDict(kdb.Syms(h.tables...), kdb.NewList(counts...)),
	} {
		if err := th.setRoot(name, v); err != nil {
			return err
		}
	}
	return nil
}

// view chooses the partitions that queries see; nil is all.
func (h *hdb) view(keep func(kdb.Value) bool) {
	h.chosen = h.chosen[:0]
	for i, p := range h.db.Partitions {
		if keep == nil || keep(p.Value) {
			h.chosen = append(h.chosen, i)
		}
	}
}

func (h *hdb) values() kdb.Value {
	vals := make([]kdb.Value, len(h.chosen))
	for i, k := range h.chosen {
		vals[i] = h.db.Partitions[k].Value
	}
	return prim.Collapse(vals)
}

// partitioned is one table of a partitioned database, a table.Source: its
// columns are opened where a query asks for them.
type partitioned struct {
	hdb  *hdb
	name string
	cols []kdb.Symbol
	kdb.Mark
	mu    sync.Mutex
	open  map[segmentColumn]kdb.Value
	count []int // rows of each partition, -1 while unknown
}

type segmentColumn struct {
	segment int
	name    kdb.Symbol
}

var _ table.Source = (*partitioned)(nil)

// Type returns TTable.
func (*partitioned) Type() kdb.Type { return kdb.TTable }

// Len returns the number of rows in all partitions that are seen.
func (p *partitioned) Len() int {
	n := 0
	for i := range p.hdb.chosen {
		n += p.rows(i)
	}
	return n
}

// String returns the table as q shows one that is not in memory, .Q.s1.
func (p *partitioned) String() string {
	return kdb.Inline(&kdb.Table{Names: p.cols, Folder: kdb.Sym(p.name)})
}

// head returns the first n rows with the partition field, for the console.
func (p *partitioned) head(n int) (*kdb.Table, error) {
	t := &kdb.Table{Names: append([]kdb.Symbol{p.hdb.db.Field}, p.cols...)}
	for i, v := range prim.Items(p.hdb.values()) {
		rows := min(n-t.Len(), p.rows(i))
		if rows == 0 && i < len(p.hdb.chosen)-1 {
			continue // the last one tells the types at least
		}
		s, err := p.Segment(i, nil)
		if err != nil {
			return nil, err
		}
		cols := append([]kdb.Value{prim.TakeN(int64(rows), v)}, s.Cols...)
		for k := range cols {
			cols[k] = kdb.First(cols[k], rows)
			if t.Cols != nil {
				cols[k] = prim.Join(t.Cols[k], cols[k])
			}
		}
		t.Cols = cols
		if t.Len() == n {
			break
		}
	}
	return t, nil
}

// rows returns the number of rows of segment i.
func (p *partitioned) rows(i int) int {
	k := p.hdb.chosen[i]
	p.mu.Lock()
	if p.count == nil {
		p.count = make([]int, len(p.hdb.db.Partitions))
		for j := range p.count {
			p.count[j] = -1
		}
	}
	n := p.count[k]
	p.mu.Unlock()
	if n >= 0 {
		return n
	}
	t, err := p.Segment(i, p.cols[:1])
	if err != nil {
		return 0
	}
	n = t.Len()
	p.mu.Lock()
	p.count[k] = n
	p.mu.Unlock()
	return n
}

// Virtual returns the partition field.
func (p *partitioned) Virtual() kdb.Symbol { return p.hdb.db.Field }

// Columns returns the stored columns.
func (p *partitioned) Columns() []kdb.Symbol { return p.cols }

// Values returns the partition values that are seen.
func (p *partitioned) Values() kdb.Value { return p.hdb.values() }

// Segment returns columns of one partition, mapped.
func (p *partitioned) Segment(i int, names []kdb.Symbol) (*kdb.Table, error) {
	if names == nil {
		names = p.cols
	}
	k := p.hdb.chosen[i]
	cols := make([]kdb.Value, len(names))
	for j, n := range names {
		c, err := p.column(k, n)
		if err != nil {
			return nil, err
		}
		cols[j] = c
	}
	return kdb.NewTable(names, cols), nil
}

// column returns a column of partition k, opened once.
func (p *partitioned) column(k int, name kdb.Symbol) (kdb.Value, error) {
	key := segmentColumn{k, name}
	p.mu.Lock()
	v := p.open[key]
	p.mu.Unlock()
	if v != nil {
		return v, nil
	}
	dirs := p.hdb.db.Partitions[k].Paths(p.name)
	if len(dirs) == 0 {
		if t := p.hdb.empty[p.name]; t != nil {
			if c, ok := t.Col(name); ok {
				return c, nil
			}
		}
		missing := path.Join(p.hdb.db.Partitions[k].Dirs[0], p.name, name.String())
		return nil, kdb.Error(missing + ". OS reports: No such file or directory")
	}
	var parts []kdb.Value
	for _, dir := range dirs {
		file1 := path.Join(dir, name.String())
		info, err := os.Stat(file1)
		if err != nil {
			return nil, osError(file1, err)
		}
		d := domains{p.hdb.eng.main, p.hdb.db.Folder}
		var c kdb.Value
		if info.Size() < mapFrom/16 {
			c, err = file.ReadColumn(dir, name, d)
		} else {
			var m *file.Mapping
			if c, m, err = file.MapColumn(dir, name, d); err == nil {
				p.hdb.eng.keep(m)
			}
		}
		if err != nil {
			return nil, osError(file1, err)
		}
		parts = append(parts, c)
	}
	v = parts[0]
	for _, c := range parts[1:] {
		v = prim.Join(v, c)
	}
	share(v)
	p.mu.Lock()
	if p.open == nil {
		p.open = map[segmentColumn]kdb.Value{}
	}
	p.open[key] = v
	p.mu.Unlock()
	return v, nil
}

// databaseFunctions are the functions of .Q that know partitions.
func databaseFunctions() map[string]goFunction {
	return map[string]goFunction{
		".Q.ens": {3, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			name, ok := a[2].(kdb.Symbol)
			if a[0] == kdb.Nil && ok {
				return th.enumerateHere(name, a[1])
			}
			dir, ok2 := fileName(a[0])
			if !ok || !ok2 {
				return nil, errType
			}
			return th.enumerateFile(path.Join(dir, name.String()), a[1])
		}},
		".Q.par": {3, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			dir, ok := fileName(a[0])
			name, ok2 := stringOf(a[2])
			if !ok || !ok2 {
				return nil, errType
			}
			return th.partitionPath(dir, a[1], name)
		}},
		".Q.cn": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			p, ok := a[0].(*partitioned)
			if !ok {
				return kdb.Long(a[0].Len()), nil
			}
			counts := make([]kdb.Long, len(p.hdb.chosen))
			for i := range counts {
				counts[i] = kdb.Long(p.rows(i))
			}
			v := kdb.NewVec(counts)
			pn := th.eng.names.ref(kdb.Sym(".Q.pn"))
			if d, ok := pn.v.(*kdb.Dict); ok {
				if d2, err := (update{th: th, y: v, hasY: true}).amend(d, []kdb.Value{kdb.Sym(p.name)}, false); err == nil {
					pn.v = d2
				}
			}
			return v, nil
		}},
		".Q.qp": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			switch x := a[0].(type) {
			case *partitioned:
				return kdb.Bool(true), nil
			case *kdb.Table:
				if x.Folder != (kdb.Symbol{}) {
					return kdb.Bool(false), nil
				}
			}
			return kdb.Long(0), nil
		}},
		".Q.view": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			h := th.eng.hdb
			if h == nil {
				return nil, errType
			}
			if a[0] == kdb.Nil || a[0].Len() == 0 {
				h.view(nil)
			} else {
				before := h.chosen
				h.chosen = nil
				h.view(func(v kdb.Value) bool {
					in, err := prim.In(v, a[0])
					yes, ok := in.(kdb.Bool)
					return err == nil && ok && bool(yes)
				})
				if len(h.chosen) == 0 {
					h.chosen = before
					return nil, kdb.Error("invalid partition filter")
				}
			}
			return kdb.Nil, th.describeView(h)
		}},
		".Q.bv": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			return kdb.Nil, th.fillMissing(a[0] != kdb.Nil, true)
		}},
		".Q.bvi": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			return kdb.Nil, th.fillMissing(a[0] != kdb.Nil, false)
		}},
		".Q.li":  {1, func(th *thread, a []kdb.Value) (kdb.Value, error) { return kdb.Nil, th.loadMore(a[0]) }},
		".Q.lo":  {3, func(th *thread, a []kdb.Value) (kdb.Value, error) { return kdb.Nil, th.loadWithout(a[0], a[1], a[2]) }},
		".Q.chk": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) { return th.fillOnDisk(a[0]) }},
		".Q.MAP": {1, func(*thread, []kdb.Value) (kdb.Value, error) { return kdb.Nil, nil }},
		".Q.l": {1, func(th *thread, a []kdb.Value) (kdb.Value, error) {
			name, ok := stringOf(a[0])
			if !ok {
				return nil, errType
			}
			return kdb.Nil, th.load(strings.TrimPrefix(name, ":"))
		}},
	}
}

// partitionPath is .Q.par: where a table of a partition is to be.
func (th *thread) partitionPath(dir string, value kdb.Value, name string) (kdb.Value, error) {
	p, err := th.path(dir, Read)
	if err != nil {
		return nil, err
	}
	base := dir
	if b, err := os.ReadFile(path.Join(p, "par.txt")); err == nil {
		segs := strings.Fields(string(b))
		if n, ok := partitionNumber(value); ok && len(segs) > 0 {
			base = strings.TrimPrefix(segs[((n%len(segs))+len(segs))%len(segs)], ":")
		}
	}
	part := string(kdb.AppendText(nil, value, 0))
	return kdb.Sym(":" + base + "/" + part + "/" + name), nil
}

func partitionNumber(v kdb.Value) (int, bool) {
	switch x := v.(type) {
	case kdb.Date:
		return int(x), true
	case kdb.Month:
		return int(x), true
	}
	return intOf(v)
}
