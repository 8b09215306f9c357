package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// model is a model in the JSON format, version 2, that AWS's SDKs share. Only
// what this API uses is read; anything else in it is an error, so that a newer
// model cannot lose a trait without notice.
type model struct {
	Version    string
	Metadata   metadata
	Operations ordered[*operation]
	Shapes     ordered[*shape]
}

type metadata struct {
	APIVersion          string `json:"apiVersion"`
	EndpointPrefix      string `json:"endpointPrefix"`
	JSONVersion         string `json:"jsonVersion"`
	Protocol            string `json:"protocol"`
	Protocols           []string
	ServiceAbbreviation string `json:"serviceAbbreviation"`
	ServiceFullName     string `json:"serviceFullName"`
	ServiceID           string `json:"serviceId"`
	SignatureVersion    string `json:"signatureVersion"`
	SigningName         string `json:"signingName"`
	UID                 string `json:"uid"`
}

type operation struct {
	Name              string
	HTTP              struct{ Method, RequestURI string }
	Input, Output     *ref
	Errors            []ref
	Deprecated        bool
	DeprecatedMessage string
}

type shape struct {
	Type              string
	Members           ordered[*ref]
	Required          []string
	Member, Key       *ref
	Value             *ref
	Min, Max          *float64
	Pattern           string
	Enum              []string
	Sensitive         bool
	Box               bool
	Exception         bool
	Error             *struct{ HTTPStatusCode int }
	Deprecated        bool
	DeprecatedMessage string
}

type ref struct {
	Shape            string
	Location         string
	LocationName     string
	IdempotencyToken bool
}

// ordered is a JSON object that remembers the order of its members.
type ordered[T any] struct {
	names []string
	by    map[string]T
}

func (o *ordered[T]) UnmarshalJSON(data []byte) error {
	dec := strictDecoder(data)
	if _, err := dec.Token(); err != nil {
		return err
	}
	o.by = make(map[string]T)
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var v T
		if err := dec.Decode(&v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		o.names = append(o.names, name.(string))
		o.by[name.(string)] = v
	}
	return nil
}

func strictDecoder(data []byte) *json.Decoder {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec
}

func parseModel(data []byte) (*model, error) {
	m := new(model)
	if err := strictDecoder(data).Decode(m); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if m.Metadata.Protocol != "rest-json" {
		return nil, fmt.Errorf("model: protocol %q, want rest-json", m.Metadata.Protocol)
	}
	return m, nil
}

// goName is the Go name of a member or shape.
func goName(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// typeName is the Go type made for a structure or enum. Requests and responses
// are named after their operation.
func (m *model) typeName(shapeName string) string {
	for _, n := range m.Operations.names {
		switch op := m.Operations.by[n]; shapeName {
		case op.Input.Shape:
			return n + "Input"
		case op.Output.Shape:
			return n + "Output"
		}
	}
	return goName(shapeName)
}

// structures returns the names of all structures that are no exceptions, in
// the order that operations reach them: an operation's input, its output, then
// the nested ones by name.
func (m *model) structures() []string {
	var names []string
	top := make(map[string]bool)
	for _, n := range m.Operations.names {
		op := m.Operations.by[n]
		names = append(names, op.Input.Shape, op.Output.Shape)
		top[op.Input.Shape], top[op.Output.Shape] = true, true
	}
	for _, n := range m.Shapes.names {
		if s := m.Shapes.by[n]; s.Type == "structure" && !s.Exception && !top[n] {
			names = append(names, n)
		}
	}
	return names
}

func (m *model) exceptions() []string {
	var names []string
	for _, n := range m.Shapes.names {
		if m.Shapes.by[n].Exception {
			names = append(names, n)
		}
	}
	return names
}

// goType is the Go type of a value of the shape: as a structure's member, or
// as an element of a list or map.
func (m *model) goType(name string, member bool) string {
	s := m.Shapes.by[name]
	ptr := ""
	if member {
		ptr = "*"
	}
	switch s.Type {
	case "string":
		if len(s.Enum) > 0 {
			return m.typeName(name)
		}
		return ptr + "string"
	case "integer":
		return ptr + "int32"
	case "long":
		return ptr + "int64"
	case "double":
		return ptr + "float64"
	case "boolean":
		return ptr + "bool"
	case "timestamp":
		return ptr + "time.Time"
	case "list":
		return "[]" + m.goType(s.Member.Shape, false)
	case "map":
		return "map[string]" + m.goType(s.Value.Shape, false)
	case "structure":
		return ptr + m.typeName(name)
	}
	panic("unchecked type " + s.Type)
}

func (s *shape) requires(member string) bool { return slices.Contains(s.Required, member) }
