// Package demo brings up the tick application of examples/tick on a server: it
// makes the calls that create.py makes with boto3, in the same order. What is
// there already is left as it is, so that an attempt that was broken off goes
// on where it ended.
package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/connect"
	"github.com/quoinhq/quoin/kdb"
)

// Names of what the application consists of.
const (
	Name     = "tick" // of the environment, scaling group, volume and role
	User     = "trader"
	database = "market" // and of its dataview
)

// Progress is told of each step when it begins; what it returns is called when
// the step has ended well.
type Progress func(step string) (done func())

// Estate is the application on a server.
type Estate struct {
	// Environment is its id.
	Environment string
	// Counts is the gateway's first answer: trades in the real-time and in the
	// historical database.
	Counts string
}

// Up brings the application up on the server of cfg, whose account is account,
// and waits until its gateway answers. cfg's credentials must be allowed to do
// everything. Errors: those of the API, *finspace.WaitError for a cluster that
// does not come up, and ctx's.
func Up(ctx context.Context, cfg finspace.Config, account string, progress Progress) (*Estate, error) {
	client, err := finspace.New(cfg)
	if err != nil {
		return nil, err
	}
	b := &builder{cfg: cfg, client: client, account: account}
	for _, s := range b.steps() {
		done := progress(s.name)
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		done()
	}
	return &Estate{Environment: b.env, Counts: b.counts}, nil
}

type step struct {
	name string
	do   func(context.Context) error
}

// steps is the whole application, in the order in which one thing needs
// another.
func (b *builder) steps() []step {
	steps := []step{
		{"environment", b.environment},
		{"role and user", b.identity},
		{"code in S3", b.code},
		{"scaling group", b.scalingGroup},
		{"volume", b.volume},
		{"database", b.database},
	}
	for _, c := range clusters() {
		if c.kind == finspace.KxClusterTypeHdb { // its first changeset is the RDB's
			steps = append(steps, step{"dataview", b.dataview})
		}
		steps = append(steps, step{"cluster " + c.name, func(ctx context.Context) error { return b.cluster(ctx, c) }})
	}
	return append(steps, step{"first ticks", b.feed}, step{"answer of the gateway", b.ask})
}

// Talking to a cluster that has just come up, or come back with its server, may
// take some attempts.
const (
	patience = 30 * time.Second
	pause    = 100 * time.Millisecond
)

// eval has a cluster evaluate q, again until it works.
func (b *builder) eval(ctx context.Context, cluster, code string) (kdb.Value, error) {
	for began := time.Now(); ; {
		v, err := b.once(ctx, cluster, code)
		if err == nil || time.Since(began) > patience {
			return v, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (b *builder) once(ctx context.Context, cluster, code string) (kdb.Value, error) {
	s, err := connect.Open(ctx, b.cfg, connect.Target{Environment: b.env, Cluster: cluster, User: User})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Eval(ctx, code)
}

// feed sends 1,000 trades and as many quotes, and has
// the feed go on with 100 of each a second.
func (b *builder) feed(ctx context.Context) error {
	_, err := b.eval(ctx, "feed", "send 10;start 1000")
	return err
}

func (b *builder) ask(ctx context.Context) error {
	v, err := b.eval(ctx, "gateway", "counts[]")
	if err != nil {
		return err
	}
	var counts map[string]int64
	if err := kdb.To(v, &counts); err != nil {
		return err
	}
	b.counts = fmt.Sprintf("%d trades in the rdb, %d in the hdb", counts["rdb"], counts["hdb"])
	return nil
}
