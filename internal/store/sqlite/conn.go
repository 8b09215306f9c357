package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	"modernc.org/sqlite"

	"github.com/quoinhq/quoin/internal/store"
)

// conn is one connection with the statements that the store needs. It talks to
// the driver directly: database/sql would add a pool, a lock and a conversion
// to each of the tens of thousands of statements that run in a second. A conn
// is used by one goroutine at a time.
type conn struct {
	c     driver.Conn
	stmts [numStatements]driver.Stmt
	args  [6]driver.NamedValue
}

// The statements, in the order of their texts below.
const (
	stmtGet = iota
	stmtList
	stmtListDesc
	stmtCount
	stmtPut
	stmtDelete
	stmtStale
	stmtKeys
	stmtBegin
	stmtBeginWrite
	stmtPin
	stmtCommit
	stmtRollback
	numStatements
)

const (
	sqlRange = " FROM record WHERE kind = ?1 AND key >= ?2 AND key < ?3"
	sqlLive  = " AND (expires = 0 OR expires > ?4)"
)

func statements() [numStatements]string {
	return [numStatements]string{
		stmtGet:        "SELECT value, expires FROM record WHERE kind = ?1 AND key = ?2",
		stmtList:       "SELECT key, value" + sqlRange + sqlLive + " ORDER BY key LIMIT ?5",
		stmtListDesc:   "SELECT key, value" + sqlRange + sqlLive + " ORDER BY key DESC LIMIT ?5",
		stmtCount:      "SELECT count(*) FILTER (WHERE expires = 0 OR expires > ?4), count(*) FILTER (WHERE expires > 0)" + sqlRange,
		stmtPut:        "INSERT INTO record (kind, key, value, expires) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
		stmtDelete:     "DELETE FROM record WHERE kind = ?1 AND key = ?2",
		stmtStale:      "SELECT kind, key FROM record WHERE expires > 0 AND expires <= ?1 ORDER BY expires LIMIT ?2",
		stmtKeys:       "SELECT key, expires FROM record WHERE kind = ?1 AND key >= ?2 ORDER BY key LIMIT ?3",
		stmtBegin:      "BEGIN",
		stmtBeginWrite: "BEGIN IMMEDIATE",
		stmtPin:        "SELECT 1 FROM sqlite_schema LIMIT 1",
		stmtCommit:     "COMMIT",
		stmtRollback:   "ROLLBACK",
	}
}

// dial opens a connection to the file. mode is one of SQLite's ("rwc", "rw",
// "ro").
func dial(path, mode string, pragmas ...string) (*conn, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: "mode=" + mode}
	raw, err := new(sqlite.Driver).Open(dsn.String())
	if err != nil {
		return nil, err
	}
	c := &conn{c: raw}
	for _, p := range pragmas {
		if err := c.exec("PRAGMA " + p); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
	}
	return c, nil
}

// prepare compiles the statements; the schema has to be there.
func (c *conn) prepare() error {
	for i, sql := range statements() {
		var err error
		if c.stmts[i], err = c.c.Prepare(sql); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, c.c.Close())...)
}

// exec runs a script without arguments.
func (c *conn) exec(script string) error {
	_, err := c.c.(driver.ExecerContext).ExecContext(context.Background(), script, nil)
	return err
}

func (c *conn) pragma(name string) (int64, error) { return c.queryInt("PRAGMA " + name) }

// queryInt returns the first column of the first row.
func (c *conn) queryInt(query string) (n int64, err error) {
	rows, err := c.c.(driver.QueryerContext).QueryContext(context.Background(), query, nil)
	if err != nil {
		return 0, err
	}
	dest := make([]driver.Value, len(rows.Columns()))
	err = rows.Next(dest)
	if err == nil {
		var ok bool
		if n, ok = dest[0].(int64); !ok {
			err = fmt.Errorf("%s: not a number: %v", query, dest[0])
		}
	}
	return n, errors.Join(err, rows.Close())
}

func (c *conn) bind(values ...driver.Value) []driver.NamedValue {
	args := c.args[:len(values)]
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}

// query runs a statement and calls each for every row, which is then in dest.
func (c *conn) query(stmt int, args []driver.NamedValue, dest []driver.Value, each func()) error {
	rows, err := c.stmts[stmt].(driver.StmtQueryContext).QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	for {
		switch err := rows.Next(dest); err {
		case nil:
			each()
		case io.EOF:
			return rows.Close()
		default:
			return errors.Join(err, rows.Close())
		}
	}
}

// run runs a statement that returns no rows.
func (c *conn) run(stmt int, args []driver.NamedValue) error {
	_, err := c.stmts[stmt].(driver.StmtExecContext).ExecContext(context.Background(), args)
	return err
}

// pin begins a transaction that goes on seeing what is committed now.
func (c *conn) pin() error {
	if err := c.run(stmtBegin, nil); err != nil {
		return err
	}
	var dest [1]driver.Value
	return c.query(stmtPin, nil, dest[:], func() {})
}

// get returns the record, an absent one when there is none. An expired record
// is returned as it is.
func (c *conn) get(id recordID) (*record, error) {
	rec := &record{absent: true}
	var dest [2]driver.Value
	err := c.query(stmtGet, c.bind(string(id.kind), id.key), dest[:], func() {
		rec = &record{value: blob(dest[0]), expires: dest[1].(int64)}
	})
	return rec, err
}

// list returns up to limit records of the range that live at now.
func (c *conn) list(r keyRange, now int64, desc bool, limit int) ([]store.Entry, error) {
	stmt := stmtList
	if desc {
		stmt = stmtListDesc
	}
	var out []store.Entry
	var dest [2]driver.Value
	err := c.query(stmt, c.bind(string(r.kind), r.lo, r.upper(), now, int64(limit)), dest[:], func() {
		out = append(out, store.Entry{Key: dest[0].(string), Value: blob(dest[1])})
	})
	return out, err
}

// count returns how many records of the range live at now, and how many expire
// or have expired.
func (c *conn) count(r keyRange, now int64) (live, expiring int, err error) {
	var dest [2]driver.Value
	err = c.query(stmtCount, c.bind(string(r.kind), r.lo, r.upper(), now), dest[:], func() {
		live, expiring = int(dest[0].(int64)), int(dest[1].(int64))
	})
	return live, expiring, err
}

// write makes the file hold rec under id.
func (c *conn) write(id recordID, rec *record) error {
	if rec.absent {
		return c.run(stmtDelete, c.bind(string(id.kind), id.key))
	}
	return c.run(stmtPut, c.bind(string(id.kind), id.key, rec.value, rec.expires))
}

// stale returns up to limit records that expired by now, oldest first.
func (c *conn) stale(now int64, limit int) ([]recordID, error) {
	var out []recordID
	var dest [2]driver.Value
	err := c.query(stmtStale, c.bind(now, int64(limit)), dest[:], func() {
		out = append(out, recordID{store.Kind(dest[0].(string)), dest[1].(string)})
	})
	return out, err
}

// keys returns up to limit keys of the kind from the given one on.
func (c *conn) keys(kind store.Kind, from string, limit int) ([]keyExpiry, error) {
	var out []keyExpiry
	var dest [2]driver.Value
	err := c.query(stmtKeys, c.bind(string(kind), from, int64(limit)), dest[:], func() {
		out = append(out, keyExpiry{dest[0].(string), dest[1].(int64)})
	})
	return out, err
}

// transact runs fn in a write transaction.
func (c *conn) transact(fn func() error) error {
	if err := c.run(stmtBeginWrite, nil); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = c.run(stmtCommit, nil)
	}
	if err != nil {
		_ = c.run(stmtRollback, nil) // SQLite may have rolled back by itself
	}
	return err
}

// checkpoint copies what the write-ahead log holds into the database file, as
// far as readers allow. It never waits.
func (c *conn) checkpoint() error {
	_, err := c.queryInt("PRAGMA wal_checkpoint(PASSIVE)")
	return err
}

// blob is a column's bytes, never nil: an empty value is not a missing one.
func blob(v driver.Value) []byte {
	if b, ok := v.([]byte); ok && b != nil {
		return b
	}
	return []byte{}
}
