package local

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/internal/runner"
)

// childAttr puts a child into a process group of its own. There is no
// parent-death signal here; the lifeline and the sweep at start do its work.
func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// began returns the time a process began as ps tells it, or "".
func began(pid int) string {
	out, err := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// boot names this start of the machine; "" when it has no name.
func boot() string {
	out, _ := exec.Command("sysctl", "-n", "kern.boottime").Output()
	return strings.TrimSpace(string(out))
}

// treeUsage adds up the members of the process group pid.
func treeUsage(pid int) (runner.Usage, error) {
	out, err := exec.Command("ps", "-A", "-o", "pgid=,rss=,time=").Output()
	if err != nil {
		return runner.Usage{}, fmt.Errorf("runner: ps: %w", err)
	}
	var u runner.Usage
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != strconv.Itoa(pid) {
			continue
		}
		kb, _ := strconv.ParseInt(f[1], 10, 64)
		u.Memory += kb << 10
		u.CPU += clock(f[2])
	}
	return u, nil
}

// clock reads the [HH:]MM:SS[.cc] of ps.
func clock(s string) time.Duration {
	var d time.Duration
	for _, part := range strings.Split(s, ":") {
		n, _ := strconv.ParseFloat(part, 64)
		d = d*60 + time.Duration(n*float64(time.Second))
	}
	return d
}

// awaitEnd returns when the child has ended or is about to be waited for: a
// queue of kernel events tells of the end without taking the child's number.
func awaitEnd(pid int) {
	kq, err := unix.Kqueue()
	if err != nil {
		return
	}
	defer unix.Close(kq)
	ev := unix.Kevent_t{Ident: uint64(pid), Filter: unix.EVFILT_PROC, Flags: unix.EV_ADD | unix.EV_ONESHOT, Fflags: unix.NOTE_EXIT}
	for {
		n, err := unix.Kevent(kq, []unix.Kevent_t{ev}, make([]unix.Kevent_t, 1), nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n > 0 {
			return
		}
	}
}
