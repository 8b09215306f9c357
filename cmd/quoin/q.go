package main

import (
	"context"
	"fmt"
	"os"

	"github.com/quoinhq/quoin/internal/node/engine"
	"github.com/quoinhq/quoin/internal/node/enter"
	"github.com/quoinhq/quoin/q/console"
)

// runQ runs `quoin q`, whose options are q's own. Interrupts are the console's
// business: they end an evaluation, not the process.
func runQ(_ context.Context, args []string, std *stdio) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(std.out, qHelp)
		return 0
	}
	if os.Getenv(engine.RootVar) != "" {
		return engine.Run(args, os.Getenv, std.in, std.out, std.err)
	}
	return console.Run(args, std.in, std.out, std.err)
}

const qHelp = `Usage: quoin q [FILE|FOLDER] [-OPTION VALUE]... [ARGUMENT]...

Runs q: a console, or with standard input from elsewhere its lines. The file is
a script, or a database to load. Options are q's own: -b -c -C -e -E -g -l -L
-o -p -P -q -s -S -t -T -u -U -w -W -z; what follows them is in .z.x.

Examples:
  quoin q
  quoin q tick.q sym /data/hdb -p 5010
  echo 'sum til 10' | quoin q -q
`

// runNodeExec becomes the process of a node that is not the embedded engine.
func runNodeExec(_ context.Context, args []string, std *stdio) int {
	return enter.Run(args, std.in, std.out, std.err)
}
