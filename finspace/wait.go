package finspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// WaitError says that a resource came to rest in another status than the one
// waited for.
type WaitError struct {
	Status string
	Reason string // what the resource says of it, if it does
	Want   []string
}

// Error names the statuses.
func (e *WaitError) Error() string {
	text := fmt.Sprintf("finspace: waited for %q, and the status is %s", e.Want, e.Status)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// deleted is the status that stands for a resource that is not found, in all
// kinds of resources that have such a status and in those that have not.
const deleted = "DELETED"

// KxDataviewStatusDeleted can be waited for, though no dataview ever shows it:
// a deleted one is not found.
const KxDataviewStatusDeleted KxDataviewStatus = deleted

// waiter knows one kind of resource.
type waiter[O any, S ~string] struct {
	get    func(context.Context) (*O, error)
	status func(*O) (S, *string)
	moving []S // the statuses that change by themselves
}

// wait looks at a resource until it has one of the wanted statuses, or, if
// none is wanted, until it is at rest.
func (w waiter[O, S]) wait(ctx context.Context, c *Client, want []S) (*O, error) {
	interval := min(50*time.Millisecond, c.cfg.PollInterval)
	for {
		out, err := w.get(ctx)
		var gone *ResourceNotFoundException
		switch {
		case errors.As(err, &gone) && slices.Contains(want, deleted):
			return nil, nil
		case err != nil:
			return nil, err
		}
		status, reason := w.status(out)
		switch {
		case slices.Contains(want, status):
			return out, nil
		case slices.Contains(w.moving, status):
		case len(want) == 0:
			return out, nil
		default:
			e := &WaitError{Status: string(status), Reason: Value(reason)}
			for _, s := range want {
				e.Want = append(e.Want, string(s))
			}
			return out, e
		}
		if err := pause(ctx, interval); err != nil {
			return out, err
		}
		interval = min(interval*3/2, c.cfg.PollInterval)
	}
}

// WaitKxEnvironment looks at an environment until it has one of the wanted
// statuses; if none is given, until its status no longer changes by itself.
// Environments that are not found count as DELETED, and the output is nil
// then. If the status comes to rest elsewhere, the error is a [*WaitError] and
// the output what was seen last. The context ends the wait.
func (c *Client) WaitKxEnvironment(ctx context.Context, in *GetKxEnvironmentInput, want ...EnvironmentStatus) (*GetKxEnvironmentOutput, error) {
	return waiter[GetKxEnvironmentOutput, EnvironmentStatus]{
		get:    func(ctx context.Context) (*GetKxEnvironmentOutput, error) { return c.GetKxEnvironment(ctx, in) },
		status: func(o *GetKxEnvironmentOutput) (EnvironmentStatus, *string) { return o.Status, o.ErrorMessage },
		moving: []EnvironmentStatus{
			EnvironmentStatusCreateRequested, EnvironmentStatusCreating, EnvironmentStatusDeleteRequested, EnvironmentStatusDeleting,
			EnvironmentStatusRetryDeletion, EnvironmentStatusUpdateNetworkRequested, EnvironmentStatusUpdatingNetwork,
		},
	}.wait(ctx, c, want)
}

// WaitKxEnvironmentNetwork looks at an environment until neither its transit
// gateway nor its name server is being changed, and then fails if one of the
// changes has failed. Otherwise it is like [Client.WaitKxEnvironment].
func (c *Client) WaitKxEnvironmentNetwork(ctx context.Context, in *GetKxEnvironmentInput) (*GetKxEnvironmentOutput, error) {
	return waiter[GetKxEnvironmentOutput, string]{
		get: func(ctx context.Context) (*GetKxEnvironmentOutput, error) { return c.GetKxEnvironment(ctx, in) },
		status: func(o *GetKxEnvironmentOutput) (string, *string) {
			for _, s := range []string{"UPDATE_REQUESTED", "UPDATING", "FAILED_UPDATE"} {
				if string(o.TgwStatus) == s || string(o.DnsStatus) == s {
					return s, o.ErrorMessage
				}
			}
			return "at rest", nil
		},
		moving: []string{"UPDATE_REQUESTED", "UPDATING"},
	}.wait(ctx, c, []string{"at rest"})
}

// WaitKxCluster is for clusters what [Client.WaitKxEnvironment] is for
// environments.
func (c *Client) WaitKxCluster(ctx context.Context, in *GetKxClusterInput, want ...KxClusterStatus) (*GetKxClusterOutput, error) {
	return waiter[GetKxClusterOutput, KxClusterStatus]{
		get:    func(ctx context.Context) (*GetKxClusterOutput, error) { return c.GetKxCluster(ctx, in) },
		status: func(o *GetKxClusterOutput) (KxClusterStatus, *string) { return o.Status, o.StatusReason },
		moving: []KxClusterStatus{KxClusterStatusPending, KxClusterStatusCreating, KxClusterStatusUpdating, KxClusterStatusDeleting},
	}.wait(ctx, c, want)
}

// WaitKxVolume is for volumes what [Client.WaitKxEnvironment] is for
// environments.
func (c *Client) WaitKxVolume(ctx context.Context, in *GetKxVolumeInput, want ...KxVolumeStatus) (*GetKxVolumeOutput, error) {
	return waiter[GetKxVolumeOutput, KxVolumeStatus]{
		get:    func(ctx context.Context) (*GetKxVolumeOutput, error) { return c.GetKxVolume(ctx, in) },
		status: func(o *GetKxVolumeOutput) (KxVolumeStatus, *string) { return o.Status, o.StatusReason },
		moving: []KxVolumeStatus{KxVolumeStatusCreating, KxVolumeStatusUpdating, KxVolumeStatusUpdated, KxVolumeStatusDeleting},
	}.wait(ctx, c, want)
}

// WaitKxScalingGroup is for scaling groups what [Client.WaitKxEnvironment] is
// for environments.
func (c *Client) WaitKxScalingGroup(ctx context.Context, in *GetKxScalingGroupInput, want ...KxScalingGroupStatus) (*GetKxScalingGroupOutput, error) {
	return waiter[GetKxScalingGroupOutput, KxScalingGroupStatus]{
		get:    func(ctx context.Context) (*GetKxScalingGroupOutput, error) { return c.GetKxScalingGroup(ctx, in) },
		status: func(o *GetKxScalingGroupOutput) (KxScalingGroupStatus, *string) { return o.Status, o.StatusReason },
		moving: []KxScalingGroupStatus{KxScalingGroupStatusCreating, KxScalingGroupStatusDeleting},
	}.wait(ctx, c, want)
}

// WaitKxDataview is for dataviews what [Client.WaitKxEnvironment] is for
// environments.
func (c *Client) WaitKxDataview(ctx context.Context, in *GetKxDataviewInput, want ...KxDataviewStatus) (*GetKxDataviewOutput, error) {
	return waiter[GetKxDataviewOutput, KxDataviewStatus]{
		get:    func(ctx context.Context) (*GetKxDataviewOutput, error) { return c.GetKxDataview(ctx, in) },
		status: func(o *GetKxDataviewOutput) (KxDataviewStatus, *string) { return o.Status, o.StatusReason },
		moving: []KxDataviewStatus{KxDataviewStatusCreating, KxDataviewStatusUpdating, KxDataviewStatusDeleting},
	}.wait(ctx, c, want)
}

// WaitKxChangeset is for changesets what [Client.WaitKxEnvironment] is for
// environments. IN_PROGRESS, which the model does not know and servers have
// sent, changes by itself.
func (c *Client) WaitKxChangeset(ctx context.Context, in *GetKxChangesetInput, want ...ChangesetStatus) (*GetKxChangesetOutput, error) {
	return waiter[GetKxChangesetOutput, ChangesetStatus]{
		get: func(ctx context.Context) (*GetKxChangesetOutput, error) { return c.GetKxChangeset(ctx, in) },
		status: func(o *GetKxChangesetOutput) (ChangesetStatus, *string) {
			if o.ErrorInfo == nil {
				return o.Status, nil
			}
			return o.Status, o.ErrorInfo.ErrorMessage
		},
		moving: []ChangesetStatus{ChangesetStatusPending, ChangesetStatusProcessing, "IN_PROGRESS"},
	}.wait(ctx, c, want)
}

// WaitKxClusterNodes looks at a cluster's nodes until all of them are RUNNING,
// and returns them. A cluster without nodes is waited for too.
func (c *Client) WaitKxClusterNodes(ctx context.Context, in *ListKxClusterNodesInput) ([]KxNode, error) {
	type nodes struct{ list []KxNode }
	out, err := waiter[nodes, KxNodeStatus]{
		get: func(ctx context.Context) (*nodes, error) {
			all := new(nodes)
			for n, err := range c.KxClusterNodes(ctx, in) {
				if err != nil {
					return nil, err
				}
				all.list = append(all.list, n)
			}
			return all, nil
		},
		status: func(all *nodes) (KxNodeStatus, *string) {
			running := func(n KxNode) bool { return n.Status == KxNodeStatusRunning }
			if len(all.list) == 0 || slices.ContainsFunc(all.list, func(n KxNode) bool { return !running(n) }) {
				return KxNodeStatusProvisioning, nil
			}
			return KxNodeStatusRunning, nil
		},
		moving: []KxNodeStatus{KxNodeStatusProvisioning},
	}.wait(ctx, c, []KxNodeStatus{KxNodeStatusRunning})
	if err != nil {
		return nil, err
	}
	return out.list, nil
}
