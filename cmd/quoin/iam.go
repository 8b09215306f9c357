package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/store/sqlite"
)

type iamCommand struct {
	Explain        explainCommand        `cmd:"" help:"Say whether a principal may do something, and which statement decides."`
	Sessions       sessionsCommand       `cmd:"" help:"List the sessions that have not ended, and who opened them."`
	RevokeSessions revokeSessionsCommand `cmd:"" help:"End sessions, those that were opened with them, and their connections."`
}

type explainCommand struct {
	dataDir
	Principal string   `required:"" placeholder:"ARN" help:"User, role, session of a role, or the root user."`
	Action    string   `required:"" placeholder:"SERVICE:NAME" help:"Action, for instance finspace:UpdateKxUser."`
	Resource  string   `default:"*" placeholder:"ARN" help:"Resource; left out for actions that have none."`
	Context   []string `placeholder:"KEY=VALUE" sep:"none" help:"Condition key of the request, for instance aws:SourceIp=10.0.0.1; may be repeated, also for more values of one key."`
}

// Help shows how it is used.
func (explainCommand) Help() string {
	return `Reads the data folder, also while a server runs on it. The exit code is 0 for yes, 1 for no, 2 for a question that has no answer.

  quoin iam explain --principal arn:aws:iam::123456789012:role/reader --action finspace:ConnectKxCluster \\
      --resource arn:aws:finspace:us-east-1:123456789012:kxEnvironment/jlcenjvtkgzrdek2qqv7ic/kxCluster/rdb
  quoin iam explain --principal arn:aws:iam::123456789012:user/alice --action finspace:GetKxUser --context aws:SourceIp=10.0.0.1`
}

// exitDenied tells a script that the answer is no.
const exitDenied = 1

// Run prints the decision and the statement that made it. It exits with 0 when
// the principal may, with 1 when it may not.
func (c explainCommand) Run(ctx context.Context, std *stdio) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	var d iam.Decision
	if err := c.read(ctx, func(dir *datadir.Dir, db *sqlite.Reader) error {
		endpoint, err := dir.Endpoint()
		if err != nil {
			return err
		}
		d, err = iam.Explain(ctx, db, dir.AccountID(), endpoint.Region,
			iam.Question{Principal: c.Principal, Action: c.Action, Resource: c.Resource, Keys: keys})
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintln(std.out, d)
	if text := d.Text(); text != "" {
		fmt.Fprintln(std.out, text)
	}
	if !d.Allowed {
		return exitError(exitDenied)
	}
	return nil
}

func (c explainCommand) keys() (map[string][]string, error) {
	keys := make(map[string][]string)
	for _, pair := range c.Context {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || !strings.Contains(key, ":") {
			return nil, fmt.Errorf("--context: %q is not of the form service:key=value", pair)
		}
		keys[key] = append(keys[key], value)
	}
	return keys, nil
}
