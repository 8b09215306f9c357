// Package blob keeps files by their content: each is stored once, under the
// SHA-256 of its bytes, and never changed. Databases, dataviews and the
// built-in object store are all lists of names for such files.
//
// Content is written to a temporary file, then given its name, so that a name
// always stands for whole content. It is on disk once [Store.Sync] has returned,
// which a caller waits for before it records a name. Those that wait at the same
// time share one round to the disk.
//
// Content is collected when no record names it any more (see [Store.Collect]).
// From before it ingests content until it has recorded the name a caller holds
// a [Lease]; collection spares what came in under one.
package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// ErrNotFound is returned for content that is not stored.
var ErrNotFound = errors.New("blob: no such content")

// Hash is the SHA-256 of some content: its name.
type Hash [32]byte

// String is the hash in lower-case hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is String, so that hashes stand as text in records.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) != 2*len(h) {
		return fmt.Errorf("blob: a hash has %d digits, not %d", 2*len(h), len(b))
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// Ref names content and says how large it is.
type Ref struct {
	Hash Hash  `json:"hash"`
	Size int64 `json:"size"`
}

// Store is a folder of content. Its methods may be called concurrently, and by
// one process at a time.
type Store struct {
	fs  FS
	dir string
	now func() time.Time

	syncing    sync.Mutex // held by Sync, so that none returns before one that took its files
	collecting sync.Mutex // held by Collect

	mu       sync.Mutex // protects the rest; held for writing names against Collect
	leases   map[*Lease]time.Time
	unsynced map[Hash]struct{} // what was named and is not known to be on disk
}

// Option changes how a store works.
type Option func(*Store)

// WithFS has the store work on another file system than the machine's.
func WithFS(f FS) Option { return func(s *Store) { s.fs = f } }

// Open returns the store in dir, which is made when it is missing. Temporary
// files that an earlier process left there are removed.
func Open(dir string, opts ...Option) (*Store, error) {
	s := &Store{fs: OS(), dir: dir, now: time.Now, leases: map[*Lease]time.Time{}, unsynced: map[Hash]struct{}{}}
	for _, o := range opts {
		o(s)
	}
	if err := s.fs.RemoveAll(s.tmp()); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	for _, d := range []string{dir, s.tmp()} {
		if err := s.fs.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("blob: %w", err)
		}
	}
	if err := s.makeFolders(); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return s, nil
}

// makeFolders makes the 256 folders that content is spread over, those that
// are missing.
func (s *Store) makeFolders() error {
	entries, err := s.fs.ReadDir(s.dir)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	made := false
	for i := range 256 {
		name := hex.EncodeToString([]byte{byte(i)})
		if there[name] {
			continue
		}
		if err := s.fs.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			return err
		}
		made = true
	}
	if !made {
		return nil
	}
	return s.fs.SyncDir(s.dir)
}

func (s *Store) tmp() string { return filepath.Join(s.dir, "tmp") }

// Path returns where content of that hash lies, whether or not it does.
func (s *Store) Path(h Hash) string {
	x := h.String()
	return filepath.Join(s.dir, x[:2], x[2:])
}

// Open opens content for reading. Errors: ErrNotFound. What is open stays
// readable even if the content is collected meanwhile.
func (s *Store) Open(h Hash) (File, error) {
	f, err := s.fs.Open(s.Path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return f, nil
}

// Stat returns the size of content. Errors: ErrNotFound.
func (s *Store) Stat(h Hash) (Ref, error) {
	fi, err := s.fs.Stat(s.Path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return Ref{}, ErrNotFound
	}
	if err != nil {
		return Ref{}, fmt.Errorf("blob: %w", err)
	}
	return Ref{Hash: h, Size: fi.Size()}, nil
}

// syncEach is up to how many files are synced one by one; beyond, the whole
// file system is, which also waits for what strangers write to it.
const syncEach = 512

// Sync returns once everything ingested before is on disk.
func (s *Store) Sync(ctx context.Context) error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.mu.Lock()
	todo := s.unsynced
	s.unsynced = map[Hash]struct{}{}
	s.mu.Unlock()
	err := ctx.Err()
	if err == nil {
		err = s.sync(ctx, todo)
	}
	if err != nil {
		s.mu.Lock()
		maps.Copy(s.unsynced, todo)
		s.mu.Unlock()
		return fmt.Errorf("blob: sync: %w", err)
	}
	return nil
}

func (s *Store) sync(ctx context.Context, todo map[Hash]struct{}) error {
	if len(todo) > syncEach {
		return s.fs.SyncAll(s.dir)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16) // the disk takes several at once
	dirs := map[string]bool{}
	for h := range todo {
		dirs[filepath.Dir(s.Path(h))] = true
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return s.syncFile(s.Path(h))
		})
	}
	for dir := range dirs {
		g.Go(func() error { return s.fs.SyncDir(dir) })
	}
	return g.Wait()
}

// syncFile syncs content, which may have been collected meanwhile.
func (s *Store) syncFile(path string) error {
	f, err := s.fs.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Link gives content a further name, a path outside the store, without copying
// it. The file there is read-only and must not be written to. Where the file
// system cannot link (another device, too many links) it is copied.
// Errors: ErrNotFound.
func (s *Store) Link(h Hash, path string) error {
	err := s.fs.Link(s.Path(h), path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if _, serr := s.fs.Stat(s.Path(h)); errors.Is(serr, fs.ErrNotExist) {
			return ErrNotFound
		}
		return fmt.Errorf("blob: %w", err)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("blob: %w", err)
	}
	return s.copyTo(h, path, 0o400)
}

// Lease keeps content from being collected between being ingested and being
// named by a record. Release ends it.
type Lease struct{ s *Store }

// Lease begins a lease.
func (s *Store) Lease() *Lease {
	l := &Lease{s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases[l] = s.now()
	return l
}

// Release ends the lease; a second call does nothing.
func (l *Lease) Release() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	delete(l.s.leases, l)
}

// Garbage is what a collection found, or would have removed.
type Garbage struct {
	Kept, Removed           int
	KeptBytes, RemovedBytes int64
}

// Collect removes content that live says nothing names, sparing what was
// ingested or found again since Collect began, or since the oldest lease began
// that was held then: its holder may record a name after mark has looked and
// release the lease before the content's turn comes. With dry set it only
// counts. One collection runs at a time; a second waits.
func (s *Store) Collect(ctx context.Context, dry bool, mark func(context.Context) (live func(Hash) bool, err error)) (Garbage, error) {
	s.collecting.Lock()
	defer s.collecting.Unlock()
	young := s.youngest()
	MeterOf(ctx).Stage("finding what is named", Amount{})
	live, err := mark(ctx)
	if err != nil {
		return Garbage{}, err
	}
	var g Garbage
	MeterOf(ctx).Stage("looking at all content", Amount{})
	for i := range 256 {
		if err := ctx.Err(); err != nil {
			return g, err
		}
		if err := s.collectDir(MeterOf(ctx), hex.EncodeToString([]byte{byte(i)}), young, dry, live, &g); err != nil {
			return g, err
		}
	}
	return g, nil
}

// youngest is the time from which on content is spared by a collection that
// begins now.
func (s *Store) youngest() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.now()
	for _, t := range s.leases {
		if t.Before(at) {
			at = t
		}
	}
	return at.Add(-time.Second) // file times may be as coarse as a clock tick
}

func (s *Store) collectDir(meter *Meter, sub string, young time.Time, dry bool, live func(Hash) bool, g *Garbage) error {
	entries, err := s.fs.ReadDir(filepath.Join(s.dir, sub))
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	for _, e := range entries {
		var h Hash
		if h.UnmarshalText([]byte(sub+e.Name())) != nil {
			continue
		}
		before := *g
		if err := s.collectOne(h, young, dry, live(h), g); err != nil {
			return err
		}
		meter.Add(int64(g.Kept+g.Removed-before.Kept-before.Removed), g.KeptBytes+g.RemovedBytes-before.KeptBytes-before.RemovedBytes)
	}
	return nil
}

// collectOne looks and removes under the lock that giving a name takes, so
// that content found again in between is spared.
func (s *Store) collectOne(h Hash, young time.Time, dry, live bool, g *Garbage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	fi, err := s.fs.Stat(s.Path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	if live || !fi.ModTime().Before(young) {
		g.Kept++
		g.KeptBytes += fi.Size()
		return nil
	}
	if !dry {
		if err := s.fs.Remove(s.Path(h)); err != nil {
			return fmt.Errorf("blob: %w", err)
		}
	}
	g.Removed++
	g.RemovedBytes += fi.Size()
	return nil
}
