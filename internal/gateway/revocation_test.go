package gateway_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
	"github.com/quoinhq/quoin/internal/sigv4"
)

const (
	mayConnect = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"finspace:*","Resource":"*"}}`
	mayNothing = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
)

// must returns what a call of IAM returned.
func must[T any](f *fixture, out T, err error) T {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
	return out
}

// managed makes a managed policy of which version 1 forbids and version 2, the
// default, lets connect.
func (f *fixture) managed(name string) (arn string) {
	f.Helper()
	ctx := context.Background()
	out, err := f.roles.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(mayNothing)})
	arn = *must(f, out, err).Policy.Arn
	f.version(arn, mayConnect)
	return arn
}

// version gives a managed policy a new default version.
func (f *fixture) version(arn, document string) {
	f.Helper()
	out, err := f.roles.CreatePolicyVersion(context.Background(), &awsiam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &document, SetAsDefault: true})
	must(f, out, err)
}

// Everything that can take away what a connection rests on, done as an operator
// does it: by a call of IAM. Nobody calls Review but where the store would.
// The connection of another role does not notice.
func TestRevocation(t *testing.T) {
	ctx := context.Background()
	reader := aws.String("reader")
	tests := map[string]struct {
		change func(f *fixture, policy, boundary string)
		cause  gateway.Cause // "" stays
	}{
		"inline policy deleted": {func(f *fixture, policy, _ string) {
			f.policy("reader", "Allow")
			f.detach(policy)
			f.answering("bob")
			out, err := f.roles.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: reader, PolicyName: aws.String("connect")})
			must(f, out, err)
		}, gateway.NotAllowed},
		"inline policy changed to deny": {func(f *fixture, _, _ string) { f.policy("reader", "Deny") }, gateway.NotAllowed},
		"managed policy detached":       {func(f *fixture, policy, _ string) { f.detach(policy) }, gateway.NotAllowed},
		"managed policy, new default":   {func(f *fixture, policy, _ string) { f.version(policy, mayNothing) }, gateway.NotAllowed},
		"managed policy, older default": {func(f *fixture, policy, _ string) {
			out, err := f.roles.SetDefaultPolicyVersion(ctx, &awsiam.SetDefaultPolicyVersionInput{PolicyArn: &policy, VersionId: aws.String("v1")})
			must(f, out, err)
		}, gateway.NotAllowed},
		"managed policy, new version not default": {func(f *fixture, policy, _ string) {
			out, err := f.roles.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: &policy, PolicyDocument: aws.String(mayNothing)})
			must(f, out, err)
		}, ""},
		"managed policy written again": {func(f *fixture, policy, _ string) { f.version(policy, mayConnect) }, ""},
		"boundary put": {func(f *fixture, _, boundary string) {
			f.version(boundary, mayNothing)
			f.bound(boundary)
		}, gateway.NotAllowed},
		"boundary that allows put": {func(f *fixture, _, boundary string) { f.bound(boundary) }, ""},
		"boundary changed": {func(f *fixture, _, boundary string) {
			f.bound(boundary)
			f.answering("bob")
			f.version(boundary, mayNothing)
		}, gateway.NotAllowed},
		"role deleted after the user got another": {func(f *fixture, policy, _ string) {
			f.setUser("bob", f.role("next", true))
			f.Review()
			f.answering("bob")
			f.detach(policy)
			out, err := f.roles.DeleteRole(ctx, &awsiam.DeleteRoleInput{RoleName: reader})
			must(f, out, err)
		}, gateway.SessionRevoked},
		"trust taken away: the session is open already": {func(f *fixture, _, _ string) {
			out, err := f.roles.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: reader, PolicyDocument: aws.String(
				`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
			must(f, out, err)
		}, ""},
		"time of a condition over": {func(f *fixture, policy, _ string) {
			f.version(policy, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"finspace:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"`+
				time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}}}}`)
			f.answering("bob")
			f.pass(2 * time.Hour)
			f.Review() // as it happens once a minute
		}, gateway.NotAllowed},
		"key that assumed the role made inactive": {func(f *fixture, _, _ string) { f.inactivate() }, ""},
		"key that assumed the role deleted":       {func(f *fixture, _, _ string) { f.deleteKey() }, ""},
		"user that assumed the role deleted": {func(f *fixture, _, _ string) {
			f.deleteKey()
			out, err := f.roles.DeleteUserPolicy(ctx, &awsiam.DeleteUserPolicyInput{UserName: aws.String("dev"), PolicyName: aws.String("all")})
			must(f, out, err)
			gone, err := f.roles.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: aws.String("dev")})
			must(f, gone, err)
		}, ""},
		"sessions of the user that assumed the role revoked": {func(f *fixture, _, _ string) {
			out, err := f.iam.IAM.RevokeSessions(ctx, iam.SessionQuery{Principal: "user/dev"})
			must(f, out, err)
		}, gateway.SessionRevoked},
		"sessions of the role revoked": {func(f *fixture, _, _ string) {
			out, err := f.iam.IAM.RevokeSessions(ctx, iam.SessionQuery{Principal: "role/reader"})
			must(f, out, err)
		}, gateway.SessionRevoked},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			policy, boundary := f.managed("connect"), f.managed("boundary")
			role, other := f.role("reader", false), f.role("other", true)
			out, err := f.roles.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: reader, PolicyArn: &policy})
			must(f, out, err)
			f.setUser("bob", role)
			f.setUser("eve", other)
			f.connected("bob", f.assumeAsDev(role))
			f.connected("eve", f.assume(other))
			tt.change(f, policy, boundary)
			began := time.Now()
			if tt.cause == "" {
				time.Sleep(50 * time.Millisecond) // a review that would end it has come by then
				f.answering("bob")
			} else {
				f.ended(f.conns["bob"])
				t.Logf("closed %s after the call was answered", time.Since(began))
				if e := f.wants("Disconnect", tt.cause); e.User != "bob" {
					t.Errorf("%+v", e)
				}
			}
			f.answering("eve")
		})
	}
}

func (f *fixture) detach(policy string) {
	f.Helper()
	out, err := f.roles.DetachRolePolicy(context.Background(), &awsiam.DetachRolePolicyInput{RoleName: aws.String("reader"), PolicyArn: &policy})
	must(f, out, err)
}

func (f *fixture) bound(policy string) {
	f.Helper()
	out, err := f.roles.PutRolePermissionsBoundary(context.Background(), &awsiam.PutRolePermissionsBoundaryInput{RoleName: aws.String("reader"), PermissionsBoundary: &policy})
	must(f, out, err)
}

// assumeAsDev opens a session of a role with the key of an IAM user, dev.
func (f *fixture) assumeAsDev(role string) sigv4.Credentials {
	f.Helper()
	ctx := context.Background()
	user, err := f.roles.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("dev")})
	must(f, user, err)
	policy, err := f.roles.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("dev"), PolicyName: aws.String("all"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)})
	must(f, policy, err)
	made, err := f.roles.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("dev")})
	key := must(f, made, err).AccessKey
	f.key = *key.AccessKeyId
	c := sts.New(sts.Options{Region: iamtest.Region, BaseEndpoint: &f.url, Credentials: static(sigv4.Credentials{AccessKeyID: f.key, SecretAccessKey: *key.SecretAccessKey})})
	out, err := c.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})
	session := must(f, out, err).Credentials
	return sigv4.Credentials{AccessKeyID: *session.AccessKeyId, SecretAccessKey: *session.SecretAccessKey, SessionToken: *session.SessionToken}
}

func (f *fixture) inactivate() {
	f.Helper()
	out, err := f.roles.UpdateAccessKey(context.Background(), &awsiam.UpdateAccessKeyInput{UserName: aws.String("dev"), AccessKeyId: &f.key, Status: "Inactive"})
	must(f, out, err)
}

func (f *fixture) deleteKey() {
	f.Helper()
	out, err := f.roles.DeleteAccessKey(context.Background(), &awsiam.DeleteAccessKeyInput{UserName: aws.String("dev"), AccessKeyId: &f.key})
	must(f, out, err)
}
