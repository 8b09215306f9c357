package control_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/control"
)

// fleet is Nodes without processes: what was started comes up when told to.
type fleet struct {
	mu     sync.Mutex
	nodes  map[string]*fleetNode
	notify func(string)
	log    []string // "start", "stop" and "reload" with generations
	fail   string   // what the next nodes fail with
	broken string   // the name of code that nodes fail with
	least  int      // fewest ready nodes of a running cluster ever seen
}

type fleetNode struct {
	spec    control.NodeSpec
	state   control.NodeState
	settled bool // it came up or failed, and the service was told
}

func (f *fleet) Start(spec control.NodeSpec) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nodes[spec.ID] != nil {
		return
	}
	fail := f.failure(spec)
	f.nodes[spec.ID] = &fleetNode{spec: spec, state: control.NodeState{Started: true, Launch: time.Unix(1, 0), Failed: fail, Final: fail != "", Reload: spec.Reload}}
	f.log = append(f.log, fmt.Sprint("start ", spec.Generation))
}

// failure is what a node of a specification fails with.
func (f *fleet) failure(spec control.NodeSpec) string {
	if f.broken != "" && spec.Code != nil && finspace.Value(spec.Code.S3Key) == f.broken {
		return "The code is broken."
	}
	return f.fail
}

func (f *fleet) Stop(_ context.Context, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.nodes[id]; n != nil {
		delete(f.nodes, id)
		f.log = append(f.log, fmt.Sprint("stop ", n.spec.Generation))
		f.least = min(f.least, f.readyLocked())
	}
}

func (f *fleet) Reload(_ context.Context, spec control.NodeSpec) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.nodes[spec.ID]
	if n == nil {
		return errors.New("no such node")
	}
	n.spec, n.state.Reload, n.state.Failed = spec, spec.Reload, f.failure(spec)
	f.log = append(f.log, fmt.Sprint("reload ", spec.Reload))
	return nil
}

func (f *fleet) Forget(string, string) error { return nil }

func (f *fleet) State(id string) control.NodeState {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.nodes[id]; n != nil {
		return n.state
	}
	return control.NodeState{}
}

func (f *fleet) Watch(fn func(string)) { f.notify = fn }

// raise has every node come up that can, and reports whether there is news.
func (f *fleet) raise() (any bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.nodes {
		if !n.settled {
			n.settled, n.state.Ready, any = true, n.state.Failed == "", true
		}
	}
	return any
}

func (f *fleet) readyLocked() (n int) {
	for _, x := range f.nodes {
		if x.state.Ready {
			n++
		}
	}
	return n
}

// clusterWorld is an environment with a database, a dataview, a volume and a
// scaling group.
type clusterWorld struct {
	*world
	env   string
	fleet *fleet
}

func newClusterWorld(t *testing.T) *clusterWorld {
	w := newWorld(t)
	c := &clusterWorld{w, w.environment("env"), w.fleet}
	w.volume(c.env, "vol")
	w.database(c.env, "db")
	w.objects.content = map[string]string{"b/hdb/sym": "s", "b/more/x": "x"}
	w.changeset(c.env, "db", putRequest("s3://b/hdb/", "/"))
	must(w.dataview(c.env, func(in *finspace.CreateKxDataviewInput) { in.AutoUpdate = ptr(true) }))
	must(w.CreateKxScalingGroup(t.Context(), &finspace.CreateKxScalingGroupInput{EnvironmentId: &c.env, ScalingGroupName: ptr("sg"), HostType: ptr("tiny"), AvailabilityZoneId: ptr(zone)}))
	w.restAll()
	return c
}

type clusterInput = finspace.CreateKxClusterInput

// grouped is an HDB on the scaling group with the dataview.
func (c *clusterWorld) grouped(change func(*clusterInput)) *clusterInput {
	in := &clusterInput{
		EnvironmentId: &c.env, ClusterName: ptr("hdb"), ClusterType: "HDB", ReleaseLabel: ptr("1.0"), AzMode: "SINGLE", AvailabilityZoneId: ptr(zone),
		VpcConfiguration:          &finspace.VpcConfiguration{SubnetIds: []string{"subnet-12345678"}},
		ScalingGroupConfiguration: &finspace.KxScalingGroupConfiguration{ScalingGroupName: ptr("sg"), MemoryReservation: ptr(int32(6)), NodeCount: ptr(int32(2))},
		Databases:                 []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("db"), DataviewName: ptr("dv")}},
	}
	change(in)
	return in
}

// dedicated is an HDB with hosts of its own and the database.
func (c *clusterWorld) dedicated(change func(*clusterInput)) *clusterInput {
	return c.grouped(func(in *clusterInput) {
		in.ScalingGroupConfiguration = nil
		in.CapacityConfiguration = &finspace.CapacityConfiguration{NodeType: ptr("kx.s.large"), NodeCount: ptr(int32(3))}
		in.Databases = []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("db")}}
		change(in)
	})
}

func same(*clusterInput) {}

func (c *clusterWorld) get(name string) *finspace.GetKxClusterOutput {
	c.t.Helper()
	return must(c.GetKxCluster(c.t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &c.env, ClusterName: &name}))
}

// settleClusters reconciles and lets nodes come up until nothing changes.
func (c *clusterWorld) settleClusters() {
	c.t.Helper()
	for range 50 {
		c.rest(control.KindCluster, c.ReconcileCluster)
		if !c.fleet.raise() {
			c.restAll()
			return
		}
	}
	c.t.Fatal("clusters never come to rest")
}

func (c *clusterWorld) running(in *clusterInput) {
	c.t.Helper()
	must(c.CreateKxCluster(c.t.Context(), in))
	c.settleClusters()
	if s := c.get(*in.ClusterName).Status; s != "RUNNING" {
		c.t.Fatalf("status %s", s)
	}
}

func TestClusterLifecycle(t *testing.T) {
	c := newClusterWorld(t)
	out := must(c.CreateKxCluster(t.Context(), c.grouped(same)))
	d := out.Databases[0]
	if out.Status != "PENDING" || d.DataviewName != nil || d.DataviewConfiguration == nil || *d.DataviewConfiguration.DataviewName != "dv" || d.DataviewConfiguration.DataviewVersionId == nil {
		t.Errorf("%+v, %+v", out.Status, d)
	}
	c.rest(control.KindCluster, c.ReconcileCluster)
	if s := c.get("hdb").Status; s != "CREATING" {
		t.Errorf("status %s before its nodes are ready", s)
	}
	c.settleClusters()
	if s := c.get("hdb").Status; s != "RUNNING" {
		t.Fatalf("status %s", s)
	}
	nodes := must(c.ListKxClusterNodes(t.Context(), &finspace.ListKxClusterNodesInput{EnvironmentId: &c.env, ClusterName: ptr("hdb")}))
	if len(nodes.Nodes) != 2 || nodes.Nodes[0].Status != "RUNNING" || *nodes.Nodes[0].AvailabilityZoneId != zone {
		t.Errorf("%+v", nodes.Nodes)
	}
	for what, err := range map[string]error{
		"volume is free": errOf(c.DeleteKxVolume(t.Context(), &finspace.DeleteKxVolumeInput{EnvironmentId: &c.env, VolumeName: ptr("vol")})),
		"scaling group":  errOf(c.DeleteKxScalingGroup(t.Context(), &finspace.DeleteKxScalingGroupInput{EnvironmentId: &c.env, ScalingGroupName: ptr("sg")})),
		"dataview":       errOf(c.DeleteKxDataview(t.Context(), &finspace.DeleteKxDataviewInput{EnvironmentId: &c.env, DatabaseName: ptr("db"), DataviewName: ptr("dv")})),
		"database":       errOf(c.DeleteKxDatabase(t.Context(), &finspace.DeleteKxDatabaseInput{EnvironmentId: &c.env, DatabaseName: ptr("db")})),
	} {
		want := "ConflictException"
		if what == "volume is free" {
			want = ""
		}
		t.Run("delete while in use/"+what, func(t *testing.T) { wantCode(t, err, want) })
	}
	must(c.DeleteKxCluster(t.Context(), &finspace.DeleteKxClusterInput{EnvironmentId: &c.env, ClusterName: ptr("hdb")}))
	if s := c.get("hdb").Status; s != "DELETING" {
		t.Errorf("status %s", s)
	}
	c.settleClusters()
	if s := c.get("hdb").Status; s != "DELETED" || len(c.fleet.nodes) != 0 {
		t.Errorf("status %s, %d nodes", s, len(c.fleet.nodes))
	}
	_, err := c.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &c.env, ClusterName: ptr("hdb")})
	wantCode(t, err, "ResourceNotFoundException")
}

func errOf[T any](_ T, err error) error { return err }

func TestClusterCreateFails(t *testing.T) {
	c := newClusterWorld(t)
	c.fleet.fail = "init.q: 'type (line 3)"
	must(c.CreateKxCluster(t.Context(), c.grouped(same)))
	c.settleClusters()
	got := c.get("hdb")
	if got.Status != "CREATE_FAILED" || finspace.Value(got.StatusReason) != "init.q type line 3" {
		t.Errorf("%s, %q", got.Status, finspace.Value(got.StatusReason))
	}
	if len(c.fleet.nodes) != 0 {
		t.Errorf("%d nodes are left", len(c.fleet.nodes))
	}
	must(c.DeleteKxCluster(t.Context(), &finspace.DeleteKxClusterInput{EnvironmentId: &c.env, ClusterName: ptr("hdb")}))
	c.settleClusters()
}

// A rolling update never leaves fewer ready nodes than the cluster has; a
// forced one stops all at once; one in place restarts none.
func TestClusterUpdates(t *testing.T) {
	code := &finspace.CodeConfiguration{S3Bucket: ptr("code"), S3Key: ptr("c.zip")}
	update := func(strategy finspace.KxClusterCodeDeploymentStrategy) func(*clusterWorld) error {
		return func(c *clusterWorld) error {
			_, err := c.UpdateKxClusterCodeConfiguration(c.t.Context(), &finspace.UpdateKxClusterCodeConfigurationInput{
				EnvironmentId: &c.env, ClusterName: ptr("hdb"), Code: code, DeploymentConfiguration: &finspace.KxClusterCodeDeploymentConfiguration{DeploymentStrategy: strategy}})
			return err
		}
	}
	databases := func(strategy finspace.KxDeploymentStrategy) func(*clusterWorld) error {
		return func(c *clusterWorld) error {
			_, err := c.UpdateKxClusterDatabases(c.t.Context(), &finspace.UpdateKxClusterDatabasesInput{
				EnvironmentId: &c.env, ClusterName: ptr("hdb"), Databases: []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("db"), DataviewName: ptr("dv")}},
				DeploymentConfiguration: &finspace.KxDeploymentConfiguration{DeploymentStrategy: strategy}})
			return err
		}
	}
	tests := map[string]struct {
		update func(*clusterWorld) error
		log    []string
		least  int
	}{
		"code ROLLING":         {update("ROLLING"), []string{"start 2", "stop 1", "start 2", "stop 1"}, 2},
		"code FORCE":           {update("FORCE"), []string{"stop 1", "stop 1", "start 2", "start 2"}, 0},
		"databases ROLLING":    {databases("ROLLING"), []string{"start 2", "stop 1", "start 2", "stop 1"}, 2},
		"databases NO_RESTART": {databases("NO_RESTART"), []string{"reload 1", "reload 1"}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClusterWorld(t)
			c.running(c.grouped(same))
			c.fleet.log, c.fleet.least = nil, 2
			if err := tt.update(c); err != nil {
				t.Fatal(err)
			}
			if s := c.get("hdb").Status; s != "UPDATING" {
				t.Errorf("status %s", s)
			}
			wantCode(t, tt.update(c), "ConflictException")
			c.settleClusters()
			if s := c.get("hdb").Status; s != "RUNNING" {
				t.Errorf("status %s", s)
			}
			if d := cmp.Diff(tt.log, c.fleet.log); d != "" || c.fleet.least < tt.least {
				t.Errorf("at least %d ready; %s", c.fleet.least, d)
			}
		})
	}
}

func TestDeleteNode(t *testing.T) {
	c := newClusterWorld(t)
	c.running(c.grouped(same))
	list := func() []finspace.KxNode {
		return must(c.ListKxClusterNodes(t.Context(), &finspace.ListKxClusterNodesInput{EnvironmentId: &c.env, ClusterName: ptr("hdb")})).Nodes
	}
	gone := *list()[0].NodeId
	must(c.DeleteKxClusterNode(t.Context(), &finspace.DeleteKxClusterNodeInput{EnvironmentId: &c.env, ClusterName: ptr("hdb"), NodeId: &gone}))
	c.settleClusters()
	after := list()
	if len(after) != 2 || *after[0].NodeId == gone || *after[1].NodeId == gone || c.fleet.nodes[gone] != nil {
		t.Errorf("%d nodes", len(after))
	}
	_, err := c.DeleteKxClusterNode(t.Context(), &finspace.DeleteKxClusterNodeInput{EnvironmentId: &c.env, ClusterName: ptr("hdb"), NodeId: &gone})
	wantCode(t, err, "ResourceNotFoundException")
}

// What else is refused, and what is taken, beside the rules of TestRules.
func TestClusterRules(t *testing.T) {
	c := newClusterWorld(t)
	tests := map[string]*clusterInput{
		"unknown node type": c.dedicated(func(in *clusterInput) { in.CapacityConfiguration.NodeType = ptr("kx.s.none") }),
		"another release":   c.grouped(func(in *clusterInput) { in.ReleaseLabel = ptr("2.0") }),
		"logs for HDB": c.grouped(func(in *clusterInput) {
			in.TickerplantLogConfiguration = &finspace.TickerplantLogConfiguration{TickerplantLogVolumes: []string{"vol"}}
		}),
		"changeset on a group": c.grouped(func(in *clusterInput) { in.Databases[0].DataviewName, in.Databases[0].ChangesetId = nil, ptr("x") }),
		"a database twice":     c.grouped(func(in *clusterInput) { in.Databases = append(in.Databases, in.Databases[0]) }),
		"reserved argument": c.grouped(func(in *clusterInput) {
			in.CommandLineArguments = []finspace.KxCommandLineArgument{{Key: ptr("awsX"), Value: ptr("1")}}
		}),
		"an argument twice": c.grouped(func(in *clusterInput) {
			a := finspace.KxCommandLineArgument{Key: ptr("ab"), Value: ptr("1")}
			in.CommandLineArguments = []finspace.KxCommandLineArgument{a, a}
		}),
		"no such execution role": c.grouped(func(in *clusterInput) { in.ExecutionRole = ptr("arn:aws:iam::123456789012:role/none") }),
	}
	for name, in := range tests {
		t.Run("ValidationException/"+name, func(t *testing.T) {
			_, err := c.CreateKxCluster(t.Context(), in)
			wantCode(t, err, "ValidationException")
		})
	}
	for name, x := range map[string]struct {
		in   *clusterInput
		code string
	}{
		"too many nodes":   {c.dedicated(func(in *clusterInput) { in.CapacityConfiguration.NodeCount = ptr(int32(6)) }), "LimitExceededException"},
		"no such group":    {c.grouped(func(in *clusterInput) { in.ScalingGroupConfiguration.ScalingGroupName = ptr("none") }), "ResourceNotFoundException"},
		"no such database": {c.grouped(func(in *clusterInput) { in.Databases[0].DatabaseName = ptr("none") }), "ResourceNotFoundException"},
		"no such dataview": {c.grouped(func(in *clusterInput) { in.Databases[0].DataviewName = ptr("none") }), "ResourceNotFoundException"},
		"no such log volume": {c.grouped(func(in *clusterInput) {
			in.ClusterType, in.Databases = "RDB", nil
			in.TickerplantLogConfiguration = &finspace.TickerplantLogConfiguration{TickerplantLogVolumes: []string{"none"}}
		}), "ResourceNotFoundException"},
	} {
		t.Run(x.code+"/"+name, func(t *testing.T) {
			_, err := c.CreateKxCluster(t.Context(), x.in)
			wantCode(t, err, x.code)
		})
	}
	t.Run("AccessDeniedException/MountKxDatabase", func(t *testing.T) {
		c.denied = func(action, _ string) error {
			if action == "finspace:MountKxDatabase" {
				return finspace.NewAccessDeniedException("no")
			}
			return nil
		}
		defer func() { c.denied = nil }()
		_, err := c.CreateKxCluster(t.Context(), c.grouped(same))
		wantCode(t, err, "AccessDeniedException")
	})
	// What the real service took against its own documentation, and the release
	// that this server has a binary for.
	c.Releases = []string{"4.1"}
	for name, in := range map[string]*clusterInput{
		"a tickerplant without code": c.grouped(func(in *clusterInput) {
			in.ClusterName, in.ClusterType, in.Databases, in.ScalingGroupConfiguration.NodeCount = ptr("tp1"), "TICKERPLANT", nil, ptr(int32(1))
			in.TickerplantLogConfiguration = &finspace.TickerplantLogConfiguration{TickerplantLogVolumes: []string{"vol"}}
		}),
		"an RDB without savedown storage": c.grouped(func(in *clusterInput) { in.ClusterName, in.ClusterType, in.Databases = ptr("rdb1"), "RDB", nil }),
		"a release of its own":            c.grouped(func(in *clusterInput) { in.ClusterName, in.Databases, in.ReleaseLabel = ptr("hdb3"), nil, ptr("4.1") }),
		"an HDB without database":         c.grouped(func(in *clusterInput) { in.ClusterName, in.Databases = ptr("hdb1"), nil }),
		"a dedicated HDB":                 c.dedicated(func(in *clusterInput) { in.ClusterName = ptr("hdb2") }),
	} {
		t.Run("taken/"+name, func(t *testing.T) {
			_, err := c.CreateKxCluster(t.Context(), in)
			wantCode(t, err, "")
		})
	}
}

func TestConnectionString(t *testing.T) {
	c := newClusterWorld(t)
	c.running(c.grouped(same))
	c.user(c.env, "bob")
	c.role = roleA
	in := &finspace.GetKxConnectionStringInput{EnvironmentId: &c.env, ClusterName: ptr("hdb"), UserArn: ptr(c.ARNs.User(c.env, "bob"))}
	out := must(c.GetKxConnectionString(t.Context(), in))
	if want := "signed for bob at hdb"; *out.SignedConnectionString != want {
		t.Errorf("%q", *out.SignedConnectionString)
	}
	with := func(change func(*finspace.GetKxConnectionStringInput)) *finspace.GetKxConnectionStringInput {
		x := *in
		change(&x)
		return &x
	}
	for name, x := range map[string]struct {
		in   *finspace.GetKxConnectionStringInput
		role string
		code string
	}{
		"another role":          {in, roleB, "AccessDeniedException"},
		"no role":               {in, "", "AccessDeniedException"},
		"no such user":          {with(func(i *finspace.GetKxConnectionStringInput) { i.UserArn = ptr(c.ARNs.User(c.env, "eve")) }), roleA, "ResourceNotFoundException"},
		"no such cluster":       {with(func(i *finspace.GetKxConnectionStringInput) { i.ClusterName = ptr("none") }), roleA, "ResourceNotFoundException"},
		"another environment's": {with(func(i *finspace.GetKxConnectionStringInput) { i.UserArn = ptr(c.ARNs.User("other", "bob")) }), roleA, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			c.role = x.role
			_, err := c.GetKxConnectionString(t.Context(), x.in)
			wantCode(t, err, x.code)
		})
	}
	c.role = roleA
	must(c.DeleteKxCluster(t.Context(), &finspace.DeleteKxClusterInput{EnvironmentId: &c.env, ClusterName: ptr("hdb")}))
	_, err := c.GetKxConnectionString(t.Context(), in)
	wantCode(t, err, "ValidationException")
	if !strings.Contains(err.Error(), "DELETING") {
		t.Errorf("%v does not say in which status the cluster is", err)
	}
}

// An environment takes everything in it along: processes, folders, records.
func TestDeleteEnvironmentWithClusters(t *testing.T) {
	c := newClusterWorld(t)
	c.running(c.grouped(same))
	must(c.DeleteKxEnvironment(t.Context(), &finspace.DeleteKxEnvironmentInput{EnvironmentId: &c.env}))
	for range 20 {
		if _, err := c.ReconcileEnvironment(t.Context(), c.env); err != nil {
			t.Fatal(err)
		}
		c.settleClusters()
	}
	got := must(c.GetKxEnvironment(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: &c.env}))
	if got.Status != "DELETED" || len(c.fleet.nodes) != 0 {
		t.Errorf("status %s, %d nodes", got.Status, len(c.fleet.nodes))
	}
	for _, dir := range []string{"volumes", "dataviews"} {
		if left := folder(t, filepath.Join(filepath.Dir(c.path), dir)); len(left) != 0 {
			t.Errorf("%s: %v", dir, left)
		}
	}
}
