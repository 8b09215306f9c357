// Package restjson speaks AWS's restJson1 protocol, driven by a schema: it
// turns Go structures into JSON documents, paths and query strings, and back.
// Client and server share it, so that they cannot disagree.
//
// What the protocol knows and this API does not use (headers, payload members,
// maps in query strings, streams, unions) is not here; the generator refuses a
// model that would need it.
package restjson

import (
	"reflect"
	"strconv"

	"github.com/quoinhq/quoin/finspace/schema"
)

// Operation is the codec of one operation. It is made once, and safe for use
// by many goroutines.
type Operation struct {
	*schema.Operation
	in, out *structure
	path    []segment
}

// segment is one part of a path template: a literal, or the label of a member.
type segment struct {
	literal string
	field   *field
}

// NewOperation prepares the codec of an operation. It panics if the Go
// structures and the schema do not belong together: they come from one
// generator.
func NewOperation(o *schema.Operation) *Operation {
	c := compiler{done: make(map[*schema.Shape]*structure)}
	op := &Operation{
		Operation: o,
		in:        c.structure(o.Input, reflect.TypeOf(o.NewInput()).Elem()),
		out:       c.structure(o.Output, reflect.TypeOf(o.NewOutput()).Elem()),
	}
	op.path = op.in.template(o.URI)
	return op
}

// structure is the codec of a Go struct.
type structure struct {
	shape  *schema.Shape
	fields []field
	all    map[string]*field
	body   map[string]*field // those that travel in a JSON document
	query  map[string]*field
	order  []*field // body members in the order of the model
}

// field is one member of a structure.
type field struct {
	*schema.Member
	index int
	key   []byte // the member's name as a JSON key with its colon
	value *value
}

// value is the codec of a value: which kind it has, and for what holds other
// values, their codecs.
type value struct {
	shape     *schema.Shape
	elem      *value
	elemType  reflect.Type // of a list's or map's elements
	structure *structure
}

type compiler struct {
	done map[*schema.Shape]*structure // shapes may hold themselves
}

func (c *compiler) structure(s *schema.Shape, t reflect.Type) *structure {
	if st := c.done[s]; st != nil {
		return st
	}
	st := &structure{
		shape:  s,
		fields: make([]field, len(s.Members)),
		all:    make(map[string]*field),
		body:   make(map[string]*field),
		query:  make(map[string]*field),
	}
	c.done[s] = st
	for i := range s.Members {
		m := &s.Members[i]
		sf, ok := t.FieldByName(m.Field)
		if !ok {
			panic("restjson: " + t.String() + " has no field " + m.Field)
		}
		st.fields[i] = field{
			Member: m,
			index:  sf.Index[0],
			key:    append(strconv.AppendQuote(nil, m.Name), ':'),
			value:  c.value(m.Shape, sf.Type),
		}
		st.all[m.Name] = &st.fields[i]
		switch f := &st.fields[i]; m.In {
		case schema.Body:
			st.body[m.Name] = f
			st.order = append(st.order, f)
		case schema.Query:
			st.query[m.Name] = f
		}
	}
	return st
}

func (c *compiler) value(s *schema.Shape, t reflect.Type) *value {
	v := &value{shape: s}
	switch s.Kind {
	case schema.List, schema.Map:
		v.elemType = t.Elem()
		v.elem = c.value(s.Elem, t.Elem())
	case schema.Structure:
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		v.structure = c.structure(s, t)
	}
	return v
}

// absent reports whether a field holds nothing, and so is left out.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String: // an enum
		return v.Len() == 0
	}
	return false
}

// Error says what is wrong with a request or reply, and where.
type Error struct {
	Path   string // as databases[0].cacheConfigurations; empty for the whole
	Reason string
}

// Error returns the place and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + " " + e.Reason
}

func wrong(reason string) error { return &Error{Reason: reason} }

// inMember and inElement put the place in front of an error on its way up.
func inMember(name string, err error) error {
	if e, ok := err.(*Error); ok {
		switch {
		case e.Path == "":
			e.Path = name
		case e.Path[0] == '[':
			e.Path = name + e.Path
		default:
			e.Path = name + "." + e.Path
		}
	}
	return err
}

func inElement(i int, err error) error {
	if e, ok := err.(*Error); ok {
		at := "[" + strconv.Itoa(i) + "]"
		if e.Path != "" && e.Path[0] != '[' {
			at += "."
		}
		e.Path = at + e.Path
	}
	return err
}
