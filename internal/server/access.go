package server

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/control"
)

// accessRule reads from an operation's input what the decision about it is
// made of. It is compiled once from the operation's row in control's table.
type accessRule struct {
	parts   []string // literal text, between the members
	members []int    // fields of the input
	tagMap  int      // field with tags, -1 for none
	tagKeys int      // field with tag keys, -1 for none
}

// newAccessRule fails loudly on a row that does not fit its operation: the
// tables are compiled in, and a test goes through all of them.
func newAccessRule(op *api.Operation, arns control.ARNs) *accessRule {
	access, ok := control.AccessOf(op.Name)
	if !ok {
		panic("server: no access rule for " + op.Name)
	}
	rule := &accessRule{tagMap: -1, tagKeys: -1}
	input := reflect.TypeOf(op.NewInput()).Elem()
	field := func(member string) int {
		m := op.Input.Member(member)
		if m == nil {
			panic(fmt.Sprintf("server: %s has no member %s", op.Name, member))
		}
		f, _ := input.FieldByName(m.Field)
		return f.Index[0]
	}
	text := access.Resource
	if text != "" && !strings.HasPrefix(text, "{") {
		text = arns.Of(text)
	}
	for {
		before, rest, found := strings.Cut(text, "{")
		rule.parts = append(rule.parts, before)
		if !found {
			break
		}
		var member string
		member, text, _ = strings.Cut(rest, "}")
		rule.members = append(rule.members, field(member))
	}
	if access.Tags {
		if op.Input.Member("tags") != nil {
			rule.tagMap = field("tags")
		}
		if op.Input.Member("tagKeys") != nil {
			rule.tagKeys = field("tagKeys")
		}
	}
	return rule
}

// resource is the ARN that the caller must be allowed the action on, "*" when
// the action is on none.
func (a *accessRule) resource(in any) string {
	if len(a.members) == 0 && a.parts[0] == "" {
		return "*"
	}
	v := reflect.ValueOf(in).Elem()
	var b strings.Builder
	for i, part := range a.parts {
		b.WriteString(part)
		if i < len(a.members) {
			if p, ok := v.Field(a.members[i]).Interface().(*string); ok && p != nil {
				b.WriteString(*p)
			}
		}
	}
	return b.String()
}

// tags are the condition keys that the request's tags make.
func (a *accessRule) tags(in any) map[string][]string {
	v := reflect.ValueOf(in).Elem()
	keys := make(map[string][]string)
	if a.tagMap >= 0 {
		tags, _ := v.Field(a.tagMap).Interface().(map[string]string)
		for k, value := range tags {
			keys["aws:RequestTag/"+k] = []string{value}
		}
		if len(tags) > 0 {
			keys["aws:TagKeys"] = slices.Sorted(maps.Keys(tags))
		}
	}
	if a.tagKeys >= 0 {
		keys["aws:TagKeys"], _ = v.Field(a.tagKeys).Interface().([]string)
	}
	if len(keys) == 0 {
		return nil
	}
	return keys
}
