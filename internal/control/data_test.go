package control_test

import (
	"context"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/store"
)

const zone = "use1-az1"

// objects is an object store in memory: content by "BUCKET/KEY".
type objects struct {
	content map[string]string
	fetch   func() error // called before each fetch; nil lets it pass
}

func (o *objects) List(_ context.Context, bucket, prefix string) iter.Seq2[s3.Info, error] {
	return func(yield func(s3.Info, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(o.content)) {
			if k, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(k, prefix) {
				if !yield(s3.Info{Key: k, Size: int64(len(o.content[name]))}, nil) {
					return
				}
			}
		}
	}
}

func (o *objects) Fetch(ctx context.Context, blobs *blob.Store, bucket, key, _ string) (blob.Ref, error) {
	if o.fetch != nil {
		if err := o.fetch(); err != nil {
			return blob.Ref{}, err
		}
	}
	text, ok := o.content[bucket+"/"+key]
	if !ok {
		return blob.Ref{}, s3.ErrNoObject
	}
	return blobs.Ingest(ctx, strings.NewReader(text))
}

// data is what the service's data operations work on.
func (w *world) data() control.Data {
	w.t.Helper()
	dir := filepath.Dir(w.path)
	blobs, err := blob.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.objects == nil {
		w.objects = &objects{content: map[string]string{}}
	}
	return control.Data{
		Blobs: blobs, Objects: w.objects, Dir: dir, Hosts: control.Hosts{"tiny": {CPU: 1, Memory: 100}, control.LocalHost: {CPU: 2, Memory: 4 << 10}},
		Check: func(context.Context, *blob.Tree, *blob.Tree) error { return w.checked },
		Authorize: func(_ context.Context, action, arn string) error {
			if w.denied == nil {
				return nil
			}
			return w.denied(action, arn)
		},
	}
}

// rest reconciles every record of a kind until none changes any more.
func (w *world) rest(kind store.Kind, reconcile func(context.Context, string) (lifecycle.Result, error)) {
	w.t.Helper()
	for range 100 {
		changed := false
		stop := w.store.Watch(kind, func([]string) { changed = true })
		var keys []string
		err := w.store.View(w.t.Context(), func(tx store.Tx) error {
			for e, err := range tx.List(kind, store.Query{}) {
				if err != nil {
					return err
				}
				keys = append(keys, e.Key)
			}
			return nil
		})
		again := false
		for _, k := range keys {
			res, rerr := reconcile(w.t.Context(), k)
			if rerr != nil && !lifecycle.IsTerminal(rerr) {
				err = rerr
			}
			again = again || res.RequeueAfter > 0
		}
		stop()
		if err != nil {
			w.t.Fatal(err)
		}
		if !changed && !again {
			return
		}
	}
	w.t.Fatalf("%s never comes to rest", kind)
}

// restAll brings everything but environments to rest.
func (w *world) restAll() {
	w.t.Helper()
	w.rest(control.KindScalingGroup, w.ReconcileScalingGroup)
	w.rest(control.KindVolume, w.ReconcileVolume)
	w.rest(control.KindOpenChangeset, w.ReconcileChangeset)
	w.rest(control.KindDataview, w.ReconcileDataview)
}

// volume makes one that is ready for use.
func (w *world) volume(env, name string) {
	w.t.Helper()
	_, err := w.CreateKxVolume(w.t.Context(), &finspace.CreateKxVolumeInput{
		EnvironmentId: &env, VolumeName: &name, VolumeType: "NAS_1", AzMode: "SINGLE", AvailabilityZoneIds: []string{zone},
		Nas1Configuration: &finspace.KxNAS1Configuration{Type: "SSD_1000", Size: ptr(int32(1200))},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.restAll()
}

func (w *world) database(env, name string) {
	w.t.Helper()
	if _, err := w.CreateKxDatabase(w.t.Context(), &finspace.CreateKxDatabaseInput{EnvironmentId: &env, DatabaseName: &name, ClientToken: ptr(name)}); err != nil {
		w.t.Fatal(err)
	}
}

func putRequest(from, to string) finspace.ChangeRequest {
	return finspace.ChangeRequest{ChangeType: "PUT", S3Path: &from, DbPath: &to}
}

func deleteRequest(path string) finspace.ChangeRequest {
	return finspace.ChangeRequest{ChangeType: "DELETE", DbPath: &path}
}

// changeset makes one and waits for its end.
func (w *world) changeset(env, db string, reqs ...finspace.ChangeRequest) *finspace.GetKxChangesetOutput {
	w.t.Helper()
	out, err := w.CreateKxChangeset(w.t.Context(), &finspace.CreateKxChangesetInput{EnvironmentId: &env, DatabaseName: &db, ChangeRequests: reqs})
	if err != nil {
		w.t.Fatal(err)
	}
	w.rest(control.KindOpenChangeset, w.ReconcileChangeset)
	got, err := w.GetKxChangeset(w.t.Context(), &finspace.GetKxChangesetInput{EnvironmentId: &env, DatabaseName: &db, ChangesetId: out.ChangesetId})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func TestScalingGroup(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	in := func(name, host, az string) *finspace.CreateKxScalingGroupInput {
		return &finspace.CreateKxScalingGroupInput{EnvironmentId: &env, ScalingGroupName: &name, HostType: &host, AvailabilityZoneId: &az, ClientToken: ptr(name + host + az)}
	}
	get := func() (*finspace.GetKxScalingGroupOutput, error) {
		return w.GetKxScalingGroup(t.Context(), &finspace.GetKxScalingGroupInput{EnvironmentId: &env, ScalingGroupName: ptr("sg")})
	}
	out := must(w.CreateKxScalingGroup(t.Context(), in("sg", "kx.sg.large", zone)))
	if out.Status != "CREATING" {
		t.Errorf("created with status %s", out.Status)
	}
	w.restAll()
	if g := must(get()); g.Status != "ACTIVE" || *g.ScalingGroupArn != w.ARNs.ScalingGroup(env, "sg") || len(g.Clusters) != 0 || g.CreatedTimestamp == nil || g.LastModifiedTimestamp == nil {
		t.Errorf("%+v", g)
	}
	for name, c := range map[string]struct {
		in   *finspace.CreateKxScalingGroupInput
		code string
	}{
		"the same token and request":         {in("sg", "kx.sg.large", zone), ""},
		"ConflictException":                  {in("sg", "kx.sg.xlarge", zone), "ConflictException"},
		"ValidationException for the host":   {in("x", "kx.none", zone), "ValidationException"},
		"ValidationException for the zone":   {in("x", "tiny", "use1-az9"), "ValidationException"},
		"a host type of the configuration":   {in("y", "tiny", zone), ""},
		"the host type that is this machine": {in("z", control.LocalHost, zone), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateKxScalingGroup(t.Context(), c.in)
			wantCode(t, err, c.code)
		})
	}
	must(w.DeleteKxScalingGroup(t.Context(), &finspace.DeleteKxScalingGroupInput{EnvironmentId: &env, ScalingGroupName: ptr("sg")}))
	if g := must(get()); g.Status != "DELETING" {
		t.Errorf("status %s after the deletion was asked for", g.Status)
	}
	w.restAll()
	// Once DELETED, then gone: what a waiter and then everybody must see.
	if g := must(get()); g.Status != "DELETED" {
		t.Errorf("status %s after the deletion", g.Status)
	}
	_, err := get()
	wantCode(t, err, "ResourceNotFoundException")
	must(w.CreateKxScalingGroup(t.Context(), in("sg", "tiny", zone)))
}

func TestVolume(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	in := func(change func(*finspace.CreateKxVolumeInput)) *finspace.CreateKxVolumeInput {
		v := &finspace.CreateKxVolumeInput{
			EnvironmentId: &env, VolumeName: ptr("vol"), VolumeType: "NAS_1", AzMode: "SINGLE", AvailabilityZoneIds: []string{zone},
			Nas1Configuration: &finspace.KxNAS1Configuration{Type: "SSD_250", Size: ptr(int32(2400))}, Tags: map[string]string{"a": "b"},
		}
		change(v)
		return v
	}
	for name, change := range map[string]func(*finspace.CreateKxVolumeInput){
		"azMode":    func(v *finspace.CreateKxVolumeInput) { v.AzMode = "MULTI" },
		"zones":     func(v *finspace.CreateKxVolumeInput) { v.AvailabilityZoneIds = []string{zone, "use1-az2"} },
		"zone":      func(v *finspace.CreateKxVolumeInput) { v.AvailabilityZoneIds = []string{"use1-az7"} },
		"nas1":      func(v *finspace.CreateKxVolumeInput) { v.Nas1Configuration = nil },
		"size":      func(v *finspace.CreateKxVolumeInput) { v.Nas1Configuration.Size = ptr(int32(1300)) },
		"size zero": func(v *finspace.CreateKxVolumeInput) { v.Nas1Configuration.Size = ptr(int32(0)) },
		"no size":   func(v *finspace.CreateKxVolumeInput) { v.Nas1Configuration.Size = nil },
		"HDD size":  func(v *finspace.CreateKxVolumeInput) { v.Nas1Configuration.Type = "HDD_12" },
		"no type":   func(v *finspace.CreateKxVolumeInput) { v.Nas1Configuration.Type = "" },
	} {
		t.Run("ValidationException/"+name, func(t *testing.T) {
			_, err := w.CreateKxVolume(t.Context(), in(change))
			wantCode(t, err, "ValidationException")
		})
	}
	same := func(*finspace.CreateKxVolumeInput) {}
	out := must(w.CreateKxVolume(t.Context(), in(same)))
	if *out.VolumeArn != w.ARNs.Volume(env, "vol") || out.Status != "CREATING" {
		t.Errorf("%+v", out)
	}
	_, err := w.CreateKxVolume(t.Context(), in(same))
	wantCode(t, err, "ResourceAlreadyExistsException")
	tags := must(w.ListTagsForResource(t.Context(), &finspace.ListTagsForResourceInput{ResourceArn: out.VolumeArn}))
	if tags.Tags["a"] != "b" {
		t.Errorf("tags given on creation: %v", tags.Tags)
	}
	w.restAll()
	common := filepath.Join(filepath.Dir(w.path), "volumes", env, "vol", "common")
	if !exists(common) {
		t.Error("an active volume has no folder")
	}
	update := func(size int32) error {
		_, err := w.UpdateKxVolume(t.Context(), &finspace.UpdateKxVolumeInput{EnvironmentId: &env, VolumeName: ptr("vol"), Nas1Configuration: &finspace.KxNAS1Configuration{Type: "SSD_250", Size: &size}})
		return err
	}
	wantCode(t, update(1200), "ValidationException")
	wantCode(t, update(4800), "")
	wantCode(t, update(7200), "ConflictException") // still UPDATING
	w.restAll()
	got := must(w.GetKxVolume(t.Context(), &finspace.GetKxVolumeInput{EnvironmentId: &env, VolumeName: ptr("vol")}))
	if got.Status != "ACTIVE" || *got.Nas1Configuration.Size != 4800 {
		t.Errorf("%+v", got)
	}
	w.quotas[control.QuotaVolumeStorage] = 5000
	_, err = w.CreateKxVolume(t.Context(), in(func(v *finspace.CreateKxVolumeInput) { v.VolumeName = ptr("two") }))
	wantCode(t, err, "LimitExceededException")
	must(w.DeleteKxVolume(t.Context(), &finspace.DeleteKxVolumeInput{EnvironmentId: &env, VolumeName: ptr("vol")}))
	w.restAll()
	if exists(common) {
		t.Error("a deleted volume has a folder")
	}
}

func TestDatabase(t *testing.T) {
	w := newWorld(t)
	env := w.environment("env")
	out := must(w.CreateKxDatabase(t.Context(), &finspace.CreateKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db"), Description: ptr("prices"), ClientToken: ptr("t1")}))
	if *out.DatabaseArn != w.ARNs.Database(env, "db") || !out.CreatedTimestamp.Equal(*out.LastModifiedTimestamp) {
		t.Errorf("%+v", out)
	}
	get := func() *finspace.GetKxDatabaseOutput {
		return must(w.GetKxDatabase(t.Context(), &finspace.GetKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db")}))
	}
	if d := get(); *d.NumBytes != 0 || *d.NumChangesets != 0 || *d.NumFiles != 0 || d.LastCompletedChangesetId != nil {
		t.Errorf("%+v", d)
	}
	_, err := w.CreateKxDatabase(t.Context(), &finspace.CreateKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db"), ClientToken: ptr("t2")})
	wantCode(t, err, "ResourceAlreadyExistsException")
	must(w.UpdateKxDatabase(t.Context(), &finspace.UpdateKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db"), Description: ptr(""), ClientToken: ptr("t3")}))
	if d := get(); d.Description != nil {
		t.Errorf("description %q after it was taken away", *d.Description)
	}
	must(w.DeleteKxDatabase(t.Context(), &finspace.DeleteKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db"), ClientToken: ptr("t4")}))
	_, err = w.GetKxDatabase(t.Context(), &finspace.GetKxDatabaseInput{EnvironmentId: &env, DatabaseName: ptr("db")})
	wantCode(t, err, "ResourceNotFoundException")
}
