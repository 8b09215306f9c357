package doctor_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/doctor"
	"github.com/quoinhq/quoin/internal/node"
)

// free is a plan that nothing stands in the way of.
func free(t *testing.T) doctor.Plan {
	return doctor.Plan{DataDir: filepath.Join(t.TempDir(), "data"), APIAddr: "127.0.0.1:0", GatewayAddr: "127.0.0.1:0", Program: "/bin/true"}
}

// examine returns what one check has found.
func examine(t *testing.T, p doctor.Plan, check string) []doctor.Finding {
	t.Helper()
	var found []doctor.Finding
	for _, f := range doctor.Examine(t.Context(), p) {
		if (f.Level == doctor.OK) != (f.Advice == "") {
			t.Errorf("advice goes with what is not well, and with nothing else: %+v", f)
		}
		if f.Check == check {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no finding of %s", check)
	}
	return found
}

// expect compares a finding with its level and with parts of what it says.
func expect(t *testing.T, f doctor.Finding, level doctor.Level, says ...string) {
	t.Helper()
	for _, part := range says {
		if f.Level != level || !strings.Contains(f.Found+f.Advice, part) {
			t.Errorf("%+v, want %s with %q", f, level, part)
		}
	}
}

func TestEveryCheckFindsSomething(t *testing.T) {
	p := free(t)
	for _, name := range []string{"system", "ports", "open files", "control groups", "namespaces", "q binary", "clock", "data folder", "disk space", "disk speed"} {
		examine(t, p, name)
	}
	if _, err := os.Stat(p.DataDir); !os.IsNotExist(err) {
		t.Errorf("the data folder is there now: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(p.DataDir))
	if err != nil || len(left) != 0 {
		t.Errorf("%v was left, %v", left, err)
	}
}

func TestPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := free(t)
	p.GatewayAddr = l.Addr().String()
	found := examine(t, p, "ports")
	expect(t, found[0], doctor.OK, "API")
	expect(t, found[1], doctor.Fail, p.GatewayAddr, "--gateway-addr")

	p.APIAddr = "nowhere"
	expect(t, examine(t, p, "ports")[0], doctor.Fail, "nowhere", "--api-addr")

	// What the folder's own server has taken is in order.
	d, err := datadir.Open(p.DataDir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	process := fmt.Sprintf("process %d", os.Getpid())
	expect(t, examine(t, p, "ports")[1], doctor.OK, process)
	expect(t, examine(t, p, "data folder")[0], doctor.OK, process)
}

func TestDataFolder(t *testing.T) {
	made := func(t *testing.T, mode os.FileMode, files map[string]os.FileMode) string {
		dir := t.TempDir()
		for name, mode := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"format":1,"accountId":"123456789012"}`), mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	other := made(t, 0o700, nil)
	if err := os.WriteFile(filepath.Join(other, "quoin.json"), []byte(`{"format":99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir   string
		level doctor.Level
		says  string
	}{
		"not there":             {filepath.Join(t.TempDir(), "a", "b"), doctor.OK, "the server makes it"},
		"empty":                 {made(t, 0o700, nil), doctor.OK, "no server has used it"},
		"a file":                {filepath.Join(other, "quoin.json"), doctor.Fail, "no folder"},
		"open to others":        {made(t, 0o755, nil), doctor.Warn, "chmod 700"},
		"credentials for all":   {made(t, 0o700, map[string]os.FileMode{"quoin.json": 0o600, "credentials": 0o644}), doctor.Fail, "rotate-root"},
		"of another version":    {other, doctor.Fail, "another version"},
		"of a server that left": {made(t, 0o700, map[string]os.FileMode{"quoin.json": 0o600, "credentials": 0o600, "lock": 0o600}), doctor.OK, "its owner is this user"},
	} {
		t.Run(name, func(t *testing.T) {
			p := free(t)
			p.DataDir = c.dir
			expect(t, examine(t, p, "data folder")[0], c.level, c.says)
		})
	}
}

func TestClockWentBack(t *testing.T) {
	p := free(t)
	p.DataDir = t.TempDir()
	file := filepath.Join(p.DataDir, "server.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(file, later, later); err != nil {
		t.Fatal(err)
	}
	expect(t, examine(t, p, "clock")[0], doctor.Fail, "gone back")
}

func TestQBinary(t *testing.T) {
	day := func(in time.Duration) string { return time.Now().Add(in).Format("2006.01.02") }
	const month = 30 * 24 * time.Hour
	for name, c := range map[string]struct {
		script string // of a program that takes q's place
		level  doctor.Level
		says   string
	}{
		"answers":                 {`echo "quoin 4.1 ` + day(12*month) + `"`, doctor.OK, "version 4.1"},
		"has no licence to ask":   {`echo "quoin 4.1 "`, doctor.OK, "version 4.1"},
		"licence ends soon":       {`echo "quoin 4.0 ` + day(month/2) + `"`, doctor.Warn, day(month / 2)[:4]},
		"licence has ended":       {`echo "quoin 4.0 ` + day(-month) + `"`, doctor.Fail, "licence until"},
		"licence is missing":      {`echo "'k4.lic" >&2; exit 1`, doctor.Fail, "--q-license"},
		"home is missing":         {`echo "'q.k" >&2; exit 1`, doctor.Fail, "--q-home"},
		"is another program":      {`echo hello`, doctor.Fail, "hello"},
		"says nothing":            {`exit 3`, doctor.Fail, "exit status 3"},
		"is given home and QLIC":  {`echo "quoin $QHOME$QLIC "`, doctor.OK, "version /usr/"},
		"gets the script to read": {`grep -q 'exit 0' && echo "quoin read "`, doctor.OK, "version read"},
	} {
		t.Run(name, func(t *testing.T) {
			q := filepath.Join(t.TempDir(), "q")
			if err := os.WriteFile(q, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			p := free(t)
			p.Binaries = node.Binaries{"": {Path: q, Home: "/usr", License: "/"}}
			expect(t, examine(t, p, "q binary")[0], c.level, c.says)
		})
	}
	p := free(t)
	p.Binaries = node.Binaries{"4.1": {Path: p.DataDir}}
	expect(t, examine(t, p, "q binary")[0], doctor.Fail, p.DataDir, "4.1")
}

// TestNamespaces: what stands in the way is as bad as what needs them.
func TestNamespaces(t *testing.T) {
	p := free(t)
	p.Program = "/bin/false"
	expect(t, examine(t, p, "namespaces")[0], doctor.Warn, "only a q binary")
	p.Binaries = node.Binaries{"": {Path: "/bin/true"}}
	expect(t, examine(t, p, "namespaces")[0], doctor.Fail, "sysctl")
}

func TestWorst(t *testing.T) {
	for _, c := range []struct {
		levels []doctor.Level
		want   doctor.Level
	}{
		{nil, doctor.OK},
		{[]doctor.Level{doctor.OK, doctor.Warn, doctor.OK}, doctor.Warn},
		{[]doctor.Level{doctor.Warn, doctor.Fail, doctor.Warn}, doctor.Fail},
	} {
		var fs []doctor.Finding
		for _, l := range c.levels {
			fs = append(fs, doctor.Finding{Level: l})
		}
		if got := doctor.Worst(fs); got != c.want {
			t.Errorf("%v: %s", c.levels, got)
		}
	}
}
