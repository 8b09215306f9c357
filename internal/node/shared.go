package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/datadir"
)

// sharedFolder is where the folders of databases are that nodes show without a
// dataview, each once, however many nodes link to it. It lies among the nodes'
// folders, and is emptied with them.
const sharedFolder = "shared"

const versionPrefix = "db-"

// dropVersions removes the databases that the node has loaded once and has let
// go: its process has loaded what its links lead to now. The caller holds
// k.laying.
func (k *keeper) dropVersions() error {
	db := filepath.Join(k.dir, "app", "db")
	links, err := list(db)
	if err != nil {
		return err
	}
	shown := map[string]bool{}
	for _, l := range links {
		// A folder is no link: it is the target of savedown, and no version.
		if to, err := os.Readlink(filepath.Join(db, l.Name())); err == nil {
			shown[to] = true
		}
	}
	versions, err := k.m.versions(filepath.Base(k.dir))
	if err != nil {
		return err
	}
	for _, dir := range versions {
		if !shown[dir] {
			err = errors.Join(err, datadir.RemoveAll(dir))
		}
	}
	return err
}

// versions are the folders of the databases that a node has, or had.
func (m *Manager) versions(node string) ([]string, error) {
	dir := filepath.Join(m.cfg.Dir, node, "versions")
	entries, err := list(dir)
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), versionPrefix) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, err
}

// list reads a folder, which may be gone.
func list(dir string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("node: %w", err)
	}
	return entries, nil
}

// prune removes the shared folders that no node links to any more. Nodes that
// are being laid out wait while it finds out which those are, not while it
// removes them.
func (m *Manager) prune() error {
	remove, err := m.setAside()
	if err != nil {
		return err
	}
	return remove()
}

func (m *Manager) setAside() (remove func() error, err error) {
	m.shared.Lock()
	defer m.shared.Unlock()
	live := map[string]bool{}
	nodes, err := list(m.cfg.Dir)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		versions, err := m.versions(n.Name())
		for _, dir := range versions {
			err = errors.Join(err, linked(dir, live))
		}
		if err != nil {
			return nil, err
		}
	}
	return m.cfg.Blobs.PruneShared(filepath.Join(m.cfg.Dir, sharedFolder), live)
}

// linked adds the names of the shared folders that a version links to. One that
// is being removed links to less and less.
func linked(dir string, live map[string]bool) error {
	entries, err := list(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("node: %w", err)
		}
		live[filepath.Base(to)] = true
	}
	return nil
}

// layShared lays a tree out in dir by links into the shared folder.
func (k *keeper) layShared(ctx context.Context, t *blob.Tree, dir string) error {
	k.m.shared.RLock() // until the links are there that prune looks for
	defer k.m.shared.RUnlock()
	return t.LayoutShared(ctx, dir, filepath.Join(k.m.cfg.Dir, sharedFolder))
}

// tidy gives back what a node showed and does not show any more.
func (k *keeper) tidy() {
	if k.m.ctx.Err() != nil {
		return // the next server empties the whole folder
	}
	if err := k.m.prune(); err != nil {
		k.m.cfg.Log.Error("folders that nodes shared not removed", "node", k.spec.ID, "error", err)
	}
}
