package main

import "strings"

// example is one input of a console session in the manual.
type example struct {
	line  int // line number in the page
	input string
	want  []string
}

// examples returns the inputs of a page's fenced blocks, in order.
func examples(text string) []example {
	var out []example
	var cur *example
	fenced, inBlock := false, false
	open := 0
	flush := func() {
		if cur != nil {
			out = append(out, *cur)
			cur = nil
		}
		open = 0
	}
	text = strings.ReplaceAll(text, "\u00a0", " ")
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		trimmed := strings.TrimLeft(line, " ")
		if strings.HasPrefix(trimmed, "```") {
			flush()
			fenced = !fenced
			inBlock = fenced && (strings.HasPrefix(trimmed, "```q") || trimmed == "```")
			continue
		}
		if !inBlock {
			continue
		}
		if input, ok := prompt(trimmed); ok {
			flush()
			cur = &example{line: n + 1, input: input}
			open = balance(input)
			continue
		}
		switch {
		case cur == nil:
		case open > 0 && len(cur.want) == 0:
			cur.input += "\n" + line
			open += balance(line)
		default:
			cur.want = append(cur.want, trimmed)
		}
	}
	flush()
	return out
}

// prompt cuts q) or q.ns) off a line. q)) is the debugger's, which is another
// session.
func prompt(line string) (string, bool) {
	if !strings.HasPrefix(line, "q)") {
		if !strings.HasPrefix(line, "q.") {
			return "", false
		}
		i := strings.IndexByte(line, ')')
		if i < 0 || strings.ContainsAny(line[:i], " ([") {
			return "", false
		}
		return line[i+1:], true
	}
	if strings.HasPrefix(line, "q))") {
		return "", false
	}
	return line[2:], true
}

// balance is how many brackets a line opens and does not close, outside strings
// and comments.
func balance(line string) int {
	n := 0
	str := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case str && c == '\\':
			i++
		case c == '"':
			str = !str
		case str:
		case c == '/' && (i == 0 || line[i-1] == ' '):
			return n
		case strings.IndexByte("([{", c) >= 0:
			n++
		case strings.IndexByte(")]}", c) >= 0:
			n--
		}
	}
	return n
}
