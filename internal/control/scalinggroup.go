package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/lifecycle"
	"github.com/quoinhq/quoin/internal/store"
)

var scalingGroups = store.Table[scalingGroup]{Kind: KindScalingGroup}

// scalingGroup is one host whose memory and cores clusters share.
type scalingGroup struct {
	Environment string                        `json:"env"`
	Name        string                        `json:"name"`
	HostType    string                        `json:"hostType"`
	Zone        string                        `json:"zone"`
	Status      finspace.KxScalingGroupStatus `json:"status"`
	Created     time.Time                     `json:"created"`
	Updated     time.Time                     `json:"updated"`
}

func noScalingGroup(env, name string) error { return noSuch("scaling group", env, name) }

// CreateKxScalingGroup implements [api.Service].
func (s *Service) CreateKxScalingGroup(ctx context.Context, in *finspace.CreateKxScalingGroupInput) (*finspace.CreateKxScalingGroupOutput, error) {
	return change(ctx, s, "CreateKxScalingGroup", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxScalingGroupOutput, error) {
		env, name := *in.EnvironmentId, *in.ScalingGroupName
		// This operation declares no ResourceAlreadyExistsException.
		taken := finspace.NewConflictException("The environment already has a scaling group "+name+".", "NAME_TAKEN")
		if err := fresh(s, tx, scalingGroups, QuotaScalingGroups, env, name, taken); err != nil {
			return nil, err
		}
		if _, err := s.Data.Hosts.find("hostType", *in.HostType); err != nil {
			return nil, err
		}
		if err := s.zoneOf("availabilityZoneId", *in.AvailabilityZoneId); err != nil {
			return nil, err
		}
		if err := s.checkHostQuota(tx, env, *in.HostType); err != nil {
			return nil, err
		}
		g := &scalingGroup{
			Environment: env, Name: name, HostType: *in.HostType, Zone: *in.AvailabilityZoneId,
			Status: finspace.KxScalingGroupStatusCreating, Created: tx.Now(), Updated: tx.Now(),
		}
		if err := scalingGroups.Put(tx, key(env, name), g); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.ScalingGroup(env, name), in.Tags); err != nil {
			return nil, err
		}
		return &finspace.CreateKxScalingGroupOutput{
			EnvironmentId: &env, ScalingGroupName: &name, HostType: &g.HostType, AvailabilityZoneId: &g.Zone,
			Status: g.Status, CreatedTimestamp: millis(g.Created), LastModifiedTimestamp: millis(g.Updated),
		}, nil
	})
}

// checkHostQuota checks that an environment may have one more host of a type.
// Errors: LimitExceededException.
func (s *Service) checkHostQuota(tx store.Tx, env, hostType string) error {
	n := 1
	for g, err := range scalingGroups.List(tx, store.Query{Prefix: env + "/"}) {
		if err != nil {
			return err
		}
		if g.Rec.HostType == hostType {
			n++
		}
	}
	return s.within(QuotaHosts(hostType), n)
}

// GetKxScalingGroup implements [api.Service].
func (s *Service) GetKxScalingGroup(ctx context.Context, in *finspace.GetKxScalingGroupInput) (*finspace.GetKxScalingGroupOutput, error) {
	env, name := *in.EnvironmentId, *in.ScalingGroupName
	g, err := get(ctx, s, scalingGroups, env, name, noScalingGroup(env, name))
	if err != nil {
		return nil, err
	}
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxScalingGroupOutput, error) {
		d, err := s.describeScalingGroup(tx, g)
		if err != nil {
			return nil, err
		}
		return &finspace.GetKxScalingGroupOutput{
			ScalingGroupName: d.ScalingGroupName, ScalingGroupArn: ptr(s.ARNs.ScalingGroup(env, name)), HostType: d.HostType,
			Clusters: d.Clusters, AvailabilityZoneId: d.AvailabilityZoneId, Status: d.Status,
			LastModifiedTimestamp: d.LastModifiedTimestamp, CreatedTimestamp: d.CreatedTimestamp,
		}, nil
	})
}

// ListKxScalingGroups implements [api.Service], in the order of names.
func (s *Service) ListKxScalingGroups(ctx context.Context, in *finspace.ListKxScalingGroupsInput) (*finspace.ListKxScalingGroupsOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxScalingGroupsOutput, error) {
		if _, err := findEnvironment(tx, *in.EnvironmentId); err != nil {
			return nil, err
		}
		found, next, err := page(s, tx, listing[scalingGroup]{
			operation: "ListKxScalingGroups", table: scalingGroups, prefix: *in.EnvironmentId + "/",
			maxResults: in.MaxResults, nextToken: in.NextToken,
		})
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxScalingGroupsOutput{NextToken: next, ScalingGroups: make([]finspace.KxScalingGroup, 0, len(found))}
		for _, f := range found {
			d, err := s.describeScalingGroup(tx, f.Rec)
			if err != nil {
				return nil, err
			}
			out.ScalingGroups = append(out.ScalingGroups, d)
		}
		return out, nil
	})
}

// DeleteKxScalingGroup implements [api.Service].
func (s *Service) DeleteKxScalingGroup(ctx context.Context, in *finspace.DeleteKxScalingGroupInput) (*finspace.DeleteKxScalingGroupOutput, error) {
	return change(ctx, s, "DeleteKxScalingGroup", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxScalingGroupOutput, error) {
		env, name := *in.EnvironmentId, *in.ScalingGroupName
		g, err := find(tx, scalingGroups, "scaling group", env, name)
		if err != nil {
			return nil, err
		}
		if g.Status == finspace.KxScalingGroupStatusDeleting {
			return nil, finspace.NewConflictException("The scaling group "+name+" is being deleted.", "SCALING_GROUP_DELETING")
		}
		users, err := clustersOf(tx, env, func(c *cluster) bool { return c.scalingGroup() == name })
		if err != nil {
			return nil, err
		}
		if len(users) > 0 {
			return nil, inUse("scaling group", name, users)
		}
		g.Status, g.Updated = finspace.KxScalingGroupStatusDeleting, tx.Now()
		return &finspace.DeleteKxScalingGroupOutput{}, scalingGroups.Put(tx, key(env, name), g)
	})
}

func (s *Service) describeScalingGroup(tx store.Tx, g *scalingGroup) (finspace.KxScalingGroup, error) {
	users, err := clustersOf(tx, g.Environment, func(c *cluster) bool { return c.scalingGroup() == g.Name })
	if err != nil {
		return finspace.KxScalingGroup{}, err
	}
	names := make([]string, 0, len(users))
	for _, c := range users {
		names = append(names, c.Name)
	}
	return finspace.KxScalingGroup{
		ScalingGroupName: &g.Name, HostType: &g.HostType, AvailabilityZoneId: &g.Zone, Status: g.Status, Clusters: names,
		LastModifiedTimestamp: millis(g.Updated), CreatedTimestamp: millis(g.Created),
	}, nil
}

// ReconcileScalingGroup takes a scaling group to a status that lasts.
func (s *Service) ReconcileScalingGroup(ctx context.Context, k string) (lifecycle.Result, error) {
	return s.reconcile(ctx, func(tx store.Tx) error {
		g, err := scalingGroups.Get(tx, k)
		if err != nil {
			return err
		}
		switch g.Status {
		case finspace.KxScalingGroupStatusCreating:
			g.Status, g.Updated = finspace.KxScalingGroupStatusActive, tx.Now()
			return scalingGroups.Put(tx, k, g)
		case finspace.KxScalingGroupStatusDeleting:
			g.Status, g.Updated = finspace.KxScalingGroupStatusDeleted, tx.Now()
			return errors.Join(
				scalingGroups.Delete(tx, k), dropTags(tx, s.ARNs.ScalingGroup(g.Environment, g.Name)),
				sayFarewell(tx, KindScalingGroup, k, g))
		}
		return errResting
	})
}

// capacityLeft is what clusters other than self leave of a scaling group.
func (s *Service) capacityLeft(tx store.Tx, g *scalingGroup, self string) (Host, error) {
	left, ok := s.Data.Hosts.Of(g.HostType)
	if !ok {
		return Host{}, fmt.Errorf("control: scaling group %s has the unknown host type %s", g.Name, g.HostType)
	}
	users, err := clustersOf(tx, g.Environment, func(c *cluster) bool { return c.scalingGroup() == g.Name && c.Name != self })
	for _, c := range users {
		r := c.reservation()
		left.CPU -= r.CPU
		left.Memory -= r.Memory
	}
	return left, err
}
