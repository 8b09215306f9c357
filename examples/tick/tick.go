// Package tick carries the q code of the tick application, for quoin demo.
package tick

import "embed"

// Code is the folder q: what goes into the code zip of every cluster.
//
//go:embed q/*.q
var Code embed.FS
