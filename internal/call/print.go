package call

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jmespath/go-jmespath"

	"github.com/quoinhq/quoin/finspace/schema"
	"github.com/quoinhq/quoin/internal/restjson"
)

// printer prints replies as the command line asks.
type printer struct {
	format string
	query  *jmespath.JMESPath
}

func newPrinter(l *line) (*printer, error) {
	p := &printer{format: l.output}
	if l.query != "" {
		var err error
		if p.query, err = jmespath.Compile(l.query); err != nil {
			return nil, misused("--query: %v", err)
		}
	}
	return p, nil
}

// print writes an operation's output. JSON is as the server sent it, in the
// order of the model; a reply without members prints nothing.
func (p *printer) print(w io.Writer, codec *restjson.Operation, out any) error {
	doc := codec.AppendOutput(nil, out)
	if string(doc) == "{}" && p.query == nil {
		return nil
	}
	if p.format == "json" && p.query == nil {
		var b bytes.Buffer
		if err := json.Indent(&b, doc, "", "    "); err != nil {
			return err
		}
		b.WriteByte('\n')
		_, err := b.WriteTo(w)
		return err
	}
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return err
	}
	shape := codec.Output
	if p.format != "json" {
		v = dates(shape, v)
	}
	if p.query != nil {
		var err error
		if v, err = p.query.Search(v); err != nil {
			return fmt.Errorf("--query: %w", err)
		}
		shape = nil
	}
	switch p.format {
	case "table":
		return table(w, shape, v)
	case "text":
		return text(w, v)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	return enc.Encode(v)
}

// dates turns the times in a reply into text that people read.
func dates(s *schema.Shape, v any) any {
	switch v := v.(type) {
	case float64:
		if s.Kind == schema.Timestamp {
			return time.UnixMilli(int64(v * 1000)).UTC().Format("2006-01-02T15:04:05.000Z")
		}
	case []any:
		for i := range v {
			v[i] = dates(s.Elem, v[i])
		}
	case map[string]any:
		for name := range v {
			if s.Kind == schema.Map {
				v[name] = dates(s.Elem, v[name])
			} else if m := s.Member(name); m != nil {
				v[name] = dates(m.Shape, v[name])
			}
		}
	}
	return v
}

// table writes a list with a line for each entry, or the members of anything
// else with a line each. The shape, if known, gives the order.
func table(w io.Writer, s *schema.Shape, v any) error {
	if m, ok := v.(map[string]any); ok && s != nil && len(m) == 1 {
		for name, only := range m { // the reply of a list operation
			if list, ok := only.([]any); ok {
				v, s = list, s.Member(name).Shape.Elem
			}
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	switch v := v.(type) {
	case []any:
		columns := columnsOf(s, v)
		if len(columns) > 0 {
			fmt.Fprintln(tw, strings.Join(columns, "\t"))
		}
		for _, row := range v {
			m, ok := row.(map[string]any)
			if !ok {
				fmt.Fprintln(tw, cell(row))
				continue
			}
			cells := make([]string, len(columns))
			for i, c := range columns {
				cells[i] = cell(m[c])
			}
			fmt.Fprintln(tw, strings.Join(cells, "\t"))
		}
	case map[string]any:
		for _, name := range columnsOf(s, []any{v}) {
			fmt.Fprintf(tw, "%s\t%s\n", name, cell(v[name]))
		}
	default:
		fmt.Fprintln(tw, cell(v))
	}
	return tw.Flush()
}

// text writes values for scripts: a scalar as it is, a list of scalars on one
// line with tabs between them, a structure's values likewise in the order of
// their names, and anything else entry by entry.
func text(w io.Writer, v any) error {
	list, ok := v.([]any)
	if m, isMap := v.(map[string]any); isMap {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			list = append(list, m[name])
		}
		ok = true
	}
	if !ok {
		list = []any{v}
	}
	var cells []string
	for _, e := range list {
		switch e.(type) {
		case []any, map[string]any:
			if err := text(w, e); err != nil {
				return err
			}
		default:
			cells = append(cells, cell(e))
		}
	}
	if len(cells) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
	return err
}

// columnsOf returns the members that any of the entries has.
func columnsOf(s *schema.Shape, rows []any) []string {
	have := make(map[string]bool)
	for _, row := range rows {
		if m, ok := row.(map[string]any); ok {
			for name := range m {
				have[name] = true
			}
		}
	}
	if s == nil || s.Kind != schema.Structure {
		return slices.Sorted(maps.Keys(have))
	}
	var out []string
	for i := range s.Members {
		if have[s.Members[i].Name] {
			out = append(out, s.Members[i].Name)
		}
	}
	return out
}

// cell writes one value on one line; control characters cannot leave it.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		return strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
