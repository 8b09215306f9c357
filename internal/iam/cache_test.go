package iam_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/iam/iamtest"
)

// What is remembered never outlives a change that was acknowledged, however
// many ask for it meanwhile.
func TestMemoryIsNeverStale(t *testing.T) {
	e := iamtest.New(t)
	root := newClient(t, e)
	alice := root.makeUser("alice")
	ctx := context.Background()
	authenticate := func() (*iam.Identity, error) {
		id, _, err := e.IAM.Authenticate(ctx, alice.creds.AccessKeyID, "")
		return id, err
	}
	id, err := authenticate()
	if err != nil {
		t.Fatal(err)
	}
	may := func() bool {
		return e.IAM.Authorize(ctx, iam.Request{Identity: id, Action: update, Resource: userBob}).Allowed
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					authenticate() // either answer is right here
					may()
					time.Sleep(50 * time.Microsecond) // leaves the processor to the changes
				}
			}
		})
	}
	for i := range 40 {
		status := []string{"Inactive", "Active"}[i%2]
		root.ok("iam", "UpdateAccessKey", "UserName", "alice", "AccessKeyId", alice.creds.AccessKeyID, "Status", status)
		if _, err := authenticate(); (err == nil) != (status == "Active") {
			t.Fatalf("round %d: key is %s and the answer %v", i, status, err)
		}
		effect := []string{"Allow", "Deny"}[i%2]
		root.ok("iam", "PutUserPolicy", "UserName", "alice", "PolicyName", "p", "PolicyDocument", statement(effect, "finspace:*"))
		if may() != (effect == "Allow") {
			t.Fatalf("round %d: policy says %s and the answer is not that", i, effect)
		}
	}
	close(done)
	readers.Wait()
}
