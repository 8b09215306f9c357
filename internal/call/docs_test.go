package call_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/quoinhq/quoin/test/live"
)

// TestDocsRunAsWritten runs the shell commands of docs/calling.md, in one
// shell, with the program and a server.
func TestDocsRunAsWritten(t *testing.T) {
	doc, err := os.ReadFile("../../docs/calling.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "quoin"), "../../cmd/quoin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := live.Start(t)
	var script strings.Builder
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	for _, block := range blocks {
		script.WriteString(block[1])
	}
	script.WriteString("quoin call get-kx-environment --environment-id $ENV --query description --output text\n")
	cmd := exec.Command("bash", "-euo", "pipefail")
	cmd.Stdin = strings.NewReader(script.String())
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "QUOIN_DATA_DIR=" + s.Config.DataDir}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"CREATED", `"desk": "rates"`, "Usage: quoin call update-kx-user", "\nfor the rates desk\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), `"stage"`) {
		t.Errorf("the tag stage was not taken off:\n%s", out.String())
	}
}
