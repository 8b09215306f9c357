package gateway

import (
	"errors"
	"strings"

	"github.com/quoinhq/quoin/internal/control"
)

// suffix ends the names of endpoints. They are names inside signed queries and
// need not resolve: clients connect to the gateway's own host.
const suffix = ".quoin.internal"

// errEndpoint is returned for a host that names no endpoint.
var errEndpoint = errors.New("gateway: not the name of an endpoint")

// host names a cluster or node: [NODE.]CLUSTER.ENVID.quoin.internal. The signed
// query of a connection string has a host and no member for a cluster, as the
// service's had one host for each.
func host(e control.Endpoint) string {
	name := e.Cluster + "." + e.Environment + suffix
	if e.Node != "" {
		return e.Node + "." + name
	}
	return name
}

// parseHost is the reverse of host. Errors: errEndpoint.
func parseHost(name string) (control.Endpoint, error) {
	rest, ok := strings.CutSuffix(name, suffix)
	parts := strings.Split(rest, ".")
	var e control.Endpoint
	switch {
	case ok && len(parts) == 3:
		e = control.Endpoint{Node: parts[0], Cluster: parts[1], Environment: parts[2]}
		ok = e.Node != ""
	case ok && len(parts) == 2:
		e = control.Endpoint{Cluster: parts[0], Environment: parts[1]}
	default:
		ok = false
	}
	if !ok || e.Cluster == "" || e.Environment == "" {
		return control.Endpoint{}, errEndpoint
	}
	return e, nil
}
