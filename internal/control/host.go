package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/finspace"
)

// Host is what a host type of a scaling group, or a node type of a dedicated
// cluster, offers.
type Host struct {
	CPU    float64 // cores
	Memory int64   // MiB for kdb
}

// hostTypes are the service's own. Sources: user guide,
// finspace-managed-kdb-scaling-groups and create-cluster-step1.
var hostTypes = map[string]Host{
	"kx.sg.large":     {2, 16 << 10},
	"kx.sg.xlarge":    {4, 32 << 10},
	"kx.sg.2xlarge":   {8, 64 << 10},
	"kx.sg.4xlarge":   {16, 108 << 10},
	"kx.sg.8xlarge":   {32, 216 << 10},
	"kx.sg.16xlarge":  {64, 432 << 10},
	"kx.sg.32xlarge":  {128, 864 << 10},
	"kx.sg1.16xlarge": {64, 1949 << 10},
	"kx.sg1.24xlarge": {96, 2948 << 10},

	"kx.s.large":    {2, 12 << 10},
	"kx.s.xlarge":   {4, 27 << 10},
	"kx.s.2xlarge":  {8, 54 << 10},
	"kx.s.4xlarge":  {16, 108 << 10},
	"kx.s.8xlarge":  {32, 216 << 10},
	"kx.s.16xlarge": {64, 432 << 10},
	"kx.s.32xlarge": {128, 864 << 10},
}

// LocalHost is the host type that stands for this machine: all its cores and
// memory, unless the operator gives it less.
const LocalHost = "local"

// Hosts are the host types that differ from the service's or are not among
// them, by name; LocalHost among them.
type Hosts map[string]Host

// Of returns what a host type offers.
func (h Hosts) Of(name string) (Host, bool) {
	if x, ok := h[name]; ok {
		return x, true
	}
	x, ok := hostTypes[name]
	return x, ok
}

// Set adds a host type, written as CORESxGIB. Errors: another form.
func (h Hosts) Set(name, size string) error {
	var cpu float64
	var gib int64
	if n, err := fmt.Sscanf(size, "%gx%d", &cpu, &gib); n != 2 || err != nil || cpu <= 0 || gib <= 0 {
		return fmt.Errorf("host type %s: %q is not cores and GiB, such as 16x128", name, size)
	}
	h[name] = Host{CPU: cpu, Memory: gib << 10}
	return nil
}

// find is Of for a request's member. Errors: ValidationException.
func (h Hosts) find(member, name string) (Host, error) {
	x, ok := h.Of(name)
	if !ok {
		return Host{}, finspace.NewValidationException(fmt.Sprintf("%s: there is no host type %s; there are %s.", member, name, h.names()))
	}
	return x, nil
}

func (h Hosts) names() string {
	all := maps.Clone(hostTypes)
	maps.Copy(all, h)
	return strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}

// zoneOf checks an availability zone that a request names. Errors:
// ValidationException.
func (s *Service) zoneOf(member, zone string) error {
	zones := availabilityZones(s.ARNs.Region)
	if !slices.Contains(zones, zone) {
		return finspace.NewValidationException(fmt.Sprintf("%s: %s is none of the environment's availability zones %s.", member, zone, strings.Join(zones, ", ")))
	}
	return nil
}
