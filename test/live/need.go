package live

import (
	"os"
	"os/exec"
	"testing"
)

// Need skips a test on a machine without a client, for which probe asks, and
// fails it where QUOIN_REQUIRE_CLIENTS says that all have to be there.
func Need(t testing.TB, what string, probe ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), probe[0], probe[1:]...).CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("QUOIN_REQUIRE_CLIENTS") != "":
		t.Fatalf("%s is required here: %v %s", what, err, out)
	default:
		t.Skipf("%s is not on this machine", what)
	}
}
