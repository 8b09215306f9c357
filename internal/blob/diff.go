package blob

import (
	"iter"
)

// Change is one difference between two trees: the file at Path is Old in the
// first and New in the second; nil where it is not.
type Change struct {
	Path     string
	Old, New *Ref
}

// Diff yields what changed from a to b, in order of paths within each folder.
// Folders that both trees share are not read.
func Diff(a, b *Tree) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) { diff(a.s, a.root, b.root, "", yield) }
}

func diff(s *Store, a, b *folder, prefix string, yield func(Change, error) bool) bool {
	if a.saved != (Hash{}) && a.saved == b.saved {
		return true
	}
	for i, j := 0, 0; i < len(a.nodes) || j < len(b.nodes); {
		var x, y *Node
		switch {
		case j == len(b.nodes) || i < len(a.nodes) && a.nodes[i].Name < b.nodes[j].Name:
			x = &a.nodes[i]
			i++
		case i == len(a.nodes) || a.nodes[i].Name > b.nodes[j].Name:
			y = &b.nodes[j]
			j++
		default:
			x, y = &a.nodes[i], &b.nodes[j]
			i, j = i+1, j+1
		}
		if !diffNode(s, x, y, prefix, yield) {
			return false
		}
	}
	return true
}

// diffNode compares two entries of one name, of which one may be nil.
func diffNode(s *Store, x, y *Node, prefix string, yield func(Change, error) bool) bool {
	if x != nil && y != nil && x.Dir == y.Dir && x.Hash == y.Hash && x.Hash != (Hash{}) {
		return true
	}
	var c Change
	subs := [2]*folder{{}, {}}
	for i, n := range []*Node{x, y} {
		switch {
		case n == nil:
		case n.Dir:
			sub, err := s.folderOf(*n)
			if err != nil {
				yield(Change{}, err)
				return false
			}
			subs[i] = sub
		default:
			ref := n.Ref
			c.Path = prefix + n.Name
			if i == 0 {
				c.Old = &ref
			} else {
				c.New = &ref
			}
		}
	}
	if c.Path != "" && !yield(c, nil) {
		return false
	}
	name := ""
	for _, n := range []*Node{x, y} {
		if n != nil {
			name = n.Name
		}
	}
	return diff(s, subs[0], subs[1], prefix+name+"/", yield)
}
