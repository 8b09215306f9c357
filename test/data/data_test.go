package data_test

import (
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// service is a live server with an environment and the database "hist".
type service struct {
	*live.Server
	api *finspace.Client
	env string
}

func open(t testing.TB, edit ...func(*server.Config)) *service {
	t.Helper()
	d := &service{Server: live.Start(t, edit...)}
	var err error
	d.api, err = finspace.New(finspace.Config{
		Endpoint: d.URL(), Region: "us-east-1", PollInterval: 2 * time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: d.Root.AccessKeyID, SecretAccessKey: d.Root.SecretAccessKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	env, err := d.api.CreateKxEnvironment(t.Context(), &finspace.CreateKxEnvironmentInput{
		Name: new("data"), KmsKeyId: new("arn:aws:kms:us-east-1:123456789012:key/1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.env = *env.EnvironmentId
	if _, err := d.api.WaitKxEnvironment(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: &d.env}); err != nil {
		t.Fatal(err)
	}
	d.makeDatabase(t, "hist")
	return d
}

func (d *service) makeDatabase(t testing.TB, name string) {
	t.Helper()
	if _, err := d.api.CreateKxDatabase(t.Context(), &finspace.CreateKxDatabaseInput{EnvironmentId: &d.env, DatabaseName: &name}); err != nil {
		t.Fatal(err)
	}
}

// changeset puts into "hist" and waits for the end, whatever it is.
func (d *service) changeset(t testing.TB, from, to string) *finspace.GetKxChangesetOutput {
	t.Helper()
	c, err := d.api.CreateKxChangeset(t.Context(), &finspace.CreateKxChangesetInput{
		EnvironmentId: &d.env, DatabaseName: new("hist"),
		ChangeRequests: []finspace.ChangeRequest{{ChangeType: finspace.ChangeTypePut, S3Path: &from, DbPath: &to}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.api.WaitKxChangeset(t.Context(), &finspace.GetKxChangesetInput{EnvironmentId: &d.env, DatabaseName: new("hist"), ChangesetId: c.ChangesetId})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (d *service) database(t testing.TB) *finspace.GetKxDatabaseOutput {
	t.Helper()
	out, err := d.api.GetKxDatabase(t.Context(), &finspace.GetKxDatabaseInput{EnvironmentId: &d.env, DatabaseName: new("hist")})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
