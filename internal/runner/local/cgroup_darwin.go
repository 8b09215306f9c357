package local

import (
	"syscall"

	"github.com/quoinhq/quoin/internal/runner"
)

// cgroups says that there are no control groups here; see cgroup_linux.go.
type cgroups struct{}

func openCgroups() *cgroups { return &cgroups{} }

func (*cgroups) limits() runner.Limits {
	return runner.Limits{Reason: "this system has no control groups"}
}
func (*cgroups) close() error                                 { return nil }
func (*cgroups) make(string, int64, float64) (*cgroup, error) { return nil, nil }

type cgroup struct{}

func (*cgroup) attr(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }
func (*cgroup) kill()                                            {}
func (*cgroup) oomKilled() bool                                  { return false }
func (*cgroup) usage() (runner.Usage, bool)                      { return runner.Usage{}, false }
func (*cgroup) remove()                                          {}
