// Package schema describes an API: its operations, the shapes of what goes in
// and comes out, and what values are allowed. It is plain data, made by the
// generator from the service's model; the client, the server, the command line
// and the tests all read the same description.
//
// Everything here is made once and must not be changed.
package schema

// Kind is the kind of value that a shape stands for.
type Kind uint8

// The kinds, and the Go types that hold them in generated structures. Scalars
// are pointers there, so that "absent" and "zero" stay apart.
const (
	String    Kind = iota + 1 // *string; a named string type when Enum is set
	Integer                   // *int32
	Long                      // *int64
	Double                    // *float64
	Boolean                   // *bool
	Timestamp                 // *time.Time
	Blob                      // []byte
	List                      // []Elem
	Map                       // map[string]Elem
	Structure                 // a struct, *T as a member and T as an element
)

// String returns the kind's name in the terms of the model, for help and
// error texts.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

var kindNames = [...]string{
	String: "string", Integer: "integer", Long: "long", Double: "double",
	Boolean: "boolean", Timestamp: "timestamp", Blob: "blob", List: "list",
	Map: "map", Structure: "structure",
}

// Bound is an optional limit.
type Bound struct {
	Set bool
	N   float64
}

// Shape describes a value.
type Shape struct {
	Name string
	Kind Kind

	// Min and Max limit a string's length in characters, a number's value and
	// the number of entries of a list or map.
	Min, Max Bound

	// Pattern is the regular expression from the model that a string must
	// match as a whole. If Matcher is set the expression is not one of Go's,
	// and Matcher names the function that stands in for it.
	Pattern string
	Matcher string

	// Enum lists all values that a string may have, if it is limited to some.
	Enum []string

	// Sensitive values must not appear in logs or error texts.
	Sensitive bool

	// Key is the shape of a map's keys, Elem that of a map's values or of a
	// list's entries.
	Key, Elem *Shape

	// Members are a structure's, in the order of the model.
	Members []Member
}

// Member returns the member of that name, or nil.
func (s *Shape) Member(name string) *Member {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i]
		}
	}
	return nil
}

// Location says in which part of a request a member travels.
type Location uint8

// The places a member can be in.
const (
	Body Location = iota
	Path
	Query
)

// Member is one member of a structure.
type Member struct {
	Name     string // its name in the model and on the wire
	Field    string // its field in the Go structure
	Shape    *Shape
	In       Location
	Required bool

	// Token marks the idempotency token, which clients fill in when the caller
	// gives none.
	Token bool
}

// Paging names the members by which a list operation is paged. Output and
// input token share one name in this API.
type Paging struct {
	Token string // member of input and output that carries the position
	Limit string // member of the input that limits a page
	Items string // member of the output that holds the entries
}

// Operation describes one operation.
type Operation struct {
	Name       string
	Summary    string // one sentence in this project's own words
	Method     string // HTTP method
	URI        string // path template, labels in braces
	Deprecated bool
	Input      *Shape
	Output     *Shape
	Errors     []string // names of the exceptions it declares
	Paging     *Paging  // nil unless the operation lists by pages

	// NewInput and NewOutput make pointers to the Go structures that Input and
	// Output describe.
	NewInput  func() any
	NewOutput func() any
}

// Declares reports whether the operation declares the exception.
func (o *Operation) Declares(exception string) bool {
	for _, e := range o.Errors {
		if e == exception {
			return true
		}
	}
	return false
}

// Token returns the member that carries the idempotency token, or nil.
func (o *Operation) Token() *Member {
	for i := range o.Input.Members {
		if o.Input.Members[i].Token {
			return &o.Input.Members[i]
		}
	}
	return nil
}

// Service describes a whole API.
type Service struct {
	Name       string // service id, also the name requests are signed for
	Version    string // API version
	Operations []*Operation
	Exceptions []Exception
}

// Exception is an error that operations declare.
type Exception struct {
	Name   string
	Status int // HTTP status
}

// Operation returns the operation of that name, or nil.
func (s *Service) Operation(name string) *Operation {
	for _, o := range s.Operations {
		if o.Name == name {
			return o
		}
	}
	return nil
}
