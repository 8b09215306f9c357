package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/internal/runner"
)

const cgroupRoot = "/sys/fs/cgroup"

// cgroups is the server's folder in the control-group hierarchy, version 2, or
// the reason why there is none. Source: the kernel's cgroup-v2 documentation.
type cgroups struct {
	dir    string // "" when groups cannot be used
	reason string
}

// openCgroups makes a folder beside the server's own group, with the cpu and
// memory controllers, if the machine lets it.
func openCgroups() *cgroups {
	if _, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers")); err != nil {
		return &cgroups{reason: "control groups version 2 are not mounted"}
	}
	own, err := ownCgroup()
	if err != nil {
		return &cgroups{reason: err.Error()}
	}
	// A group with processes cannot hand controllers on (the rule of no
	// internal processes), so the nodes' groups stand beside the server's.
	parent := filepath.Dir(filepath.Join(cgroupRoot, own))
	if own == "/" {
		parent = cgroupRoot
	}
	for _, c := range []string{"memory", "cpu"} {
		if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+"+c), 0); err != nil {
			return &cgroups{reason: "the " + c + " controller is not delegated to this user"}
		}
	}
	dir := filepath.Join(parent, fmt.Sprintf("quoin-%d", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return &cgroups{reason: "no right to make control groups"}
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+memory +cpu"), 0); err != nil {
		os.Remove(dir)
		return &cgroups{reason: "controllers cannot be handed on"}
	}
	return &cgroups{dir: dir}
}

func ownCgroup() (string, error) {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", fmt.Errorf("no control groups")
	}
	for _, line := range strings.Split(string(b), "\n") {
		if p, ok := strings.CutPrefix(line, "0::"); ok {
			return p, nil
		}
	}
	return "", fmt.Errorf("this process is in no version 2 control group")
}

func (c *cgroups) limits() runner.Limits {
	return runner.Limits{Memory: c.dir != "", CPU: c.dir != "", Reason: c.reason}
}

func (c *cgroups) close() error {
	if c.dir == "" {
		return nil
	}
	if err := os.Remove(c.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("runner: control group: %w", err)
	}
	return nil
}

// cgroup is one process's group; its methods do nothing on a nil group.
type cgroup struct {
	dir string
	fd  *os.File
}

func (c *cgroups) make(id string, memory int64, cpu float64) (*cgroup, error) {
	if c.dir == "" {
		return nil, nil
	}
	g := &cgroup{dir: filepath.Join(c.dir, id)}
	if err := os.Mkdir(g.dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("runner: control group: %w", err)
	}
	set := map[string]string{"memory.oom.group": "1"}
	if memory > 0 {
		set["memory.max"] = strconv.FormatInt(memory, 10)
		set["memory.swap.max"] = "0"
	}
	if cpu > 0 {
		const period = 100_000 // microseconds
		set["cpu.max"] = fmt.Sprintf("%d %d", int64(cpu*period), period)
	}
	for name, v := range set {
		if err := os.WriteFile(filepath.Join(g.dir, name), []byte(v), 0); err != nil && name != "memory.swap.max" {
			os.Remove(g.dir)
			return nil, fmt.Errorf("runner: control group %s: %w", name, cause(err))
		}
	}
	fd, err := os.Open(g.dir)
	if err != nil {
		os.Remove(g.dir)
		return nil, fmt.Errorf("runner: control group: %w", err)
	}
	g.fd = fd
	return g, nil
}

// attr has the child start inside the group, so that nothing it does escapes.
func (g *cgroup) attr(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	if g != nil {
		a.UseCgroupFD, a.CgroupFD = true, int(g.fd.Fd())
	}
	return a
}

func (g *cgroup) kill() {
	if g != nil {
		os.WriteFile(filepath.Join(g.dir, "cgroup.kill"), []byte("1"), 0)
	}
}

func (g *cgroup) oomKilled() bool {
	n, ok := g.field("memory.events", "oom_kill")
	return ok && n > 0
}

func (g *cgroup) usage() (runner.Usage, bool) {
	us, ok := g.field("cpu.stat", "usage_usec")
	if !ok {
		return runner.Usage{}, false
	}
	mem, ok := g.field("memory.current", "")
	return runner.Usage{CPU: time.Duration(us) * time.Microsecond, Memory: mem}, ok
}

// field reads one number of a group's file: the line of that name, or the
// whole file.
func (g *cgroup) field(file, name string) (int64, bool) {
	if g == nil {
		return 0, false
	}
	b, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		return 0, false
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		k, v, two := strings.Cut(line, " ")
		if !two {
			k, v = "", k
		}
		if k == name {
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// remove takes the group away once it is empty; the kernel may need a moment
// after the last member was killed.
func (g *cgroup) remove() {
	if g == nil {
		return
	}
	g.fd.Close()
	for range 100 {
		if err := os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
