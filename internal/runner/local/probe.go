package local

import "github.com/quoinhq/quoin/internal/runner"

// Probe says what a runner would enforce on this machine, for this user.
func Probe() runner.Limits {
	g := openCgroups()
	l := g.limits()
	if err := g.close(); err != nil {
		return runner.Limits{Reason: err.Error()}
	}
	return l
}
