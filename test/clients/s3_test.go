package clients_test

import (
	"strings"
	"testing"

	"github.com/quoinhq/quoin/test/live"
)

// TestAWSCLIS3 goes through mb, sync, ls, cp, mv, presign, rm and rb, with a
// file of several parts and keys that need escaping.
func TestAWSCLIS3(t *testing.T) {
	live.Need(t, "the AWS CLI", "aws", "--version")
	live.Need(t, "python3", "python3", "--version")
	transports(t, func(t *testing.T, _ *live.Server, env []string) {
		if out := run(t, ".", env, "sh", "testdata/s3.sh"); !strings.HasSuffix(out, "ok\n") {
			t.Error(out)
		}
	})
}
