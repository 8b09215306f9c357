package main

import (
	"fmt"
	"strconv"
	"strings"
)

func emitTypes(m *model, src *source) {
	src.printf("package finspace\n\nimport \"time\"\n\n")
	for _, name := range m.structures() {
		s, t := m.Shapes.by[name], m.typeName(name)
		switch op, ok := strings.CutSuffix(t, "Input"); {
		case ok && m.Operations.by[op] != nil:
			src.printf("// %s is what %s takes.\n", t, op)
		default:
			if op, ok := strings.CutSuffix(t, "Output"); ok && m.Operations.by[op] != nil {
				src.printf("// %s is what %s returns.\n", t, op)
			} else {
				src.printf("// %s is part of inputs and outputs.\n", t)
			}
		}
		src.printf("type %s struct {\n", t)
		for _, mem := range s.Members.names {
			if rule := m.rule(s, mem); rule != "" {
				src.printf("// %s\n", rule)
			}
			src.printf("%s %s\n", goName(mem), m.goType(s.Members.by[mem].Shape, true))
		}
		src.printf("}\n\n")
	}
}

// rule says what the model demands of a member.
func (m *model) rule(parent *shape, member string) string {
	r := parent.Members.by[member]
	s := m.Shapes.by[r.Shape]
	var parts []string
	if parent.requires(member) {
		parts = append(parts, "required")
	}
	if r.IdempotencyToken {
		parts = append(parts, "idempotency token, filled in by the client when nil")
	}
	switch s.Type {
	case "string":
		parts = appendRange(parts, s, "characters")
	case "list", "map":
		parts = appendRange(parts, s, "entries")
	default:
		parts = appendRange(parts, s, "")
	}
	if s.Pattern != "" && s.Pattern != ".*" {
		parts = append(parts, "matches "+s.Pattern)
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, "; ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func appendRange(parts []string, s *shape, unit string) []string {
	num := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	var text string
	switch {
	case s.Min != nil && s.Max != nil:
		text = num(*s.Min) + " to " + num(*s.Max)
	case s.Min != nil:
		text = "at least " + num(*s.Min)
	case s.Max != nil:
		text = "at most " + num(*s.Max)
	default:
		return parts
	}
	return append(parts, strings.TrimSpace(text+" "+unit))
}

func emitEnums(m *model, src *source) {
	src.printf("package finspace\n\n")
	for _, name := range m.Shapes.names {
		s := m.Shapes.by[name]
		if len(s.Enum) == 0 {
			continue
		}
		t := m.typeName(name)
		src.printf("// %s is one of the values that [%s.Values] lists.\ntype %s string\n\n", t, t, t)
		src.printf("// Values of %s.\nconst (\n", t)
		for _, v := range s.Enum {
			src.printf("%s %s = %q\n", enumName(t, v), t, v)
		}
		src.printf(")\n\n// Values returns all values of the type, in the order of the model.\n")
		src.printf("func (%s) Values() []%s {\nreturn []%s{\n", t, t, t)
		for _, v := range s.Enum {
			src.printf("%s,\n", enumName(t, v))
		}
		src.printf("}\n}\n\n")
	}
}

// sentences names the enum values that are whole sentences, as
// aws-sdk-go-v2 does.
var sentences = map[string]string{
	"The inputs to this request are invalid.":                                   "Validation",
	"Service limits have been exceeded.":                                        "ServiceQuotaExceeded",
	"Missing required permission to perform this request.":                      "AccessDenied",
	"One or more inputs to this request were not found.":                        "ResourceNotFound",
	"The system temporarily lacks sufficient resources to process the request.": "Throttling",
	"An internal error has occurred.":                                           "InternalServiceException",
	"A user recoverable error has occurred":                                     "UserRecoverable",
}

func enumName(typ, value string) string {
	if n, ok := sentences[value]; ok {
		return typ + n
	}
	var b strings.Builder
	b.WriteString(typ)
	for _, word := range strings.Split(value, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + strings.ToLower(word[1:]))
	}
	return b.String()
}

func emitErrors(m *model, src *source) {
	src.printf("package finspace\n\nimport \"github.com/quoinhq/quoin/finspace/schema\"\n\n")
	for _, name := range m.exceptions() {
		s := m.Shapes.by[name]
		src.printf("// %s is an error of the service; its HTTP status is %d.\n", name, s.Error.HTTPStatusCode)
		src.printf("type %s struct {\n", name)
		var params []string
		for _, mem := range s.Members.names {
			src.printf("%s string\n", goName(mem))
			params = append(params, mem)
		}
		src.printf("}\n\n")
		src.printf("// New%s makes the error with a text meant for the caller.\n", name)
		src.printf("func New%s(%s string) *%s {\nreturn &%s{", name, strings.Join(params, ", "), name, name)
		for _, p := range params {
			src.printf("%s: %s, ", goName(p), p)
		}
		src.printf("}\n}\n\n")
		src.printf("// Error returns code and message.\nfunc (e *%s) Error() string { return errorText(e) }\n\n", name)
		src.printf("// ErrorCode returns %q.\nfunc (e *%s) ErrorCode() string { return %q }\n\n", name, name, name)
		src.printf("// ErrorMessage returns the text meant for the caller.\nfunc (e *%s) ErrorMessage() string { return e.Message }\n\n", name)
		src.printf("// HTTPStatus returns %d.\nfunc (e *%s) HTTPStatus() int { return %d }\n\n", s.Error.HTTPStatusCode, name, s.Error.HTTPStatusCode)
	}
	src.printf("// exceptions is the one table of the service's errors.\nvar exceptions = []schema.Exception{\n")
	for _, name := range m.exceptions() {
		src.printf("{Name: %q, Status: %d},\n", name, m.Shapes.by[name].Error.HTTPStatusCode)
	}
	src.printf("}\n\n// newException makes the error of that name, or returns nil.\n")
	src.printf("func newException(name, message, reason string) Error {\nswitch name {\n")
	for _, name := range m.exceptions() {
		args := "message"
		if m.Shapes.by[name].Members.by["reason"] != nil {
			args = "message, reason"
		}
		src.printf("case %q:\nreturn New%s(%s)\n", name, name, args)
	}
	src.printf("}\nreturn nil\n}\n")
}

func bound(f *float64) string {
	return fmt.Sprintf("schema.Bound{Set: true, N: %s}", strconv.FormatFloat(*f, 'f', -1, 64))
}
