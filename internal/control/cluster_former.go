package control

import (
	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

// former is the other of the two configurations that the nodes of a cluster may
// run while it is updated: the one before, to which the cluster goes back when
// the update fails, and then the one that failed. Nothing that it names is taken
// away meanwhile.
//
// The model has no status for a failed update. One that left the cluster in
// UPDATING would hold every waiter until its time is up, and one that left it
// in CREATE_FAILED could only be deleted. So the cluster goes back to what it
// ran, is RUNNING as it was, and statusReason says what became of the update;
// Terraform sees at the next plan that it was not applied.
type former struct {
	Generation int                              `json:"generation"`
	Code       *finspace.CodeConfiguration      `json:"code,omitempty"`
	Script     *string                          `json:"script,omitempty"`
	Arguments  []finspace.KxCommandLineArgument `json:"arguments,omitempty"`
	Databases  []finspace.KxDatabaseConfiguration
}

// run is what the cluster runs at this moment, to be kept as its former.
func (c *cluster) run() *former {
	in := &c.Config
	return &former{c.Generation, in.Code, in.InitializationScript, in.CommandLineArguments, in.Databases}
}

func (f *former) restore(in *finspace.CreateKxClusterInput) {
	in.Code, in.InitializationScript, in.CommandLineArguments, in.Databases = f.Code, f.Script, f.Arguments, f.Databases
}

// deploy has the reconciler bring the nodes up to date with change, in place or
// with new processes.
func (c *cluster) deploy(inPlace bool, change func(*finspace.CreateKxClusterInput)) {
	c.Former = c.run()
	c.Status, c.Reason, c.Failure, c.InPlace, c.Undone = finspace.KxClusterStatusUpdating, "", "", inPlace, false
	change(&c.Config)
	if inPlace {
		c.Reload++
	} else {
		c.Latest = max(c.Latest, c.Generation) + 1
		c.Generation = c.Latest
	}
}

// revert gives up an update for a reason: the cluster is updated to what it was
// before.
func (c *cluster) revert(reason string) {
	f, failed := c.Former, c.run()
	f.restore(&c.Config)
	c.Former, c.Generation, c.Undone = failed, f.Generation, true
	if c.InPlace {
		c.Reload++
	}
	c.Failure = statusReason("The update failed and was undone. " + reason)
	c.Reason = c.Failure
}

// of is the configuration that nodes of a generation run.
func (c *cluster) of(generation int) finspace.CreateKxClusterInput {
	in := c.Config
	if f := c.Former; f != nil && generation == f.Generation && generation != c.Generation {
		f.restore(&in)
	}
	return in
}

// attached are the databases that nodes of the cluster may have open: those of
// its configuration and, in an update, of the other.
func (c *cluster) attached() []finspace.KxDatabaseConfiguration {
	if c.Former == nil {
		return c.Config.Databases
	}
	return append(c.Config.Databases[:len(c.Config.Databases):len(c.Config.Databases)], c.Former.Databases...)
}

// settled writes down that an update has ended, well or not. What only the
// configuration before used is free from then on.
func (c *cluster) settled(tx store.Tx, reason string) error {
	views := mountedViews(c)
	c.Status, c.Reason, c.Former, c.Updated = finspace.KxClusterStatusRunning, reason, nil, tx.Now()
	c.InPlace, c.Force, c.Undone = false, false, false
	if err := clusters.Put(tx, key(c.Environment, c.Name), c); err != nil {
		return err
	}
	return touchDataviews(tx, c.Environment, views)
}
