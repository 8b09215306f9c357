package terraform_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/test/live"
)

// TestReplay makes the provider's calls for all aws_finspace_kx_* resources with
// boto3, where Terraform itself is not to be had. Those of aws_iam_* are in
// internal/iam.
func TestReplay(t *testing.T) {
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		if os.Getenv("QUOIN_REQUIRE_CLIENTS") != "" {
			t.Fatalf("python3 with boto3 is required here: %v", err)
		}
		t.Skipf("needs python3 with boto3: %v", err)
	}
	quoin := filepath.Join(t.TempDir(), "quoin")
	if out, err := exec.Command("go", "build", "-o", quoin, "../../cmd/quoin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := live.Start(t, func(c *server.Config) { c.Engine = []string{quoin, "q"} })
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/kx.py", s.URL(), s.Root.AccessKeyID, s.Root.SecretAccessKey)
	cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
