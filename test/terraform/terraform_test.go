// Package terraform_test drives a live server with Terraform and its own AWS
// provider, unchanged.
//
// The provider comes from Terraform's registry, which not every machine
// reaches; the test runs where QUOIN_TERRAFORM_MIRROR names a folder that
// holds it (terraform providers mirror FOLDER makes one) and says so where not.
package terraform_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/test/live"
)

const mirrorVar = "QUOIN_TERRAFORM_MIRROR"

// estate is a folder that Terraform works in.
type estate struct {
	testing.TB
	dir string
	env []string
}

func newEstate(t *testing.T) *estate {
	mirror := os.Getenv(mirrorVar)
	if mirror == "" {
		t.Skipf("%s is not set: no folder with Terraform's AWS provider", mirrorVar)
	}
	s := live.Start(t)
	e := &estate{TB: t, dir: t.TempDir()}
	text, err := os.ReadFile("testdata/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	e.write("main.tf", string(text))
	e.write("rc", fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror))
	e.env = append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+filepath.Join(e.dir, "rc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"AWS_ENDPOINT_URL="+s.URL(), "AWS_ACCESS_KEY_ID="+s.Root.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+s.Root.SecretAccessKey)
	e.ok("init")
	return e
}

func (e *estate) write(name, text string) {
	if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600); err != nil {
		e.Fatal(err)
	}
}

// run runs one command of Terraform and returns its exit code and output.
func (e *estate) run(args ...string) (int, string) {
	e.Helper()
	cmd := exec.CommandContext(e.Context(), "terraform", append(args, "-no-color")...)
	cmd.Dir, cmd.Env = e.dir, e.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		e.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func (e *estate) ok(args ...string) {
	e.Helper()
	if code, out := e.run(args...); code != 0 {
		e.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
}

// settled checks that a plan finds nothing to do: what the server answers is
// what was declared.
func (e *estate) settled(vars ...string) {
	e.Helper()
	if code, out := e.run(append([]string{"plan", "-detailed-exitcode"}, vars...)...); code != 0 {
		e.Errorf("a plan after apply: exit code %d\n%s", code, out)
	}
}

func TestTerraform(t *testing.T) {
	e := newEstate(t)
	e.ok("apply", "-auto-approve")
	e.settled()
	changed := []string{"-var", "text=two", "-var", "role=writer"}
	e.ok(append([]string{"apply", "-auto-approve"}, changed...)...)
	e.settled(changed...)
	e.ok(append([]string{"destroy", "-auto-approve"}, changed...)...)
}
