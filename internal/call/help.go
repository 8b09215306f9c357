package call

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/finspace/schema"
)

// overview is the help of the command as a whole.
func overview() string {
	var b strings.Builder
	b.WriteString(`Usage: quoin call OPERATION [--FLAG VALUE]...

Calls an operation of the API and prints its reply. The server's address, the
region and the credentials come from the environment and files that other AWS
tools read; eval "$(quoin env)" sets them for the server of this machine.

`)
	width := 0
	for _, op := range finspace.Schema().Operations {
		width = max(width, len(kebab(op.Name)))
	}
	for _, old := range []bool{false, true} {
		if old {
			b.WriteString("\nOperations of the Dataset Browser, which has ended:\n")
		} else {
			b.WriteString("Operations:\n")
		}
		for _, op := range finspace.Schema().Operations {
			if op.Deprecated == old {
				fmt.Fprintf(&b, "  %-*s  %s\n", width, kebab(op.Name), op.Summary)
			}
		}
	}
	b.WriteString(`
quoin call OPERATION --help says what an operation takes.
quoin completion bash, zsh or fish prints a script that completes all of this.

Examples:
  quoin call list-kx-environments --output table
  quoin call create-kx-environment --name trading --kms-key-id arn:aws:kms:us-east-1:123456789012:key/any --wait
  quoin call create-kx-cluster --help
`)
	return b.String()
}

// operationHelp is the help of one operation.
func operationHelp(op *schema.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: quoin call %s", kebab(op.Name))
	for i := range op.Input.Members {
		if m := &op.Input.Members[i]; m.Required && !m.Token {
			fmt.Fprintf(&b, " --%s %s", kebab(m.Name), placeholder(m.Shape))
		}
	}
	fmt.Fprintf(&b, " [--FLAG VALUE]...\n\n%s%s.\n\nIts flags:\n", strings.ToUpper(op.Summary[:1]), op.Summary[1:])
	for _, required := range []bool{true, false} {
		for i := range op.Input.Members {
			m := &op.Input.Members[i]
			if (m.Required && !m.Token) != required {
				continue
			}
			fmt.Fprintf(&b, "  --%s %s\n", kebab(m.Name), placeholder(m.Shape))
			if text := rule(m, required); text != "" {
				fmt.Fprintf(&b, "        %s\n", text)
			}
		}
	}
	b.WriteString("\nFlags of all operations:\n")
	for _, o := range options {
		fmt.Fprintf(&b, "  %-24s %s\n", strings.TrimSpace("--"+o.name+" "+o.argument), o.help)
	}
	b.WriteString("\nExamples:\n")
	for _, e := range examples(op) {
		fmt.Fprintf(&b, "  %s\n", commandLine(e))
	}
	return b.String()
}

// placeholder says what kind of value a flag takes.
func placeholder(s *schema.Shape) string {
	switch s.Kind {
	case schema.List:
		if s.Elem.Kind == schema.Structure {
			return "JSON"
		}
		return placeholder(s.Elem) + "..."
	case schema.Map:
		return "KEY=VALUE,..."
	case schema.Structure:
		return "JSON"
	case schema.Boolean:
		return "[true|false]"
	case schema.Integer, schema.Long, schema.Double:
		return "NUMBER"
	}
	return "TEXT"
}

// rule says what the model demands of a member.
func rule(m *schema.Member, required bool) string {
	var parts []string
	if required {
		parts = append(parts, "required")
	}
	if m.Token {
		parts = append(parts, "makes a repeated request harmless; made up if left out")
	}
	s := m.Shape
	unit := map[schema.Kind]string{schema.String: " characters", schema.List: " entries", schema.Map: " entries"}[s.Kind]
	switch num := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }; {
	case s.Min.Set && s.Max.Set:
		parts = append(parts, num(s.Min.N)+" to "+num(s.Max.N)+unit)
	case s.Min.Set:
		parts = append(parts, "at least "+num(s.Min.N)+unit)
	case s.Max.Set:
		parts = append(parts, "at most "+num(s.Max.N)+unit)
	}
	if len(s.Enum) > 0 {
		parts = append(parts, "one of "+strings.Join(s.Enum, ", "))
	}
	if s.Pattern != "" {
		parts = append(parts, "like "+s.Pattern)
	}
	if form := form(s); form != "" {
		parts = append(parts, "as "+form)
	}
	return strings.Join(parts, "; ")
}

// form shows the members of what is given as JSON, one level deep.
func form(s *schema.Shape) string {
	switch {
	case s.Kind == schema.List && s.Elem.Kind == schema.Structure:
		return "[" + form(s.Elem) + ", ...]"
	case s.Kind == schema.Structure:
		var names []string
		for i := range s.Members {
			m := &s.Members[i]
			name := m.Name
			if m.Required {
				name += "*"
			}
			names = append(names, name)
		}
		return "{" + strings.Join(names, ", ") + "}"
	}
	return ""
}

// commandLine writes arguments as they would be typed.
func commandLine(args []string) string {
	var b strings.Builder
	b.WriteString("quoin call")
	for _, a := range args {
		if strings.ContainsAny(a, " '\"{}[]*?$&;|<>\\()#!~`") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		b.WriteString(" " + a)
	}
	return b.String()
}
