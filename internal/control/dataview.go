package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/store"
)

// dataviews holds the dataviews of all databases under ENVID/DATABASE/NAME.
var dataviews = store.Table[dataview]{Kind: KindDataview}

// dataview shows a database as it was after a changeset, as a folder that
// clusters mount.
type dataview struct {
	Environment string                                    `json:"env"`
	Database    string                                    `json:"db"`
	Name        string                                    `json:"name"`
	Zone        string                                    `json:"zone"`
	Changeset   string                                    `json:"changeset,omitempty"` // what it is to show; "" an empty database
	Segments    []finspace.KxDataviewSegmentConfiguration `json:"segments,omitempty"`
	AutoUpdate  bool                                      `json:"autoUpdate,omitempty"`
	ReadWrite   bool                                      `json:"readWrite,omitempty"`
	Description string                                    `json:"description,omitempty"`
	Status      finspace.KxDataviewStatus                 `json:"status"`
	Reason      string                                    `json:"reason,omitempty"`
	Versions    []dataviewVersion                         `json:"versions,omitempty"` // the newest first
	Created     time.Time                                 `json:"created"`
	Updated     time.Time                                 `json:"updated"`
}

// dataviewVersion is a folder that was laid out and can be mounted.
type dataviewVersion struct {
	ID        string                                    `json:"id"`
	Changeset string                                    `json:"changeset,omitempty"`
	Tree      blob.Hash                                 `json:"tree,omitzero"`
	Segments  []finspace.KxDataviewSegmentConfiguration `json:"segments,omitempty"`
	Created   time.Time                                 `json:"created"`
}

func (d *dataview) key() string { return key(d.Environment, d.Database, d.Name) }

// on reports whether a segment of the dataview lies on the volume.
func (d *dataview) on(volume string) bool {
	for _, s := range d.Segments {
		if finspace.Value(s.VolumeName) == volume {
			return true
		}
	}
	return false
}

// findDataview reads a dataview. Errors: ResourceNotFoundException.
func findDataview(tx store.Tx, env, db, name string) (*dataview, error) {
	d, err := dataviews.Get(tx, key(env, db, name))
	if !errors.Is(err, store.ErrNotFound) {
		return d, err
	}
	if _, err := find(tx, databases, "database", env, db); err != nil {
		return nil, err
	}
	return nil, finspace.NewResourceNotFoundException("The database " + db + " has no dataview " + name + ".")
}

// CreateKxDataview implements [api.Service].
func (s *Service) CreateKxDataview(ctx context.Context, in *finspace.CreateKxDataviewInput) (*finspace.CreateKxDataviewOutput, error) {
	return change(ctx, s, "CreateKxDataview", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxDataviewOutput, error) {
		env, db, name := *in.EnvironmentId, *in.DatabaseName, *in.DataviewName
		if err := s.usableEnvironment(tx, env); err != nil {
			return nil, err
		}
		base, err := find(tx, databases, "database", env, db)
		if err != nil {
			return nil, err
		}
		if _, err := dataviews.Get(tx, key(env, db, name)); err == nil {
			return nil, finspace.NewResourceAlreadyExistsException("The database " + db + " already has a dataview " + name + ".")
		}
		if err := s.checkQuota(tx, QuotaDataviews, KindDataview, env); err != nil {
			return nil, err
		}
		if err := s.checkDataview(tx, in); err != nil {
			return nil, err
		}
		d := &dataview{
			Environment: env, Database: db, Name: name, Zone: finspace.Value(in.AvailabilityZoneId), Changeset: finspace.Value(in.ChangesetId),
			Segments: echoSegments(in.SegmentConfigurations), AutoUpdate: finspace.Value(in.AutoUpdate), ReadWrite: finspace.Value(in.ReadWrite),
			Description: finspace.Value(in.Description), Status: finspace.KxDataviewStatusCreating, Created: tx.Now(), Updated: tx.Now(),
		}
		if d.Changeset == "" {
			d.Changeset = base.HeadID
		} else if err := completed(tx, env, db, d.Changeset); err != nil {
			return nil, err
		}
		if err := dataviews.Put(tx, d.key(), d); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.Dataview(env, db, name), in.Tags); err != nil {
			return nil, err
		}
		x := s.describeDataview(nil, d)
		return &finspace.CreateKxDataviewOutput{
			DataviewName: x.DataviewName, DatabaseName: x.DatabaseName, EnvironmentId: x.EnvironmentId, AzMode: x.AzMode,
			AvailabilityZoneId: x.AvailabilityZoneId, ChangesetId: x.ChangesetId, SegmentConfigurations: x.SegmentConfigurations,
			Description: x.Description, AutoUpdate: x.AutoUpdate, ReadWrite: x.ReadWrite, CreatedTimestamp: x.CreatedTimestamp,
			LastModifiedTimestamp: x.LastModifiedTimestamp, Status: x.Status,
		}, nil
	})
}

// checkDataview checks the rules among the members. Source: user guide,
// managing-kdb-dataviews and dbmaint-writable-database-dataviews.
func (s *Service) checkDataview(tx store.Tx, in *finspace.CreateKxDataviewInput) error {
	bad := func(text string) error { return finspace.NewValidationException(text) }
	auto, rw := finspace.Value(in.AutoUpdate), finspace.Value(in.ReadWrite)
	switch {
	case in.AzMode != finspace.KxAzModeSingle:
		return bad("azMode: a dataview lies in one availability zone; only SINGLE is possible.")
	case in.AvailabilityZoneId == nil:
		return bad("availabilityZoneId: a dataview with azMode SINGLE needs one.")
	case auto && in.ChangesetId != nil:
		return bad("changesetId: a dataview with autoUpdate follows the newest changeset and takes none.")
	case rw && auto:
		return bad("autoUpdate: a dataview with readWrite cannot follow new changesets.")
	case rw && in.ChangesetId == nil:
		return bad("changesetId: a dataview with readWrite needs one.")
	case rw && (len(in.SegmentConfigurations) != 1 || len(in.SegmentConfigurations[0].DbPaths) != 1 || normalPath(in.SegmentConfigurations[0].DbPaths[0]) != "*"):
		return bad("segmentConfigurations: a dataview with readWrite has exactly one segment, with the path '/*'.")
	}
	if err := s.zoneOf("availabilityZoneId", *in.AvailabilityZoneId); err != nil {
		return err
	}
	return s.checkSegmentVolumes(tx, *in.EnvironmentId, *in.AvailabilityZoneId, in.SegmentConfigurations, rw)
}

// checkSegmentVolumes checks the segments, and that their volumes can be used.
func (s *Service) checkSegmentVolumes(tx store.Tx, env, zone string, segs []finspace.KxDataviewSegmentConfiguration, exclusive bool) error {
	if err := checkSegments(segs); err != nil {
		return err
	}
	for i, seg := range segs {
		name := finspace.Value(seg.VolumeName)
		v, err := find(tx, volumes, "volume", env, name)
		if err != nil {
			return err
		}
		if v.Status != finspace.KxVolumeStatusActive {
			return v.busy()
		}
		if v.Zones[0] != zone {
			return finspace.NewValidationException(fmt.Sprintf("segmentConfigurations.%d.volumeName: the volume %s lies in availability zone %s, the dataview in %s.", i+1, name, v.Zones[0], zone))
		}
		if !exclusive {
			continue
		}
		for d, err := range dataviews.List(tx, store.Query{Prefix: env + "/"}) {
			if err != nil {
				return err
			}
			if d.Rec.on(name) {
				return finspace.NewValidationException(fmt.Sprintf("segmentConfigurations.%d.volumeName: a dataview with readWrite needs a volume of its own; %s is used by the dataview %s.", i+1, name, d.Rec.Name))
			}
		}
	}
	return nil
}

// completed makes sure that a changeset can be shown. Errors:
// ResourceNotFoundException, ValidationException.
func completed(tx store.Tx, env, db, id string) error {
	c, err := findChangeset(tx, env, db, id)
	if err != nil {
		return err
	}
	if c.Status != finspace.ChangesetStatusCompleted {
		return finspace.NewValidationException(fmt.Sprintf("changesetId: the changeset %s is in status %s; only a completed one can be shown.", id, c.Status))
	}
	return nil
}

// GetKxDataview implements [api.Service].
func (s *Service) GetKxDataview(ctx context.Context, in *finspace.GetKxDataviewInput) (*finspace.GetKxDataviewOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxDataviewOutput, error) {
		d, err := findDataview(tx, *in.EnvironmentId, *in.DatabaseName, *in.DataviewName)
		if err != nil {
			return nil, err
		}
		users, err := mountedBy(tx, d)
		if err != nil {
			return nil, err
		}
		x := s.describeDataview(users, d)
		return &finspace.GetKxDataviewOutput{
			DatabaseName: x.DatabaseName, DataviewName: x.DataviewName, AzMode: x.AzMode, AvailabilityZoneId: x.AvailabilityZoneId,
			ChangesetId: x.ChangesetId, SegmentConfigurations: x.SegmentConfigurations, ActiveVersions: x.ActiveVersions, Description: x.Description,
			AutoUpdate: x.AutoUpdate, ReadWrite: x.ReadWrite, EnvironmentId: x.EnvironmentId, CreatedTimestamp: x.CreatedTimestamp,
			LastModifiedTimestamp: x.LastModifiedTimestamp, Status: x.Status, StatusReason: x.StatusReason,
		}, nil
	})
}

// ListKxDataviews implements [api.Service], in the order of names.
func (s *Service) ListKxDataviews(ctx context.Context, in *finspace.ListKxDataviewsInput) (*finspace.ListKxDataviewsOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxDataviewsOutput, error) {
		env, db := *in.EnvironmentId, *in.DatabaseName
		if _, err := find(tx, databases, "database", env, db); err != nil {
			return nil, err
		}
		found, next, err := page(s, tx, listing[dataview]{
			operation: "ListKxDataviews", table: dataviews, prefix: key(env, db) + "/", maxResults: in.MaxResults, nextToken: in.NextToken,
		})
		if err != nil {
			return nil, err
		}
		users, err := clustersOf(tx, env, func(c *cluster) bool { return c.mounts(db, "") })
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxDataviewsOutput{NextToken: next, KxDataviews: make([]finspace.KxDataviewListEntry, 0, len(found))}
		for _, f := range found {
			out.KxDataviews = append(out.KxDataviews, s.describeDataview(users, f.Rec))
		}
		return out, nil
	})
}

// UpdateKxDataview implements [api.Service]. What is shown becomes a new
// version; a call that changes nothing is taken, for Terraform makes some.
func (s *Service) UpdateKxDataview(ctx context.Context, in *finspace.UpdateKxDataviewInput) (*finspace.UpdateKxDataviewOutput, error) {
	return change(ctx, s, "UpdateKxDataview", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxDataviewOutput, error) {
		d, err := findDataview(tx, *in.EnvironmentId, *in.DatabaseName, *in.DataviewName)
		if err != nil {
			return nil, err
		}
		switch {
		case d.Status != finspace.KxDataviewStatusActive:
			return nil, d.busy()
		case d.ReadWrite:
			return nil, finspace.NewValidationException("The dataview " + d.Name + " has readWrite and can never be updated.")
		case d.AutoUpdate && in.ChangesetId != nil:
			return nil, finspace.NewValidationException("changesetId: a dataview with autoUpdate follows the newest changeset and takes none.")
		}
		if err := d.edit(s, tx, in); err != nil {
			return nil, err
		}
		users, err := mountedBy(tx, d)
		if err != nil {
			return nil, err
		}
		x := s.describeDataview(users, d)
		return &finspace.UpdateKxDataviewOutput{
			EnvironmentId: x.EnvironmentId, DatabaseName: x.DatabaseName, DataviewName: x.DataviewName, AzMode: x.AzMode,
			AvailabilityZoneId: x.AvailabilityZoneId, ChangesetId: x.ChangesetId, SegmentConfigurations: x.SegmentConfigurations,
			ActiveVersions: x.ActiveVersions, Status: x.Status, AutoUpdate: x.AutoUpdate, ReadWrite: x.ReadWrite, Description: x.Description,
			CreatedTimestamp: x.CreatedTimestamp, LastModifiedTimestamp: x.LastModifiedTimestamp,
		}, nil
	})
}

func (d *dataview) edit(s *Service, tx store.Tx, in *finspace.UpdateKxDataviewInput) error {
	if in.SegmentConfigurations != nil {
		if err := s.checkSegmentVolumes(tx, d.Environment, d.Zone, in.SegmentConfigurations, false); err != nil {
			return err
		}
		d.Segments = echoSegments(in.SegmentConfigurations)
	}
	if !d.AutoUpdate {
		base, err := find(tx, databases, "database", d.Environment, d.Database)
		if err != nil {
			return err
		}
		d.Changeset = base.HeadID
		if in.ChangesetId != nil {
			d.Changeset = *in.ChangesetId
			if err := completed(tx, d.Environment, d.Database, d.Changeset); err != nil {
				return err
			}
		}
	}
	if in.Description != nil {
		d.Description = *in.Description
	}
	d.Status, d.Updated = finspace.KxDataviewStatusUpdating, tx.Now()
	return dataviews.Put(tx, d.key(), d)
}

// DeleteKxDataview implements [api.Service].
func (s *Service) DeleteKxDataview(ctx context.Context, in *finspace.DeleteKxDataviewInput) (*finspace.DeleteKxDataviewOutput, error) {
	return change(ctx, s, "DeleteKxDataview", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxDataviewOutput, error) {
		d, err := findDataview(tx, *in.EnvironmentId, *in.DatabaseName, *in.DataviewName)
		if err != nil {
			return nil, err
		}
		if d.Status == finspace.KxDataviewStatusDeleting {
			return nil, d.busy()
		}
		users, err := mountedBy(tx, d)
		if err != nil {
			return nil, err
		}
		if len(users) > 0 {
			return nil, inUse("dataview", d.Name, users)
		}
		d.Status, d.Updated = finspace.KxDataviewStatusDeleting, tx.Now()
		return &finspace.DeleteKxDataviewOutput{}, dataviews.Put(tx, d.key(), d)
	})
}

func (d *dataview) busy() error {
	return finspace.NewConflictException(fmt.Sprintf("The dataview %s is in status %s.", d.Name, d.Status), "DATAVIEW_"+string(d.Status))
}

// mountedBy lists the clusters that mount a version of the dataview.
func mountedBy(tx store.Tx, d *dataview) ([]*cluster, error) {
	return clustersOf(tx, d.Environment, func(c *cluster) bool { return c.mounts(d.Database, d.Name) })
}

// shownBy are the names of those clusters that mount one version.
func shownBy(users []*cluster, d *dataview, version string) []string {
	names := []string{}
	for _, c := range users {
		if slices.ContainsFunc(c.attached(), func(x finspace.KxDatabaseConfiguration) bool {
			v := x.DataviewConfiguration
			return v != nil && finspace.Value(x.DatabaseName) == d.Database &&
				finspace.Value(v.DataviewName) == d.Name && finspace.Value(v.DataviewVersionId) == version
		}) {
			names = append(names, c.Name)
		}
	}
	return names
}

func (s *Service) describeDataview(users []*cluster, d *dataview) finspace.KxDataviewListEntry {
	out := finspace.KxDataviewListEntry{
		EnvironmentId: &d.Environment, DatabaseName: &d.Database, DataviewName: &d.Name, AzMode: finspace.KxAzModeSingle,
		AvailabilityZoneId: &d.Zone, ChangesetId: orNil(d.Changeset), SegmentConfigurations: d.Segments, Status: d.Status,
		Description: orNil(d.Description), AutoUpdate: &d.AutoUpdate, ReadWrite: &d.ReadWrite, StatusReason: orNil(d.Reason),
		CreatedTimestamp: millis(d.Created), LastModifiedTimestamp: millis(d.Updated), ActiveVersions: []finspace.KxDataviewActiveVersion{},
	}
	for _, v := range d.Versions {
		out.ActiveVersions = append(out.ActiveVersions, finspace.KxDataviewActiveVersion{
			ChangesetId: orNil(v.Changeset), SegmentConfigurations: v.Segments, AttachedClusters: shownBy(users, d, v.ID),
			CreatedTimestamp: millis(v.Created), VersionId: &v.ID,
		})
	}
	return out
}
