package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// note is what is written down of a running process, enough to know it again.
type note struct {
	PID   int    `json:"pid"`
	Began string `json:"began"` // the moment it began, as the kernel counts it
	Boot  string `json:"boot"`  // which start of the machine that was
}

// writeNote records the process before anybody relies on it.
func (p *process) writeNote() error {
	b, err := json.Marshal(note{PID: p.PID(), Began: began(p.PID()), Boot: boot()})
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	tmp := p.note + ".tmp"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if err := os.Rename(tmp, p.note); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return nil
}

// sweep kills what an earlier runner's notes name and removes the notes.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasSuffix(e.Name(), ".json") {
			if err := killLeftover(path); err != nil {
				return err
			}
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("runner: %w", err)
		}
	}
	return nil
}

func killLeftover(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	var n note
	if json.Unmarshal(b, &n) != nil || n.PID <= 1 || n.Began == "" || n.Boot != boot() {
		return nil // never finished, or of a time before the machine started
	}
	if now := began(n.PID); now != "" && now != n.Began {
		return nil // another process has the number now
	}
	// The child itself may be gone and what it started may not: a group keeps
	// its number, and keeps it from being given out again, while it has a member.
	for deadline := time.Now().Add(5 * time.Second); syscall.Kill(-n.PID, syscall.SIGKILL) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("runner: process group %d, left by an earlier server, does not end", n.PID)
		}
	}
	return nil
}
