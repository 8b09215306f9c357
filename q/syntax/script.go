package syntax

import "strings"

// Statement is one entry of a script: an expression with its continuation
// lines, or a system command.
type Statement struct {
	Line int // number of its first line, from 1
	Text string
}

// Script splits a script into statements: lines that begin with white space or
// a closing bracket continue the one before, / and \ alone on a line enclose a
// comment, \ alone outside one ends the script.
// Source: KX manual, "Syntax", Multiline expressions and Comments.
func Script(text string) []Statement {
	var out []Statement
	var cur *Statement
	flush := func() {
		if cur != nil {
			out = append(out, *cur)
			cur = nil
		}
	}
	comment := false
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if n == 0 && strings.HasPrefix(line, "#!") {
			continue
		}
		bare := strings.TrimRight(line, " \t")
		switch {
		case comment:
			comment = bare != "\\"
		case bare == "/":
			flush()
			comment = true
		case bare == "\\":
			flush()
			return out
		case bare == "":
		case line[0] == '/':
			// A comment line does not end the statement before it.
		case line[0] == ' ' || line[0] == '\t' || strings.IndexByte("}])", line[0]) >= 0:
			if cur != nil && cur.Text[0] != '\\' {
				cur.Text += "\n" + line
			} else if first := strings.TrimLeft(line, " \t"); first[0] != '/' {
				flush()
				cur = &Statement{n + 1, first}
			}
		default:
			flush()
			cur = &Statement{n + 1, bare}
		}
	}
	flush()
	return out
}
