package policy

import "strings"

// pattern is a text with wildcards and policy variables, compiled. The value of
// a variable stands for itself: a '*' in it is no wildcard.
type pattern struct {
	source string
	parts  []part
	fold   bool // letters match in either case
	vars   bool
}

type part struct {
	kind partKind
	text string // of literal and variable
	def  string // default of a variable
	dflt bool
}

type partKind uint8

const (
	literal partKind = iota
	star             // any run of characters
	any1             // any one character
	variable
)

type patternMode struct {
	wild, vars, fold bool
}

// compilePattern reads a text. With vars, ${name}, ${name, 'default'} and the
// literals ${*}, ${?} and ${$} are understood.
func compilePattern(src string, mode patternMode) (pattern, string) {
	p := pattern{source: src, fold: mode.fold}
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			text := lit.String()
			if mode.fold {
				text = strings.ToLower(text)
			}
			p.parts = append(p.parts, part{kind: literal, text: text})
			lit.Reset()
		}
	}
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '$' && mode.vars && i+1 < len(src) && src[i+1] == '{':
			end := strings.IndexByte(src[i:], '}')
			if end < 0 {
				return p, "a policy variable is not closed"
			}
			name := strings.TrimSpace(src[i+2 : i+end])
			i += end
			if name == "*" || name == "?" || name == "$" {
				lit.WriteString(name)
				continue
			}
			v := part{kind: variable}
			if n, def, ok := strings.Cut(name, ","); ok {
				name = strings.TrimSpace(n)
				def = strings.TrimSpace(def)
				if len(def) < 2 || def[0] != '\'' || def[len(def)-1] != '\'' {
					return p, "the default of a policy variable must stand in single quotes"
				}
				v.def, v.dflt = def[1:len(def)-1], true
			}
			if !validKey(name) {
				return p, "'" + name + "' is no policy variable"
			}
			v.text = strings.ToLower(name)
			flush()
			p.parts, p.vars = append(p.parts, v), true
		case c == '*' && mode.wild:
			flush()
			if n := len(p.parts); n == 0 || p.parts[n-1].kind != star {
				p.parts = append(p.parts, part{kind: star})
			}
		case c == '?' && mode.wild:
			flush()
			p.parts = append(p.parts, part{kind: any1})
		default:
			lit.WriteByte(c)
		}
	}
	flush()
	return p, ""
}

// match reports whether text, in lower case for a pattern that folds, fits. It is unknown when a variable has no value
// to compare with.
func (p *pattern) match(text string, r *Request) truth {
	parts := p.parts
	if p.vars {
		var t truth
		if parts, t = p.expand(r); t != yes {
			return t
		}
	}
	return of(glob(parts, text))
}

// expand puts the values of the variables in. A key that requests can have but
// this one has not makes the text match nothing; a key nobody knows is unknown.
func (p *pattern) expand(r *Request) ([]part, truth) {
	out := make([]part, 0, len(p.parts))
	for _, t := range p.parts {
		if t.kind == variable {
			values, ok := r.key(t.text)
			switch {
			case ok && len(values) == 1:
				t = part{kind: literal, text: values[0]}
			case t.dflt:
				t = part{kind: literal, text: t.def}
			case ok || Known(t.text):
				return nil, no
			default:
				return nil, unknown
			}
			if p.fold {
				t.text = strings.ToLower(t.text)
			}
		}
		out = append(out, t)
	}
	return out, yes
}

// glob matches with at most one point to fall back to, so that time is bounded
// by the product of both lengths.
func glob(parts []part, s string) bool {
	i, pos := 0, 0
	back, backPos := -1, 0
	for {
		if i < len(parts) {
			switch t := &parts[i]; t.kind {
			case star:
				if i == len(parts)-1 {
					return true
				}
				back, backPos = i, pos
				i++
				continue
			case any1:
				if pos < len(s) {
					pos += runeLen(s[pos:])
					i++
					continue
				}
			default:
				if strings.HasPrefix(s[pos:], t.text) {
					pos += len(t.text)
					i++
					continue
				}
			}
		} else if pos == len(s) {
			return true
		}
		if back < 0 || backPos >= len(s) {
			return false
		}
		backPos++
		i, pos = back+1, backPos
	}
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func compileAll(n node, src []string, mode patternMode) ([]pattern, error) {
	out := make([]pattern, 0, len(src))
	for _, s := range src {
		p, fault := compilePattern(s, mode)
		if fault != "" {
			return nil, n.fault("%s", fault)
		}
		out = append(out, p)
	}
	return out, nil
}

// matchAny reports whether one of the patterns fits.
func matchAny(ps []pattern, text string, r *Request) truth {
	best := no
	for i := range ps {
		switch ps[i].match(text, r) {
		case yes:
			return yes
		case unknown:
			best = unknown
		}
	}
	return best
}
