package eval

import (
	"sort"
	"strings"
	"sync"

	"github.com/quoinhq/quoin/kdb"
)

// variable is a global. Code holds pointers to variables, so that reading one
// is a load; a variable that is deleted keeps its place with a nil value.
type variable struct {
	name kdb.Symbol // absolute: "x" in the root, ".a.x" elsewhere
	v    kdb.Value  // nil while undefined
	view *view      // what computes it, if it is a view
	// version counts assignments, for the views that depend on it.
	version uint32
	sealed  bool // in a namespace that q code may not change
}

// space is a namespace: the names directly in it, in order of definition.
type space struct {
	path  string // "" for the root, ".a" …
	order []*variable
	subs  []string // names of child namespaces, in order
}

// names holds the globals of an engine.
type names struct {
	// mu guards vars, to which compiling adds, on whatever thread. All else
	// changes only in a turn, or on the thread of one.
	mu     sync.RWMutex
	vars   map[kdb.Symbol]*variable
	spaces map[string]*space
	sealed []string // namespaces that q code may not change
}

func newNames() *names {
	n := &names{vars: map[kdb.Symbol]*variable{}, spaces: map[string]*space{}}
	n.spaces[""] = &space{}
	return n
}

// absolute returns the absolute form of a name used in namespace ns (".a" or "").
func absolute(ns, name string) string {
	if len(name) > 2 && name[:2] == ".." {
		return name[2:] // of the default namespace, wherever one is
	}
	if name == "" || name[0] == '.' || ns == "" {
		return name
	}
	return ns + "." + name
}

// ref returns the variable with that absolute name, making an undefined one.
func (n *names) ref(name kdb.Symbol) *variable {
	if v := n.find(name); v != nil {
		return v
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	v := n.vars[name]
	if v == nil {
		v = &variable{name: name, sealed: n.isSealed(name.String())}
		n.vars[name] = v
	}
	return v
}

// find returns the variable with that absolute name, nil if nothing has named it.
func (n *names) find(name kdb.Symbol) *variable {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.vars[name]
}

// seal marks what there is in the namespace at path and what there will be.
func (n *names) seal(path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sealed = append(n.sealed, path)
	for name, v := range n.vars {
		v.sealed = n.isSealed(name.String())
	}
}

func (n *names) isSealed(name string) bool {
	for _, path := range n.sealed {
		if rest, ok := strings.CutPrefix(name, path); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}

// split cuts an absolute name into its namespace and its last part.
func split(name string) (ns, last string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}

// space returns the namespace with that path, making it and those above it.
func (n *names) space(path string) *space {
	s := n.spaces[path]
	if s != nil {
		return s
	}
	s = &space{path: path}
	n.spaces[path] = s
	if path != "" {
		parent, last := split(path)
		p := n.space(parent)
		p.subs = append(p.subs, last)
	}
	return s
}

// get returns the value of a variable, of a namespace as a dictionary, or of an
// entry of a dictionary that a dotted name reaches into; nil if there is none.
func (n *names) get(v *variable) kdb.Value {
	if v.v != nil {
		return v.v
	}
	name := v.name.String()
	if s := n.spaces[name]; s != nil && name != "" {
		return n.dict(s)
	}
	ns, last := split(name)
	if ns == "" {
		return nil
	}
	if p := n.find(kdb.Sym(ns)); p != nil {
		if d, ok := n.get(p).(*kdb.Dict); ok {
			if keys, ok := d.K.(*kdb.Symbols); ok {
				for i, k := range keys.V {
					if k.String() == last {
						return item(d.V, i)
					}
				}
			}
		} else if t, ok := n.get(p).(*kdb.Table); ok {
			if c, ok := t.Col(kdb.Sym(last)); ok {
				share(c)
				return c
			}
		}
	}
	return nil
}

// set assigns a variable. Assigning a dictionary of symbols to the name of a
// namespace replaces the namespace.
func (n *names) set(v *variable, val kdb.Value) error {
	v.view = nil
	if v.v != nil {
		v.v = val
		return nil
	}
	name := v.name.String()
	if name == "" {
		return errAssign
	}
	ns, last := split(name)
	if name[0] == '.' && ns == "" || n.spaces[name] != nil {
		d, ok := val.(*kdb.Dict)
		if keys, isSyms := symbolKeys(d, ok); isSyms {
			return n.replace(name, keys, d)
		}
		if name[0] == '.' && ns == "" {
			return errType
		}
	}
	if ns != "" {
		if p := n.find(kdb.Sym(ns)); p != nil && p.v != nil {
			// The name reaches into a dictionary.
			d, err := update{y: val, hasY: true}.amend(p.v, []kdb.Value{kdb.Sym(last)}, false)
			if err != nil {
				return err
			}
			p.v = d
			return nil
		}
	}
	v.v = val
	s := n.space(ns)
	s.order = append(s.order, v)
	return nil
}

func symbolKeys(d *kdb.Dict, ok bool) ([]kdb.Symbol, bool) {
	if !ok {
		return nil, false
	}
	switch k := d.K.(type) {
	case *kdb.Symbols:
		return k.V, true
	case *kdb.List:
		return nil, len(k.V) == 0
	}
	return nil, false
}

// replace makes the namespace at path hold exactly the entries of d.
func (n *names) replace(path string, keys []kdb.Symbol, d *kdb.Dict) error {
	n.clear(path)
	n.space(path)
	for i, k := range keys {
		if k == (kdb.Symbol{}) {
			continue
		}
		if err := n.set(n.ref(kdb.Sym(path+"."+k.String())), item(d.V, i)); err != nil {
			return err
		}
	}
	return nil
}

// clear removes everything in the namespace at path.
func (n *names) clear(path string) {
	s := n.spaces[path]
	if s == nil {
		return
	}
	for _, v := range s.order {
		v.v, v.view = nil, nil
	}
	s.order = nil
	for _, sub := range s.subs {
		n.clear(path + "." + sub)
		delete(n.spaces, path+"."+sub)
	}
	s.subs = nil
}

// remove deletes one variable or namespace.
func (n *names) remove(name kdb.Symbol) bool {
	text := name.String()
	ns, last := split(text)
	s := n.spaces[ns]
	if s == nil {
		return false
	}
	if v := n.find(name); v != nil && v.v != nil {
		v.v, v.view = nil, nil
		for i, o := range s.order {
			if o == v {
				s.order = append(s.order[:i:i], s.order[i+1:]...)
				break
			}
		}
		return true
	}
	if n.spaces[text] != nil && text != "" {
		n.clear(text)
		delete(n.spaces, text)
		for i, o := range s.subs {
			if o == last {
				s.subs = append(s.subs[:i:i], s.subs[i+1:]...)
			}
		}
		return true
	}
	return false
}

// dict returns a namespace as a dictionary. All but the root begin with the
// null name, whose value is the generic null.
func (n *names) dict(s *space) kdb.Value {
	var keys []kdb.Symbol
	var vals []kdb.Value
	if s.path != "" {
		keys, vals = append(keys, kdb.Symbol{}), append(vals, kdb.Nil)
	}
	for _, v := range s.order {
		_, last := split(v.name.String())
		share(v.v)
		keys, vals = append(keys, kdb.Sym(last)), append(vals, v.v)
	}
	if s.path != "" {
		for _, sub := range s.subs {
			keys, vals = append(keys, kdb.Sym(sub)), append(vals, n.dict(n.spaces[s.path+"."+sub]))
		}
	}
	return kdb.NewDict(kdb.NewVec(keys), kdb.NewList(vals...))
}

// list returns the names in a namespace whose values satisfy keep, ascending;
// mark gives them the attribute that says so.
func (n *names) list(path string, keep func(*variable) bool, mark bool) *kdb.Symbols {
	out := []string{}
	if s := n.spaces[path]; s != nil {
		for _, v := range s.order {
			if keep(v) {
				_, last := split(v.name.String())
				out = append(out, last)
			}
		}
	}
	sort.Strings(out)
	v := kdb.Syms(out...)
	if mark && len(out) > 1 {
		v.Attr = kdb.Sorted
	}
	return v
}
