package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/quoinhq/quoin/internal/logs"
)

type logsCommand struct {
	dataDir
	Cluster string `arg:"" help:"The cluster, or ENVIRONMENT/CLUSTER where several environments have one of that name."`
	Node    string `arg:"" optional:"" help:"One of its nodes (all)."`
	Follow  bool   `short:"f" help:"Go on with what is printed, until interrupted."`
	Since   string `placeholder:"WHEN" help:"Only lines since then: 15m ago (15m) or a time (2026-03-04T05:06:07Z)."`
}

// Help shows how it is used.
func (logsCommand) Help() string {
	return `Each line has its time and its node.

  quoin logs rdb
  quoin logs rdb -f --since 15m
  quoin logs rdb node-nkx24sl6ac3ktuj5
  quoin logs sw53bqpbfiz5fuu6gphd4q/rdb      where environments share the name`
}

// logsPoll is how often the files are looked at for more.
const logsPoll = 200 * time.Millisecond

// Run prints what the nodes of a cluster printed.
func (c logsCommand) Run(ctx context.Context, std *stdio) error {
	since, err := parseTime("--since", c.Since, time.Now())
	if err != nil {
		return err
	}
	home, err := c.find()
	if err != nil {
		return err
	}
	dir := home.Path("logs")
	g, err := c.group(dir)
	if err != nil {
		return err
	}
	var only []string
	if c.Node != "" {
		only = []string{c.Node}
	}
	seen := map[string]bool{}
	for {
		lines, err := logs.Read(dir, g, only, since)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		next := map[string]bool{}
		for _, l := range lines {
			if !seen[l.ID] {
				fmt.Fprintf(std.out, "%s %s %s\n", l.Time.Format("2006-01-02T15:04:05.000Z"), l.Node, l.Text)
			}
			since, next[l.ID] = l.Time, true
		}
		if !c.Follow {
			return nil
		}
		seen = next
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(logsPoll):
		}
	}
}

// group finds the cluster's log.
func (c logsCommand) group(dir string) (logs.Group, error) {
	all, err := logs.Groups(dir)
	if err != nil {
		return logs.Group{}, err
	}
	var found []logs.Group
	for _, g := range all {
		if g.Cluster == c.Cluster || g.Environment+"/"+g.Cluster == c.Cluster {
			found = append(found, g)
		}
	}
	switch len(found) {
	case 0:
		return logs.Group{}, fmt.Errorf("no node of a cluster %s has printed anything", c.Cluster)
	case 1:
		return found[0], nil
	}
	return logs.Group{}, fmt.Errorf("%d environments have a cluster %s: write ENVIRONMENT/%s", len(found), c.Cluster, c.Cluster)
}
