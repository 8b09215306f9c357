package file

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quoinhq/quoin/kdb"
)

// parFile lists the segments of a segmented database, one folder a line.
const parFile = "par.txt"

// DB is a database on disk: a root folder with domains, values and splayed
// tables, and, in it or in the segments that its par.txt lists, partitions: a
// folder for each date, month, year or other integer, with the same splayed
// tables in each. It is a picture of the time of Open, and may be used
// concurrently.
//
// Source: KX manual, "Partitioned tables", "Segmented databases".
type DB struct {
	*Folder // the domains, files of the root

	Root     string
	Segments []string // where the partitions are: the root itself without par.txt
	// Field is the name of the virtual column that holds the partition's value:
	// date, month, year or int; the null symbol for a database without partitions.
	Field      kdb.Symbol
	Partitions []Partition // ascending
	// Entries are the names in the root that are no partitions: domains, other
	// values, splayed tables, scripts.
	Entries []string
}

// Partition is the tables of one value of the partition field.
type Partition struct {
	Value kdb.Value // kdb.Date, kdb.Month, kdb.Int, or kdb.Long where numbers need it
	// Dirs are its folders: one, or one in each of several segments.
	Dirs []string
}

// Open looks at a database's root and segments. Errors: those of the file
// system, a partition name of another kind than the others'.
func Open(root string) (*DB, error) {
	db := &DB{Folder: NewFolder(root), Root: root, Segments: []string{root}}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	par, err := os.ReadFile(filepath.Join(root, parFile))
	switch {
	case err == nil:
		db.Segments = segments(root, string(par))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	parts := map[string][]string{}
	for _, s := range db.Segments {
		es, err := os.ReadDir(s)
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			if isPartition(e.Name()) && isDir(s, e) {
				parts[e.Name()] = append(parts[e.Name()], filepath.Join(s, e.Name()))
			}
		}
	}
	for _, e := range entries {
		if n := e.Name(); !strings.HasPrefix(n, temporary) && n != parFile && !(isPartition(n) && isDir(root, e)) {
			db.Entries = append(db.Entries, n)
		}
	}
	return db, db.partition(parts)
}

// isDir follows links, which segments are often made of.
func isDir(dir string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	st, err := os.Stat(filepath.Join(dir, e.Name()))
	return err == nil && st.IsDir()
}

func segments(root, par string) []string {
	var dirs []string
	for line := range strings.Lines(par) {
		line = strings.TrimPrefix(strings.TrimSpace(line), ":")
		if line == "" {
			continue
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(root, line)
		}
		dirs = append(dirs, line)
	}
	return dirs
}

// isPartition reports whether a folder's name begins like a partition's:
// 2026.01.02, 2026.01, 2026, or any other integer.
func isPartition(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < '0' || c > '9') && !(c == '.' && i > 0) {
			return false
		}
	}
	return name != ""
}

// partition orders the partitions by their values.
func (db *DB) partition(parts map[string][]string) error {
	if len(parts) == 0 {
		return nil
	}
	names := make([]string, 0, len(parts))
	for n := range parts {
		names = append(names, n)
	}
	slices.Sort(names)
	field, parse := kind(names)
	db.Field = kdb.Sym(field)
	type numbered struct {
		n int64
		p Partition
	}
	var ps []numbered
	for _, name := range names {
		v, n, ok := parse(name)
		if !ok {
			return fmt.Errorf("file: open %s: partition %q among those by %s", db.Root, name, field)
		}
		ps = append(ps, numbered{n, Partition{v, parts[name]}})
	}
	slices.SortFunc(ps, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	for i, p := range ps {
		if i > 0 && ps[i-1].n == p.n { // 7 and 007
			return fmt.Errorf("file: open %s: partition %v under two names", db.Root, p.p.Value)
		}
		db.Partitions = append(db.Partitions, p.p)
	}
	return nil
}

// kind tells from the names what partitions are by, and how to read a name.
func kind(names []string) (field string, parse func(string) (kdb.Value, int64, bool)) {
	all := func(ok func(string) bool) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !ok(n) })
	}
	switch {
	case strings.Count(names[0], ".") == 2:
		return "date", parseDate
	case strings.Count(names[0], ".") == 1:
		return "month", parseMonth
	case all(func(n string) bool { return len(n) == 4 && n[0] != '0' }):
		return "year", parseInt
	case all(func(n string) bool {
		_, err := strconv.ParseInt(n, 10, 32)
		return err == nil && n != strconv.Itoa(math.MaxInt32)
	}):
		return "int", parseInt
	}
	return "int", func(s string) (kdb.Value, int64, bool) {
		n, err := strconv.ParseInt(s, 10, 64)
		return kdb.Long(n), n, err == nil
	}
}

func parseInt(s string) (kdb.Value, int64, bool) {
	n, err := strconv.ParseInt(s, 10, 32)
	return kdb.Int(n), n, err == nil
}

func parseDate(s string) (kdb.Value, int64, bool) {
	t, err := timeParse("2006.01.02", s)
	return kdb.DateOf(t.Date()), t.Unix(), err == nil
}

func parseMonth(s string) (kdb.Value, int64, bool) {
	t, err := timeParse("2006.01", s)
	return kdb.MonthOf(t.Year(), t.Month()), t.Unix(), err == nil
}

// Tables returns the names of the splayed tables in a partition, in order.
// Errors: those of the file system.
func (p Partition) Tables() ([]string, error) {
	var names []string
	for _, dir := range p.Dirs {
		es, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			if strings.HasPrefix(e.Name(), temporary) || !isTable(filepath.Join(dir, e.Name())) {
				continue
			}
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// isTable reports whether a folder is a splayed table.
func isTable(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, columnsFile))
	return err == nil
}

// Paths returns the folders of a table in a partition: none where it is
// missing, several where several segments have a part of it.
func (p Partition) Paths(table string) []string {
	var paths []string
	for _, dir := range p.Dirs {
		if path := filepath.Join(dir, table); isTable(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// Dir returns the folder for a partition that is to be written, existing or
// not: in the root, or in the segment that kdb+ would choose, which is the
// value modulo the number of segments. Source: KX manual, ".Q.par".
func (db *DB) Dir(value kdb.Value) string {
	var n int64
	switch x := value.(type) {
	case kdb.Date:
		n = int64(x)
	case kdb.Month:
		n = int64(x)
	case kdb.Int:
		n = int64(x)
	case kdb.Long:
		n = int64(x)
	}
	k := int64(len(db.Segments))
	segment := db.Segments[(n%k+k)%k]
	return filepath.Join(segment, string(kdb.AppendText(nil, value, 0)))
}

func timeParse(layout, s string) (time.Time, error) {
	t, err := time.Parse(layout, s)
	if err == nil && len(s) != len(layout) {
		err = errors.New("not in full")
	}
	return t, err
}
