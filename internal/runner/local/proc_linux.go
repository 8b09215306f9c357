package local

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/quoinhq/quoin/internal/runner"
)

// childAttr puts a child into a process group of its own and has the kernel
// kill it when the server dies.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// stat returns the fields of /proc/PID/stat from the third on. The second, the
// name, is in brackets and may hold anything, so fields count from the last
// bracket. Source: proc(5).
func stat(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// began returns the clock tick in which a process began, or "" when there is
// none of that number or only its entry is left (a zombie).
func began(pid int) string {
	f := stat(pid)
	if len(f) < 20 || f[0] == "Z" {
		return ""
	}
	return f[19]
}

// boot names this start of the machine; "" when it has no name.
func boot() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b))
}

const ticksPerSecond = 100 // USER_HZ, fixed for user space on Linux; see time(7)

// treeUsage adds up a process and its descendants.
func treeUsage(pid int) (runner.Usage, error) {
	var u runner.Usage
	page := int64(os.Getpagesize())
	queue := []int{pid}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		f := stat(p)
		if len(f) < 22 {
			continue
		}
		for _, i := range []int{11, 12} { // utime, stime
			n, _ := strconv.ParseInt(f[i], 10, 64)
			u.CPU += time.Duration(n) * time.Second / ticksPerSecond
		}
		rss, _ := strconv.ParseInt(f[21], 10, 64)
		u.Memory += rss * page
		queue = append(queue, children(p)...)
	}
	if u == (runner.Usage{}) {
		return u, fmt.Errorf("runner: no process %d", pid)
	}
	return u, nil
}

func children(pid int) []int {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	var out []int
	for _, t := range tasks {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		for _, s := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(s); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// awaitEnd returns when the child has ended, leaving it to be waited for.
func awaitEnd(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}
