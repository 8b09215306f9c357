package node_test

import (
	"strings"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/kdb"
)

// shown prepares a volume, and a database with a changeset and a dataview of it,
// and returns the changeset.
func (e *estate) shown(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(e.client.CreateKxDatabase(ctx, &finspace.CreateKxDatabaseInput{EnvironmentId: &e.env, DatabaseName: ptr("market")}))
	must(e.client.CreateKxVolume(ctx, &finspace.CreateKxVolumeInput{
		EnvironmentId: &e.env, VolumeName: ptr("vol"), VolumeType: finspace.KxVolumeTypeNas1, AzMode: finspace.KxAzModeSingle, AvailabilityZoneIds: []string{e.zone},
		Nas1Configuration: &finspace.KxNAS1Configuration{Type: finspace.KxNAS1TypeSsd250, Size: ptr(int32(1200))},
	}))
	e.s3(t, "PUT", "/code/ref.q", []byte("rate:1\n"))
	made, err := e.client.CreateKxChangeset(ctx, &finspace.CreateKxChangesetInput{
		EnvironmentId: &e.env, DatabaseName: ptr("market"),
		ChangeRequests: []finspace.ChangeRequest{{ChangeType: finspace.ChangeTypePut, S3Path: ptr("s3://code/ref.q"), DbPath: ptr("/")}},
	})
	must(made, err)
	must(e.client.WaitKxChangeset(ctx, &finspace.GetKxChangesetInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), ChangesetId: made.ChangesetId}))
	must(e.client.WaitKxVolume(ctx, &finspace.GetKxVolumeInput{EnvironmentId: &e.env, VolumeName: ptr("vol")}))
	must(e.client.CreateKxDataview(ctx, &finspace.CreateKxDataviewInput{
		EnvironmentId: &e.env, DatabaseName: ptr("market"), DataviewName: ptr("view"), AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: &e.zone,
		ChangesetId: made.ChangesetId, AutoUpdate: ptr(false), SegmentConfigurations: []finspace.KxDataviewSegmentConfiguration{{VolumeName: ptr("vol"), DbPaths: []string{"/*"}}},
	}))
	must(e.client.WaitKxDataview(ctx, &finspace.GetKxDataviewInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), DataviewName: ptr("view")}))
	return *made.ChangesetId
}

// Each function of the service's table gives what its guide shows: the keys and
// columns, and a dictionary of code and message when it fails.
// Source: user guide, interacting-with-kdb-q-apis; for errors
// DataIntellectTech/TorQ, code/common/finspace.q.
func TestFunctionShapes(t *testing.T) {
	e := newEstate(t)
	id := e.shown(t)
	in := e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:1\n")
	in.Databases = []finspace.KxDatabaseConfiguration{{DatabaseName: ptr("market"), DataviewName: ptr("view")}}
	e.create(t, in)
	c := e.connect(t, "gp1")
	shapes := []struct{ code, want string }{
		{`key .aws.get_changeset["market";"` + id + `"]`, "`id`status"},
		{`.aws.get_changeset["market";"` + id + `"]`, "`id`status!(\"" + id + "\";\"COMPLETED\")"},
		{`.aws.get_latest_sym_file["market";"/opt/kx/app/scratch"]`, `""`},
		{`key .aws.copy_database_files["market";"/opt/kx/app/scratch";"ref.q";""]`, "`database_name`changeset_id`result_paths"},
		{`cols .aws.s3.get_object["s3://code/ref.q";"/opt/kx/app/scratch"]`, "`s3ObjectPath`containerFileDestinationPath"},
		{`key .aws.get_kx_dataview["market";"view"]`, "`dataview_name`database_name`status`changeset_id`segment_configurations`availability_zone_id`az_mode`description`auto_update`read_write`active_versions`create_timestamp`last_modified_timestamp"},
		{`.aws.get_kx_dataview["market";"view"]` + "`status`changeset_id`auto_update", `("ACTIVE";"` + id + `";0b)`},
		{`asc cols .aws.get_kx_dataview["market";"view"]` + "`active_versions", "`s#`attached_clusters`changeset_id`created_timestamp`segment_configurations`version_id"},
		{`cols .aws.list_kx_clusters[]`, "`cluster_name`status`cluster_type`description"},
		{`cols .aws.list_kx_cluster_nodes["gp1"]`, "`node_id`az_id`launch_time"},
		{`all` + "`clusterName`clusterType`status`databases" + ` in key .aws.get_kx_cluster["gp1"]`, "1b"},
		{`.aws.get_kx_connection_string["gp1"]like":tcps://*"`, "1b"},
		{`.aws.get_kx_node_connection_string["gp1";first .aws.list_kx_cluster_nodes["gp1"]` + "`node_id" + `]like":tcps://*:gp1:Host=node-*"`, "1b"},
		// builders
		{`.aws.sgmtcfg["/*";"vol"]`, "`db_paths`volume_name!(,\"/*\";\"vol\")"},
		{`count .aws.sgmtcfgs .aws.sgmtcfg["/*";"vol"]`, "1"},
		{`.aws.cache["CACHE_1000";"/"]`, "`cache_type`db_paths!(\"CACHE_1000\";,,\"/\")"},
		{`key .aws.db["market";"";();"view"]`, "`database_name`changeset_id`cache_configurations`dataview_name"},
		{`count .aws.sdbs .aws.db["market";"";();"view"]`, "1"},
		{`.aws.sdep["NO_RESTART"]`, "(,`deployment_strategy)!,\"NO_RESTART\""},
		// what changes something
		{`(::)~.aws.update_kx_dataview["market";"view";"` + id + `";.aws.sgmtcfgs .aws.sgmtcfg["/*";"vol"]]`, "1b"},
		{`(::)~.aws.update_kx_cluster_databases["gp1";.aws.sdbs .aws.db["market";"";();"view"];.aws.sdep["NO_RESTART"]]`, "1b"},
	}
	for _, s := range shapes {
		if strings.Contains(s.code, "update_kx_cluster_databases") {
			e.until(t, func() (string, error) {
				out, err := e.client.GetKxDataview(t.Context(), &finspace.GetKxDataviewInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), DataviewName: ptr("view")})
				if err != nil {
					return "", err
				}
				return string(out.Status), nil
			}, "ACTIVE")
		}
		if got := ask(t, c, s.code); got != s.want {
			t.Errorf("%s is\n%s, want\n%s", s.code, got, s.want)
		}
	}
	e.running(t, "gp1")
	for _, code := range []string{
		`.aws.create_changeset["none";([]input_path:enlist"s3://code/ref.q";database_path:enlist"/";change_type:enlist"PUT")]`,
		`.aws.get_changeset["market";"none"]`, `.aws.copy_database_files["market";"/opt/kx/app/scratch";"none";""]`,
		`.aws.get_kx_dataview["market";"none"]`, `.aws.update_kx_dataview["market";"none";"x";()]`, `.aws.list_kx_cluster_nodes["none"]`,
		`.aws.get_kx_connection_string["none"]`, `.aws.delete_kx_cluster["none"]`, `.aws.get_kx_cluster["none"]`,
		`.aws.update_kx_cluster_databases["none";.aws.sdbs .aws.db["market";"";();"view"];.aws.sdep["ROLLING"]]`,
	} {
		if got := ask(t, c, "key "+code); got != "`finspace_error_code`message" {
			t.Errorf("%s gives a dictionary of %s", code, got)
		}
		if got := ask(t, c, code+"`finspace_error_code"); got != `"ResourceNotFoundException"` && got != `"ValidationException"` {
			t.Errorf("%s fails with %s", code, got)
		}
	}
	if got := ask(t, c, `.aws.commit_kx_database["market"]`+"`finspace_error_code"); got != `"AccessDeniedException"` {
		t.Errorf("commit_kx_database of what cannot be changed fails with %s", got)
	}
	// The connection may end before the answer.
	if v, err := c.Sync(t.Context(), kdb.Str(`.aws.delete_kx_cluster[""]`)); err == nil && v != kdb.Nil {
		t.Errorf("delete_kx_cluster gives %s", kdb.Inline(v))
	}
	out, err := e.client.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &e.env, ClusterName: in.ClusterName})
	if err == nil && out.Status != finspace.KxClusterStatusDeleting && out.Status != finspace.KxClusterStatusDeleted {
		t.Errorf("the cluster that deletes itself is %s", out.Status)
	}
}
