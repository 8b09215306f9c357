package control

import (
	"strings"

	"github.com/quoinhq/quoin/internal/store"
)

// resourceType is one of the nine kinds of thing that an ARN can name (service
// authorization reference of finspace, resource types).
type resourceType struct {
	words []string   // the ARN's tail with the names left out
	kind  store.Kind // its records, under the names joined with slashes; "" for a product we do not run
}

// resourceTypes lists them all. Changesets have no ARN.
var resourceTypes = []resourceType{
	{[]string{"environment"}, ""},
	{[]string{"user"}, ""},
	{[]string{"kxEnvironment"}, KindEnvironment},
	{[]string{"kxEnvironment", "kxUser"}, KindUser},
	{[]string{"kxEnvironment", "kxCluster"}, KindCluster},
	{[]string{"kxEnvironment", "kxDatabase"}, KindDatabase},
	{[]string{"kxEnvironment", "kxDatabase", "kxDataview"}, KindDataview},
	{[]string{"kxEnvironment", "kxScalingGroup"}, KindScalingGroup},
	{[]string{"kxEnvironment", "kxVolume"}, KindVolume},
}

// Kinds of records that resources live under. A resource inside an environment
// has the key ENVID/NAME, a dataview ENVID/DATABASE/NAME.
const (
	KindEnvironment  store.Kind = "environment"
	KindUser         store.Kind = "user"
	KindCluster      store.Kind = "cluster"
	KindDatabase     store.Kind = "database"
	KindDataview     store.Kind = "dataview"
	KindScalingGroup store.Kind = "scaling-group"
	KindVolume       store.Kind = "volume"
)

// ARNs writes and reads the names of one account's resources in one region.
type ARNs struct{ Region, Account string }

// Of is the ARN with that tail, "kxEnvironment/ENVID/kxUser/NAME" for instance.
func (a ARNs) Of(tail string) string {
	return "arn:aws:finspace:" + a.Region + ":" + a.Account + ":" + tail
}

// Environment is an environment's ARN.
func (a ARNs) Environment(env string) string { return a.Of("kxEnvironment/" + env) }

// User is a user's ARN.
func (a ARNs) User(env, name string) string { return a.in(env, "kxUser", name) }

// Cluster is a cluster's ARN. No reply of the service holds it; clients build it.
func (a ARNs) Cluster(env, name string) string { return a.in(env, "kxCluster", name) }

// Database is a database's ARN.
func (a ARNs) Database(env, name string) string { return a.in(env, "kxDatabase", name) }

// Dataview is a dataview's ARN. No reply of the service holds it; clients build it.
func (a ARNs) Dataview(env, database, name string) string {
	return a.Database(env, database) + "/kxDataview/" + name
}

// ScalingGroup is a scaling group's ARN.
func (a ARNs) ScalingGroup(env, name string) string { return a.in(env, "kxScalingGroup", name) }

// Volume is a volume's ARN. The model's pattern for it says kxSharedVolume; the
// pattern of taggable ARNs and the authorization reference say kxVolume.
func (a ARNs) Volume(env, name string) string { return a.in(env, "kxVolume", name) }

func (a ARNs) in(env, word, name string) string {
	return a.Environment(env) + "/" + word + "/" + name
}

// resource is what an ARN names: records of a kind, and the key among them.
type resource struct {
	kind store.Kind
	key  string
}

// parse reads an ARN of this account and region. It is false for any other.
func (a ARNs) parse(arn string) (resource, bool) {
	tail, ok := strings.CutPrefix(arn, a.Of(""))
	if !ok {
		return resource{}, false
	}
	parts := strings.Split(tail, "/")
	for _, t := range resourceTypes {
		if names, ok := t.match(parts); ok {
			return resource{t.kind, strings.Join(names, "/")}, true
		}
	}
	return resource{}, false
}

func (t resourceType) match(parts []string) (names []string, ok bool) {
	if len(parts) != 2*len(t.words) {
		return nil, false
	}
	for i, word := range t.words {
		if parts[2*i] != word || parts[2*i+1] == "" {
			return nil, false
		}
		names = append(names, parts[2*i+1])
	}
	return names, true
}
