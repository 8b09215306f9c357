package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/store"
)

var volumes = store.Table[volume]{Kind: KindVolume}

// volume is a folder that clusters share and that outlives them.
type volume struct {
	Environment string                  `json:"env"`
	Name        string                  `json:"name"`
	Type        finspace.KxVolumeType   `json:"type"`
	NAS         finspace.KxNAS1Type     `json:"nas"`
	Size        int32                   `json:"size"` // GiB
	Description string                  `json:"description,omitempty"`
	Zones       []string                `json:"zones"`
	Status      finspace.KxVolumeStatus `json:"status"`
	Created     time.Time               `json:"created"`
	Updated     time.Time               `json:"updated"`
}

func noVolume(env, name string) error { return noSuch("volume", env, name) }

// storageSteps are the sizes that a kind of storage comes in: one small size,
// or a multiple of a step. Sources: user guide, create-volumes and
// create-cluster-step4.
var storageSteps = map[string]struct{ small, step int32 }{
	"SSD_1000": {1200, 2400}, "SSD_250": {1200, 2400}, "HDD_12": {6000, 6000},
	"CACHE_1000": {1200, 2400}, "CACHE_250": {1200, 2400}, "CACHE_12": {6000, 6000},
}

// checkStorageSize checks a size in GB. Errors: ValidationException.
func checkStorageSize(member, kind string, size int32) error {
	r, ok := storageSteps[kind]
	if !ok {
		return finspace.NewValidationException(fmt.Sprintf("%s: there is no storage of type %s.", member, kind))
	}
	if size != r.small && (size <= 0 || size%r.step != 0) {
		text := fmt.Sprintf("%s: storage of type %s has %d GB or a multiple of %d GB, not %d.", member, kind, r.small, r.step, size)
		if r.small == r.step {
			text = fmt.Sprintf("%s: storage of type %s has a multiple of %d GB, not %d.", member, kind, r.step, size)
		}
		return finspace.NewValidationException(text)
	}
	return nil
}

// CreateKxVolume implements [api.Service].
func (s *Service) CreateKxVolume(ctx context.Context, in *finspace.CreateKxVolumeInput) (*finspace.CreateKxVolumeOutput, error) {
	return change(ctx, s, "CreateKxVolume", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxVolumeOutput, error) {
		env, name := *in.EnvironmentId, *in.VolumeName
		taken := finspace.NewResourceAlreadyExistsException("The environment " + env + " already has a volume " + name + ".")
		if err := fresh(s, tx, volumes, QuotaVolumes, env, name, taken); err != nil {
			return nil, err
		}
		if err := s.checkVolume(tx, in); err != nil {
			return nil, err
		}
		v := &volume{
			Environment: env, Name: name, Type: in.VolumeType, NAS: in.Nas1Configuration.Type, Size: *in.Nas1Configuration.Size,
			Description: finspace.Value(in.Description), Zones: in.AvailabilityZoneIds,
			Status: finspace.KxVolumeStatusCreating, Created: tx.Now(), Updated: tx.Now(),
		}
		if err := volumes.Put(tx, key(env, name), v); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.Volume(env, name), in.Tags); err != nil {
			return nil, err
		}
		return &finspace.CreateKxVolumeOutput{
			EnvironmentId: &env, VolumeName: &name, VolumeType: v.Type, VolumeArn: ptr(s.ARNs.Volume(env, name)),
			Nas1Configuration: v.nas(), Status: v.Status, AzMode: finspace.KxAzModeSingle, Description: orNil(v.Description),
			AvailabilityZoneIds: v.Zones, CreatedTimestamp: millis(v.Created),
		}, nil
	})
}

// checkVolume checks what the model does not say of a new volume.
func (s *Service) checkVolume(tx store.Tx, in *finspace.CreateKxVolumeInput) error {
	switch {
	case in.AzMode != finspace.KxAzModeSingle:
		return finspace.NewValidationException("azMode: a volume lies in one availability zone; only SINGLE is possible.")
	case len(in.AvailabilityZoneIds) != 1:
		return finspace.NewValidationException("availabilityZoneIds: a volume with azMode SINGLE needs exactly one availability zone.")
	case in.Nas1Configuration == nil:
		return finspace.NewValidationException("nas1Configuration: a volume of type NAS_1 needs it.")
	}
	if err := s.zoneOf("availabilityZoneIds", in.AvailabilityZoneIds[0]); err != nil {
		return err
	}
	return s.checkNAS(tx, *in.EnvironmentId, *in.VolumeName, in.Nas1Configuration)
}

// checkNAS checks size and type, and the quota for all volumes together.
func (s *Service) checkNAS(tx store.Tx, env, name string, c *finspace.KxNAS1Configuration) error {
	if c.Type == "" || c.Size == nil {
		return finspace.NewValidationException("nas1Configuration: type and size must both be given.")
	}
	if err := checkStorageSize("nas1Configuration.size", string(c.Type), *c.Size); err != nil {
		return err
	}
	total := int(*c.Size)
	for v, err := range volumes.List(tx, store.Query{Prefix: env + "/"}) {
		if err != nil {
			return err
		}
		if v.Rec.Name != name {
			total += int(v.Rec.Size)
		}
	}
	return s.within(QuotaVolumeStorage, total)
}

// GetKxVolume implements [api.Service].
func (s *Service) GetKxVolume(ctx context.Context, in *finspace.GetKxVolumeInput) (*finspace.GetKxVolumeOutput, error) {
	env, name := *in.EnvironmentId, *in.VolumeName
	v, err := get(ctx, s, volumes, env, name, noVolume(env, name))
	if err != nil {
		return nil, err
	}
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxVolumeOutput, error) {
		attached, err := attachedTo(tx, v)
		return &finspace.GetKxVolumeOutput{
			EnvironmentId: &v.Environment, VolumeName: &v.Name, VolumeType: v.Type, VolumeArn: ptr(s.ARNs.Volume(env, name)),
			Nas1Configuration: v.nas(), Status: v.Status, CreatedTimestamp: millis(v.Created), Description: orNil(v.Description),
			AzMode: finspace.KxAzModeSingle, AvailabilityZoneIds: v.Zones, LastModifiedTimestamp: millis(v.Updated), AttachedClusters: attached,
		}, err
	})
}

// ListKxVolumes implements [api.Service], in the order of names.
func (s *Service) ListKxVolumes(ctx context.Context, in *finspace.ListKxVolumesInput) (*finspace.ListKxVolumesOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxVolumesOutput, error) {
		if _, err := findEnvironment(tx, *in.EnvironmentId); err != nil {
			return nil, err
		}
		l := listing[volume]{
			operation: "ListKxVolumes", table: volumes, prefix: *in.EnvironmentId + "/",
			filters: []string{string(in.VolumeType)}, maxResults: in.MaxResults, nextToken: in.NextToken,
		}
		if in.VolumeType != "" {
			l.keep = func(v *volume) bool { return v.Type == in.VolumeType }
		}
		found, next, err := page(s, tx, l)
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxVolumesOutput{NextToken: next, KxVolumeSummaries: make([]finspace.KxVolume, 0, len(found))}
		for _, f := range found {
			v := f.Rec
			out.KxVolumeSummaries = append(out.KxVolumeSummaries, finspace.KxVolume{
				VolumeName: &v.Name, VolumeType: v.Type, Status: v.Status, Description: orNil(v.Description), AzMode: finspace.KxAzModeSingle,
				AvailabilityZoneIds: v.Zones, CreatedTimestamp: millis(v.Created), LastModifiedTimestamp: millis(v.Updated),
			})
		}
		return out, nil
	})
}

// UpdateKxVolume implements [api.Service]: description, type and size, which
// never shrinks.
func (s *Service) UpdateKxVolume(ctx context.Context, in *finspace.UpdateKxVolumeInput) (*finspace.UpdateKxVolumeOutput, error) {
	return change(ctx, s, "UpdateKxVolume", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxVolumeOutput, error) {
		env, name := *in.EnvironmentId, *in.VolumeName
		v, err := find(tx, volumes, "volume", env, name)
		if err != nil {
			return nil, err
		}
		if v.Status != finspace.KxVolumeStatusActive {
			return nil, v.busy()
		}
		if c := in.Nas1Configuration; c != nil {
			next := finspace.KxNAS1Configuration{Type: c.Type, Size: c.Size}
			if next.Type == "" {
				next.Type = v.NAS
			}
			if next.Size == nil {
				next.Size = &v.Size
			}
			if err := s.checkNAS(tx, env, name, &next); err != nil {
				return nil, err
			}
			if *next.Size < v.Size {
				return nil, finspace.NewValidationException(fmt.Sprintf("nas1Configuration.size: a volume cannot shrink from %d to %d GB.", v.Size, *next.Size))
			}
			v.NAS, v.Size = next.Type, *next.Size
		}
		if in.Description != nil {
			v.Description = *in.Description
		}
		v.Status, v.Updated = finspace.KxVolumeStatusUpdating, tx.Now()
		if err := volumes.Put(tx, key(env, name), v); err != nil {
			return nil, err
		}
		attached, err := attachedTo(tx, v)
		return &finspace.UpdateKxVolumeOutput{
			EnvironmentId: &env, VolumeName: &name, VolumeType: v.Type, VolumeArn: ptr(s.ARNs.Volume(env, name)), Nas1Configuration: v.nas(),
			Status: v.Status, Description: orNil(v.Description), CreatedTimestamp: millis(v.Created), AzMode: finspace.KxAzModeSingle,
			AvailabilityZoneIds: v.Zones, LastModifiedTimestamp: millis(v.Updated), AttachedClusters: attached,
		}, err
	})
}

// DeleteKxVolume implements [api.Service].
func (s *Service) DeleteKxVolume(ctx context.Context, in *finspace.DeleteKxVolumeInput) (*finspace.DeleteKxVolumeOutput, error) {
	return change(ctx, s, "DeleteKxVolume", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxVolumeOutput, error) {
		env, name := *in.EnvironmentId, *in.VolumeName
		v, err := find(tx, volumes, "volume", env, name)
		if err != nil {
			return nil, err
		}
		if v.Status == finspace.KxVolumeStatusDeleting {
			return nil, v.busy()
		}
		users, err := clustersOf(tx, env, func(c *cluster) bool { return c.uses(name) })
		if err != nil {
			return nil, err
		}
		if len(users) > 0 {
			return nil, inUse("volume", name, users)
		}
		for d, err := range dataviews.List(tx, store.Query{Prefix: env + "/"}) {
			if err != nil {
				return nil, err
			}
			if d.Rec.on(name) {
				return nil, finspace.NewConflictException(fmt.Sprintf("The volume %s is in use by the dataview %s of database %s.", name, d.Rec.Name, d.Rec.Database), "IN_USE")
			}
		}
		v.Status, v.Updated = finspace.KxVolumeStatusDeleting, tx.Now()
		return &finspace.DeleteKxVolumeOutput{}, volumes.Put(tx, key(env, name), v)
	})
}

func (v *volume) nas() *finspace.KxNAS1Configuration {
	return &finspace.KxNAS1Configuration{Type: v.NAS, Size: &v.Size}
}

func (v *volume) busy() error {
	return finspace.NewConflictException(fmt.Sprintf("The volume %s is in status %s.", v.Name, v.Status), "VOLUME_"+string(v.Status))
}

func attachedTo(tx store.Tx, v *volume) ([]finspace.KxAttachedCluster, error) {
	users, err := clustersOf(tx, v.Environment, func(c *cluster) bool { return c.uses(v.Name) })
	out := make([]finspace.KxAttachedCluster, 0, len(users))
	for _, c := range users {
		out = append(out, finspace.KxAttachedCluster{ClusterName: &c.Name, ClusterType: c.Type, ClusterStatus: c.Status})
	}
	return out, err
}

// ReconcileVolume takes a volume to a status that lasts, and its folder with it.
func (s *Service) ReconcileVolume(ctx context.Context, k string) (lifecycle.Result, error) {
	var v *volume
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		v, err = volumes.Get(tx, k)
		return err
	})
	if err != nil {
		return lifecycle.Result{}, ignoreNotFound(err)
	}
	dir := s.volumeDir(v.Environment, v.Name)
	switch v.Status {
	case finspace.KxVolumeStatusCreating:
		err = os.MkdirAll(filepath.Join(dir, "common"), 0o700)
	case finspace.KxVolumeStatusDeleting:
		err = os.RemoveAll(dir)
	}
	if err != nil {
		return lifecycle.Result{}, fmt.Errorf("control: volume %s: %w", k, err)
	}
	return s.reconcile(ctx, func(tx store.Tx) error {
		v, err := volumes.Get(tx, k)
		if err != nil {
			return err
		}
		switch v.Status {
		case finspace.KxVolumeStatusCreating, finspace.KxVolumeStatusUpdating:
			// Never UPDATED: Terraform takes it for a failure.
			v.Status, v.Updated = finspace.KxVolumeStatusActive, tx.Now()
			return volumes.Put(tx, k, v)
		case finspace.KxVolumeStatusDeleting:
			v.Status, v.Updated = finspace.KxVolumeStatusDeleted, tx.Now()
			return errors.Join(volumes.Delete(tx, k), dropTags(tx, s.ARNs.Volume(v.Environment, v.Name)), sayFarewell(tx, KindVolume, k, v))
		}
		return errResting
	})
}
