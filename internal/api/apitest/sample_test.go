package apitest_test

import (
	"testing"

	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/api/apitest"
)

func TestSamplesSatisfyTheModel(t *testing.T) {
	for _, op := range api.Operations() {
		for seed := range uint64(40) {
			s := apitest.New(seed, seed%2 == 0)
			if err := op.Validate(s.Input(op)); err != nil {
				t.Errorf("%s, seed %d: %v", op.Name, seed, err)
			}
			if err := op.ValidateOutput(s.Output(op)); err != nil {
				t.Errorf("%s, seed %d: %v", op.Name, seed, err)
			}
		}
	}
}
