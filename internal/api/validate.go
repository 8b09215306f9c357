package api

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/quoinhq/quoin/finspace/schema"
)

// Validate checks an input against the model: what is required, lengths in
// characters, ranges, patterns and enums. A pattern must match the whole of a
// value. The error is of the kind that [Operation.Invalid] makes, and names
// every member that is wrong, the value unless it is sensitive, and the rule.
func (o *Operation) Validate(input any) error {
	var c checker
	c.structure(o.input, reflect.ValueOf(input).Elem())
	if c.count == 0 {
		return nil
	}
	return o.Invalid(c.message())
}

// ValidateOutput checks an output against the model in the same way. Clients
// do not, so it serves tests.
func (o *Operation) ValidateOutput(output any) error {
	var c checker
	c.structure(o.output, reflect.ValueOf(output).Elem())
	if c.count == 0 {
		return nil
	}
	return fmt.Errorf("api: output of %s: %s", o.Name, c.message())
}

// structRule is what a structure's members must be.
type structRule struct{ members []memberRule }

type memberRule struct {
	index    int
	name     string
	required bool
	value    *rule           // nil if any value will do
	allow    []exceptionFunc // values of this member that pass anyway
}

type exceptionFunc = func(string) bool

// rule is what a value must be.
type rule struct {
	shape     *schema.Shape
	match     func(string) bool
	allow     []exceptionFunc
	key, elem *rule
	structure *structRule
}

// ruleMaker makes rules of the schema and the exceptions.
type ruleMaker struct {
	structs map[*schema.Shape]*structRule
	match   map[*schema.Shape]func(string) bool
	allow   map[string][]exceptionFunc
}

func newRuleMaker(list []exception) *ruleMaker {
	m := &ruleMaker{
		structs: make(map[*schema.Shape]*structRule),
		match:   make(map[*schema.Shape]func(string) bool),
		allow:   make(map[string][]exceptionFunc),
	}
	for _, e := range list {
		m.allow[e.where] = append(m.allow[e.where], e.allow)
	}
	return m
}

func (m *ruleMaker) structure(s *schema.Shape, t reflect.Type) *structRule {
	if r := m.structs[s]; r != nil {
		return r
	}
	r := new(structRule)
	m.structs[s] = r
	for i := range s.Members {
		mem := &s.Members[i]
		f, _ := t.FieldByName(mem.Field)
		r.members = append(r.members, memberRule{
			index:    f.Index[0],
			name:     mem.Name,
			required: mem.Required,
			value:    m.value(mem.Shape, f.Type),
			allow:    m.allow[s.Name+"."+mem.Name],
		})
	}
	return r
}

func (m *ruleMaker) value(s *schema.Shape, t reflect.Type) *rule {
	r := &rule{shape: s, allow: m.allow[s.Name]}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch s.Kind {
	case schema.String:
		r.match = m.matcher(s)
		if r.match == nil && len(s.Enum) == 0 && !s.Min.Set && !s.Max.Set {
			return nil
		}
	case schema.List:
		r.elem = m.value(s.Elem, t.Elem())
	case schema.Map:
		r.key = m.value(s.Key, t.Key())
		r.elem = m.value(s.Elem, t.Elem())
	case schema.Structure:
		r.structure = m.structure(s, t)
	default:
		if !s.Min.Set && !s.Max.Set {
			return nil
		}
	}
	return r
}

// matcher returns the function that a shape's pattern asks for, or nil. The
// pattern that takes everything is none. Shapes have one each, and compile
// their patterns when they first need them: some are large, and most belong to
// outputs, which servers do not check.
func (m *ruleMaker) matcher(s *schema.Shape) func(string) bool {
	switch {
	case s.Matcher != "":
		return matchers[s.Matcher]
	case s.Pattern == "" || s.Pattern == ".*":
		return nil
	}
	if m.match[s] == nil {
		re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + s.Pattern + `)$`) })
		m.match[s] = func(text string) bool { return re().MatchString(text) }
	}
	return m.match[s]
}

// checker collects what is wrong with one input.
type checker struct {
	path  []string // steps from the input to the value being checked
	count int
	found []string // texts, of the first ones only
}

// maxViolations is how many are spelled out, and maxValue how much of a value
// an error shows.
const (
	maxViolations = 10
	maxValue      = 128
)

func (c *checker) message() string {
	noun := "errors"
	if c.count == 1 {
		noun = "error"
	}
	text := fmt.Sprintf("%d validation %s detected: %s", c.count, noun, strings.Join(c.found, "; "))
	if n := c.count - len(c.found); n > 0 {
		text += fmt.Sprintf("; and %d more", n)
	}
	return text
}

// report notes that the value here breaks a rule. An empty value is left out
// of the text.
func (c *checker) report(value, constraint string) {
	c.count++
	if len(c.found) == maxViolations {
		return
	}
	if value != "" {
		value += " "
	}
	path := strings.ReplaceAll(strings.Join(c.path, "."), ".[", "[")
	c.found = append(c.found, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: Member must %s", value, path, constraint))
}

// show makes a value fit for an error text: cut, quoted, and without anything
// that does not print. A sensitive one is not shown.
func show(s string, sensitive bool) string {
	if sensitive {
		return ""
	}
	if len(s) > maxValue {
		cut := maxValue
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	q := strconv.QuoteToGraphic(s)
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + "'"
}

func (c *checker) structure(r *structRule, v reflect.Value) {
	for i := range r.members {
		m := &r.members[i]
		f := v.Field(m.index)
		if missing(f) {
			if m.required {
				c.path = append(c.path, m.name)
				c.report("null", "not be null")
				c.path = c.path[:len(c.path)-1]
			}
			continue
		}
		if m.value == nil {
			continue
		}
		if len(m.allow) > 0 && allowed(m.allow, f) {
			continue
		}
		c.path = append(c.path, m.name)
		c.value(m.value, f)
		c.path = c.path[:len(c.path)-1]
	}
}

func missing(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

func allowed(list []exceptionFunc, v reflect.Value) bool {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v.Kind() == reflect.String && slices.ContainsFunc(list, func(ok exceptionFunc) bool { return ok(v.String()) })
}

func (c *checker) value(r *rule, v reflect.Value) {
	if len(r.allow) > 0 && allowed(r.allow, v) {
		return
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch r.shape.Kind {
	case schema.String:
		c.text(r, v.String())
	case schema.Integer, schema.Long:
		c.number(r.shape, float64(v.Int()))
	case schema.Double:
		c.number(r.shape, v.Float())
	case schema.List:
		c.length(r.shape, v.Len(), "")
		if r.elem != nil {
			for i := range v.Len() {
				c.path = append(c.path, "["+strconv.Itoa(i)+"]")
				c.value(r.elem, v.Index(i))
				c.path = c.path[:len(c.path)-1]
			}
		}
	case schema.Map:
		c.entries(r, v)
	case schema.Structure:
		c.structure(r.structure, v)
	}
}

func (c *checker) entries(r *rule, v reflect.Value) {
	c.length(r.shape, v.Len(), "")
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if r.key != nil {
			c.path = append(c.path, "key")
			c.text(r.key, k.String())
			c.path = c.path[:len(c.path)-1]
		}
		if r.elem != nil {
			c.path = append(c.path, "["+show(k.String(), false)+"]")
			c.value(r.elem, v.MapIndex(k))
			c.path = c.path[:len(c.path)-1]
		}
	}
}

func (c *checker) text(r *rule, s string) {
	if r.shape.Min.Set || r.shape.Max.Set {
		c.length(r.shape, utf8.RuneCountInString(s), s)
	}
	if r.match != nil && !r.match(s) {
		c.report(show(s, r.shape.Sensitive), "satisfy regular expression pattern: "+r.shape.Pattern)
	}
	if len(r.shape.Enum) > 0 && !slices.Contains(r.shape.Enum, s) {
		c.report(show(s, r.shape.Sensitive), "satisfy enum value set: ["+strings.Join(r.shape.Enum, ", ")+"]")
	}
}

// length checks how long a value is. The value itself is shown for a string.
func (c *checker) length(s *schema.Shape, n int, value string) {
	var constraint string
	switch {
	case s.Min.Set && float64(n) < s.Min.N:
		constraint = "have length greater than or equal to " + number(s.Min.N)
	case s.Max.Set && float64(n) > s.Max.N:
		constraint = "have length less than or equal to " + number(s.Max.N)
	default:
		return
	}
	if s.Kind != schema.String {
		c.report("", constraint)
		return
	}
	c.report(show(value, s.Sensitive), constraint)
}

func (c *checker) number(s *schema.Shape, n float64) {
	switch {
	case s.Min.Set && !(n >= s.Min.N):
		c.report("'"+number(n)+"'", "have value greater than or equal to "+number(s.Min.N))
	case s.Max.Set && !(n <= s.Max.N):
		c.report("'"+number(n)+"'", "have value less than or equal to "+number(s.Max.N))
	case math.IsNaN(n):
		c.report("'NaN'", "be a number")
	}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
