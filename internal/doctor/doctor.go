// Package doctor checks whether a machine can run a server and its clusters,
// and says what to do where it cannot. It changes nothing: what it tries out it
// does in files and processes of its own, which are gone afterwards.
package doctor

import (
	"context"

	"github.com/quoinhq/quoin/internal/node"
)

// Level is how bad a finding is.
type Level string

// Levels, from none to worst.
const (
	OK   Level = "ok"
	Warn Level = "warn" // a server runs, and something is missing or slow
	Fail Level = "fail" // a server, or what was asked for, does not run
)

// Finding is what a check has found.
type Finding struct {
	Check  string `json:"check"`
	Level  Level  `json:"level"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"` // what to do; "" with OK
}

// Plan is what the machine is to run: the values that quoin serve is given.
type Plan struct {
	DataDir              string
	APIAddr, GatewayAddr string
	Binaries             node.Binaries
	// Program is this program's file, which is run to try out the namespaces
	// of nodes.
	Program string
}

// Examine makes all checks, in a fixed order, and returns what each has found,
// at least one finding a check. A check that cannot be made is a finding too.
// It takes some seconds at most: ctx ends it earlier.
func Examine(ctx context.Context, p Plan) []Finding {
	var all []Finding
	for _, c := range checks() {
		if ctx.Err() != nil {
			break
		}
		for _, f := range c.make(ctx, p) {
			f.Check = c.name
			all = append(all, f)
		}
	}
	return all
}

// Worst is the worst level among findings.
func Worst(fs []Finding) Level {
	worst := OK
	for _, f := range fs {
		if f.Level == Fail || worst == OK {
			worst = f.Level
		}
	}
	return worst
}

type check struct {
	name string
	make func(context.Context, Plan) []Finding
}

func checks() []check {
	return []check{
		{"system", system},
		{"ports", ports},
		{"open files", openFiles},
		{"control groups", controlGroups},
		{"namespaces", namespaces},
		{"q binary", binaries},
		{"clock", clock},
		{"data folder", dataFolder},
		{"disk space", diskSpace},
		{"disk speed", diskSpeed},
	}
}

func ok(found string) []Finding { return []Finding{{Level: OK, Found: found}} }

func warn(found, advice string) []Finding {
	return []Finding{{Level: Warn, Found: found, Advice: advice}}
}

func fail(found, advice string) []Finding {
	return []Finding{{Level: Fail, Found: found, Advice: advice}}
}
