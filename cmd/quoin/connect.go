package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/connect"
)

type connectCommand struct {
	Cluster     string `arg:"" help:"Cluster to connect to."`
	Environment string `short:"e" placeholder:"ID" help:"Its environment (the only one)."`
	User        string `short:"u" placeholder:"NAME" help:"Connect as this kdb user (the only one)."`
	Node        string `short:"n" placeholder:"N" help:"The node, by its id or its place among the cluster's nodes, from 1 (whichever has room)."`
	Profile     string `placeholder:"NAME" help:"Profile of the AWS configuration to use."`
}

// Help shows how.
func (connectCommand) Help() string {
	return `The server and the keys are those of the usual AWS environment: eval "$(quoin env)" sets it.

  quoin connect rdb --user bob
  quoin connect hdb --node 2            each time to the same one of its nodes
  echo 'select last price by sym from trade' | quoin connect rdb --user bob`
}

// Run is a q console on a cluster, through the gateway.
func (c connectCommand) Run(ctx context.Context, std *stdio) error {
	cfg, err := finspace.LoadConfig(c.Profile)
	if err != nil {
		return err
	}
	s, err := connect.Open(ctx, cfg, connect.Target{Environment: c.Environment, Cluster: c.Cluster, User: c.User, Node: c.Node})
	if err != nil {
		return fmt.Errorf("connect to %s: %w", c.Cluster, err)
	}
	defer s.Close()
	return connect.Console(ctx, s, std.in, std.out)
}

// completeConnect is what the last word of quoin connect can become of names
// that a server has to be asked for: clusters and users. Where none answers
// there is nothing to offer.
func completeConnect(ctx context.Context, words []string) []string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	env, profile, flag, named := "", "", "", false
	for _, w := range words[:len(words)-1] {
		switch {
		case flag == "-e" || flag == "--environment":
			env, flag = w, ""
		case flag == "--profile":
			profile, flag = w, ""
		case flag != "":
			flag = ""
		case strings.HasPrefix(w, "-") && !strings.Contains(w, "="):
			flag = w
		case !strings.HasPrefix(w, "-"):
			named = true
		}
	}
	ask := connect.Clusters
	last := words[len(words)-1]
	switch {
	case flag == "-u" || flag == "--user":
		ask = connect.Users
	case flag != "" || named || strings.HasPrefix(last, "-"):
		return nil
	}
	cfg, err := finspace.LoadConfig(profile)
	if err != nil {
		return nil
	}
	names, err := ask(ctx, cfg, env)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, last) })
}
