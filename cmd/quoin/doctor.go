package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/quoinhq/quoin/internal/doctor"
)

type doctorCommand struct {
	dataDir
	engines
	APIAddr     string `name:"api-addr" env:"QUOIN_API_ADDR" default:"127.0.0.1:8650" help:"Address of the API (${default})."`
	GatewayAddr string `env:"QUOIN_GATEWAY_ADDR" default:"127.0.0.1:8651" help:"Address where kdb+ clients connect (${default})."`
	JSON        bool   `name:"json" help:"Print the findings as one JSON document."`
}

// Help shows how.
func (doctorCommand) Help() string {
	return `Ports, limits, control groups, namespaces, q binaries and their licence, clock, data folder and disk: what is not well is said with
what to do. Run it as the user that runs the server, with the server's flags or environment. Nothing is changed.

  quoin doctor
  quoin doctor --data-dir /var/lib/quoin --q-binary /opt/q/l64/q --q-home /opt/q --q-license /opt/q
  quoin doctor --json | jq -r '.findings[] | select(.level != "ok") | .advice'

The exit code is 0 when a server can run (there may be warnings), 1 when something fails, 2 when the doctor could not be asked.`
}

// Run checks the machine.
func (c doctorCommand) Run(ctx context.Context, std *stdio) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	found := doctor.Examine(ctx, doctor.Plan{DataDir: path, APIAddr: c.APIAddr, GatewayAddr: c.GatewayAddr, Binaries: c.binaries(), Program: program})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	worst := doctor.Worst(found)
	if c.JSON {
		e := json.NewEncoder(std.out)
		e.SetIndent("", "  ")
		err = e.Encode(struct {
			Level    doctor.Level     `json:"level"`
			Findings []doctor.Finding `json:"findings"`
		}{worst, found})
	} else {
		err = report(std, found, worst)
	}
	if err == nil && worst == doctor.Fail {
		err = exitError(1)
	}
	return err
}

func report(std *stdio, found []doctor.Finding, worst doctor.Level) error {
	for _, f := range found {
		fmt.Fprintf(std.out, "%-5s %-15s %s\n", f.Level, f.Check, f.Found)
		if f.Advice != "" {
			fmt.Fprintf(std.out, "      %-15s -> %s\n", "", f.Advice)
		}
	}
	verdict := map[doctor.Level]string{
		doctor.OK:   "This machine is fit to run Quoin.",
		doctor.Warn: "This machine can run Quoin; see the warnings.",
		doctor.Fail: "This machine cannot run Quoin as asked: see what fails.",
	}
	_, err := fmt.Fprintf(std.out, "\n%s\n", verdict[worst])
	return err
}
