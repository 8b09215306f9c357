package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Params are the values of a path's labels in the order of the template, still
// percent-encoded.
type Params []string

// Router finds the operation that a request asks for. It is safe for use by
// many goroutines.
type Router struct{ root node }

// node is a place in the tree of path segments. A literal wins over a label.
type node struct {
	literals map[string]*node
	label    *node
	methods  map[string]*Operation
}

// NewRouter returns a router for all operations.
func NewRouter() *Router {
	rt := new(Router)
	for _, op := range Operations() {
		n := &rt.root
		for seg := range strings.SplitSeq(strings.TrimPrefix(op.URI, "/"), "/") {
			n = n.child(seg)
		}
		if n.methods == nil {
			n.methods = make(map[string]*Operation)
		}
		n.methods[op.Method] = op
	}
	return rt
}

func (n *node) child(seg string) *node {
	if strings.HasPrefix(seg, "{") {
		if n.label == nil {
			n.label = new(node)
		}
		return n.label
	}
	if n.literals == nil {
		n.literals = make(map[string]*node)
	}
	if n.literals[seg] == nil {
		n.literals[seg] = new(node)
	}
	return n.literals[seg]
}

// Match returns the operation of the request's method and path, and the values
// of the path's labels. It looks at the path as it was sent: a percent-encoded
// slash belongs to its segment, and nothing is cleaned. If there is none, the
// error is a [*RequestError]: 404 for the path, 405 for the method.
func (rt *Router) Match(r *http.Request) (*Operation, Params, error) {
	path := r.URL.EscapedPath()
	rest, ok := strings.CutPrefix(path, "/")
	var params Params
	for n := &rt.root; ok; {
		var seg string
		seg, rest, ok = strings.Cut(rest, "/")
		next := n.literals[seg]
		if next == nil && n.label != nil && seg != "" {
			next = n.label
			if params == nil {
				params = make(Params, 0, 3)
			}
			params = append(params, seg)
		}
		if n = next; n == nil {
			break
		}
		if ok {
			continue
		}
		if op := n.methods[r.Method]; op != nil {
			return op, params, nil
		}
		if len(n.methods) > 0 {
			return nil, nil, wrongMethod(r.Method, slices.Sorted(maps.Keys(n.methods)))
		}
	}
	return nil, nil, unknownRoute()
}
