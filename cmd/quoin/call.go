package main

import (
	"context"

	"github.com/quoinhq/quoin/internal/call"
)

// runCall calls an operation of the API.
func runCall(ctx context.Context, args []string, std *stdio) int {
	return call.New(std.out, std.err).Run(ctx, args)
}
