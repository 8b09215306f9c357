package sqlite

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// applicationID marks a database file as Quoin's ("Quoi" in ASCII), so that a
// file of another program is refused and not migrated.
const applicationID = 0x51756f69

//go:embed migrations/*.sql
var migrations embed.FS

// A migration takes the schema from version-1 to version.
type migration struct {
	version int
	name    string
	sql     string
}

// readMigrations returns the migrations in order. They are numbered from 1
// without a gap; anything else is a mistake in the program.
func readMigrations(fsys fs.FS) ([]migration, error) {
	names, err := fs.Glob(fsys, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var ms []migration
	for i, name := range names {
		base := strings.TrimPrefix(name, "migrations/")
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("store: migration %s should have number %04d", base, i+1)
		}
		sql, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		ms = append(ms, migration{version, base, string(sql)})
	}
	return ms, nil
}

// schemaOf returns the version of a file's schema, 0 for an empty file.
// Errors: ErrCorrupt for another program's, ErrNewer.
func schemaOf(c *conn, known int) (int, error) {
	id, err := c.pragma("application_id")
	if err != nil {
		return 0, err
	}
	version, err := c.pragma("user_version")
	if err != nil {
		return 0, err
	}
	tables, err := c.queryInt("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	if id != applicationID && (id != 0 || tables != 0) {
		return 0, fmt.Errorf("%w: it is the database of another program", ErrCorrupt)
	}
	if version > int64(known) {
		return 0, fmt.Errorf("%w: its schema is %d, this program knows up to %d", ErrNewer, version, known)
	}
	return int(version), nil
}

// migrate brings the schema to the newest version, each migration in a
// transaction with its number. There is no way back: a file from a newer
// program is refused with ErrNewer.
func migrate(c *conn, ms []migration) error {
	version, err := schemaOf(c, len(ms))
	if err != nil {
		return err
	}
	for _, m := range ms[version:] {
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT", m.sql, applicationID, m.version)
		if err := c.exec(script); err != nil {
			_ = c.exec("ROLLBACK") // the cause is what matters
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}
