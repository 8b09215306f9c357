package api

import (
	"context"
	"sync"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/finspace/schema"
)

// Operation is an operation with all that the server needs to serve it.
type Operation struct {
	*schema.Operation
	call func(context.Context, Service, any) (any, error)
}

// Call calls the operation's method of s. The input is what Bind or NewInput
// returned.
func (o *Operation) Call(ctx context.Context, s Service, input any) (any, error) {
	return o.call(ctx, s, input)
}

// result keeps a nil output from becoming an interface that is not nil.
func result[T any](out *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Operations returns all operations, in the order of their names. The slice
// must not be changed.
func Operations() []*Operation { return operations() }

var operations = sync.OnceValue(func() []*Operation {
	var out []*Operation
	for _, o := range finspace.Schema().Operations {
		out = append(out, &Operation{Operation: o, call: calls[o.Name]})
	}
	return out
})
