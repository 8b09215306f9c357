package api

import (
	"context"
	"net/http"
	"reflect"
	"sync"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/restjson"
)

// Operation is an operation with all that the server needs to serve it: the
// schema and the codec of its input and output, its checks, and its method.
type Operation struct {
	*restjson.Operation
	input  *structRule
	output *structRule
	call   func(context.Context, Service, any) (any, error)
	token  int // index of the input's token field, -1 if it has none
}

// Operations returns all operations, in the order of their names. The slice
// must not be changed.
func Operations() []*Operation { return operations() }

var operations = sync.OnceValue(func() []*Operation {
	rules := newRuleMaker(exceptions)
	var out []*Operation
	for _, o := range finspace.Schema().Operations {
		op := &Operation{
			Operation: restjson.NewOperation(o),
			input:     rules.structure(o.Input, reflect.TypeOf(o.NewInput()).Elem()),
			output:    rules.structure(o.Output, reflect.TypeOf(o.NewOutput()).Elem()),
			call:      calls[o.Name],
			token:     -1,
		}
		if m := o.Token(); m != nil {
			f, _ := reflect.TypeOf(o.NewInput()).Elem().FieldByName(m.Field)
			op.token = f.Index[0]
		}
		out = append(out, op)
	}
	return out
})

// Bind makes the operation's input of a request that Match has found. An error
// is a [*finspace.ValidationException], or what stands for it in operations
// that do not declare that, and says which part of the request is wrong.
func (o *Operation) Bind(r *http.Request, params Params, body []byte) (any, error) {
	in, err := o.Operation.Bind(params, r.URL.RawQuery, body)
	if err != nil {
		return nil, o.Invalid(err.Error())
	}
	return in, nil
}

// Invalid makes the error that the operation declares for input that is wrong:
// InvalidRequestException for the tag operations, ValidationException for all
// others.
func (o *Operation) Invalid(message string) error {
	if !o.Declares("ValidationException") && o.Declares("InvalidRequestException") {
		return finspace.NewInvalidRequestException(message)
	}
	return finspace.NewValidationException(message)
}

// Call calls the operation's method of s with an input that Bind returned.
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

// TokenOf returns the idempotency token of an input, or "" if it has none.
func (o *Operation) TokenOf(input any) string {
	if o.token < 0 {
		return ""
	}
	return finspace.Value(reflect.ValueOf(input).Elem().Field(o.token).Interface().(*string))
}

// AppendCanonical appends a form of the input that is the same for equal
// inputs, whatever their tokens are, and different for others: what a request
// hash is made of.
func (o *Operation) AppendCanonical(b []byte, input any) ([]byte, error) {
	v := reflect.New(reflect.TypeOf(input).Elem())
	v.Elem().Set(reflect.ValueOf(input).Elem())
	if o.token >= 0 {
		v.Elem().Field(o.token).SetZero()
	}
	path, query, err := o.Target(v.Interface())
	if err != nil {
		return nil, err
	}
	b = append(b, path...)
	b = append(b, '?')
	b = append(b, query...)
	b = append(b, '\n')
	return o.AppendInput(b, v.Interface()), nil
}
