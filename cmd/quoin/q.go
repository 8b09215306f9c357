package main

import (
	"context"
	"os"

	"github.com/quoinhq/quoin/internal/node/engine"
	"github.com/quoinhq/quoin/internal/node/enter"
	"github.com/quoinhq/quoin/q/console"
)

// runQ runs `quoin q`, whose options are q's own. Interrupts are the console's
// business: they end an evaluation, not the process.
func runQ(_ context.Context, args []string, std *stdio) int {
	if os.Getenv(engine.RootVar) != "" {
		return engine.Run(args, os.Getenv, std.in, std.out, std.err)
	}
	return console.Run(args, std.in, std.out, std.err)
}

// runNodeExec becomes the process of a node that is not the embedded engine.
func runNodeExec(_ context.Context, args []string, std *stdio) int {
	return enter.Run(args, std.in, std.out, std.err)
}
