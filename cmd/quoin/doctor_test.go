package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/internal/doctor"
)

// TestDoctor: a machine on which all tests run can run a server, and its nodes
// with a q binary: that of the test is the embedded engine.
func TestDoctor(t *testing.T) {
	program, temp := build(t), t.TempDir()
	q := filepath.Join(t.TempDir(), "q")
	if err := os.WriteFile(q, []byte("#!/bin/sh\nexec '"+program+"' q \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "doctor", "--json", "--data-dir", filepath.Join(temp, "data"),
		"--api-addr=127.0.0.1:0", "--gateway-addr=127.0.0.1:0", "--q-binary", q)
	c.Env = append(os.Environ(), "TMPDIR="+temp)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got struct {
		Level    doctor.Level
		Findings []doctor.Finding
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Level == doctor.Fail || got.Level != doctor.Worst(got.Findings) {
		t.Errorf("level %s", got.Level)
	}
	for _, f := range got.Findings {
		if (f.Check == "namespaces" || f.Check == "q binary") && f.Level != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("%v was left, %v", left, err)
	}
}

// TestDoctorFails: exit code 1, and what to do.
func TestDoctorFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	code, out, errs := execute(t, "doctor", "--data-dir", t.TempDir(), "--api-addr", taken.Addr().String(), "--gateway-addr=127.0.0.1:0")
	if code != 1 || errs != "" || !strings.Contains(out, "fail  ports") || !strings.Contains(out, "-> End that program") || !strings.Contains(out, "cannot run Quoin") {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
}
