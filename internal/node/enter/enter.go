// Package enter runs a program of somebody else's as a node's process: in
// namespaces of its own, in which /opt/kx/app is a folder of the node and of
// the rest of the machine is seen what programs need to run. What the embedded
// engine does by mapping and refusing paths, the kernel does here.
package enter

import (
	"encoding/json"
	"fmt"
)

// Command is the name under which this program runs itself for a node:
// `quoin node-exec SPEC`. People have no use for it.
const Command = "node-exec"

// Spec says what to run, and what of the machine it sees besides the folders of
// the system: nothing else is there. Nothing in it is secret: others can list
// the arguments of processes.
type Spec struct {
	Root     string // the node's folder; app and tmp in it are AppDir and /tmp
	Program  string
	Args     []string
	Shown    []string // files and folders that may be read, under their own names
	Writable []string // folders that may be written to as well
}

// Argument is what Command is given to run s.
func (s Spec) Argument() (string, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("enter: %w", err)
	}
	return string(b), nil
}
