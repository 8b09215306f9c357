package iam_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/quoinhq/quoin/internal/iam/iamtest"
)

// The Go SDK, which Terraform uses, reads replies and errors more strictly than
// boto3 does.
func TestAWSSDKGo(t *testing.T) {
	ctx := t.Context()
	e := iamtest.New(t)
	endpoint := e.Serve(t)
	provider := func(id, secret, token string) aws.CredentialsProvider {
		return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
		})
	}
	root := provider(e.Root.AccessKeyID, e.Root.SecretAccessKey, "")
	client := awsiam.New(awsiam.Options{BaseEndpoint: &endpoint, Region: iamtest.Region, Credentials: root})
	tokens := sts.New(sts.Options{BaseEndpoint: &endpoint, Region: iamtest.Region, Credentials: root})

	made, err := client.CreateRole(ctx, &awsiam.CreateRoleInput{
		RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustAccount), Description: aws.String("a & b"),
		Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Role
	if *r.Arn != *made.Role.Arn || *r.Description != "a & b" || *r.MaxSessionDuration != 3600 || len(r.Tags) != 1 || time.Since(*r.CreateDate) > time.Minute {
		t.Errorf("got %+v", r)
	}
	doc, err := url.QueryUnescape(*r.AssumeRolePolicyDocument)
	if err != nil || !json.Valid([]byte(doc)) || doc != trustAccount {
		t.Errorf("got %s, %v", doc, err)
	}
	for i := range 5 {
		name := aws.String("user" + string(rune('a'+i)))
		if _, err := client.CreateUser(ctx, &awsiam.CreateUserInput{UserName: name}); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for p := awsiam.NewListUsersPaginator(client, &awsiam.ListUsersInput{MaxItems: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Users {
			names = append(names, *u.UserName)
		}
	}
	if len(names) != 5 {
		t.Errorf("listed %v", names)
	}

	_, err = client.GetRole(ctx, &awsiam.GetRoleInput{RoleName: aws.String("none")})
	var missing *types.NoSuchEntityException
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
	_, err = client.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String("{}")})
	var malformed *types.MalformedPolicyDocumentException
	if !errors.As(err, &malformed) {
		t.Errorf("got %v", err)
	}

	session, err := tokens.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: r.Arn, RoleSessionName: aws.String("go")})
	if err != nil {
		t.Fatal(err)
	}
	c := session.Credentials
	narrow := awsiam.New(awsiam.Options{BaseEndpoint: &endpoint, Region: iamtest.Region, Credentials: provider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)})
	_, err = narrow.ListRoles(ctx, &awsiam.ListRolesInput{})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "AccessDenied" {
		t.Errorf("got %v", err)
	}
	who, err := tokens.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != "arn:aws:iam::123456789012:root" {
		t.Errorf("got %+v, %v", who, err)
	}
}
