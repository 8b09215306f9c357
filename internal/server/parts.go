package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/dbcheck"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/machine"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

func (s *Server) startDataDir(context.Context) (stopFunc, error) {
	dir, err := datadir.Open(s.cfg.DataDir, s.cfg.AccountID)
	if err != nil {
		return nil, err
	}
	s.dir = dir
	return func(context.Context) error { return dir.Close() }, nil
}

func (s *Server) startStore(ctx context.Context) (stopFunc, error) {
	db, err := sqlite.Open(ctx, s.dir.Path("quoin.db"), sqlite.Options{Clock: s.cfg.Now})
	if err != nil {
		return nil, err
	}
	s.store = db
	if s.cfg.WrapStore != nil {
		s.store = s.cfg.WrapStore(db)
	}
	return func(context.Context) error { return db.Close() }, nil
}

func (s *Server) startBlobs(context.Context) (stopFunc, error) {
	blobs, err := blob.Open(s.dir.Path("blobs"))
	if err != nil {
		return nil, err
	}
	s.blobs = blobs
	s.objects = s.newObjects()
	return nil, nil
}

// source is where s3:// paths lead.
func (s *Server) source() (s3.Source, error) {
	if s.cfg.S3Endpoint == "" {
		return s.objects.Source(), nil
	}
	return s3.NewExternal(s.cfg.S3Endpoint, s.cfg.Region, s.cfg.S3AccessKey, s.cfg.S3SecretKey)
}

// startIAM makes the root credentials of a fresh folder. The store has them,
// so that they are there as soon as they count; the file is for people, and
// written anew when it is gone or says something else.
func (s *Server) startIAM(ctx context.Context) (stopFunc, error) {
	s.iam = iam.New(iam.Config{
		Store: s.store, Account: s.dir.AccountID(), Region: s.cfg.Region, Now: s.cfg.Now, Log: s.cfg.Log,
		Providers: s.cfg.Providers,
	})
	root, _, err := s.iam.Bootstrap(ctx)
	if err != nil {
		s.iam.Close()
		return nil, fmt.Errorf("root credentials: %w", err)
	}
	want := datadir.Credentials{AccessKeyID: root.AccessKeyID, SecretAccessKey: root.SecretAccessKey}
	if have, err := s.dir.Credentials(); err != nil || have != want {
		if err := s.dir.WriteCredentials(want); err != nil {
			s.iam.Close()
			return nil, err
		}
	}
	stop := s.background(s.iam.Run)
	return func(ctx context.Context) error {
		err := stop(ctx)
		s.iam.Close()
		return err
	}, nil
}

func (s *Server) arns() control.ARNs {
	return control.ARNs{Region: s.cfg.Region, Account: s.dir.AccountID()}
}

func (s *Server) startControl(ctx context.Context) (_ stopFunc, err error) {
	source, err := s.source()
	if err != nil {
		return nil, err
	}
	checker, err := dbcheck.New(s.blobs, s.dir.Path("blobs/check"))
	if err != nil {
		return nil, err
	}
	s.control, err = control.New(ctx, control.Config{
		Store: s.store, ARNs: s.arns(), Quotas: s.cfg.Quotas,
		RoleExists: s.iam.RoleExists,
		Principal: func(ctx context.Context) string {
			if id := iam.IdentityFrom(ctx); id != nil {
				return id.ARN
			}
			return ""
		},
		UserChanged: func(ctx context.Context, env, user string) { s.gateway.ReviewUser(ctx, env, user) },
		Role:        role, Sign: s.sign, Nodes: s.nodes, Releases: s.cfg.QBinaries.Releases(),
		Data: control.Data{
			Blobs: s.blobs, Objects: source, Check: checker.Check, Dir: s.dir.Path("data"), Hosts: s.hosts(), Fetched: s.metrics.fetched,
			Authorize: func(ctx context.Context, action, arn string) error {
				return public(s.iam.Authorize(ctx, iam.Request{Identity: iam.IdentityFrom(ctx), Action: action, Resource: arn}).Err())
			},
		},
	})
	return nil, err
}

// hosts are the configured host types, and this machine.
func (s *Server) hosts() control.Hosts {
	hosts := control.Hosts{control.LocalHost: {CPU: float64(runtime.GOMAXPROCS(0)), Memory: machine.Memory() >> 20}}
	maps.Copy(hosts, s.cfg.Hosts)
	return hosts
}

// startReconcilers runs what moves resources on by themselves.
func (s *Server) startReconcilers(context.Context) (stopFunc, error) {
	hooks := lifecycle.Hooks{Ended: func(o lifecycle.Outcome) {
		if o.Err != nil {
			s.cfg.Log.Error("reconciliation failed", "key", o.Key, "failures", o.Failures, "again", o.Next, "error", o.Err)
		}
	}}
	return s.background(func(ctx context.Context) error {
		g, ctx := errgroup.WithContext(ctx)
		for _, c := range s.control.Controllers(hooks) {
			g.Go(func() error { return c.Run(ctx) })
		}
		return g.Wait()
	}), nil
}

// background runs something that lasts until its context ends. The result
// ends it and waits for it. If it ends by itself with an error, the server is
// told to end.
func (s *Server) background(run func(context.Context) error) stopFunc {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			s.fail(err)
		}
	}()
	return func(stop context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stop.Done():
			return stop.Err()
		}
	}
}

// fail ends the server; only the first cause counts.
func (s *Server) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}
