package file

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/internal/object"
)

// logHead is what a log begins with: an empty general list, to which messages
// are appended without the count being kept.
// Source: KX manual, "Logging, recovery and replication".
var logHead = [8]byte{0xff, 1}

// LogState says how much of a log is whole; q's -11!(-2;x).
type LogState struct {
	Messages int   // whole messages
	Valid    int64 // length of the part that holds them
	Size     int64 // length of the file
}

// Truncated reports whether something other than whole messages follows them.
func (s LogState) Truncated() bool { return s.Valid != s.Size }

// Log is a log open for appending: a tickerplant's. One process at a time has
// it open. Its methods may be called concurrently.
type Log struct {
	mu   sync.Mutex
	f    *os.File
	buf  []byte
	size int64
	n    int
	err  error // why nothing more can be appended
}

// OpenLog opens a log for appending and makes it if there is none. What follows
// the last whole message, left by a crash, is cut off: appending after it would
// make the new messages unreadable. Use CheckLog before to keep it. Errors:
// ErrLocked, *CorruptError for a file that is no log.
func OpenLog(path string) (*Log, LogState, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, LogState{}, err
	}
	l := &Log{f: f}
	state, err := l.open(path)
	if err != nil {
		f.Close()
		return nil, state, err
	}
	return l, state, nil
}

func (l *Log) open(path string) (LogState, error) {
	if err := lock(l.f); err != nil {
		return LogState{}, err
	}
	state, err := CheckLog(path)
	if err != nil {
		return state, err
	}
	whole := !state.Truncated() && state.Valid > 0
	if state.Valid == 0 {
		if _, err := l.f.WriteAt(logHead[:], 0); err != nil {
			return state, err
		}
		state.Valid = int64(len(logHead))
		state.Size = max(state.Size, state.Valid)
	}
	l.size, l.n = state.Valid, state.Messages
	if whole {
		return state, nil
	}
	if err := l.f.Truncate(state.Valid); err != nil {
		return state, err
	}
	if err := l.f.Sync(); err != nil {
		return state, err
	}
	return state, syncDir(filepath.Dir(path))
}

// Append adds a message at the end. It is in the file when Append returns, but
// only Sync makes it survive a loss of power. Errors: a value without an
// encoding; those of writing, after which the log takes nothing more if it
// could not be put right.
func (l *Log) Append(message kdb.Value) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	b, err := object.Append(l.buf[:0], message)
	if err != nil {
		return fmt.Errorf("file: log: %w", err)
	}
	if l.buf = b; cap(b) > 1<<20 {
		l.buf = nil
	}
	if _, err := l.f.WriteAt(b, l.size); err != nil {
		// Half a message would hide all that follow.
		if cut := l.f.Truncate(l.size); cut != nil {
			l.err = errors.Join(err, cut)
		}
		return err
	}
	l.size += int64(len(b))
	l.n++
	return nil
}

// Sync has all that was appended on disk.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.f.Sync()
}

// State returns how many messages the log holds and how long it is.
func (l *Log) State() LogState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LogState{l.n, l.size, l.size}
}

// Close closes the log, synced.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = os.ErrClosed
	}
	return errors.Join(l.f.Sync(), l.f.Close())
}

// CheckLog returns how much of a log is whole. Errors: *CorruptError for a file
// that is no log; a truncated or damaged tail is no error.
func CheckLog(path string) (LogState, error) { return ReplayLog(path, math.MaxInt, nil) }

// ReplayLog calls fn for the first max messages of a log in order, -11! in q,
// and returns how much of the log is whole as far as it went. It ends without
// an error where the whole messages end. fn is nil to read only. Errors:
// *CorruptError for a file that is no log, fn's.
func ReplayLog(path string, max int, fn func(i int, message kdb.Value) error) (LogState, error) {
	b, err := mapFile(path)
	if err != nil {
		return LogState{}, err
	}
	if len(b) > 0 {
		defer unix.Munmap(b)
	}
	if isPacked(b) {
		if b, err = unpack(path, b); err != nil {
			return LogState{}, err
		}
	}
	return replay(path, b, max, fn)
}

// replay is ReplayLog of a log's content.
func replay(path string, b []byte, max int, fn func(i int, message kdb.Value) error) (LogState, error) {
	state := LogState{Size: int64(len(b))}
	if len(b) < len(logHead) {
		if string(b) == string(logHead[:len(b)]) { // being made
			return state, nil
		}
		return state, corrupt(path, 0, errors.New("not a log"))
	}
	// The count after the type is not kept, and not looked at.
	if string(b[:4]) != string(logHead[:4]) {
		return state, corrupt(path, 0, errors.New("not a log"))
	}
	at := len(logHead)
	d := object.Decoder{}
	for state.Valid = int64(at); at < len(b) && state.Messages < max; state.Valid = int64(at) {
		v, n, err := d.Decode(b[at:])
		if err != nil {
			return state, nil
		}
		if fn != nil {
			if err := fn(state.Messages, v); err != nil {
				return state, err
			}
		}
		at += n
		state.Messages++
	}
	return state, nil
}
