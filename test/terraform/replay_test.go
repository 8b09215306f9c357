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
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	quoin := filepath.Join(t.TempDir(), "quoin")
	if out, err := exec.Command("go", "build", "-o", quoin, "../../cmd/quoin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	replay(t, live.Start(t, func(c *server.Config) { c.Engine = []string{quoin, "q"} }), "testdata/kx.py")
}

// TestReplayS3 makes those for aws_s3_bucket and aws_s3_object.
func TestReplayS3(t *testing.T) {
	live.Need(t, "boto3", "python3", "-c", "import boto3")
	replay(t, live.Start(t), "testdata/s3.py")
}

// replay runs a script against a server.
func replay(t *testing.T, s *live.Server, script string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", script)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL="+s.URL(),
		"AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID="+s.Root.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+s.Root.SecretAccessKey)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
