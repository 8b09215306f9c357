package call

import (
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/finspace/schema"
)

// completeWord is the hidden word by which `quoin completion`'s scripts ask
// for what can come next. After it stand the words after `quoin call`, the last
// being the one that is being typed.
const completeWord = "__complete"

// complete returns what the last word can become.
func complete(words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	if len(words) == 1 {
		var out []string
		for _, op := range finspace.Schema().Operations {
			out = append(out, kebab(op.Name))
		}
		return withPrefix(append(out, "--help"), last)
	}
	op := find(words[0])
	if op == nil {
		return nil
	}
	flag := words[len(words)-2]
	if name, ok := strings.CutPrefix(flag, "--"); ok && !strings.HasPrefix(last, "--") {
		if name == "output" {
			return withPrefix(formats, last)
		}
		if m, _ := findMember(op, name); m != nil {
			return withPrefix(valuesOf(m.Shape), last)
		}
		if o := findOption(name); o != nil && o.argument != "" {
			return nil
		}
	}
	used := make(map[string]bool)
	for _, w := range words[1 : len(words)-1] {
		used[w] = true
	}
	var out []string
	for i := range op.Input.Members {
		m := &op.Input.Members[i]
		out = append(out, "--"+kebab(m.Name))
		if m.Shape.Kind == schema.Boolean {
			out = append(out, "--no-"+kebab(m.Name))
		}
	}
	for _, o := range options {
		out = append(out, "--"+o.name)
	}
	var left []string
	for _, w := range withPrefix(out, last) {
		if !used[w] {
			left = append(left, w)
		}
	}
	return left
}

// valuesOf returns all values that a member can have, if they are few.
func valuesOf(s *schema.Shape) []string {
	switch s.Kind {
	case schema.Boolean:
		return []string{"true", "false"}
	case schema.List:
		return valuesOf(s.Elem)
	}
	return s.Enum
}

func withPrefix(list []string, prefix string) []string {
	var out []string
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			out = append(out, s)
		}
	}
	return out
}
