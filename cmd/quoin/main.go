// Command quoin is the whole of Quoin in one program: the server, the q
// engine, and the tools that go with them. Each command has a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/quoinhq/quoin/internal/node/enter"
)

// commands is the command line: one line per command.
type commands struct {
	Serve      serveCommand      `cmd:"" help:"Run the server."`
	Env        envCommand        `cmd:"" help:"Print the shell exports that point AWS tools at the server."`
	Call       rawHelp           `cmd:"" help:"Call an operation of the API."`
	Q          rawHelp           `cmd:"" help:"Run the q engine: a console, a script or a server."`
	Logs       logsCommand       `cmd:"" help:"Print what the nodes of a cluster printed."`
	Audit      auditCommand      `cmd:"" help:"Print who did what, as JSON lines."`
	IAM        iamCommand        `cmd:"" name:"iam" help:"Ask about identities and their policies; list and end sessions."`
	DB         dbCommand         `cmd:"" name:"db" help:"Export, import and compare databases; collect what nothing names."`
	Connect    connectCommand    `cmd:"" help:"Open a q console on a cluster, through the gateway."`
	Demo       demoCommand       `cmd:"" help:"A whole tick application on an empty data folder, with one command."`
	Top        topCommand        `cmd:"" help:"Show clusters, nodes, memory, connections and messages, live."`
	Doctor     doctorCommand     `cmd:"" help:"Check whether this machine can run a server, and say what to do."`
	Backup     backupCommand     `cmd:"" help:"Write a backup of a data folder, also while a server uses it."`
	Restore    restoreCommand    `cmd:"" help:"Make a data folder from a backup; never over existing data."`
	RotateRoot rotateRootCommand `cmd:"" help:"Replace the root user's keys."`
	Completion completionCommand `cmd:"" help:"Print the script that completes command lines in a shell."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// rawHelp stands for a raw command in the overview.
type rawHelp struct {
	Args []string `arg:"" optional:"" passthrough:"" help:"Its own."`
}

// rawCommands take their arguments as they are, for commands with an option
// style of their own. The key is the command's name.
func rawCommands() map[string]rawCommand {
	return map[string]rawCommand{"call": runCall, "q": runQ, completeWord: runComplete, enter.Command: runNodeExec}
}

// rawCommand runs with the arguments after its name; its result is the exit code.
type rawCommand func(ctx context.Context, args []string, std *stdio) int

// stdio is what a command reads from and writes to.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// exitError is returned by a command that has said what there is to say and
// wants this exit code.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code: 0 when it worked,
// 2 with one line on standard error when it did not.
func run(ctx context.Context, args []string, std *stdio) int {
	if len(args) > 0 {
		if raw, ok := rawCommands()[args[0]]; ok {
			return raw(ctx, args[1:], std)
		}
	}
	helped := false // kong asks for the program's end once it has printed help
	parser, err := newParser(ctx, std, kong.Exit(func(int) { helped = true }))
	if err != nil {
		return fail(std, err)
	}
	call, err := parser.Parse(args)
	if helped {
		return 0
	}
	if err != nil {
		return fail(std, err)
	}
	if err := call.Run(); err != nil {
		return fail(std, err)
	}
	return 0
}

func newParser(ctx context.Context, std *stdio, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(&commands{}, append([]kong.Option{
		kong.Name("quoin"),
		kong.Description("A self-hosted service for kdb+ estates."),
		kong.Writers(std.out, std.err),
		kong.Bind(std),
		kong.BindTo(ctx, (*context.Context)(nil)),
	}, more...)...)
}

// fail reports err in one line.
func fail(std *stdio, err error) int {
	var quiet exitError
	if errors.As(err, &quiet) {
		return int(quiet)
	}
	fmt.Fprintf(std.err, "quoin: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	return 2
}
