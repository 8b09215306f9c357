package main

import (
	"slices"
	"strings"
)

var kinds = map[string]string{
	"string": "String", "integer": "Integer", "long": "Long", "double": "Double", "boolean": "Boolean",
	"timestamp": "Timestamp", "list": "List", "map": "Map", "structure": "Structure",
}

func emitSchema(m *model, src *source) {
	src.printf("package finspace\n\nimport \"github.com/quoinhq/quoin/finspace/schema\"\n\n")
	for _, name := range m.Shapes.names {
		s := m.Shapes.by[name]
		if s.Exception || name == "errorMessage" {
			continue
		}
		src.printf("var shape%s = schema.Shape{\nName: %q,\nKind: schema.%s,\n", goName(name), m.shapeName(name), kinds[s.Type])
		if s.Min != nil {
			src.printf("Min: %s,\n", bound(s.Min))
		}
		if s.Max != nil {
			src.printf("Max: %s,\n", bound(s.Max))
		}
		if s.Pattern != "" {
			src.printf("Pattern: %s,\n", quote(s.Pattern))
		}
		if slices.Contains(namedMatchers, name) {
			src.printf("Matcher: %q,\n", name)
		}
		if len(s.Enum) > 0 {
			src.printf("Enum: []string{")
			for _, v := range s.Enum {
				src.printf("%q, ", v)
			}
			src.printf("},\n")
		}
		if s.Sensitive {
			src.printf("Sensitive: true,\n")
		}
		switch s.Type {
		case "list":
			src.printf("Elem: &shape%s,\n", goName(s.Member.Shape))
		case "map":
			src.printf("Key: &shape%s,\nElem: &shape%s,\n", goName(s.Key.Shape), goName(s.Value.Shape))
		case "structure":
			emitMembers(s, src)
		}
		src.printf("}\n\n")
	}

	src.printf("var service = schema.Service{\nName: %q,\nVersion: %q,\nExceptions: exceptions,\nOperations: []*schema.Operation{\n",
		m.Metadata.SigningName, m.Metadata.APIVersion)
	for _, name := range m.Operations.names {
		m.emitOperation(name, src)
	}
	src.printf("},\n}\n")
}

// shapeName is the name in the tables: the Go type's where there is one.
func (m *model) shapeName(name string) string {
	if m.Shapes.by[name].Type == "structure" {
		return m.typeName(name)
	}
	return name
}

func emitMembers(s *shape, src *source) {
	if len(s.Members.names) == 0 {
		return
	}
	src.printf("Members: []schema.Member{\n")
	for _, mem := range s.Members.names {
		r := s.Members.by[mem]
		src.printf("{Name: %q, Field: %q, Shape: &shape%s", mem, goName(mem), goName(r.Shape))
		switch r.Location {
		case "uri":
			src.printf(", In: schema.Path")
		case "querystring":
			src.printf(", In: schema.Query")
		}
		if s.requires(mem) {
			src.printf(", Required: true")
		}
		if r.IdempotencyToken {
			src.printf(", Token: true")
		}
		src.printf("},\n")
	}
	src.printf("},\n")
}

func (m *model) emitOperation(name string, src *source) {
	op := m.Operations.by[name]
	src.printf("{\nName: %q,\nSummary: %q,\nMethod: %q,\nURI: %q,\n", name, summaries[name], op.HTTP.Method, op.HTTP.RequestURI)
	if op.Deprecated {
		src.printf("Deprecated: true,\n")
	}
	src.printf("Input: &shape%s,\nOutput: &shape%s,\n", goName(op.Input.Shape), goName(op.Output.Shape))
	var errs []string
	for _, e := range op.Errors {
		if !slices.Contains(errs, e.Shape) { // the model names some twice
			errs = append(errs, e.Shape)
		}
	}
	slices.Sort(errs)
	src.printf("Errors: []string{\"%s\"},\n", strings.Join(errs, `", "`))
	if items := m.items(op); items != "" {
		src.printf("Paging: &schema.Paging{Token: \"nextToken\", Limit: \"maxResults\", Items: %q},\n", items)
	}
	src.printf("NewInput: func() any { return new(%sInput) },\nNewOutput: func() any { return new(%sOutput) },\n},\n", name, name)
}

// items returns the output member that holds a page's entries, or "" if the
// operation is not paged. The model's own list of paged operations leaves out
// four that have all the members.
func (m *model) items(op *operation) string {
	in, out := m.Shapes.by[op.Input.Shape], m.Shapes.by[op.Output.Shape]
	if in.Members.by["nextToken"] == nil || in.Members.by["maxResults"] == nil || out.Members.by["nextToken"] == nil {
		return ""
	}
	for _, mem := range out.Members.names {
		if m.Shapes.by[out.Members.by[mem].Shape].Type == "list" {
			return mem
		}
	}
	return ""
}

func quote(s string) string {
	if strings.Contains(s, "`") {
		panic("pattern with a backquote")
	}
	return "`" + s + "`"
}

func emitService(m *model, src *source) {
	src.printf("package api\n\nimport (\n\"context\"\n\n\"github.com/quoinhq/quoin/finspace\"\n)\n\n")
	src.printf("// Service is the API: one method for each operation. Inputs have been bound and\n// validated against the model before a method is called. An error that is a\n// [finspace.Error] reaches the caller; of any other only that there was one.\ntype Service interface {\n")
	for _, n := range m.Operations.names {
		src.printf("// %s %s.\n", n, summaries[n])
		src.printf("%s(ctx context.Context, in *finspace.%sInput) (*finspace.%sOutput, error)\n", n, n, n)
	}
	src.printf("}\n\n")
	src.printf("// Unimplemented answers every operation with a [NotImplementedError]. Services embed\n// it for the operations that they do not have yet.\ntype Unimplemented struct{}\n\nvar _ Service = Unimplemented{}\n\n")
	for _, n := range m.Operations.names {
		src.printf("// %s returns a [NotImplementedError].\n", n)
		src.printf("func (Unimplemented) %s(context.Context, *finspace.%sInput) (*finspace.%sOutput, error) {\nreturn nil, &NotImplementedError{Operation: %q}\n}\n\n", n, n, n, n)
	}
	src.printf("// calls leads from an operation's name to its method.\nvar calls = map[string]func(context.Context, Service, any) (any, error){\n")
	for _, n := range m.Operations.names {
		src.printf("%q: func(ctx context.Context, s Service, in any) (any, error) {\nreturn result(s.%s(ctx, in.(*finspace.%sInput)))\n},\n", n, n, n)
	}
	src.printf("}\n")
}
