package blob

import (
	"errors"
	"iter"
	"path"
	"slices"
	"strings"
)

// ErrPath is returned for a path that no tree can hold: empty, absolute, with
// empty or dotted parts, or one that needs a file to be a folder.
var ErrPath = errors.New("blob: not a path of a tree")

// Tree is an immutable folder tree: relative slash-separated paths, each with
// the content of a file. Making a changed tree shares every folder that did
// not change, in memory and, once saved, on disk: a tree of 100,000 files with
// one more partition costs that partition and the folders above it.
//
// A tree may be used concurrently. Folders that were saved before are read
// when they are first needed.
type Tree struct {
	s    *Store
	root *folder
}

// Node is one entry of a folder.
type Node struct {
	Name string
	Ref          // a file's content; for a folder, its saved form and the bytes of all files in it
	Dir  bool    // it is a folder
	N    int64   // how many files it stands for: 1, or all in the folder
	sub  *folder // the folder, when it is in memory
}

// folder is one level of a tree: entries in order of their names. A folder is
// never changed once anybody else can see it.
type folder struct {
	nodes []Node
	saved Hash // where it is saved; zero when it is not
}

// EmptyTree returns the tree without files.
func (s *Store) EmptyTree() *Tree { return &Tree{s, &folder{}} }

// Files returns how many files the tree has, and Bytes how large they are together.
func (t *Tree) Files() int64 { n, _ := t.root.totals(); return n }

// Bytes returns the sum of the sizes of all files.
func (t *Tree) Bytes() int64 { _, b := t.root.totals(); return b }

func (f *folder) totals() (files, bytes int64) {
	for i := range f.nodes {
		files += f.nodes[i].N
		bytes += f.nodes[i].Size
	}
	return files, bytes
}

func (f *folder) find(name string) (int, bool) {
	return slices.BinarySearchFunc(f.nodes, name, func(n Node, s string) int { return strings.Compare(n.Name, s) })
}

// CheckPath returns a *PathError unless p can name a file in a tree.
func CheckPath(p string) error {
	switch {
	case len(p) > 4096:
		return &PathError{p, "it is longer than 4096 bytes"}
	case strings.ContainsRune(p, 0):
		return &PathError{p, "it has a zero byte"}
	case p == "" || path.Clean(p) != p || p[0] == '/' || p == "." || p == ".." || strings.HasPrefix(p, "../"):
		return &PathError{p, "it has a part that is empty, '.' or '..'"}
	}
	for _, part := range strings.Split(p, "/") {
		if len(part) > 255 {
			return &PathError{p, "it has a part that is longer than 255 bytes"}
		}
	}
	return nil
}

// Get returns what lies at p: a file or a folder. Errors: ErrNotFound, ErrPath.
func (t *Tree) Get(p string) (Node, error) {
	if err := CheckPath(p); err != nil {
		return Node{}, err
	}
	f := t.root
	for {
		name, rest, deeper := strings.Cut(p, "/")
		i, ok := f.find(name)
		if !ok {
			return Node{}, ErrNotFound
		}
		n := f.nodes[i]
		if !deeper {
			return n, nil
		}
		if !n.Dir {
			return Node{}, ErrNotFound
		}
		var err error
		if f, err = t.s.folderOf(n); err != nil {
			return Node{}, err
		}
		p = rest
	}
}

// Put returns the tree with the file p. Errors: ErrPath, also when a file
// stands where p needs a folder, or a folder at p.
func (t *Tree) Put(p string, ref Ref) (*Tree, error) {
	return t.PutAll([]TreeFile{{p, ref}})
}

// PutAll returns the tree with all of files, the last of those with one path.
// It costs the files and the folders that hold them, however many there are in
// each. Errors: *PathError for the first file that cannot be put.
func (t *Tree) PutAll(files []TreeFile) (*Tree, error) {
	for _, f := range files {
		if err := CheckPath(f.Path); err != nil {
			return nil, err
		}
	}
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b TreeFile) int { return comparePaths(a.Path, b.Path) })
	root, err := t.s.putAll(t.root, "", sorted)
	if err != nil {
		return nil, err
	}
	return &Tree{t.s, root}, nil
}

// PathError says which path cannot be one of a tree, and why; it is an ErrPath.
type PathError struct{ Path, Why string }

// twoKinds is why a file cannot be put where the path of another has a folder.
const twoKinds = "a file and a folder would have one name"

func (e *PathError) Error() string { return ErrPath.Error() + ": " + e.Path + ": " + e.Why }
func (e *PathError) Unwrap() error { return ErrPath }

// comparePaths orders paths so that those of one folder stand together, in the
// order of names: a slash comes before every other byte.
func comparePaths(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := a[i], b[i]; x != y {
			switch {
			case x == '/':
				return -1
			case y == '/':
				return 1
			}
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// putAll merges files, sorted, whose paths begin with prefix, into a folder.
func (s *Store) putAll(f *folder, prefix string, files []TreeFile) (*folder, error) {
	out := &folder{nodes: make([]Node, 0, len(f.nodes)+1)}
	old := f.nodes
	for len(files) > 0 {
		name, _, deeper := strings.Cut(files[0].Path[len(prefix):], "/")
		n := 1
		for ; n < len(files); n++ {
			other, _, d := strings.Cut(files[n].Path[len(prefix):], "/")
			if other != name {
				break
			}
			if d != deeper {
				return nil, &PathError{files[n].Path, twoKinds}
			}
		}
		i, ok := (&folder{nodes: old}).find(name)
		out.nodes = append(out.nodes, old[:i]...)
		var before Node
		if old = old[i:]; ok {
			before, old = old[0], old[1:]
			if before.Dir != deeper {
				return nil, &PathError{files[0].Path, twoKinds}
			}
		}
		node := Node{Name: name, Ref: files[n-1].Ref, N: 1}
		if deeper {
			sub := &folder{}
			var err error
			if ok {
				if sub, err = s.folderOf(before); err != nil {
					return nil, err
				}
			}
			if sub, err = s.putAll(sub, prefix+name+"/", files[:n]); err != nil {
				return nil, err
			}
			node = folderNode(name, sub)
		}
		out.nodes = append(out.nodes, node)
		files = files[n:]
	}
	out.nodes = append(out.nodes, old...)
	return out, nil
}

// Remove returns the tree without the file or folder p; folders left empty go
// too. A path that is not there is no error. Errors: ErrPath.
func (t *Tree) Remove(p string) (*Tree, error) {
	if err := CheckPath(p); err != nil {
		return nil, err
	}
	root, err := t.s.remove(t.root, p)
	if err != nil {
		return nil, err
	}
	return &Tree{t.s, root}, nil
}

func (s *Store) remove(f *folder, p string) (*folder, error) {
	name, rest, deeper := strings.Cut(p, "/")
	i, ok := f.find(name)
	if !ok || deeper && !f.nodes[i].Dir {
		return f, nil
	}
	if deeper {
		old, err := s.folderOf(f.nodes[i])
		if err != nil {
			return nil, err
		}
		sub, err := s.remove(old, rest)
		if err != nil || sub == old {
			return f, err
		}
		if len(sub.nodes) > 0 {
			return f.with(i, folderNode(name, sub)), nil
		}
	}
	return &folder{nodes: slices.Delete(slices.Clone(f.nodes), i, i+1)}, nil
}

func (f *folder) with(i int, n Node) *folder {
	nodes := slices.Clone(f.nodes)
	nodes[i] = n
	return &folder{nodes: nodes}
}

func folderNode(name string, sub *folder) Node {
	n := Node{Name: name, Dir: true, sub: sub}
	n.N, n.Size = sub.totals()
	n.Hash = sub.saved
	return n
}

// List yields the entries of the folder p ("" is the root) in order of names.
// A path that is no folder yields nothing. Errors: ErrPath, or what reading gave.
func (t *Tree) List(p string) iter.Seq2[Node, error] {
	return func(yield func(Node, error) bool) {
		f := t.root
		if p != "" {
			n, err := t.Get(p)
			if errors.Is(err, ErrNotFound) || err == nil && !n.Dir {
				return
			}
			if err == nil {
				f, err = t.s.folderOf(n)
			}
			if err != nil {
				yield(Node{}, err)
				return
			}
		}
		for _, n := range f.nodes {
			if !yield(n, nil) {
				return
			}
		}
	}
}

// Walk yields every file with its path, folder by folder in order of names.
func (t *Tree) Walk() iter.Seq2[TreeFile, error] {
	return func(yield func(TreeFile, error) bool) { t.s.walk(t.root, "", yield) }
}

// TreeFile is a file of a tree.
type TreeFile struct {
	Path string
	Ref
}

func (s *Store) walk(f *folder, prefix string, yield func(TreeFile, error) bool) bool {
	for _, n := range f.nodes {
		if !n.Dir {
			if !yield(TreeFile{prefix + n.Name, n.Ref}, nil) {
				return false
			}
			continue
		}
		sub, err := s.folderOf(n)
		if err != nil {
			yield(TreeFile{}, err)
			return false
		}
		if !s.walk(sub, prefix+n.Name+"/", yield) {
			return false
		}
	}
	return true
}
