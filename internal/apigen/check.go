package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A correction replaces one value of the model by that of a later one.
type correction struct {
	shape, was, is string // patterns
	source         string
}

// corrections are what the service's last model has otherwise than the one
// this generator reads.
var corrections = []correction{{
	shape:  "KxCommandLineArgumentValue",
	was:    `^[a-zA-Z0-9_:./,]+$`,
	is:     `^[a-zA-Z0-9_:./,; ]+$`,
	source: "botocore 1.43.11, finspace/2021-03-12/service-2",
}}

// namedMatchers are the shapes whose patterns use what Go's regular
// expressions lack (look-ahead, a class as the end of a range). The server
// matches them by hand-written functions of these names.
var namedMatchers = []string{"ExecutionRoleArn", "KxCommandLineArgumentKey", "TagKey"}

// correct applies the corrections. One that does not find what it corrects is
// an error: the model has moved on.
func (m *model) correct(list []correction) error {
	for _, c := range list {
		s := m.Shapes.by[c.shape]
		if s == nil || s.Pattern != c.was {
			return fmt.Errorf("correction of %s from %s: the model no longer has pattern %s", c.shape, c.source, c.was)
		}
		s.Pattern = c.is
	}
	return nil
}

// check refuses a model with anything that the generated code or its runtime
// would get wrong.
func (m *model) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	for _, name := range m.Shapes.names {
		s := m.Shapes.by[name]
		switch s.Type {
		case "string", "integer", "long", "double", "boolean", "timestamp", "list", "map", "structure":
		default:
			fail("shape %s: type %q is not supported", name, s.Type)
			continue
		}
		if err := checkPattern(name, s.Pattern); err != nil {
			errs = append(errs, err)
		}
		for _, r := range s.refs() {
			if m.Shapes.by[r.Shape] == nil {
				fail("shape %s refers to %s, which does not exist", name, r.Shape)
			}
		}
		for _, req := range s.Required {
			if s.Members.by[req] == nil {
				fail("shape %s requires %s, which it does not have", name, req)
			}
		}
		for _, mem := range s.Members.names {
			r := s.Members.by[mem]
			if r.LocationName != "" && r.LocationName != mem {
				fail("%s.%s: wire name %q differs from the member's", name, mem, r.LocationName)
			}
			if r.Location != "" && r.Location != "uri" && r.Location != "querystring" {
				fail("%s.%s: location %q is not supported", name, mem, r.Location)
			}
		}
		if s.Exception && (s.Error == nil || s.Error.HTTPStatusCode == 0) {
			fail("exception %s has no HTTP status", name)
		}
	}
	for _, name := range m.Operations.names {
		op := m.Operations.by[name]
		if op.Input == nil || op.Output == nil {
			fail("operation %s lacks an input or output", name)
			continue
		}
		if summaries[name] == "" {
			fail("operation %s has no summary", name)
		}
		labels := labelsOf(op.HTTP.RequestURI)
		in := m.Shapes.by[op.Input.Shape]
		for _, mem := range in.Members.names {
			if r := in.Members.by[mem]; (r.Location == "uri") != slices.Contains(labels, mem) {
				fail("operation %s: member %s and the path %s do not agree", name, mem, op.HTTP.RequestURI)
			} else if r.Location == "uri" && (!in.requires(mem) || m.Shapes.by[r.Shape].Type != "string") {
				fail("operation %s: path member %s is no required string", name, mem)
			}
		}
		for _, r := range m.Shapes.by[op.Output.Shape].Members.by {
			if r.Location != "" {
				fail("operation %s: output outside of the body is not supported", name)
			}
		}
	}
	for name := range summaries {
		if m.Operations.by[name] == nil {
			fail("summary of %s, which does not exist", name)
		}
	}
	return errors.Join(errs...)
}

// checkPattern holds the rule that every pattern is one of Go's or has a named
// matcher, and that no matcher is kept that is not needed.
func checkPattern(shape, pattern string) error {
	if pattern == "" {
		return nil
	}
	_, err := regexp.Compile(pattern)
	switch named := slices.Contains(namedMatchers, shape); {
	case err != nil && !named:
		return fmt.Errorf("shape %s needs a named matcher: %w", shape, err)
	case err == nil && named:
		return fmt.Errorf("shape %s no longer needs its named matcher", shape)
	}
	return nil
}

func (s *shape) refs() []*ref {
	var out []*ref
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r != nil {
			out = append(out, r)
		}
	}
	for _, n := range s.Members.names {
		out = append(out, s.Members.by[n])
	}
	return out
}

// labelsOf returns the names in braces of a path template.
func labelsOf(uri string) []string {
	var out []string
	for _, seg := range strings.Split(uri, "/") {
		if strings.HasPrefix(seg, "{") && strings.HasSuffix(seg, "}") {
			out = append(out, seg[1:len(seg)-1])
		}
	}
	return out
}
