package doctor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/runner/local"
)

func system(context.Context, Plan) []Finding {
	found := fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if runtime.GOOS != "linux" {
		return warn(found, "Only on Linux are limits of clusters enforced and q binaries of your own run; elsewhere the embedded engine does everything.")
	}
	return ok(found)
}

// ports tries to listen where the server is to.
func ports(ctx context.Context, p Plan) []Finding {
	holder := 0
	if dir, err := datadir.Find(p.DataDir); err == nil {
		holder, _ = dir.Holder() // the data folder's own check reports it
	}
	var all []Finding
	for _, a := range []struct{ name, addr, flag string }{
		{"API", p.APIAddr, "--api-addr"},
		{"gateway", p.GatewayAddr, "--gateway-addr"},
	} {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", a.addr)
		switch {
		case err == nil:
			l.Close()
			all = append(all, ok(fmt.Sprintf("%s for the %s can be had", a.addr, a.name))...)
		case errors.Is(err, syscall.EADDRINUSE) && holder != 0:
			all = append(all, ok(fmt.Sprintf("%s for the %s is taken, and a server runs on the data folder (process %d)", a.addr, a.name, holder))...)
		case errors.Is(err, syscall.EADDRINUSE):
			all = append(all, fail(fmt.Sprintf("%s for the %s is taken by another program", a.addr, a.name),
				"End that program (ss -ltnp shows it), or give another "+a.flag+"; port 0 is any that is free.")...)
		case errors.Is(err, syscall.EACCES):
			all = append(all, fail(fmt.Sprintf("%s for the %s is not allowed to this user", a.addr, a.name),
				"Ports under 1024 are root's: give another "+a.flag+", or let the program have them: sudo setcap cap_net_bind_service=+ep $(command -v quoin).")...)
		default:
			all = append(all, fail(fmt.Sprintf("%s for the %s: %v", a.addr, a.name, err),
				"Give an address of this machine and a port as "+a.flag+", 127.0.0.1:8650 for instance.")...)
		}
	}
	return all
}

// A connection through the gateway takes two files of the server, and more for
// what it is let in by; the server takes 10,000 connections.
const (
	fewFiles    = 1024
	enoughFiles = 32768
)

// openFiles looks at the limit that a Go program gives itself: the hard one.
func openFiles(context.Context, Plan) []Finding {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return fail(err.Error(), "Ask for the limit with: ulimit -Hn")
	}
	found := fmt.Sprintf("%d may be open at once", r.Max)
	if r.Max > math.MaxInt64 {
		found = "any number may be open at once"
	}
	advice := fmt.Sprintf("Give the server %d: LimitNOFILE=%[1]d in its systemd unit, or nofile in /etc/security/limits.conf. A kdb+ connection takes two.", 2*enoughFiles)
	switch {
	case r.Max < fewFiles:
		return fail(found, advice)
	case r.Max < enoughFiles:
		return warn(found, advice)
	}
	return ok(found)
}

func controlGroups(context.Context, Plan) []Finding {
	l := local.Probe()
	if l.Memory && l.CPU {
		return ok("version 2, and the server may make them: limits of clusters are enforced")
	}
	return warn(l.Reason+": a node's memory and cpu limits are not the kernel's",
		"Run the server under systemd with Delegate=yes in its unit, or as root, on a machine with cgroup v2 (mount | grep cgroup2). Without, the embedded engine keeps to its memory limit by itself; a q binary of yours does not.")
}

// written is how far ahead of the clock a file may be: file systems of other
// machines have clocks of their own.
const written = 5 * time.Minute

// clock asks the kernel, and the data folder: signatures are good for 15
// minutes, and what was written later than now was written by another clock.
func clock(_ context.Context, p Plan) []Finding {
	now := time.Now()
	last := now
	for _, name := range []string{"server.json", "quoin.db", "quoin.db-wal"} {
		if st, err := os.Stat(filepath.Join(p.DataDir, name)); err == nil && st.ModTime().After(last) {
			last = st.ModTime()
		}
	}
	if ahead := last.Sub(now); ahead > written {
		return fail(fmt.Sprintf("the data folder was written to %s from now: the clock has gone back", ahead.Round(time.Second)),
			"Set the clock before the server starts: signatures and sessions go by it.")
	}
	synced, err := synchronised()
	at := now.UTC().Format(time.RFC3339)
	switch {
	case err != nil:
		return warn(at+"; whether it is kept right cannot be told here: "+err.Error(), "Have the machine's clock kept by NTP: requests signed more than 15 minutes off are refused.")
	case !synced:
		return warn(at+"; the kernel says that nothing keeps it right", "Start chrony or systemd-timesyncd (timedatectl set-ntp true): requests signed more than 15 minutes off are refused. In a container this is the host's business.")
	}
	return ok(at + ", kept right")
}

// existing is the folder itself, or the nearest above it that is there.
func existing(dir string) string {
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}

// oneLine is the last line of what a program printed, for people.
func oneLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	const most = 200
	last := lines[len(lines)-1]
	return last[:min(len(last), most)]
}
