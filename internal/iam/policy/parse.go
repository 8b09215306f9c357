package policy

import (
	"regexp"
	"strings"
)

var (
	sidText     = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	actionText  = regexp.MustCompile(`^(\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)
	accountText = regexp.MustCompile(`^\d{12}$`)
)

// Parse reads and checks a document. Errors: *SyntaxError.
func Parse(kind Kind, src string) (*Document, error) {
	root, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	if root.kind != '{' {
		return nil, root.fault("the document must be a JSON object")
	}
	d := &Document{Version: "2008-10-17", source: src}
	var statements *node
	for i, name := range root.names {
		m := root.members[i]
		switch name {
		case "Version":
			if d.Version = m.text; m.kind != 's' || d.Version != "2012-10-17" && d.Version != "2008-10-17" {
				return nil, m.fault("must be 2012-10-17 or 2008-10-17")
			}
		case "Id":
			if d.ID = m.text; m.kind != 's' {
				return nil, m.fault("must be a string")
			}
		case "Statement":
			statements = &root.members[i]
		default:
			return nil, m.fault("no such element")
		}
	}
	if statements == nil {
		return nil, &SyntaxError{"Statement", "missing"}
	}
	list := statements.items
	switch statements.kind {
	case '{':
		list = []node{*statements}
	case '[':
		if len(list) == 0 {
			return nil, statements.fault("must not be empty")
		}
	default:
		return nil, statements.fault("must be a statement or a list of statements")
	}
	sids := make(map[string]bool)
	for _, n := range list {
		s, err := parseStatement(kind, d.Version, n)
		if err != nil {
			return nil, err
		}
		if s.Sid != "" && sids[s.Sid] {
			return nil, &SyntaxError{join(n.place, "Sid"), "'" + s.Sid + "' is used by an earlier statement"}
		}
		sids[s.Sid] = true
		s.start, s.end = n.start, n.end
		s.Start, s.End = position(src, n.start), position(src, n.end)
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

func parseStatement(kind Kind, version string, n node) (Statement, error) {
	var s Statement
	if n.kind != '{' {
		return s, n.fault("a statement must be a JSON object")
	}
	vars := version == "2012-10-17"
	seen := make(map[string]bool)
	for i, name := range n.names {
		m := n.members[i]
		seen[name] = true
		var err error
		switch name {
		case "Sid":
			if s.Sid = m.text; m.kind != 's' || !sidText.MatchString(s.Sid) {
				err = m.fault("must be letters and digits")
			}
		case "Effect":
			if s.Allow = m.text == "Allow"; m.kind != 's' || !s.Allow && m.text != "Deny" {
				err = m.fault("must be Allow or Deny")
			}
		case "Action", "NotAction":
			s.notActions = name == "NotAction"
			s.actions, err = parseActions(m)
		case "Resource", "NotResource":
			s.notResources = name == "NotResource"
			s.resources, err = parseResources(m, vars)
		case "Principal", "NotPrincipal":
			s.notPrincipals = name == "NotPrincipal"
			s.principals, err = parsePrincipals(m)
		case "Condition":
			s.conditions, err = parseConditions(m, vars)
		default:
			err = m.fault("no such element")
		}
		if err != nil {
			return s, err
		}
	}
	return s, checkElements(kind, s, n, seen)
}

func checkElements(kind Kind, s Statement, n node, seen map[string]bool) error {
	one := func(a, b string) error {
		switch {
		case seen[a] && seen[b]:
			return n.fault("must not have both %s and %s", a, b)
		case !seen[a] && !seen[b]:
			return n.fault("must have %s or %s", a, b)
		}
		return nil
	}
	none := func(a, b string) error {
		if seen[a] || seen[b] {
			return n.fault("must not have %s or %s in this kind of policy", a, b)
		}
		return nil
	}
	if !seen["Effect"] {
		return n.fault("must have Effect")
	}
	if err := one("Action", "NotAction"); err != nil {
		return err
	}
	if kind == Identity {
		if err := none("Principal", "NotPrincipal"); err != nil {
			return err
		}
		return one("Resource", "NotResource")
	}
	if err := none("Resource", "NotResource"); err != nil {
		return err
	}
	if err := one("Principal", "NotPrincipal"); err != nil {
		return err
	}
	if s.notPrincipals && s.Allow {
		return n.fault("NotPrincipal needs Effect Deny")
	}
	return nil
}

func parseActions(n node) ([]pattern, error) {
	list, err := n.strings()
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, n.fault("must name an action")
	}
	for _, a := range list {
		if !actionText.MatchString(a) {
			return nil, n.fault("'%s' is no action: actions are written service:Name", a)
		}
	}
	return compileAll(n, list, patternMode{wild: true, fold: true})
}

func parseResources(n node, vars bool) ([]pattern, error) {
	list, err := n.strings()
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, n.fault("must name a resource")
	}
	for _, r := range list {
		if r == "*" {
			continue
		}
		parts := strings.SplitN(r, ":", 6)
		short := len(parts) < 6 && !strings.HasSuffix(r, "*")
		if parts[0] != "arn" || len(parts) < 3 || short {
			return nil, n.fault("'%s' is no resource: it must be * or an ARN", r)
		}
	}
	return compileAll(n, list, patternMode{wild: true, vars: vars})
}
