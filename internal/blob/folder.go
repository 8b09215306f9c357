package blob

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A folder's saved form is content like any other, so that equal folders are
// one file: the line folderMagic, then for each entry in order of names a
// length and the name, 0 for a file and 1 for a folder, the hash, the size and,
// for a folder, the number of files. Numbers are unsigned varints.
const folderMagic = "quoin folder 1\n"

// ErrCorrupt is returned for a saved folder that is not one, or not in the one
// form that a folder has.
var ErrCorrupt = errors.New("blob: a saved folder is damaged")

func (f *folder) encode() []byte {
	b := []byte(folderMagic)
	for _, n := range f.nodes {
		b = binary.AppendUvarint(b, uint64(len(n.Name)))
		b = append(b, n.Name...)
		kind := byte(0)
		if n.Dir {
			kind = 1
		}
		b = append(append(b, kind), n.Hash[:]...)
		b = binary.AppendUvarint(b, uint64(n.Size))
		if n.Dir {
			b = binary.AppendUvarint(b, uint64(n.N))
		}
	}
	return b
}

// decodeFolder reads what encode wrote. Names share memory with b.
func decodeFolder(b []byte) (*folder, error) {
	rest, ok := bytes.CutPrefix(b, []byte(folderMagic))
	if !ok {
		return nil, ErrCorrupt
	}
	f := &folder{}
	number := func() (int64, bool) {
		n, k := binary.Uvarint(rest)
		if k <= 0 || n > 1<<62 || k > 1 && rest[k-1] == 0 {
			return 0, false
		}
		rest = rest[k:]
		return int64(n), true
	}
	for last := ""; len(rest) > 0; {
		l, ok := number()
		if !ok || l > int64(len(rest))-33 {
			return nil, ErrCorrupt
		}
		n := Node{Name: string(rest[:l]), Dir: rest[l] == 1, N: 1}
		if rest[l] > 1 || n.Name <= last || strings.ContainsRune(n.Name, '/') || CheckPath(n.Name) != nil {
			return nil, ErrCorrupt
		}
		copy(n.Hash[:], rest[l+1:])
		rest = rest[l+33:]
		if n.Size, ok = number(); !ok {
			return nil, ErrCorrupt
		}
		if n.Dir {
			if n.N, ok = number(); !ok || n.N == 0 {
				return nil, ErrCorrupt
			}
		}
		last = n.Name
		f.nodes = append(f.nodes, n)
	}
	return f, nil
}

// folderOf returns the folder that a node stands for, reading it when it is
// not in memory. It is not kept: a tree in memory stays as small as its root.
func (s *Store) folderOf(n Node) (*folder, error) {
	if n.sub != nil {
		return n.sub, nil
	}
	return s.load(n.Hash)
}

func (s *Store) load(h Hash) (*folder, error) {
	file, err := s.Open(h)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("blob: folder %s: %w", h, err)
	}
	f, err := decodeFolder(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, h)
	}
	f.saved = h
	return f, nil
}

// Tree returns the tree that Save named h. Errors: ErrNotFound, ErrCorrupt.
func (s *Store) Tree(h Hash) (*Tree, error) {
	f, err := s.load(h)
	if err != nil {
		return nil, err
	}
	return &Tree{s, f}, nil
}

// Save stores those folders of the tree that are not stored yet and returns
// the name of the whole. It is on disk once Store.Sync has returned. The
// caller holds a Lease until a record names the tree.
func (t *Tree) Save(ctx context.Context) (Hash, error) { return t.s.save(ctx, t.root) }

func (s *Store) save(ctx context.Context, f *folder) (Hash, error) {
	if f.saved != (Hash{}) {
		return f.saved, nil
	}
	out := &folder{nodes: make([]Node, len(f.nodes))}
	for i, n := range f.nodes {
		if n.Dir && n.Hash == (Hash{}) {
			h, err := s.save(ctx, n.sub)
			if err != nil {
				return Hash{}, err
			}
			n.Hash = h
		}
		out.nodes[i] = n
	}
	ref, err := s.Ingest(WithMeter(ctx, nil), bytes.NewReader(out.encode())) // nobody's file
	return ref.Hash, err
}

// Reach calls mark with every file that the saved tree h is made of, and enter
// with every folder, h included, before it goes into it. It does not go into
// one for which enter returns false, so that folders shared by many trees are
// read once. The two are told apart since a file may well hold the same bytes
// as a saved folder.
func (s *Store) Reach(ctx context.Context, h Hash, enter func(Hash) bool, mark func(Hash)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !enter(h) {
		return nil
	}
	f, err := s.load(h)
	if err != nil {
		return err
	}
	for _, n := range f.nodes {
		if !n.Dir {
			mark(n.Hash)
		} else if err := s.Reach(ctx, n.Hash, enter, mark); err != nil {
			return err
		}
	}
	return nil
}
