package live

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Main is the TestMain of a package whose tests start quoin as a program of its
// own: *program is its path while they run. It ends the test binary.
func Main(m *testing.M, program *string) {
	code, err := runWith(m, program)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWith(m *testing.M, program *string) (code int, err error) {
	dir, err := os.MkdirTemp("", "quoin-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	*program = filepath.Join(dir, "quoin")
	if out, err := exec.Command("go", "build", "-o", *program, "github.com/quoinhq/quoin/cmd/quoin").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build quoin: %w: %s", err, out)
	}
	return m.Run(), nil
}
