package iam_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/quoinhq/quoin/internal/iam/iamtest"
)

// runPython runs a script of testdata against a live server. Where python3 or
// boto3 is missing the test is skipped, unless the run is one that has to have
// them.
func runPython(t *testing.T, script string) {
	t.Helper()
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		if os.Getenv("QUOIN_REQUIRE_CLIENTS") != "" {
			t.Fatalf("python3 with boto3 is required here: %v", err)
		}
		t.Skipf("needs python3 with boto3: %v", err)
	}
	e := iamtest.New(t)
	cmd := exec.Command("python3", script, e.Serve(t), e.Root.AccessKeyID, e.Root.SecretAccessKey)
	cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

func TestBoto3(t *testing.T) { runPython(t, "testdata/boto.py") }

func TestTerraformSequences(t *testing.T) { runPython(t, "testdata/terraform.py") }
