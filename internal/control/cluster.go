package control

import (
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

var clusters = store.Table[cluster]{Kind: KindCluster}

// cluster is a set of q processes that do one thing. Config holds the members
// of the request that made it, with what was left to the service filled in.
type cluster struct {
	Environment string                        `json:"env"`
	Name        string                        `json:"name"`
	Type        finspace.KxClusterType        `json:"type"`
	Config      finspace.CreateKxClusterInput `json:"config"`
	Status      finspace.KxClusterStatus      `json:"status"`
	Reason      string                        `json:"reason,omitempty"`
	Created     time.Time                     `json:"created"`
	Updated     time.Time                     `json:"updated"`
}

// scalingGroup is the name of the scaling group the cluster runs on, or "".
func (c *cluster) scalingGroup() string {
	if g := c.Config.ScalingGroupConfiguration; g != nil {
		return finspace.Value(g.ScalingGroupName)
	}
	return ""
}

// reservation is what the cluster takes of its scaling group.
func (c *cluster) reservation() Host {
	g := c.Config.ScalingGroupConfiguration
	if g == nil {
		return Host{}
	}
	n := finspace.Value(g.NodeCount)
	return Host{CPU: finspace.Value(g.Cpu) * float64(n), Memory: int64(finspace.Value(g.MemoryReservation)) * int64(n)}
}

// volumeNames are the volumes that the cluster mounts, each once, in the order
// that the request names them.
func (c *cluster) volumeNames() []string {
	var names []string
	add := func(name string) {
		for _, n := range names {
			if n == name {
				return
			}
		}
		if name != "" {
			names = append(names, name)
		}
	}
	if t := c.Config.TickerplantLogConfiguration; t != nil {
		for _, v := range t.TickerplantLogVolumes {
			add(v)
		}
	}
	if sd := c.Config.SavedownStorageConfiguration; sd != nil {
		add(finspace.Value(sd.VolumeName))
	}
	for _, d := range c.Config.Databases {
		if d.DataviewConfiguration != nil {
			for _, seg := range d.DataviewConfiguration.SegmentConfigurations {
				add(finspace.Value(seg.VolumeName))
			}
		}
	}
	return names
}

// uses reports whether the cluster mounts the volume.
func (c *cluster) uses(volume string) bool {
	for _, n := range c.volumeNames() {
		if n == volume {
			return true
		}
	}
	return false
}

// mounts reports whether the cluster uses the database, and when dataview is
// not "" that dataview of it.
func (c *cluster) mounts(database, dataview string) bool {
	for _, d := range c.Config.Databases {
		if finspace.Value(d.DatabaseName) != database {
			continue
		}
		if dataview == "" || d.DataviewConfiguration != nil && finspace.Value(d.DataviewConfiguration.DataviewName) == dataview {
			return true
		}
	}
	return false
}
