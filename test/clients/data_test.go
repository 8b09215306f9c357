package clients_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/internal/store"
	"github.com/quoinhq/quoin/test/live"
)

type members = map[string]any

// dataOperations are all operations on data, each with an input that is
// lawful but for what it names, which is not there.
var dataOperations = map[string]members{
	"CreateKxDatabase": {"databaseName": "other", "clientToken": "t"},
	"GetKxDatabase":    {"databaseName": "none"},
	"ListKxDatabases":  {},
	"UpdateKxDatabase": {"databaseName": "none", "clientToken": "t"},
	"DeleteKxDatabase": {"databaseName": "none", "clientToken": "t"},

	"CreateKxChangeset": {"databaseName": "none", "clientToken": "t", "changeRequests": []members{{"changeType": "PUT", "dbPath": "/", "s3Path": "s3://data/hist/"}}},
	"GetKxChangeset":    {"databaseName": "none", "changesetId": "none"},
	"ListKxChangesets":  {"databaseName": "none"},

	"CreateKxDataview": {"databaseName": "none", "dataviewName": "view", "azMode": "SINGLE", "availabilityZoneId": "use1-az1", "clientToken": "t"},
	"GetKxDataview":    {"databaseName": "none", "dataviewName": "none"},
	"ListKxDataviews":  {"databaseName": "none"},
	"UpdateKxDataview": {"databaseName": "none", "dataviewName": "none", "clientToken": "t"},
	"DeleteKxDataview": {"databaseName": "none", "dataviewName": "none", "clientToken": "t"},

	"CreateKxVolume": {"volumeName": "volume", "volumeType": "NAS_1", "azMode": "SINGLE", "availabilityZoneIds": []string{"use1-az1"}, "nas1Configuration": members{"type": "SSD_1000", "size": 1200}},
	"GetKxVolume":    {"volumeName": "none"},
	"ListKxVolumes":  {},
	"UpdateKxVolume": {"volumeName": "none", "clientToken": "t"},
	"DeleteKxVolume": {"volumeName": "none"},

	"CreateKxScalingGroup": {"scalingGroupName": "group", "hostType": "kx.sg.large", "availabilityZoneId": "use1-az1", "clientToken": "t"},
	"GetKxScalingGroup":    {"scalingGroupName": "none"},
	"ListKxScalingGroups":  {},
	"DeleteKxScalingGroup": {"scalingGroupName": "none"},
}

// with is in with further members, or others.
func (c dataClient) with(in members, more members) members {
	out := members{"environmentId": c.env}
	maps.Copy(out, in)
	maps.Copy(out, more)
	return out
}

// dataClient is a client of one kind at a server with one environment.
type dataClient struct {
	call      caller
	env       string
	readWrite bool // its model has that member, and DeleteKxClusterNode
}

// ok makes a call that succeeds.
func (c dataClient) ok(t *testing.T, operation string, in members) members {
	t.Helper()
	r := c.call(t, operation, c.with(in, nil))
	if r.Code != "" {
		t.Fatalf("%s: %s: %s", operation, r.Code, r.Message)
	}
	return r.Output
}

// statuses are those of the errors. Source: the service's model.
var statuses = map[string]int{
	"ValidationException": 400, "LimitExceededException": 400, "AccessDeniedException": 403, "ResourceNotFoundException": 404,
	"ConflictException": 409, "ResourceAlreadyExistsException": 409, "ThrottlingException": 429, "InternalServerException": 500,
}

// fails makes a call that fails with that error, which mentions what is wrong.
func (c dataClient) fails(t *testing.T, code, mention, operation string, in members) {
	t.Helper()
	r := c.call(t, operation, c.with(in, nil))
	if r.Code != code || r.Status != 0 && r.Status != statuses[code] || r.Message == "" || !strings.Contains(r.Message, mention) {
		t.Errorf("%s: got %+v, want %s about %q", operation, r, code, mention)
	}
	if code == "ConflictException" && r.Status != 0 && r.Reason == "" {
		t.Errorf("%s: a ConflictException without a reason", operation)
	}
}

// becomes waits for a status.
func (c dataClient) becomes(t *testing.T, status, operation string, in members) members {
	t.Helper()
	var out members
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if out = c.ok(t, operation, in); out["status"] == status {
			return out
		}
	}
	t.Fatalf("%s never shows %s: %v", operation, status, out)
	return nil
}

// gone waits until something is not found.
func (c dataClient) gone(t *testing.T, operation string, in members) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if r := c.call(t, operation, c.with(in, nil)); r.Code == "ResourceNotFoundException" {
			return
		}
	}
	t.Fatalf("%s still finds it", operation)
}

// brokenStore fails every transaction while it is switched on.
type brokenStore struct {
	store.Store
	on atomic.Bool
}

var errBroken = errors.New("no space left on device")

func (b *brokenStore) View(ctx context.Context, fn func(store.Tx) error) error {
	if b.on.Load() {
		return errBroken
	}
	return b.Store.View(ctx, fn)
}

func (b *brokenStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	if b.on.Load() {
		return errBroken
	}
	return b.Store.Update(ctx, fn)
}

// TestDataErrors provokes with every client, for every operation on data and on
// clusters, the errors that all of them declare.
func TestDataErrors(t *testing.T) {
	disk := &brokenStore{}
	s := live.Start(t, func(c *server.Config) {
		c.WrapStore = func(inner store.Store) store.Store { disk.Store = inner; return disk }
	})
	throttled := live.Start(t, func(c *server.Config) { c.Limits.PrincipalRate, c.Limits.PrincipalBurst = 1e-9, 1 })
	nobody := s.UserKey("nobody", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}`)
	env := s.Environment("errors")
	operations := maps.Clone(dataOperations)
	maps.Copy(operations, clusterOperations)
	// The burst of one is used up here; no later call gets in.
	throttled.Do(http.MethodGet, "/kx/environments", nil)
	for name, open := range callers(t) {
		t.Run(name, func(t *testing.T) {
			root, other, late := open(t, s, s.Root), open(t, s, nobody), open(t, throttled, throttled.Root)
			for _, op := range slices.Sorted(maps.Keys(operations)) {
				if name == "JavaScript" && op == "DeleteKxClusterNode" {
					continue // its model is of 2024-02
				}
				in := operations[op]
				dataClient{call: root, env: " "}.fails(t, "ValidationException", "environmentId", op, in)
				dataClient{call: root, env: "nosuchenvironment"}.fails(t, "ResourceNotFoundException", "nosuchenvironment", op, in)
				dataClient{call: other, env: env}.fails(t, "AccessDeniedException", op, op, in)
				dataClient{call: late, env: env}.fails(t, "ThrottlingException", "", op, in)
				disk.on.Store(true)
				dataClient{call: root, env: env}.fails(t, "InternalServerException", "internal error", op, in)
				disk.on.Store(false)
				if !strings.HasPrefix(op, "List") && !strings.HasPrefix(op, "Create") || op == "CreateKxChangeset" || op == "CreateKxDataview" || op == "ListKxClusterNodes" {
					dataClient{call: root, env: env}.fails(t, "ResourceNotFoundException", "none", op, in)
				}
			}
		})
	}
}

// TestData goes through every operation on data with every client, and through
// the errors that only some of them declare.
func TestData(t *testing.T) {
	for name, open := range callers(t) {
		t.Run(name, func(t *testing.T) {
			s := live.Start(t, func(c *server.Config) {
				c.Engine = []string{"/bin/false"} // a cluster that does not start uses what it names all the same
				c.Quotas = control.Quotas{
					control.QuotaDatabases: 2, control.QuotaDataviews: 2, control.QuotaVolumes: 2, control.QuotaScalingGroups: 1, control.QuotaVolumeStorage: 5000,
				}
			})
			putObject(t, s, "/data", "")
			for path, content := range map[string]string{"/data/hist/sym": "s", "/data/hist/2026.01.02/p": "1", "/data/more/p": "2"} {
				putObject(t, s, path, content)
			}
			c := dataClient{open(t, s, s.Root), s.Environment("data"), name != "JavaScript"} // whose model is of 2024-02
			c.databases(t)
			c.volumes(t)
			c.scalingGroups(t)
			c.dataviews(t)
			c.inUse(t)
			c.deletes(t)
		})
	}
}

// putObject puts an object into the built-in store, or makes a bucket.
func putObject(t *testing.T, s *live.Server, path, content string) {
	t.Helper()
	r, body := s.Request(http.MethodPut, path, []byte(content))
	if err := sigv4.Sign(r, s.Root, "us-east-1", "s3", sigv4.HashBody(body), s.Now()); err != nil {
		t.Fatal(err)
	}
	if reply := s.Send(r); reply.Status != http.StatusOK {
		t.Fatalf("PUT %s: %d %s", path, reply.Status, reply.Body)
	}
}

func (c dataClient) databases(t *testing.T) {
	db := members{"databaseName": "hist"}
	out := c.ok(t, "CreateKxDatabase", c.with(db, members{"description": "History", "tags": members{"team": "fx"}}))
	if arn, _ := out["databaseArn"].(string); !strings.HasSuffix(arn, "/kxDatabase/hist") {
		t.Errorf("CreateKxDatabase: %v", out)
	}
	c.fails(t, "ResourceAlreadyExistsException", "hist", "CreateKxDatabase", db)
	c.ok(t, "UpdateKxDatabase", c.with(db, members{"description": "Changed", "clientToken": "upd-1"}))
	c.fails(t, "ConflictException", "", "UpdateKxDatabase", c.with(db, members{"description": "Other", "clientToken": "upd-1"}))
	c.ok(t, "CreateKxDatabase", members{"databaseName": "second"})
	c.fails(t, "LimitExceededException", "2", "CreateKxDatabase", members{"databaseName": "third"})
	if out := c.ok(t, "ListKxDatabases", members{}); len(out["kxDatabases"].([]any)) != 2 {
		t.Errorf("ListKxDatabases: %v", out)
	}
	change := func(requests ...members) members { return c.with(db, members{"changeRequests": requests}) }
	put := func(from, to string) members { return members{"changeType": "PUT", "s3Path": from, "dbPath": to} }
	c.fails(t, "ValidationException", "changeRequests.1.changeType", "CreateKxChangeset", change(members{"changeType": "DELETE", "dbPath": "/x/"}))
	c.fails(t, "ValidationException", "changeRequests.1.s3Path", "CreateKxChangeset", change(members{"changeType": "PUT", "dbPath": "/"}))
	c.fails(t, "ValidationException", "changeRequests.2.dbPath", "CreateKxChangeset", change(put("s3://data/hist/", "/"), put("s3://data/hist/", "/x")))
	id := c.ok(t, "CreateKxChangeset", change(put("s3://data/hist/", "/")))["changesetId"]
	first := c.becomes(t, "COMPLETED", "GetKxChangeset", c.with(db, members{"changesetId": id}))
	if first["activeFromTimestamp"] == nil || first["errorInfo"] != nil {
		t.Errorf("GetKxChangeset: %v", first)
	}
	bad := c.ok(t, "CreateKxChangeset", change(put("s3://data/none/", "/")))["changesetId"]
	failed := c.becomes(t, "FAILED", "GetKxChangeset", c.with(db, members{"changesetId": bad}))
	if failed["errorInfo"] == nil {
		t.Errorf("a failed changeset without errorInfo: %v", failed)
	}
	if out := c.ok(t, "ListKxChangesets", db); len(out["kxChangesets"].([]any)) != 2 {
		t.Errorf("ListKxChangesets: %v", out)
	}
	got := c.ok(t, "GetKxDatabase", db)
	if got["numFiles"] != 2.0 || got["numBytes"] != 2.0 || got["numChangesets"] != 1.0 || got["lastCompletedChangesetId"] != id || got["description"] != "Changed" {
		t.Errorf("GetKxDatabase: %v", got)
	}
	tags := c.call(t, "ListTagsForResource", members{"resourceArn": out["databaseArn"]})
	if have, _ := tags.Output["tags"].(members); have["team"] != "fx" {
		t.Errorf("tags of the database: %+v", tags)
	}
}

func (c dataClient) volumes(t *testing.T) {
	vol := func(name string, more members) members {
		return c.with(dataOperations["CreateKxVolume"], c.with(members{"volumeName": name}, more))
	}
	c.fails(t, "ValidationException", "nas1Configuration.size", "CreateKxVolume", vol("vol", members{"nas1Configuration": members{"type": "SSD_1000", "size": 1300}}))
	c.fails(t, "ValidationException", "availabilityZoneIds", "CreateKxVolume", vol("vol", members{"availabilityZoneIds": []string{"euw1-az1"}}))
	c.fails(t, "ValidationException", "azMode", "CreateKxVolume", vol("vol", members{"azMode": "MULTI"}))
	c.ok(t, "CreateKxVolume", vol("vol", nil))
	c.fails(t, "ResourceAlreadyExistsException", "vol", "CreateKxVolume", vol("vol", nil))
	c.becomes(t, "ACTIVE", "GetKxVolume", members{"volumeName": "vol"})
	c.ok(t, "UpdateKxVolume", members{"volumeName": "vol", "nas1Configuration": members{"type": "SSD_1000", "size": 2400}})
	c.becomes(t, "ACTIVE", "GetKxVolume", members{"volumeName": "vol"})
	c.fails(t, "ValidationException", "", "UpdateKxVolume", members{"volumeName": "vol", "nas1Configuration": members{"type": "SSD_1000", "size": 1200}})
	c.fails(t, "LimitExceededException", "5000", "UpdateKxVolume", members{"volumeName": "vol", "nas1Configuration": members{"type": "SSD_1000", "size": 7200}})
	c.ok(t, "CreateKxVolume", vol("spare", nil))
	c.becomes(t, "ACTIVE", "GetKxVolume", members{"volumeName": "spare"})
	c.fails(t, "LimitExceededException", "2", "CreateKxVolume", vol("third", nil))
	if out := c.ok(t, "ListKxVolumes", members{"volumeType": "NAS_1"}); len(out["kxVolumeSummaries"].([]any)) != 2 {
		t.Errorf("ListKxVolumes: %v", out)
	}
}

func (c dataClient) scalingGroups(t *testing.T) {
	group := dataOperations["CreateKxScalingGroup"]
	c.fails(t, "ValidationException", "hostType", "CreateKxScalingGroup", c.with(group, members{"hostType": "kx.sg.tiny"}))
	c.fails(t, "ValidationException", "availabilityZoneId", "CreateKxScalingGroup", c.with(group, members{"availabilityZoneId": "euw1-az1"}))
	c.ok(t, "CreateKxScalingGroup", group)
	c.fails(t, "ConflictException", "group", "CreateKxScalingGroup", c.with(group, members{"clientToken": "again"}))
	c.becomes(t, "ACTIVE", "GetKxScalingGroup", members{"scalingGroupName": "group"})
	c.fails(t, "LimitExceededException", "1", "CreateKxScalingGroup", c.with(group, members{"scalingGroupName": "second", "clientToken": "more"}))
	if out := c.ok(t, "ListKxScalingGroups", members{}); len(out["scalingGroups"].([]any)) != 1 {
		t.Errorf("ListKxScalingGroups: %v", out)
	}
}

func (c dataClient) dataviews(t *testing.T) {
	view := func(name string, more members) members {
		return c.with(dataOperations["CreateKxDataview"], c.with(members{"databaseName": "hist", "dataviewName": name, "clientToken": "dv-" + name}, more))
	}
	segment := func(volume string, paths ...string) members { return members{"volumeName": volume, "dbPaths": paths} }
	id := c.ok(t, "GetKxDatabase", members{"databaseName": "hist"})["lastCompletedChangesetId"]
	for mention, more := range map[string]members{
		"azMode":                                 {"azMode": "MULTI"},
		"availabilityZoneId":                     {"availabilityZoneId": "euw1-az1"},
		"changesetId":                            {"autoUpdate": true, "changesetId": id},
		"autoUpdate":                             {"autoUpdate": true, "readWrite": true},
		"segmentConfigurations":                  {"readWrite": true, "changesetId": id},
		"segmentConfigurations.2.dbPaths":        {"segmentConfigurations": []members{segment("vol", "/2026*"), segment("spare", "/2026.01.02/*")}},
		"segmentConfigurations.1.volumeName":     {"availabilityZoneId": "use1-az2", "segmentConfigurations": []members{segment("vol", "/*")}},
		"segmentConfigurations.1.onDemand":       {"segmentConfigurations": []members{{"volumeName": "vol", "dbPaths": []string{"/a*"}, "onDemand": true}, segment("spare", "/b*")}},
		"changesetId: a dataview with readWrite": {"readWrite": true, "segmentConfigurations": []members{segment("vol", "/*")}},
	} {
		if _, ok := more["readWrite"]; ok && !c.readWrite {
			continue
		}
		c.fails(t, "ValidationException", mention, "CreateKxDataview", view("bad", more))
	}
	c.ok(t, "CreateKxDataview", view("view", members{"segmentConfigurations": []members{segment("vol", "/*")}}))
	c.fails(t, "ResourceAlreadyExistsException", "view", "CreateKxDataview", view("view", members{"clientToken": "again"}))
	at := members{"databaseName": "hist", "dataviewName": "view"}
	got := c.becomes(t, "ACTIVE", "GetKxDataview", at)
	if versions, _ := got["activeVersions"].([]any); got["changesetId"] != id || len(versions) != 1 {
		t.Errorf("GetKxDataview: %v", got)
	}
	c.ok(t, "UpdateKxDataview", c.with(at, members{"changesetId": id, "clientToken": "dvu"}))
	c.becomes(t, "ACTIVE", "GetKxDataview", at)
	c.fails(t, "ResourceNotFoundException", "none", "UpdateKxDataview", c.with(at, members{"changesetId": "none"}))
	c.ok(t, "CreateKxDataview", view("follow", members{"autoUpdate": true}))
	c.becomes(t, "ACTIVE", "GetKxDataview", c.with(at, members{"dataviewName": "follow"}))
	c.fails(t, "ValidationException", "changesetId", "UpdateKxDataview", c.with(at, members{"dataviewName": "follow", "changesetId": id}))
	c.fails(t, "LimitExceededException", "2", "CreateKxDataview", view("third", nil))
	if out := c.ok(t, "ListKxDataviews", members{"databaseName": "hist"}); len(out["kxDataviews"].([]any)) != 2 {
		t.Errorf("ListKxDataviews: %v", out)
	}
}

// inUse has a cluster mount a dataview, and finds all that it uses kept.
func (c dataClient) inUse(t *testing.T) {
	c.ok(t, "CreateKxCluster", members{
		"clusterName": "reader", "clusterType": "HDB", "releaseLabel": "1.0", "azMode": "SINGLE", "availabilityZoneId": "use1-az1",
		"scalingGroupConfiguration": members{"scalingGroupName": "group", "memoryReservation": 6, "nodeCount": 1},
		"databases":                 []members{{"databaseName": "hist", "dataviewName": "view"}},
		"vpcConfiguration":          members{"vpcId": "vpc-12345678", "subnetIds": []string{"subnet-12345678"}, "securityGroupIds": []string{"sg-12345678"}, "ipAddressType": "IP_V4"},
	})
	c.fails(t, "ConflictException", "reader", "DeleteKxScalingGroup", members{"scalingGroupName": "group"})
	c.fails(t, "ConflictException", "reader", "DeleteKxDataview", members{"databaseName": "hist", "dataviewName": "view", "clientToken": "kept"})
	c.fails(t, "ConflictException", "reader", "DeleteKxDatabase", members{"databaseName": "hist", "clientToken": "gone"})
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) { // while it is being made it cannot be deleted
		r := c.call(t, "DeleteKxCluster", c.with(members{"clusterName": "reader"}, nil))
		if r.Code == "" {
			break
		}
		if r.Code != "ConflictException" || time.Now().After(end) {
			t.Fatalf("DeleteKxCluster: %+v", r)
		}
	}
	c.gone(t, "GetKxCluster", members{"clusterName": "reader"})
	c.fails(t, "ConflictException", "view", "DeleteKxVolume", members{"volumeName": "vol"})
	c.fails(t, "ConflictException", "view", "DeleteKxDatabase", members{"databaseName": "hist", "clientToken": "gone"})
}

func (c dataClient) deletes(t *testing.T) {
	for _, name := range []string{"view", "follow"} {
		at := members{"databaseName": "hist", "dataviewName": name}
		// The SDK for JavaScript does not fill in the token of a deletion.
		c.ok(t, "DeleteKxDataview", c.with(at, members{"clientToken": "gone-" + name}))
		c.gone(t, "GetKxDataview", at)
	}
	for _, name := range []string{"vol", "spare"} {
		c.ok(t, "DeleteKxVolume", members{"volumeName": name})
		c.gone(t, "GetKxVolume", members{"volumeName": name})
	}
	c.ok(t, "DeleteKxScalingGroup", members{"scalingGroupName": "group"})
	c.gone(t, "GetKxScalingGroup", members{"scalingGroupName": "group"})
	c.ok(t, "DeleteKxDatabase", members{"databaseName": "hist", "clientToken": "gone"})
	c.gone(t, "GetKxDatabase", members{"databaseName": "hist"})
}
