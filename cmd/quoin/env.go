package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

// dataDir is the flag of every command that works on a data folder.
type dataDir struct {
	DataDir string `env:"QUOIN_DATA_DIR" placeholder:"DIR" help:"Data folder (default: quoin in the XDG data folder)."`
}

// path is absolute: what is made of it outlives the shell's folder.
func (d dataDir) path() (string, error) {
	if d.DataDir != "" {
		return filepath.Abs(d.DataDir)
	}
	return datadir.Default()
}

// find is the data folder that a server has made.
func (d dataDir) find() (*datadir.Dir, error) {
	path, err := d.path()
	if err != nil {
		return nil, err
	}
	return datadir.Find(path)
}

// read is the data folder with its records, to look at; a server may run on it.
func (d dataDir) read(ctx context.Context, fn func(*datadir.Dir, *sqlite.Reader) error) error {
	dir, err := d.find()
	if err != nil {
		return err
	}
	db, err := sqlite.OpenReader(ctx, dir.Path("quoin.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	return errors.Join(fn(dir, db), db.Close())
}

type envCommand struct {
	dataDir
}

// Help shows how it is used.
func (envCommand) Help() string {
	return `Endpoint, region, root keys, and the certificate authorities to trust; and the
data folder, for the commands that work on it.

  eval "$(quoin env)"
  eval "$(quoin env --data-dir /var/lib/quoin)"`
}

// Run prints exports to be read with eval "$(quoin env)".
func (c envCommand) Run(std *stdio) error {
	dir, err := c.find()
	if err != nil {
		return err
	}
	endpoint, err := dir.Endpoint()
	if err != nil {
		return err
	}
	keys, err := dir.Credentials()
	if err != nil {
		return err
	}
	path, err := c.path()
	if err != nil {
		return err
	}
	exports := []struct{ name, value string }{
		{"QUOIN_DATA_DIR", path},
		{"AWS_ENDPOINT_URL", endpoint.URL},
		{"AWS_ACCESS_KEY_ID", keys.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey},
		{"AWS_REGION", endpoint.Region},
		{"AWS_DEFAULT_REGION", endpoint.Region},
	}
	if endpoint.CABundle != "" {
		exports = append(exports, struct{ name, value string }{"AWS_CA_BUNDLE", endpoint.CABundle})
	}
	if endpoint.GatewayCA != "" { // what kdb+ reads; KX manual, "SSL/TLS"
		exports = append(exports, struct{ name, value string }{"SSL_CA_CERT_FILE", endpoint.GatewayCA}, struct{ name, value string }{"SSL_VERIFY_SERVER", "YES"})
	}
	for _, e := range exports {
		fmt.Fprintf(std.out, "export %s=%s\n", e.name, shellQuote(e.value))
	}
	// A session token left over from another account would go with our keys.
	fmt.Fprintln(std.out, "unset AWS_SESSION_TOKEN AWS_PROFILE")
	return nil
}

// shellQuote makes s one word for a POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
