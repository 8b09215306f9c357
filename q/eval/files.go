package eval

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"syscall"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/q/prim"
)

// osError is the q error of a failed file operation.
func osError(name string, err error) error {
	var q kdb.Error
	if errors.As(err, &q) {
		return q
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	var ce *file.CorruptError
	switch {
	case errors.As(err, &ce):
		return kdb.Error(name)
	case errors.Is(err, file.ErrNotEnumerated):
		return errType
	case errors.Is(err, file.ErrMismatch):
		return kdb.Error("mismatch")
	case errors.Is(err, file.ErrLocked):
		return kdb.Error(name + ": another process is writing it")
	case errors.Is(err, file.ErrUnsupported):
		return errNYI
	case errors.Is(err, fs.ErrNotExist):
		err = syscall.ENOENT
	}
	return kdb.Error(name + ". OS reports: " + sentence(err.Error()))
}

// sentence begins a text with a capital, as the system's messages do.
func sentence(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-32) + s[1:]
	}
	return s
}

// path returns where on this machine a file is that q code names.
func (th *thread) path(name string, access Access) (string, error) {
	full := th.eng.abs(name)
	if err := th.mayReach(name, full); err != nil {
		return "", err
	}
	return th.eng.path(full, access)
}

// path is the thread's for what the engine itself wants.
func (eng *Engine) path(name string, access Access) (string, error) {
	p, err := eng.sys.Path(eng.abs(name), access)
	if err != nil {
		return "", kdb.Error(err.Error())
	}
	return p, nil
}

func (th *thread) stat(name string) (fs.FileInfo, error) {
	p, err := th.path(name, Read)
	if err != nil {
		return nil, err
	}
	return os.Stat(p)
}

func (th *thread) readFile(name string) ([]byte, error) {
	p, err := th.path(name, Read)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(p)
}

// fileName returns the path in a file handle (`:path or ":path").
func fileName(v kdb.Value) (string, bool) {
	var s string
	switch x := v.(type) {
	case kdb.Symbol:
		s = x.String()
	case *kdb.Chars:
		s = text(x)
	default:
		return "", false
	}
	if len(s) < 2 || s[0] != ':' {
		return "", false
	}
	return s[1:], true
}

// domains finds the symbols of enumerations on disk: a global of that name
// first, then a file in the folders above.
type domains struct {
	th   *thread
	root *file.Folder
}

// Domain returns the symbols of an enumeration's domain.
func (d domains) Domain(name kdb.Symbol) (*kdb.Symbols, error) {
	if v := d.th.eng.names.find(name); v != nil && v.v != nil {
		if s, ok := prim.DomainOf(v.v); ok {
			return s, nil
		}
		if v.v.Type() >= kdb.TTable {
			return nil, nil // a link
		}
	}
	if d.root != nil && !d.root.IsTable(name) {
		s, err := d.root.Domain(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
	}
	return nil, nil // without its domain an enumeration shows its indices
}

// domainsAt returns the domains for what is stored at p, on this machine.
func (th *thread) domainsAt(p string) file.Domains {
	dir := path.Dir(strings.TrimSuffix(p, "/"))
	for range 4 {
		if _, err := os.Stat(path.Join(dir, "sym")); err == nil {
			return domains{th, file.NewFolder(dir)}
		}
		dir = path.Dir(dir)
	}
	return domains{th, file.NewFolder(path.Dir(strings.TrimSuffix(p, "/")))}
}

// mapFrom is the size in bytes from which a file is mapped and not read.
const mapFrom = 1 << 20

// readValue is get of a file or of the folder of a splayed table.
func (th *thread) readValue(s kdb.Symbol) (kdb.Value, error) {
	name := strings.TrimPrefix(s.String(), ":")
	p, err := th.path(name, Read)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(p)
	if err != nil {
		return nil, osError(name, err)
	}
	d := th.domainsAt(p)
	if info.IsDir() {
		t, m, err := file.MapTable(p, d)
		if err != nil {
			return nil, osError(name, err)
		}
		return th.eng.splayed(t, m, ":"+strings.TrimSuffix(name, "/")+"/"), nil
	}
	if info.Size() < mapFrom {
		v, err := file.Read(p, d)
		if err != nil {
			return nil, osError(name, err)
		}
		return th.localise(v), nil
	}
	v, m, err := file.Map(p, d)
	if err != nil {
		return nil, osError(name, err)
	}
	th.eng.keep(m)
	return th.localise(v), nil
}

// keep holds a mapping until the engine closes: values may slice its memory.
func (eng *Engine) keep(m *file.Mapping) {
	eng.mapMu.Lock()
	eng.mappings = append(eng.mappings, m)
	eng.mapMu.Unlock()
}

// splayed marks a table that is mapped from the folder behind a handle, and
// keeps its mapping. It is shared from the beginning: a table that is amended
// is no longer the folder's.
func (eng *Engine) splayed(t *kdb.Table, m *file.Mapping, at string) *kdb.Table {
	eng.keep(m)
	t.Folder = kdb.Sym(at)
	t.Share()
	return t
}

// mapped is how many bytes of files are mapped.
func (eng *Engine) mapped() int64 {
	eng.mapMu.Lock()
	defer eng.mapMu.Unlock()
	var n int64
	for _, m := range eng.mappings {
		n += m.Bytes()
	}
	return n
}

// writeValue is x set y for a file: x is a handle, or one with how to compress.
func (th *thread) writeValue(x, y kdb.Value) (kdb.Value, error) {
	if err := th.writing(); err != nil {
		return nil, err
	}
	target, o, err := th.compression(x)
	if err != nil {
		return nil, err
	}
	name, ok := fileName(target)
	if !ok {
		return nil, errType
	}
	p, err := th.path(name, Write)
	if err != nil {
		return nil, err
	}
	t, isTable := y.(*kdb.Table)
	splayed := strings.HasSuffix(name, "/")
	if info, err := os.Stat(p); err == nil && info.IsDir() && isTable {
		splayed = true
	}
	if splayed {
		if !isTable {
			return nil, errType
		}
		err = file.WriteTable(path.Clean(p), t, o)
	} else {
		if err := os.MkdirAll(path.Dir(p), 0o777); err != nil {
			return nil, osError(name, err)
		}
		if y, err = encodable(y); err != nil {
			return nil, err
		}
		if file.IsNested(y) {
			err = file.WriteMapped(p, y, o)
		} else {
			err = file.Write(p, y, o)
		}
	}
	if err != nil {
		return nil, osError(name, err)
	}
	if s, ok := target.(kdb.Symbol); ok {
		return s, nil
	}
	return kdb.Sym(":" + name), nil
}

// compression splits (`:file;block;algorithm;level), and knows .z.zd, which may
// say it for each column.
func (th *thread) compression(x kdb.Value) (kdb.Value, *file.Options, error) {
	if l, ok := x.(*kdb.List); ok && len(l.V) == 4 {
		c, err := compressionOf(kdb.NewList(l.V[1:]...))
		return l.V[0], &file.Options{Compression: c}, err
	}
	v := th.eng.handler("zd")
	if v == nil || hasExtension(x) {
		return x, nil, nil
	}
	d, byColumn := v.(*kdb.Dict)
	if !byColumn {
		c, err := compressionOf(v)
		return x, &file.Options{Compression: c}, err
	}
	names, ok := d.K.(*kdb.Symbols)
	if !ok {
		return nil, nil, errType
	}
	o := &file.Options{Columns: map[kdb.Symbol]file.Compression{}}
	for i, name := range names.V {
		c, err := compressionOf(item(d.V, i))
		if err != nil {
			return nil, nil, err
		}
		if o.Columns[name] = c; name == (kdb.Symbol{}) {
			o.Compression = c
		}
	}
	return x, o, nil
}

// compressionOf reads block, algorithm and level.
func compressionOf(v kdb.Value) (file.Compression, error) {
	if v.Len() != 3 {
		return file.Compression{}, errLength
	}
	var n [3]int
	for i := range n {
		k, ok := intOf(item(v, i))
		if !ok {
			return file.Compression{}, errType
		}
		n[i] = k
	}
	if n[1] == 0 {
		return file.Compression{}, nil
	}
	return file.Compression{Block: uint8(n[0]), Algorithm: file.Algorithm(n[1]), Level: n[2]}, nil
}

// hasExtension reports whether a file has a dot in its name: what .z.zd says is
// not for those.
func hasExtension(x kdb.Value) bool {
	name, ok := fileName(x)
	return ok && strings.Contains(path.Base(name), ".")
}

// keyFile is key of a file handle: the names in a folder, the handle itself if
// there is such a file, the empty list if there is not.
func (th *thread) keyFile(s kdb.Symbol) (kdb.Value, error) {
	p, err := th.path(strings.TrimPrefix(s.String(), ":"), Read)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(p)
	if err != nil {
		return kdb.NewList(), nil
	}
	if !info.IsDir() {
		return s, nil
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		return nil, osError(p, err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	sort.Strings(names)
	v := kdb.Syms(names...)
	v.Attr = kdb.Sorted
	return v, nil
}

// rename is \r.
func (th *thread) rename(arg string) (kdb.Value, error) {
	parts := strings.Fields(arg)
	if len(parts) != 2 {
		return nil, errLength
	}
	from, err := th.path(parts[0], Write)
	if err != nil {
		return nil, err
	}
	to, err := th.path(parts[1], Write)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(from, to); err != nil {
		return nil, osError(parts[0], err)
	}
	return kdb.Nil, nil
}

// applyFile is `:host:port x, a request over a connection of its own.
func (th *thread) applyFile(s kdb.Symbol, args []kdb.Value) (kdb.Value, error) {
	name := s.String()
	if isWeb(name) {
		if len(args) != 1 {
			return nil, errRank
		}
		if isWebSocket(name) {
			return th.openWebSocket(name, args[0])
		}
		return th.rawHTTP(name, args[0])
	}
	if !isProcess(name) {
		// dbmaint.q reads a splayed table's order of columns as (`:table;`.d).
		if len(args) == 1 && args[0] == kdb.Value(kdb.Sym(".d")) {
			return th.readValue(kdb.Sym(strings.TrimSuffix(name, "/") + "/.d"))
		}
		v, err := th.readValue(s)
		if err != nil {
			return nil, err
		}
		return th.apply(v, args)
	}
	if th.reval > 0 {
		return nil, errNoUpd
	}
	h, err := th.eng.ipc.open(name, 0, th.client)
	if err != nil {
		return nil, err
	}
	defer func() {
		th.eng.ipc.remove(h)
		h.close()
	}()
	th.once = h.id
	return th.applyHandle(h.id, args)
}

// amendFile is @ and . with a file handle: the value there, amended.
func (th *thread) amendFile(s kdb.Symbol, at []kdb.Value, u update) (kdb.Value, error) {
	if err := th.writing(); err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(s.String(), ":")
	p, err := th.path(name, Write)
	if err != nil {
		return nil, err
	}
	d := th.domainsAt(p)
	folder := strings.HasSuffix(name, "/")
	st, err := os.Stat(p)
	switch {
	case err == nil && st.IsDir() && len(at) > 0:
		folder = true
	case errors.Is(err, fs.ErrNotExist) && len(at) == 1 && at[0] == kdb.Sym("") && u.hasY:
		// `:folder/table at ` is `:folder/table/: a splayed table that is new.
		v, err := u.amend(kdb.NewList(), nil, true)
		if err != nil {
			return nil, err
		}
		_, err = th.writeValue(kdb.Sym(":"+strings.TrimSuffix(name, "/")+"/"), v)
		return s, err
	}
	if folder {
		// A column of a splayed table, or its .d: only that file changes.
		if len(at) == 0 {
			return nil, errType
		}
		col, ok := at[0].(kdb.Symbol)
		if !ok {
			return nil, errType
		}
		_, err := th.amendFile(kdb.Sym(":"+strings.TrimSuffix(name, "/")+"/"+col.String()), at[1:], u)
		return s, err
	}
	old, err := file.Read(p, d)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(at) == 0 && u.hasY:
		old = kdb.NewList()
	case err != nil:
		return nil, osError(name, err)
	}
	if len(at) > 0 && !amendable(p, old) {
		return nil, kdb.Error("type/attr error amending file " + name)
	}
	v, err := u.amend(old, at, true)
	if err != nil {
		return nil, err
	}
	_, err = th.writeValue(s, v)
	return s, err
}

// amendable reports whether items of the file at p may be amended.
// Source: KX manual, "Amend", On-disk amend.
func amendable(p string, v kdb.Value) bool {
	if t := v.Type(); t <= 0 || t > kdb.TTime || t == kdb.TSymbol || prim.AttrOf(v) != kdb.NoAttr {
		return false
	}
	_, compressed, err := file.CompressionStats(p)
	return err == nil && !compressed
}

// openFile is hopen of a file: for appending, made with its folders if new.
func (th *thread) openFile(name string) (kdb.Value, error) {
	if err := th.writing(); err != nil {
		return nil, err
	}
	name = strings.TrimPrefix(name, "fifo://")
	p, err := th.path(name, Write)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path.Dir(p), 0o777); err != nil {
		return nil, osError(name, err)
	}
	f, err := os.OpenFile(p, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return nil, osError(name, err)
	}
	h := &handle{file: f, path: name, mine: true}
	return kdb.Int(th.eng.ipc.add(h)), nil
}
