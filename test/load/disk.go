package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/quoinhq/quoin/internal/blob"
)

// disk does by itself, in a folder beside the server's, what a server has a
// disk do: what it comes to is the most that could be had in this run.
type disk struct {
	dir   string
	files []string // that were written
}

// write writes files, 16 at a time, each on disk before its turn ends.
func (k *disk) write(name string, files, size int) error {
	dir := filepath.Join(k.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	var next atomic.Int64
	var g errgroup.Group
	for w := range 16 {
		g.Go(func() error {
			random := rand.NewChaCha8([32]byte{byte(w)})
			content := make([]byte, size)
			for i := int(next.Add(1)); i <= files; i = int(next.Add(1)) {
				_, _ = random.Read(content) // never fails
				if err := writeSynced(filepath.Join(dir, fmt.Sprint(i)), content); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	for i := range files {
		k.files = append(k.files, filepath.Join(dir, fmt.Sprint(i+1)))
	}
	return err
}

func writeSynced(path string, content []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}

// link gives the files so many further names, in folders of so many, four
// folders at a time, and waits for the disk.
func (k *disk) link(name string, links, columns int) error {
	dir := filepath.Join(k.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(4)
	for d := 0; d < links; d += columns {
		g.Go(func() error {
			sub := filepath.Join(dir, fmt.Sprint(d))
			if err := os.Mkdir(sub, 0o700); err != nil {
				return err
			}
			for i := range min(columns, links-d) {
				if err := os.Link(k.files[(d+i)%len(k.files)], filepath.Join(sub, fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return blob.OS().SyncAll(k.dir)
}

// stream writes one file of so many bytes, as large ones are copied.
func (k *disk) stream(name string, total int64) (err error) {
	f, err := os.Create(filepath.Join(k.dir, name))
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	content := make([]byte, 8<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	for left := total; left > 0; left -= int64(len(content)) {
		if _, err := f.Write(content[:min(left, int64(len(content)))]); err != nil {
			return err
		}
	}
	return f.Sync()
}
