package eval

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"os"
	"strings"

	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// users is a password file, -u or -U: a user's password, or its digest, by name.
type users struct {
	file   string
	byName map[string]string
}

// loadUsers reads a password file.
func (c *connections) loadUsers(file string) error {
	p, err := c.eng.path(file, Read)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(p)
	if err != nil {
		return osError(file, err)
	}
	u := &users{file: file, byName: map[string]string{}}
	for line := range strings.Lines(string(b)) {
		if user, pass, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			u.byName[user] = pass
		}
	}
	c.users.Store(u)
	return nil
}

// reloadUsers is \u.
func (c *connections) reloadUsers() error {
	u := c.users.Load()
	if u == nil {
		return nil
	}
	return c.loadUsers(u.file)
}

// authorise checks a login.
func (c *connections) authorise(_ context.Context, l ipc.Login, _ net.Conn) error {
	if !c.admits(l.User, l.Password) {
		return errAccess
	}
	return nil
}

// admits checks a user: by the password file, then by .z.pw.
func (c *connections) admits(user, password string) bool {
	if u := c.users.Load(); u != nil {
		want, ok := u.byName[user]
		if !ok || !passwordIs(want, password) {
			return false
		}
	}
	if c.threaded.Load() {
		// Whoever logs in does not wait for a turn, which waits for all others.
		asked := false
		c.eng.turn.beside(func() { asked = c.eng.handler("pw") != nil })
		if !asked {
			return true
		}
	}
	ok := true
	c.eng.turn.take(func() {
		if c.eng.handler("pw") != nil {
			v, _ := c.callback(0, "pw", kdb.Sym(user), kdb.Str(password))
			ok, _ = isTrue(orNil(v))
		}
	})
	return ok
}

func orNil(v kdb.Value) kdb.Value {
	if v == nil {
		return kdb.Nil
	}
	return v
}

// passwordIs compares with a password in plain text, or its MD5 or SHA-1.
// Source: KX manual, "Command line", -u.
func passwordIs(want, given string) bool {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	switch len(want) {
	case 2 * md5.Size:
		sum := md5.Sum([]byte(given))
		if same(hex.EncodeToString(sum[:]), want) {
			return true
		}
	case 2 * sha1.Size:
		sum := sha1.Sum([]byte(given))
		if same(hex.EncodeToString(sum[:]), want) {
			return true
		}
	}
	return same(want, given)
}
