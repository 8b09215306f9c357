// Package datadir is the folder a server keeps everything in: who may read it,
// which format it has, who is using it, and what stands where inside.
//
// Layout:
//
//	quoin.json    format version and account id, written once
//	lock          held by the one server that has the folder open, whose process id is in it
//	credentials   root credentials, AWS shared-credentials format, mode 0600
//	server.json   how to reach the server that runs, or ran last
//	quoin.db      records (SQLite)
//	blobs         content of files, by hash
//	data          databases laid out as folders, volumes
//	audit         audit events that were exported
//	gateway-ca.*  the authority that signs for the gateway, and its key
//	nodes, run    folders of cluster nodes
//	demo          says that quoin demo made the folder
package datadir

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// Format is the version of the folder's layout that this program reads and
// writes. It rises when an older program could no longer make sense of the
// folder; the records inside carry schema versions of their own.
const Format = 1

var (
	// ErrLocked is returned by Open when another process has the folder open.
	ErrLocked = errors.New("another server is using it")

	// ErrFormat is returned for a folder that another version has made.
	ErrFormat = errors.New("it was made by another version of quoin")

	// ErrNotExist is returned by Find for a folder that holds no Quoin data.
	ErrNotExist = errors.New("no quoin data here")

	// ErrForeign is returned by Open for a folder that holds what Quoin has not
	// put there: it would be taken from its owner.
	ErrForeign = errors.New("it is not empty and holds no quoin data; name an empty folder, or one that does not exist")
	// ErrAccount is returned by Open when an account id is asked for that is
	// not the folder's: every ARN in it carries the account it began with.
	ErrAccount = errors.New("it belongs to another account")
)

// Dir is a data folder. It is safe for concurrent use.
type Dir struct {
	path string
	meta meta
	lock *os.File
}

// meta is the content of quoin.json.
type meta struct {
	Format    int    `json:"format"`
	AccountID string `json:"accountId"`
}

// Default is the folder used when none is named: quoin under the XDG data
// folder ($XDG_DATA_HOME, else ~/.local/share).
func Default() (string, error) {
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "quoin"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no data folder: neither --data-dir nor XDG_DATA_HOME nor HOME is set")
	}
	return filepath.Join(home, ".local", "share", "quoin"), nil
}

// Open makes the folder if need be, with mode 0700, and takes it for this
// process until Close. An empty accountID means the folder's own; a fresh
// folder gets accountID, or a random one. Errors: ErrLocked, ErrFormat,
// ErrForeign, ErrAccount, and those of the file system; each names the folder.
func Open(path, accountID string) (_ *Dir, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("data folder %s: %w", path, err)
		}
	}()
	if accountID != "" && !accountPattern.MatchString(accountID) {
		return nil, fmt.Errorf("account id %q is not twelve digits", accountID)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, ErrLocked
	}
	if err := sign(lock); err != nil {
		lock.Close()
		return nil, err
	}
	d := &Dir{path: path, lock: lock}
	err = d.readMeta()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = d.create(accountID)
	case err == nil && accountID != "" && accountID != d.meta.AccountID:
		err = fmt.Errorf("%w: %s, not %s", ErrAccount, d.meta.AccountID, accountID)
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// refuseForeign looks for what others have put into a folder that was never
// Quoin's. It comes before anything is changed there, the mode included.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	foreign := false
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "quoin.json":
			return nil
		case name == "lock", name == "demo", strings.HasPrefix(name, ".quoin.json."): // a first start that was cut short
		case name == "lost+found": // a disk of its own
		default:
			foreign = true
		}
	}
	if foreign {
		return ErrForeign
	}
	return nil
}

var accountPattern = regexp.MustCompile(`^[0-9]{12}$`)

// Find looks at a folder without taking it, for commands that read what a
// server has left there. Errors: ErrNotExist, ErrFormat.
func Find(path string) (*Dir, error) {
	d := &Dir{path: path}
	err := d.readMeta()
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", path, err)
	}
	return d, nil
}

// sign leaves in the lock which process holds it.
func sign(lock *os.File) error {
	if err := lock.Truncate(0); err != nil {
		return err
	}
	_, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

// Holder is the id of the process that has the folder open, 0 when none has.
func (d *Dir) Holder() (int, error) {
	lock, err := os.Open(d.Path("lock"))
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err == nil {
		return 0, nil
	}
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return 0, err
	}
	text, err := io.ReadAll(lock)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// Close gives the folder free for another server.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}

// Path names a file of the folder.
func (d *Dir) Path(name ...string) string {
	return filepath.Join(append([]string{d.path}, name...)...)
}

// AccountID is the account that the folder's resources belong to: 12 digits.
func (d *Dir) AccountID() string { return d.meta.AccountID }

func (d *Dir) readMeta() error {
	b, err := os.ReadFile(d.Path("quoin.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &d.meta); err != nil {
		return fmt.Errorf("quoin.json: %w", err)
	}
	if d.meta.Format != Format {
		return fmt.Errorf("%w: format %d, this one reads %d", ErrFormat, d.meta.Format, Format)
	}
	return nil
}

func (d *Dir) create(accountID string) error {
	if accountID == "" {
		n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
		if err != nil {
			return err
		}
		accountID = fmt.Sprintf("%012d", n.Int64()+100_000_000_000)
	}
	d.meta = meta{Format: Format, AccountID: accountID}
	b, err := json.Marshal(d.meta)
	if err != nil {
		return err
	}
	return d.WriteFile("quoin.json", append(b, '\n'))
}

// WriteFile puts a file in place with mode 0600, whole or not at all, and on
// disk when it returns.
func (d *Dir) WriteFile(name string, data []byte) error {
	f, err := os.CreateTemp(d.path, "."+name+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), d.Path(name)); err != nil {
		return err
	}
	return syncDir(d.path)
}

// syncDir makes a rename in the folder survive a power cut.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
