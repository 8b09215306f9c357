package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/demo"
	"github.com/quoinhq/quoin/internal/server"
)

type demoCommand struct {
	Up   demoUpCommand   `cmd:"" default:"withargs" help:"Bring the demo up and serve it until interrupted (the default)."`
	Down demoDownCommand `cmd:"" help:"End the demo that runs, if one does, and remove its data folder."`
}

// demoDir is the data folder of the demo. It is none that a server of the
// user's own has made: what the demo makes, it may remove.
type demoDir struct {
	DataDir string `env:"QUOIN_DEMO_DIR" placeholder:"DIR" help:"Data folder of the demo, which nothing else may use (quoin-demo in the XDG data folder)."`
}

func (d demoDir) path() (string, error) {
	if d.DataDir != "" {
		return filepath.Abs(d.DataDir)
	}
	standard, err := datadir.Default()
	return filepath.Join(filepath.Dir(standard), "quoin-demo"), err
}

// demoMark is the file that says that a data folder is the demo's.
const demoMark = "demo"

// marked says whether a folder is the demo's.
func marked(path string) (bool, error) {
	_, err := os.Stat(filepath.Join(path, demoMark))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

type demoUpCommand struct {
	demoDir
	APIAddr     string `name:"api-addr" env:"QUOIN_API_ADDR" default:"127.0.0.1:8650" help:"Address of the API (${default})."`
	GatewayAddr string `env:"QUOIN_GATEWAY_ADDR" default:"127.0.0.1:8651" help:"Address where kdb+ clients connect (${default})."`
	Clean       bool   `help:"Remove the data folder when the demo ends."`
}

// Help shows how.
func (demoCommand) Help() string {
	return `A server on an empty folder, with a whole tick application: tickerplant, real-time and two-node historical database,
real-time subscriber, gateway and feed. Interrupted (Ctrl-C), it ends and keeps its data: quoin demo goes on with them.

  quoin demo                      until Ctrl-C
  quoin demo --clean              and nothing is left afterwards
  quoin demo --api-addr 127.0.0.1:0 --gateway-addr 127.0.0.1:0
                                  beside a server, on free ports
  quoin demo down                 from another shell, or later: nothing is left`
}

// Help shows how it is used.
func (demoUpCommand) Help() string {
	return `Ctrl-C ends it.

  quoin demo
  quoin demo up --clean`
}

// Run serves the demo until it is interrupted.
func (c demoUpCommand) Run(ctx context.Context, std *stdio) (err error) {
	path, err := c.path()
	if err != nil {
		return err
	}
	fresh, err := claim(path)
	if err != nil {
		return err
	}
	s, err := server.Open(ctx, server.Config{
		DataDir: path, APIAddr: c.APIAddr, GatewayAddr: c.GatewayAddr,
		Log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		if fresh {
			err = errors.Join(err, datadir.RemoveAll(path))
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w; give another --api-addr and --gateway-addr, 127.0.0.1:0 for any", err)
		}
		return err
	}
	defer func() { err = errors.Join(err, c.tidy(path, std)) }()
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	go func() { ended <- s.Run(ctx) }()
	err = c.show(ctx, s, std)
	if ctx.Err() != nil {
		err = nil // it is what ends a demo
	}
	if err != nil {
		stop()
		return errors.Join(err, <-ended)
	}
	err = <-ended
	stop()
	return err
}

// claim takes an empty folder, or one that does not exist, for the demo.
// fresh is false for one that it has already.
func claim(path string) (fresh bool, err error) {
	if ours, err := marked(path); ours || err != nil {
		return false, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return false, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return false, err
	}
	if len(entries) > 0 {
		return false, fmt.Errorf("%s is not empty, and not a demo's: give another --data-dir", path)
	}
	return true, os.WriteFile(filepath.Join(path, demoMark), []byte("quoin demo down removes this folder.\n"), 0o600)
}

// show brings the application up on a server and says what to do with it.
func (c demoUpCommand) show(ctx context.Context, s *server.Server, std *stdio) error {
	keys, err := s.DataDir().Credentials()
	if err != nil {
		return err
	}
	endpoint, err := s.DataDir().Endpoint()
	if err != nil {
		return err
	}
	cfg := finspace.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region,
		Credentials: finspace.StaticCredentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	}
	fmt.Fprintf(std.out, "A server runs at %s; the tick application comes up on it:\n", s.URL())
	began := time.Now()
	estate, err := demo.Up(ctx, cfg, s.AccountID(), func(step string) func() {
		at := time.Now()
		fmt.Fprintf(std.out, "  %-24s", step)
		return func() { fmt.Fprintf(std.out, "%5.1f s\n", time.Since(at).Seconds()) }
	})
	if err != nil {
		fmt.Fprintln(std.out)
		return err
	}
	fmt.Fprintf(std.out, "The gateway answers after %.1f s: %s.\n", time.Since(began).Seconds(), estate.Counts)
	fmt.Fprintf(std.out, `
In another shell:
  eval "$(quoin env --data-dir %s)"   # for quoin, boto3, the AWS CLI, the SDKs and Terraform
  export ENV=%s
  quoin connect gateway --user %s        # counts[]   trades[.z.D;`+"`IBM]"+`
  quoin connect rts --user %[3]s            # prices[]
  echo '.tp.endofday[]' | quoin connect tickerplant --user %[3]s
  aws finspace list-kx-clusters --environment-id $ENV
  python3 -c 'import boto3; print(boto3.client("finspace").list_kx_clusters(environmentId="'$ENV'"))'

%s
`, shellQuote(s.DataDir().Path()), estate.Environment, demo.User, c.outlook())
	return nil
}

func (c demoUpCommand) outlook() string {
	if c.Clean {
		return "Ctrl-C ends the demo and removes all of it."
	}
	return "Ctrl-C ends the demo and keeps its data; quoin demo down removes all of it."
}

// tidy removes the data folder if it is to go with the demo.
func (c demoUpCommand) tidy(path string, std *stdio) error {
	if c.Clean {
		if err := datadir.RemoveAll(path); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "The demo has ended, and %s is gone.\n", path)
		return nil
	}
	fmt.Fprintln(std.out, "The demo has ended.")
	return nil
}

type demoDownCommand struct {
	demoDir
}

// Help shows how it is used.
func (demoDownCommand) Help() string {
	return `Whether it runs or not, nothing of it is left.

  quoin demo down`
}

// demoEnd is how long a demo may take to end.
const demoEnd = 30 * time.Second

// Run ends the demo and removes what it has made.
func (c demoDownCommand) Run(ctx context.Context, std *stdio) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	ours, err := marked(path)
	if err != nil {
		return err
	}
	if !ours {
		return fmt.Errorf("there is no demo in %s", path)
	}
	if err := endHolder(ctx, path); err != nil {
		return err
	}
	if err := datadir.RemoveAll(path); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The demo has ended, and %s is gone.\n", path)
	return nil
}

// endHolder tells the server that uses a data folder to end, and waits for it.
func endHolder(ctx context.Context, path string) error {
	dir, err := datadir.Find(path)
	if errors.Is(err, datadir.ErrNotExist) {
		return nil // it was broken off before it began
	}
	if err != nil {
		return err
	}
	pid, err := dir.Holder()
	if pid == 0 || err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end the demo, process %d: %w", pid, err)
	}
	for began := time.Now(); time.Since(began) < demoEnd; {
		if left, err := dir.Holder(); left == 0 || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the demo, process %d, does not end", pid)
}
