package main

import (
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/internal/node"
)

// engines are the flags that name q binaries.
type engines struct {
	QBinary  []string `name:"q-binary" env:"QUOIN_Q_BINARY" placeholder:"[LABEL=]FILE" help:"Your own kdb+ or KDB-X, to run clusters with instead of the embedded engine: all of them, or those of a release label; more than once, or separated by commas."`
	QHome    []string `name:"q-home" env:"QUOIN_Q_HOME" placeholder:"[LABEL=]FOLDER" help:"Its QHOME (the folder of its q.k)."`
	QLicense []string `name:"q-license" env:"QUOIN_Q_LICENSE" placeholder:"[LABEL=]FOLDER" help:"Its QLIC (the folder of its licence)."`
}

// binaries are the q binaries by release label, "" for those without one.
func (c engines) binaries() node.Binaries {
	bs := make(node.Binaries)
	for values, set := range map[*[]string]func(*node.Binary, string){
		&c.QBinary:  func(b *node.Binary, path string) { b.Path = path },
		&c.QHome:    func(b *node.Binary, path string) { b.Home = path },
		&c.QLicense: func(b *node.Binary, path string) { b.License = path },
	} {
		for _, v := range *values {
			label, path, ok := strings.Cut(v, "=")
			if !ok || strings.Contains(label, "/") {
				label, path = "", v
			}
			if abs, err := filepath.Abs(path); err == nil {
				path = abs // nodes run elsewhere
			}
			b := bs[label]
			set(&b, path)
			bs[label] = b
		}
	}
	return bs
}
