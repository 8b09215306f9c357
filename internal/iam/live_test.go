package iam_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// Somebody with nothing but a token of the company's identity provider calls
// the API of a real server.
func TestWebIdentityCallsTheAPI(t *testing.T) {
	i := newIssuer(t)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys, err := json.Marshal(i.keySet())
	if err != nil {
		t.Fatal(err)
	}
	provider := iam.Provider{Issuer: i.url, Audiences: []string{"quoin"}, KeysFile: write("keys.json", keys)}
	s := live.Start(t, func(c *server.Config) { c.Providers = []iam.Provider{provider} })
	for _, params := range []map[string]string{
		{"Action": "CreateRole", "RoleName": "web", "AssumeRolePolicyDocument": i.trust("")},
		{"Action": "PutRolePolicy", "RoleName": "web", "PolicyName": "p", "PolicyDocument": statement("Allow", "finspace:ListKxEnvironments")},
	} {
		if r := s.Query(s.Root, "iam", params); r.Status != http.StatusOK {
			t.Fatalf("%s", r.Body)
		}
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL(), "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"AWS_ROLE_ARN": roleARN + "web", "AWS_WEB_IDENTITY_TOKEN_FILE": write("token", []byte(i.token(t, "ES256", nil, nil))),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "none"), "AWS_CONFIG_FILE": filepath.Join(dir, "none"),
	} {
		t.Setenv(name, value)
	}
	cfg, err := finspace.LoadConfig("")
	if err != nil {
		t.Fatal(err)
	}
	client, err := finspace.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ListKxEnvironments(t.Context(), &finspace.ListKxEnvironmentsInput{}); err != nil {
		t.Error(err)
	}
	id := "e1"
	_, err = client.GetKxEnvironment(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: &id})
	var denied *finspace.AccessDeniedException
	if !errors.As(err, &denied) {
		t.Errorf("got %v", err)
	}
}
