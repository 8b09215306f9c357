package finspace_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

func liveClient(t *testing.T, s *live.Server, key sigv4.Credentials, opts ...func(*finspace.Config)) *finspace.Client {
	t.Helper()
	cfg := finspace.Config{
		Endpoint: s.URL(), Region: "us-east-1", PollInterval: 20 * time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey},
	}
	for _, opt := range opts {
		opt(&cfg)
	}
	c, err := finspace.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAgainstTheServer goes through the life of an environment and its users
// on a real server.
func TestAgainstTheServer(t *testing.T) {
	s := live.Start(t)
	c, ctx := liveClient(t, s, s.Root), t.Context()

	made, err := c.CreateKxEnvironment(ctx, &finspace.CreateKxEnvironmentInput{
		Name: new("trading"), KmsKeyId: new("arn:aws:kms:us-east-1:123456789012:key/1"), Tags: map[string]string{"desk": "rates"},
	})
	if err != nil {
		t.Fatal(err)
	}
	byID := &finspace.GetKxEnvironmentInput{EnvironmentId: made.EnvironmentId}
	env, err := c.WaitKxEnvironment(ctx, byID, finspace.EnvironmentStatusCreated)
	if err != nil || env.CreationTimestamp == nil {
		t.Fatalf("%+v %v", env, err)
	}
	tags, err := c.ListTagsForResource(ctx, &finspace.ListTagsForResourceInput{ResourceArn: made.EnvironmentArn})
	if err != nil || tags.Tags["desk"] != "rates" {
		t.Errorf("%+v %v", tags, err)
	}

	trader, other := s.Role("trader"), s.Role("other")
	const users = 25
	for i := range users {
		_, err := c.CreateKxUser(ctx, &finspace.CreateKxUserInput{EnvironmentId: made.EnvironmentId, UserName: new(fmt.Sprintf("user%02d", i)), IamRole: &trader})
		if err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for u, err := range c.KxUsers(ctx, &finspace.ListKxUsersInput{EnvironmentId: made.EnvironmentId, MaxResults: new(int32(10))}) {
		if err != nil {
			t.Fatal(err)
		}
		if u.CreateTimestamp == nil || time.Since(*u.CreateTimestamp).Abs() > time.Minute {
			t.Errorf("%s was created at %v", *u.UserName, u.CreateTimestamp)
		}
		names = append(names, *u.UserName)
	}
	if slices.Sort(names); len(slices.Compact(names)) != users {
		t.Errorf("%d users: %v", len(names), names)
	}

	updated, err := c.UpdateKxUser(ctx, &finspace.UpdateKxUserInput{EnvironmentId: made.EnvironmentId, UserName: new("user07"), IamRole: &other})
	if err != nil || *updated.IamRole != other {
		t.Fatalf("%+v %v", updated, err)
	}
	var exists *finspace.ResourceAlreadyExistsException
	_, err = c.CreateKxUser(ctx, &finspace.CreateKxUserInput{EnvironmentId: made.EnvironmentId, UserName: new("user07"), IamRole: &other})
	if !errors.As(err, &exists) {
		t.Errorf("a name that is taken: %v", err)
	}
	var conflict *finspace.ConflictException
	for _, role := range []*string{&trader, &other} {
		_, err = c.UpdateKxUser(ctx, &finspace.UpdateKxUserInput{EnvironmentId: made.EnvironmentId, UserName: new("user07"), IamRole: role, ClientToken: new("same")})
	}
	if !errors.As(err, &conflict) {
		t.Errorf("a token used twice: %v", err)
	}
	var invalid *finspace.ValidationException
	_, err = c.GetKxUser(ctx, &finspace.GetKxUserInput{EnvironmentId: made.EnvironmentId, UserName: new("a b")})
	if !errors.As(err, &invalid) || !strings.Contains(invalid.Message, "userName") {
		t.Errorf("a name with a space: %v", err)
	}
	var failed *finspace.OperationError
	if !errors.As(err, &failed) || failed.RequestID == "" || failed.Status != 400 || failed.Attempts != 1 {
		t.Errorf("%+v", failed)
	}

	if _, err := c.DeleteKxEnvironment(ctx, &finspace.DeleteKxEnvironmentInput{EnvironmentId: made.EnvironmentId}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitKxEnvironment(ctx, byID, finspace.EnvironmentStatusDeleted); err != nil {
		t.Error(err)
	}
	var missing *finspace.ResourceNotFoundException
	_, err = c.GetKxUser(ctx, &finspace.GetKxUserInput{EnvironmentId: made.EnvironmentId, UserName: new("user07")})
	if !errors.As(err, &missing) {
		t.Errorf("a user of a deleted environment: %v", err)
	}
}

// TestServerThrottles has more callers than the server allows for: all get
// through in the end. How many attempts that takes depends on the machine.
func TestServerThrottles(t *testing.T) {
	s := live.Start(t, func(cfg *server.Config) { cfg.Limits.PrincipalRate, cfg.Limits.PrincipalBurst = 50, 5 })
	c := liveClient(t, s, s.Root, func(cfg *finspace.Config) { cfg.MaxAttempts = 50 })
	var wg sync.WaitGroup
	errs := make(chan error, 20)
	for range cap(errs) {
		wg.Go(func() {
			_, err := c.ListKxEnvironments(t.Context(), nil)
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestServerRefusesForeignKeys(t *testing.T) {
	s := live.Start(t)
	key := s.Root
	key.SecretAccessKey = "not the secret"
	_, err := liveClient(t, s, key).ListKxEnvironments(t.Context(), nil)
	var unknown *finspace.UnknownError
	if !errors.As(err, &unknown) || unknown.Status != 403 || strings.Contains(err.Error(), s.Root.SecretAccessKey) {
		t.Errorf("%v", err)
	}
	limited := s.UserKey("auditor", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"finspace:List*","Resource":"*"}}`)
	c := liveClient(t, s, limited)
	if _, err := c.ListKxEnvironments(t.Context(), nil); err != nil {
		t.Error(err)
	}
	var denied *finspace.AccessDeniedException
	if _, err := c.GetKxEnvironment(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: new("abc")}); !errors.As(err, &denied) {
		t.Errorf("%v", err)
	}
}
