package api

import (
	"reflect"
	"strings"

	"github.com/quoinhq/quoin/finspace/schema"
)

// Matchers are the functions that stand in for patterns, for tests.
var Matchers = matchers

// Exception is a row of the recorded exceptions, for tests.
type Exception struct{ Where, Sample, Source string }

// Exceptions returns all rows.
func Exceptions() []Exception {
	var out []Exception
	for _, e := range exceptions {
		out = append(out, Exception{e.where, e.sample, e.source})
	}
	return out
}

// Refuses reports whether the model alone refuses the sample, and whether the
// exception lets it pass.
func Refuses(row int) (model, withException bool) {
	refused := func(list []exception) bool {
		m := newRuleMaker(list)
		for _, op := range Operations() {
			if r := findRule(m, op, exceptions[row].where); r != nil {
				c := checker{}
				r(&c, exceptions[row].sample)
				return c.count > 0
			}
		}
		panic("no shape or member " + exceptions[row].where)
	}
	return refused(nil), refused(exceptions)
}

// findRule looks for the rule of a shape, or of STRUCTURE.member, in an
// operation's input and output, and returns a check of one string by it.
func findRule(m *ruleMaker, op *Operation, where string) func(*checker, string) {
	for _, top := range []struct {
		shape *schema.Shape
		value any
	}{{op.Operation.Input, op.NewInput()}, {op.Operation.Output, op.NewOutput()}} {
		t := reflect.TypeOf(top.value).Elem()
		r := m.structure(top.shape, t)
		for i := range top.shape.Members {
			mem := &top.shape.Members[i]
			structure, member, dotted := strings.Cut(where, ".")
			switch {
			case dotted && (structure != top.shape.Name || member != mem.Name), !dotted && mem.Shape.Name != where:
				continue
			}
			return func(c *checker, sample string) {
				v := reflect.New(t).Elem()
				f := v.Field(r.members[i].index)
				if f.Kind() == reflect.Pointer {
					f.Set(reflect.ValueOf(&sample))
				} else {
					f.SetString(sample)
				}
				one := structRule{members: r.members[i : i+1]}
				c.structure(&one, v)
			}
		}
	}
	if strings.Contains(where, ".") {
		return nil
	}
	for s := range m.structs {
		if found := findShape(s, where, make(map[*schema.Shape]bool)); found != nil {
			r := m.value(found, reflect.TypeFor[string]())
			return func(c *checker, sample string) { c.value(r, reflect.ValueOf(sample)) }
		}
	}
	return nil
}

func findShape(s *schema.Shape, name string, seen map[*schema.Shape]bool) *schema.Shape {
	if s == nil || seen[s] {
		return nil
	}
	seen[s] = true
	if s.Name == name {
		return s
	}
	for i := range s.Members {
		if f := findShape(s.Members[i].Shape, name, seen); f != nil {
			return f
		}
	}
	if f := findShape(s.Elem, name, seen); f != nil {
		return f
	}
	return findShape(s.Key, name, seen)
}
