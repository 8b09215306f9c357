// Package finspace is the managed-kdb API (service finspace, version
// 2021-03-12) in Go: the inputs and outputs of its 50 operations, its errors,
// and the schema that describes them. The files whose names begin with zz are
// generated from the service's model.
//
// Scalars are pointers, nil when absent; an enum is absent when empty; lists
// and maps are absent when nil.
package finspace

//go:generate go run -C ../internal/apigen . -root ../..
