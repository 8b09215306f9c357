package clients_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/finspace"
	"github.com/aws/aws-sdk-go-v2/service/finspace/types"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

func TestGoSDK(t *testing.T) { goTransports(t, goSession) }

// goTransports runs a session with a server over HTTP and over TLS.
func goTransports(t *testing.T, session func(*testing.T, *live.Server, *http.Client)) {
	t.Run("HTTP", func(t *testing.T) { session(t, live.Start(t), http.DefaultClient) })
	t.Run("TLS", func(t *testing.T) {
		cert, key := live.Certificate(t, 1)
		pem, err := os.ReadFile(cert)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
		defer transport.CloseIdleConnections()
		s := live.Start(t, func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key })
		s.Client = &http.Client{Transport: transport}
		session(t, s, s.Client)
	})
}

func goSession(t *testing.T, s *live.Server, h *http.Client) {
	ctx := t.Context()
	client := finspace.New(finspace.Options{
		BaseEndpoint: aws.String(s.URL()), Region: "us-east-1", HTTPClient: h,
		Credentials: credentials.NewStaticCredentialsProvider(s.Root.AccessKeyID, s.Root.SecretAccessKey, ""),
	})
	env, err := client.CreateKxEnvironment(ctx, &finspace.CreateKxEnvironmentInput{
		Name: aws.String("gopher"), KmsKeyId: aws.String("arn:aws:kms:us-east-1:123456789012:key/1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	id := env.EnvironmentId
	s.WaitFor("the environment", func() bool {
		got, err := client.GetKxEnvironment(ctx, &finspace.GetKxEnvironmentInput{EnvironmentId: id})
		return err == nil && got.Status == types.EnvironmentStatusCreated
	})
	roleA, roleB := s.Role("a"), s.Role("b")
	user, err := client.CreateKxUser(ctx, &finspace.CreateKxUserInput{EnvironmentId: id, UserName: aws.String("bob"), IamRole: &roleA})
	if err != nil {
		t.Fatal(err)
	}
	updated, err := client.UpdateKxUser(ctx, &finspace.UpdateKxUserInput{
		EnvironmentId: id, UserName: aws.String("bob"), IamRole: &roleB, ClientToken: aws.String("once"),
	})
	if err != nil || *updated.IamRole != roleB || *updated.UserArn != *user.UserArn || *updated.EnvironmentId != *id || *updated.UserName != "bob" {
		t.Errorf("update: %v %v", updated, err)
	}
	list, err := client.ListKxUsers(ctx, &finspace.ListKxUsersInput{EnvironmentId: id})
	if err != nil || len(list.Users) != 1 || time.Since(*list.Users[0].CreateTimestamp) > time.Hour {
		t.Errorf("list: %v %v", list, err)
	}
	if _, err := client.TagResource(ctx, &finspace.TagResourceInput{ResourceArn: user.UserArn, Tags: map[string]string{"a": "b"}}); err != nil {
		t.Error(err)
	}
	if _, err := client.UntagResource(ctx, &finspace.UntagResourceInput{ResourceArn: user.UserArn, TagKeys: []string{"a", "b"}}); err != nil {
		t.Error(err)
	}

	var notFound *types.ResourceNotFoundException
	if _, err := client.GetKxUser(ctx, &finspace.GetKxUserInput{EnvironmentId: id, UserName: aws.String("nobody")}); !errors.As(err, &notFound) || notFound.ErrorMessage() == "" {
		t.Errorf("missing: %v", err)
	}
	var conflict *types.ConflictException
	_, err = client.UpdateKxUser(ctx, &finspace.UpdateKxUserInput{EnvironmentId: id, UserName: aws.String("bob"), IamRole: &roleA, ClientToken: aws.String("once")})
	if !errors.As(err, &conflict) || aws.ToString(conflict.Reason) == "" {
		t.Errorf("conflict: %v", err)
	}
	var invalid *types.ValidationException
	if _, err := client.GetKxUser(ctx, &finspace.GetKxUserInput{EnvironmentId: id, UserName: aws.String("a b")}); !errors.As(err, &invalid) {
		t.Errorf("invalid: %v", err)
	}
	pages := finspace.NewListKxEnvironmentsPaginator(client, &finspace.ListKxEnvironmentsInput{MaxResults: aws.Int32(1)})
	for n := 0; pages.HasMorePages(); n++ {
		if _, err := pages.NextPage(ctx); err != nil || n > 1 {
			t.Fatalf("page %d: %v", n, err)
		}
	}
}
