package node

import (
	"context"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/kdb"
)

func getDataview(ctx context.Context, r *request) (kdb.Value, error) {
	out, err := r.client.GetKxDataview(ctx, &finspace.GetKxDataviewInput{
		EnvironmentId: r.env(), DatabaseName: optional(r.text(0)), DataviewName: optional(r.text(1)),
	})
	if err != nil {
		return nil, err
	}
	text := func(s *string) kdb.Value { return kdb.Str(finspace.Value(s)) }
	keys := []string{
		"dataview_name", "database_name", "status", "changeset_id", "segment_configurations", "availability_zone_id", "az_mode",
		"description", "auto_update", "read_write", "active_versions", "create_timestamp", "last_modified_timestamp",
	}
	return dictionary(keys, []kdb.Value{
		text(out.DataviewName), text(out.DatabaseName), kdb.Str(string(out.Status)), text(out.ChangesetId), toQ(out.SegmentConfigurations, snake),
		text(out.AvailabilityZoneId), kdb.Str(string(out.AzMode)), text(out.Description), kdb.Bool(finspace.Value(out.AutoUpdate)),
		kdb.Bool(finspace.Value(out.ReadWrite)), toQ(out.ActiveVersions, snake),
		seconds(finspace.Value(out.CreatedTimestamp)), seconds(finspace.Value(out.LastModifiedTimestamp)),
	}), nil
}

func updateDataview(ctx context.Context, r *request) (kdb.Value, error) {
	in := &finspace.UpdateKxDataviewInput{
		EnvironmentId: r.env(), DatabaseName: optional(r.text(0)), DataviewName: optional(r.text(1)), ChangesetId: optional(r.text(2)),
	}
	for _, s := range rows(r.arg(3)) {
		c := finspace.KxDataviewSegmentConfiguration{
			VolumeName: optional(str(member(s, "volume_name", "volumeName"))), DbPaths: strs(member(s, "db_paths", "dbPaths")),
		}
		if on, ok := member(s, "on_demand", "onDemand").(kdb.Bool); ok {
			b := bool(on)
			c.OnDemand = &b
		}
		in.SegmentConfigurations = append(in.SegmentConfigurations, c)
	}
	_, err := r.client.UpdateKxDataview(ctx, in)
	return kdb.Nil, err
}
