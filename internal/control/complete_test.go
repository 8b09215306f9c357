package control_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/internal/api"
)

// TestNotImplemented lists the operations that answer 501: there are none any
// more.
func TestNotImplemented(t *testing.T) {
	w := newWorld(t)
	var got []string
	for _, op := range api.Operations() {
		if notImplemented(t.Context(), w, op) {
			got = append(got, op.Name)
		}
	}
	var want []string // all 50 are there
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// notImplemented calls the operation with an input that no request can have,
// past validation: an operation that is there stumbles over it.
func notImplemented(ctx context.Context, w *world, op *api.Operation) (missing bool) {
	defer func() {
		if recover() != nil {
			missing = false
		}
	}()
	_, err := op.Call(ctx, w.Service, op.NewInput())
	var e *api.NotImplementedError
	return errors.As(err, &e)
}
