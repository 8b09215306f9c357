package main

import (
	"context"

	"github.com/quoinhq/quoin/q/console"
)

// runQ runs `quoin q`, whose options are q's own. Interrupts are the console's
// business: they end an evaluation, not the process.
func runQ(_ context.Context, args []string, std *stdio) int {
	return console.Run(args, std.in, std.out, std.err)
}
