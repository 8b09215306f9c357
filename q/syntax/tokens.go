package syntax

import "strings"

// Tokens returns the tokens of a text as they stand there, the white space and
// comments between them as tokens too. Errors: those of the lexer, for text
// that is no q.
func Tokens(src string) ([]string, error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	var out []string
	at := 0
	for _, t := range toks {
		if t.pos > at {
			out = append(out, src[at:t.pos])
		}
		if t.end > t.pos {
			out = append(out, src[t.pos:t.end])
		}
		at = t.end
	}
	return out, nil
}

// Group returns the pieces into which \l cuts the lines of a script, each with
// the number of its first line: a line that is indented or begins with a closing
// bracket belongs to the one before it.
func Group(lines []string) []Statement {
	var out []Statement
	for n, line := range lines {
		more := line == "" || line[0] == ' ' || line[0] == '\t' || strings.IndexByte("}])", line[0]) >= 0
		if more && len(out) > 0 {
			if line != "" {
				out[len(out)-1].Text += "\n" + line
			}
			continue
		}
		if line != "" {
			out = append(out, Statement{n + 1, line})
		}
	}
	return out
}
