package main

import (
	"os"

	"github.com/quoinhq/quoin/q/console"
)

// runQ runs `quoin q` with the arguments after q, and returns the exit code.
func runQ(args []string) int {
	return console.Run(args, os.Stdin, os.Stdout, os.Stderr)
}
