package file

import (
	"io/fs"
	"math"

	"github.com/quoinhq/quoin/kdb"
)

// Parse is Read of files in memory, for tests of many thousand files: the
// folders that Read would need cost more than the reading.
func Parse(files map[string][]byte, name string, d Domains) (kdb.Value, error) {
	load := func(name string) ([]byte, error) {
		b, ok := files[name]
		switch {
		case !ok:
			return nil, fs.ErrNotExist
		case isPacked(b):
			return unpack(name, b)
		}
		return b, nil
	}
	b, err := load(name)
	if err != nil {
		return nil, err
	}
	return parse(name, b, d, false, load)
}

// Column returns the files of a column, uncompressed, by name.
func Column(name string, v kdb.Value) (map[string][]byte, error) {
	files, err := columnFiles(v)
	out := map[string][]byte{}
	for _, f := range files {
		for _, p := range f.parts {
			out[name+f.suffix] = append(out[name+f.suffix], p...)
		}
	}
	return out, err
}

// Replay is ReplayLog of a log in memory.
func Replay(b []byte, fn func(i int, message kdb.Value) error) (LogState, error) {
	return replay("log", b, math.MaxInt, fn)
}

// Partitions is Open of a database that has folders of those names.
func Partitions(names []string) (*DB, error) {
	parts := map[string][]string{}
	for _, n := range names {
		if isPartition(n) {
			parts[n] = append(parts[n], n)
		}
	}
	db := &DB{}
	return db, db.partition(parts)
}
