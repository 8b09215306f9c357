package finspace

import (
	"errors"
	"iter"
)

// errSameToken keeps a client from asking for one page for ever.
var errSameToken = errors.New("finspace: the server gave the same page token twice")

// pages goes through the entries of all pages. The first page begins where the
// input says.
func pages[I, E any](in *I, page func(in I, token *string) ([]E, *string, error)) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		var first I
		if in != nil {
			first = *in
		}
		var token *string
		for {
			entries, next, err := page(first, token)
			if err == nil && next != nil && token != nil && *next == *token {
				err = errSameToken
			}
			if err != nil {
				var none E
				yield(none, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			if next == nil || *next == "" {
				return
			}
			token = next
		}
	}
}
