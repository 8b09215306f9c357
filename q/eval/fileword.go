package eval

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/file"
	"github.com/quoinhq/quoin/kdb/ipc"
	"github.com/quoinhq/quoin/q/prim"
)

// fileKeywords registers what reads and writes files.
func (t specialTable) fileKeywords() {
	t.unary("read0", (*thread).read0)
	t.unary("read1", (*thread).read1)
	t.unary("hcount", func(th *thread, x kdb.Value) (kdb.Value, error) {
		name, ok := fileName(x)
		if !ok {
			return nil, errType
		}
		info, err := th.stat(name)
		if err != nil {
			return nil, osError(name, err)
		}
		p, err := th.path(name, Read)
		if err != nil {
			return nil, err
		}
		if st, ok, err := file.CompressionStats(p); err == nil && ok {
			return kdb.Long(st.Plain), nil
		}
		return kdb.Long(info.Size()), nil
	})
	t.unary("hdel", func(th *thread, x kdb.Value) (kdb.Value, error) {
		if _, ok := fileName(x); !ok {
			b, _ := keyword("not")
			return b.Unary(&th.env, x)
		}
		if err := th.writing(); err != nil {
			return nil, err
		}
		name, _ := fileName(x)
		if th.restricted() {
			return nil, accessError(name)
		}
		p, err := th.path(name, Write)
		if err != nil {
			return nil, err
		}
		if err := os.Remove(p); err != nil {
			return nil, osError(name, err)
		}
		return x, nil
	})
	t.unary("hsym", func(th *thread, x kdb.Value) (kdb.Value, error) {
		one := func(s kdb.Symbol) kdb.Symbol {
			if strings.HasPrefix(s.String(), ":") {
				return s
			}
			return kdb.Sym(":" + s.String())
		}
		switch v := x.(type) {
		case kdb.Symbol:
			return one(v), nil
		case *kdb.Symbols:
			out := make([]kdb.Symbol, len(v.V))
			for i, s := range v.V {
				out[i] = one(s)
			}
			return kdb.NewVec(out), nil
		}
		return nil, errType
	})
	t.unary("load", (*thread).loadVariables)
	t.unary("rload", (*thread).loadVariables)
	t.unary("save", func(th *thread, x kdb.Value) (kdb.Value, error) { return th.saveVariables(x, false) })
	t.unary("rsave", func(th *thread, x kdb.Value) (kdb.Value, error) { return th.saveVariables(x, true) })
	t.binary("dsave", (*thread).dsave)
	t.binary("0:", (*thread).textFile)
	t.binary("1:", (*thread).binaryFile)
	t.binary("2:", func(*thread, kdb.Value, kdb.Value) (kdb.Value, error) {
		return nil, kdb.Error("2: nyi. Code in shared libraries is not loaded")
	})

	upsert := t.add("upsert")
	baseUpsert := upsert.Binary
	t.binary("upsert", func(th *thread, x, y kdb.Value) (kdb.Value, error) {
		if s, ok := x.(kdb.Symbol); ok {
			if name, ok := fileName(s); ok {
				return s, th.appendFile(s, name, y, baseUpsert)
			}
		}
		return baseUpsert(&th.env, x, y)
	})

	base := t.add("?").Binary
	t.binary("?", func(th *thread, x, y kdb.Value) (kdb.Value, error) {
		if name, ok := fileName(x); ok {
			if _, isSym := x.(kdb.Symbol); isSym {
				return th.enumerateFile(name, y)
			}
		}
		return base(&th.env, x, y)
	})
	quest := t["?"]
	t.variadic(quest, func(th *thread, args []kdb.Value) (kdb.Value, error) { return th.functional(quest, args) })
}

// enumerateFile is `:dir/sym?x: symbols enumerated against a symbol file and
// the global of its name, both of which grow as needed.
func (th *thread) enumerateFile(name string, y kdb.Value) (kdb.Value, error) {
	if err := th.writing(); err != nil {
		return nil, err
	}
	p, err := th.path(name, Write)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path.Dir(p), 0o777); err != nil {
		return nil, osError(name, err)
	}
	f, err := th.openSym(p)
	if err != nil {
		return nil, osError(name, err)
	}
	defer f.Close()
	var r kdb.Value
	switch v := y.(type) {
	case *kdb.Symbols:
		r, err = f.Enumerate(v)
	case kdb.Symbol:
		var e *kdb.Enum
		if e, err = f.Enumerate(kdb.Of(v)); err == nil {
			r = kdb.Item(e, 0)
		}
	case *kdb.Table:
		r, err = f.EnumerateTable(v)
	default:
		return nil, errType
	}
	if err != nil {
		return nil, osError(name, err)
	}
	syms := f.Symbols()
	share(syms)
	return r, th.assign(th.eng.names.ref(kdb.Sym(path.Base(name))), syms)
}

// symPatience is how long an enumeration waits for another process to be done
// with the symbol file before it is refused.
const symPatience = 2 * time.Second

func (th *thread) openSym(p string) (*file.SymFile, error) {
	for end := time.Now().Add(symPatience); ; time.Sleep(5 * time.Millisecond) {
		f, err := file.OpenSym(p)
		if !errors.Is(err, file.ErrLocked) || time.Now().After(end) {
			return f, err
		}
		if err := th.eng.check(); err != nil {
			return nil, err
		}
	}
}

// enumerateHere is .Q.en without a folder: the symbol columns of a table against
// the global of that name alone, which grows as needed.
func (th *thread) enumerateHere(name kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	t, ok := y.(*kdb.Table)
	if !ok {
		return nil, errType
	}
	if th.eng.names.get(th.eng.names.ref(name)) == nil {
		if err := th.setRoot(name.String(), &kdb.Symbols{}); err != nil {
			return nil, err
		}
	}
	extend, _ := keyword("?")
	cols := make([]kdb.Value, len(t.Cols))
	for i, c := range t.Cols {
		cols[i] = c
		if _, ok := c.(*kdb.Symbols); ok {
			share(c)
			var err error
			if cols[i], err = th.apply(extend, []kdb.Value{name, c}); err != nil {
				return nil, err
			}
		}
	}
	return kdb.NewTable(t.Names, cols), nil
}

// section splits (file;offset;length) and returns the bytes it means.
func (th *thread) section(x kdb.Value) ([]byte, error) {
	target, off, n := x, 0, -1
	if l, ok := x.(*kdb.List); ok && len(l.V) >= 2 && len(l.V) <= 3 {
		var ok bool
		if off, ok = intOf(l.V[1]); !ok {
			return nil, errType
		}
		if len(l.V) == 3 {
			if n, ok = intOf(l.V[2]); !ok {
				return nil, errType
			}
		}
		target = l.V[0]
	}
	f, name, p, err := th.open(target)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if off >= 0 && file.IsCompressed(f) {
		b, err := file.ReadBytes(p)
		if err != nil {
			return nil, osError(name, err)
		}
		b = b[min(off, len(b)):]
		if n >= 0 {
			b = b[:min(n, len(b))]
		}
		return b, nil
	}
	if off > 0 {
		if _, err := f.Seek(int64(off), io.SeekStart); err != nil {
			return nil, osError(name, err)
		}
	}
	var r io.Reader = f
	if n >= 0 {
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			prim.Room(n, 1) // which a device has
		}
		r = io.LimitReader(f, int64(n))
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, osError(name, err)
	}
	return b, nil
}

// read0 is the lines of a file, or a line of the console.
func (th *thread) read0(x kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Int, kdb.Long:
		if n, _ := intOf(v); n != 0 {
			return nil, errType
		}
		if th.eng.input == nil {
			th.eng.input = bufio.NewReader(th.eng.sys.Stdin())
		}
		s, err := th.eng.input.ReadString('\n')
		if err != nil && s == "" {
			return kdb.Str(""), nil
		}
		return kdb.Str(strings.TrimRight(s, "\r\n")), nil
	}
	b, err := th.section(x)
	if err != nil {
		return nil, err
	}
	return lines(b), nil
}

// read1 is the bytes of a file.
func (th *thread) read1(x kdb.Value) (kdb.Value, error) {
	b, err := th.section(x)
	if err != nil {
		return nil, err
	}
	return bytesOf(b), nil
}

// textFile is 0: in all its forms.
func (th *thread) textFile(x, y kdb.Value) (kdb.Value, error) {
	switch v := x.(type) {
	case kdb.Symbol:
		return th.saveLines(v, y)
	case kdb.Char:
		return th.delimited(byte(v), y)
	case *kdb.Chars:
		s := text(v)
		if len(s) == 1 {
			return th.delimited(s[0], y)
		}
		return th.keyValues(s, y)
	case *kdb.List:
		return th.loadText(v, y)
	}
	return nil, errType
}

func (th *thread) saveLines(name kdb.Symbol, y kdb.Value) (kdb.Value, error) {
	if err := th.writing(); err != nil {
		return nil, err
	}
	fname := strings.TrimPrefix(name.String(), ":")
	p, err := th.path(fname, Write)
	if err != nil {
		return nil, err
	}
	var b []byte
	if err := writeText(asLines(y), true, func(s []byte) error { b = append(b, s...); return nil }); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path.Dir(p), 0o777); err != nil {
		return nil, osError(fname, err)
	}
	if err := os.WriteFile(p, b, 0o666); err != nil {
		return nil, osError(fname, err)
	}
	return name, nil
}

func asLines(y kdb.Value) kdb.Value {
	if l, ok := y.(*kdb.List); ok {
		return l
	}
	return kdb.NewList(y)
}

// binaryFile is 1:, to save bytes or read binary records.
func (th *thread) binaryFile(x, y kdb.Value) (kdb.Value, error) {
	target, o, err := th.compression(x)
	if err != nil {
		return nil, err
	}
	name, ok := fileName(target)
	if !ok {
		if l, ok := x.(*kdb.List); ok && len(l.V) == 2 {
			return th.loadBinary(l, y)
		}
		return nil, errType
	}
	if err := th.writing(); err != nil {
		return nil, err
	}
	raw, ok := rawText(y)
	_, list := y.(*kdb.List)
	if !ok && !list {
		if raw, err = rawMemory(y); err != nil {
			return nil, err
		}
	}
	p, err := th.path(name, Write)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path.Dir(p), 0o777); err != nil {
		return nil, osError(name, err)
	}
	if list && !ok {
		err = file.WriteMapped(p, outgoing(y), o)
	} else {
		err = file.WriteBytes(p, raw, o)
	}
	if err != nil {
		return nil, osError(name, err)
	}
	return target, nil
}

// loadVariables is load: files, splayed folders or folders of these into
// globals of their names.
func (th *thread) loadVariables(x kdb.Value) (kdb.Value, error) {
	one := func(s kdb.Symbol) (kdb.Value, error) {
		h := s.String()
		if !strings.HasPrefix(h, ":") {
			h = ":" + h
		}
		v, err := th.readTree(strings.TrimSuffix(h[1:], "/"))
		if err != nil {
			return nil, err
		}
		base := path.Base(strings.TrimSuffix(h[1:], "/"))
		if i := strings.IndexByte(base, '.'); i > 0 {
			base = base[:i]
		}
		return kdb.Sym(base), th.setName(kdb.Sym(base), v)
	}
	switch v := x.(type) {
	case kdb.Symbol:
		return one(v)
	case *kdb.Symbols:
		return th.overItems(v, func(s kdb.Value) (kdb.Value, error) { return one(s.(kdb.Symbol)) })
	}
	return nil, errType
}

// readTree is the value of a file or splayed folder, and of any other folder the
// dictionary of what is in it by name.
func (th *thread) readTree(name string) (kdb.Value, error) {
	p, err := th.path(name, Read)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(p)
	if err != nil { // no folder
		return th.readValue(kdb.Sym(":" + name))
	}
	var names []kdb.Symbol
	var values []kdb.Value
	for _, e := range entries {
		switch n := e.Name(); {
		case n == ".d":
			return th.readValue(kdb.Sym(":" + name + "/"))
		case strings.HasPrefix(n, ".") || strings.HasSuffix(n, "#"): // hidden, or a nested column's other file
		default:
			v, err := th.readTree(name + "/" + n)
			if err != nil {
				return nil, err
			}
			names, values = append(names, kdb.Sym(n)), append(values, v)
		}
	}
	return kdb.NewDict(kdb.NewVec(names), kdb.NewList(values...)), nil
}

// saveVariables is save and rsave: globals into files of their names, in the
// format that the extension says.
func (th *thread) saveVariables(x kdb.Value, splay bool) (kdb.Value, error) {
	one := func(s kdb.Symbol) (kdb.Value, error) {
		h := strings.TrimPrefix(s.String(), ":")
		base := path.Base(strings.TrimSuffix(h, "/"))
		ext := ""
		if i := strings.IndexByte(base, '.'); i > 0 {
			base, ext = base[:i], base[i+1:]
		}
		v, err := th.getName(kdb.Sym(base))
		if err != nil {
			return nil, err
		}
		if splay {
			return th.writeValue(kdb.Sym(":"+strings.TrimSuffix(h, "/")+"/"), v)
		}
		target := kdb.Sym(":" + h)
		if ext == "" {
			return th.writeValue(target, v)
		}
		conv, err := th.getName(kdb.Sym(".h.tx"))
		if err != nil {
			return nil, err
		}
		f, err := prim.At(conv, kdb.Sym(ext))
		if err != nil {
			return nil, err
		}
		rows, err := th.apply(f, []kdb.Value{v})
		if err != nil {
			return nil, err
		}
		return th.saveLines(target, rows)
	}
	switch v := x.(type) {
	case kdb.Symbol:
		return one(v)
	case *kdb.Symbols:
		return th.overItems(v, func(s kdb.Value) (kdb.Value, error) { return one(s.(kdb.Symbol)) })
	}
	return nil, errType
}

// dsave is `:dir dsave names: splayed and enumerated tables, p# on the first column.
func (th *thread) dsave(x, y kdb.Value) (kdb.Value, error) {
	f, err := th.getName(kdb.Sym(".Q.dsave1"))
	if err != nil {
		return nil, err
	}
	return th.apply(f, []kdb.Value{x, y})
}

// appendFile is upsert to a file: a splayed table grows in place, anything else
// is read, joined and written.
func (th *thread) appendFile(s kdb.Symbol, name string, y kdb.Value, upsert prim.Binary) error {
	if err := th.writing(); err != nil {
		return err
	}
	p, err := th.path(name, Write)
	if err != nil {
		return err
	}
	info, err := os.Stat(p)
	if err != nil {
		if _, ok := y.(*kdb.Table); ok {
			_, err = th.writeValue(s, y)
			return err
		}
		return osError(name, err)
	}
	if !info.IsDir() {
		old, err := th.readValue(s)
		if err != nil {
			return err
		}
		share(old)
		v, err := upsert(&th.env, old, y)
		if err != nil {
			return err
		}
		_, err = th.writeValue(s, v)
		return err
	}
	rows, ok := y.(*kdb.Table)
	if !ok {
		// One row, or columns, of the table that is there.
		old, err := th.readValue(s)
		if err != nil {
			return err
		}
		v, err := upsert(&th.env, prim.TakeN(0, old), y)
		if err != nil {
			return err
		}
		if rows, ok = v.(*kdb.Table); !ok {
			return errType
		}
	}
	_, o, err := th.compression(s)
	if err != nil {
		return err
	}
	if err := file.AppendTable(p, rows, o); err != nil {
		return osError(name, err)
	}
	return nil
}

// rawMemory is a value of fixed width as it lies in memory.
func rawMemory(v kdb.Value) ([]byte, error) {
	t := v.Type()
	if t < 0 {
		t = -t
	}
	if t == 0 || t > kdb.TTime || t == kdb.TSymbol {
		return nil, errType
	}
	b, err := ipc.Marshal(v)
	if err != nil {
		return nil, errType
	}
	if v.Type() < 0 {
		return b[ipc.HeaderLen+1:], nil
	}
	return b[ipc.HeaderLen+6:], nil
}
