package node_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

// shared counts the folders that nodes share.
func (b *bench) shared(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(b.dir, "nodes", "shared"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// hdb is a node that shows partitions of a database, whose content is their name.
func (b *bench) hdb(t *testing.T, id, changeset string, partitions ...string) control.NodeSpec {
	t.Helper()
	var files []string
	for _, p := range partitions {
		files = append(files, p+"/t/x", p)
	}
	s := b.spec(t, id, "x:1")
	s.Type, s.Cluster = finspace.KxClusterTypeHdb, id
	s.Databases = []control.NodeDatabase{{Name: "market", Changeset: changeset, Tree: b.tree(t, files...)}}
	return s
}

// Folders that nodes share stayed until the server ended: after years of daily
// changesets, those of every changeset. They go with the last node that shows
// them, and with the reload that lets them go.
func TestSharedFoldersGo(t *testing.T) {
	b := newBench(t)
	first, second := b.hdb(t, "n1", "c1", "2024.01.01", "2024.01.02"), b.hdb(t, "n2", "c1", "2024.01.01", "2024.01.02")
	b.Start(first)
	b.Start(second)
	b.await(t, "n1", ready)
	b.await(t, "n2", ready)
	if n := b.shared(t); n != 2 {
		t.Fatalf("two nodes of one changeset share %d folders, want 2", n)
	}
	next := b.hdb(t, "n1", "c2", "2024.01.02", "2024.01.03")
	next.Reload = 1
	if err := b.Reload(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if n := b.shared(t); n != 3 {
		t.Errorf("%d shared folders while n2 shows the first changeset, want 3", n)
	}
	versions, err := os.ReadDir(filepath.Join(b.dir, "nodes", "n1", "versions"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		if v.Name() == "db-market-c1" {
			t.Error("n1 keeps the version that it has let go")
		}
	}
	b.Stop(t.Context(), "n2")
	if n := b.shared(t); n != 2 {
		t.Errorf("%d shared folders once n2 has gone, want 2", n)
	}
	to := control.Endpoint{Environment: "env", Cluster: "n1"}
	if got := ask(t, b.login(t, to, "alice"), "\"c\"$read1`:/opt/kx/app/db/market/2024.01.03/t/x"); got != `"2024.01.03"` {
		t.Errorf("n1 reads %s", got)
	}
	b.Stop(t.Context(), "n1")
	if n := b.shared(t); n != 0 {
		t.Errorf("%d shared folders without a node", n)
	}
}

// A node reads all partitions again and again while others that share some of
// them come and go.
func TestSharedFoldersGoUnderReaders(t *testing.T) {
	b := newBench(t)
	others := []control.NodeSpec{b.hdb(t, "n1", "c2", "2024.01.01"), b.hdb(t, "n2", "c2", "2024.01.02", "2024.01.04"), b.hdb(t, "n3", "c2", "2024.01.05")}
	b.Start(b.hdb(t, "reader", "c1", "2024.01.01", "2024.01.02", "2024.01.03"))
	b.await(t, "reader", ready)
	c := b.login(t, control.Endpoint{Environment: "env", Cluster: "reader"}, "alice")
	read := "raze{\"c\"$read1`$\":/opt/kx/app/db/market/\",x,\"/t/x\"}each(\"2024.01.01\";\"2024.01.02\";\"2024.01.03\")"
	for range 4 {
		for _, s := range others {
			b.Start(s)
		}
		for _, id := range []string{"n3", "n2", "n1"} {
			b.await(t, id, ready)
			if got := ask(t, c, read); got != `"2024.01.012024.01.022024.01.03"` {
				t.Fatalf("the reader reads %s", got)
			}
			b.Stop(t.Context(), id)
		}
	}
	if n := b.shared(t); n != 3 {
		t.Errorf("%d shared folders, want the reader's 3", n)
	}
}
