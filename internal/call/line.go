package call

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/quoinhq/quoin/finspace/schema"
)

// line is a command line taken apart.
type line struct {
	members map[string][]string // values by member name
	help    bool

	endpoint, region, profile string
	output, query             string
	input                     string
	wait                      bool
	timeout                   time.Duration
	onePage                   bool
}

// everyPage reports whether a list is to be read to its end: unless the caller
// pages by hand.
func (l *line) everyPage() bool {
	return !l.onePage && l.members["nextToken"] == nil && l.members["maxResults"] == nil
}

// option is a flag that every operation has. Those without an argument take
// no value.
type option struct {
	name, argument, help string
	set                  func(*line, string) error
}

var formats = []string{"json", "table", "text"}

var options = []option{
	{"endpoint-url", "URL", "the server's address, in place of AWS_ENDPOINT_URL", func(l *line, v string) error { l.endpoint = v; return nil }},
	{"region", "NAME", "the region to sign for", func(l *line, v string) error { l.region = v; return nil }},
	{"profile", "NAME", "the profile of the shared AWS files to use", func(l *line, v string) error { l.profile = v; return nil }},
	{"output", "FORMAT", "json, table, or text for scripts", func(l *line, v string) error {
		if !slices.Contains(formats, v) {
			return misused("--output is one of %s, not %q", strings.Join(formats, ", "), v)
		}
		l.output = v
		return nil
	}},
	{"query", "EXPRESSION", "a JMESPath expression that picks from the reply", func(l *line, v string) error { l.query = v; return nil }},
	{"input", "JSON", "the whole input as JSON or file://PATH; flags win over it", func(l *line, v string) error { l.input = v; return nil }},
	{"wait", "", "wait until what was begun is done, and print the result", func(l *line, _ string) error { l.wait = true; return nil }},
	{"timeout", "DURATION", "how long --wait waits, as 90s or 10m (30m)", func(l *line, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return misused("--timeout is a time such as 90s or 10m, not %q", v)
		}
		l.timeout = d
		return nil
	}},
	{"no-paginate", "", "print the first page of a list only", func(l *line, _ string) error { l.onePage = true; return nil }},
	{"help", "", "print this", func(l *line, _ string) error { l.help = true; return nil }},
}

func findOption(name string) *option {
	for i := range options {
		if options[i].name == name {
			return &options[i]
		}
	}
	return nil
}

// findMember returns the input's member that a flag sets. negated is whether
// the flag is a boolean's --no- form.
func findMember(op *schema.Operation, name string) (m *schema.Member, negated bool) {
	for i := range op.Input.Members {
		m := &op.Input.Members[i]
		switch k := kebab(m.Name); {
		case k == name:
			return m, false
		case m.Shape.Kind == schema.Boolean && "no-"+k == name:
			return m, true
		}
	}
	return nil, false
}

// parse takes the arguments after an operation's name apart. A flag's value is
// the argument after it or stands after an equals sign; lists, maps and
// structures take all arguments up to the next flag.
func parse(op *schema.Operation, args []string) (*line, error) {
	l := &line{members: make(map[string][]string), output: "json", timeout: defaultTimeout}
	for i := 0; i < len(args); i++ {
		if args[i] == "-h" {
			l.help = true
			continue
		}
		name, ok := strings.CutPrefix(args[i], "--")
		if !ok {
			return nil, misused("%q is neither a flag nor a flag's value", args[i])
		}
		name, value, given := strings.Cut(name, "=")
		if o := findOption(name); o != nil {
			switch {
			case o.argument == "" && given:
				return nil, misused("--%s takes no value", name)
			case o.argument != "" && !given:
				if i++; i == len(args) {
					return nil, misused("--%s needs a value", name)
				}
				value = args[i]
			}
			if err := o.set(l, value); err != nil {
				return nil, err
			}
			continue
		}
		m, negated := findMember(op, name)
		if m == nil {
			return nil, misused("%s has no flag --%s", kebab(op.Name), name)
		}
		var values []string
		switch {
		case negated && given:
			return nil, misused("--%s takes no value", name)
		case negated:
			values = []string{"false"}
		case given:
			values = []string{value}
		default:
			for i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") && (len(values) == 0 || many(m.Shape)) {
				i++
				values = append(values, args[i])
			}
		}
		if len(values) == 0 && m.Shape.Kind == schema.Boolean {
			values = []string{"true"}
		}
		if len(values) == 0 {
			return nil, misused("--%s needs a value", name)
		}
		if l.members[m.Name] != nil && !many(m.Shape) {
			return nil, misused("--%s is given twice", name)
		}
		l.members[m.Name] = append(l.members[m.Name], values...)
	}
	return l, nil
}

// many reports whether a flag takes more than one value.
func many(s *schema.Shape) bool { return s.Kind == schema.List || s.Kind == schema.Map }

// kebab is a name of the model as the AWS CLI spells it: words in lower case
// with hyphens, capitals in a row being one word.
func kebab(name string) string {
	var b strings.Builder
	r := []rune(name)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 {
			after := i+1 < len(r) && unicode.IsLower(r[i+1])
			if !unicode.IsUpper(r[i-1]) || after {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
