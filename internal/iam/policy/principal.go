package policy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// principal is one entry of a Principal element.
type principal struct {
	class      string // AWS, Service, Federated, or * for everyone
	id         string
	start, end int // of its string in the text of the document
}

// Caller is who makes a request, as trust policies name them.
type Caller struct {
	Account   string   // owning account of an AWS principal, "" for others
	Names     []string // what names this caller directly: unique id or ARN of user, role, session
	Service   string   // a service principal, for instance finspace.amazonaws.com
	Federated string   // provider ARN or name of a web identity
}

func parsePrincipals(n node) ([]principal, error) {
	if n.kind == 's' {
		if n.text != "*" {
			return nil, n.fault("must be * or an object")
		}
		return []principal{{class: "*"}}, nil
	}
	if n.kind != '{' || len(n.names) == 0 {
		return nil, n.fault("must be * or an object with AWS, Service or Federated")
	}
	var out []principal
	for i, class := range n.names {
		m := n.members[i]
		ids := []node{m}
		if m.kind == '[' {
			ids = m.items
		}
		if len(ids) == 0 {
			return nil, m.fault("must name a principal")
		}
		if _, err := m.strings(); err != nil {
			return nil, err
		}
		for _, id := range ids {
			if !validPrincipal(class, id.text) {
				return nil, m.fault("'%s' is no principal of that kind", id.text)
			}
			p := principal{class, id.text, id.start, id.end}
			if class == "AWS" && id.text == "*" {
				p = principal{class: "*"}
			}
			out = append(out, p)
		}
	}
	return out, nil
}

var uniqueID = regexp.MustCompile(`^(AIDA|AROA)[A-Z0-9]{17}$`)

// UniqueID reports whether a principal is named by the unique id of a user or
// role rather than by an ARN.
func UniqueID(id string) bool { return uniqueID.MatchString(id) }

func validPrincipal(class, id string) bool {
	switch class {
	case "AWS":
		if id == "*" || accountText.MatchString(id) || UniqueID(id) {
			return true
		}
		parts := strings.SplitN(id, ":", 6)
		return len(parts) == 6 && parts[0] == "arn" && (parts[2] == "iam" || parts[2] == "sts") &&
			accountText.MatchString(parts[4]) && !strings.ContainsAny(id, "*?")
	case "Service":
		return id != "" && strings.Contains(id, ".") && !strings.ContainsAny(id, "*? ")
	case "Federated":
		return id != "" && !strings.ContainsAny(id, "*? ")
	}
	return false
}

// matches reports whether the principal names the caller, and whether it names
// it itself rather than its whole account.
func (p principal) matches(c *Caller) (ok, direct bool) {
	switch p.class {
	case "*":
		return c.Account != "", true
	case "Service":
		return c.Service != "" && p.id == c.Service, true
	case "Federated":
		return c.Federated != "" && p.id == c.Federated, true
	}
	if c.Account == "" {
		return false, false
	}
	if p.id == c.Account || strings.HasPrefix(p.id, "arn:") && strings.HasSuffix(p.id, ":iam::"+c.Account+":root") {
		return true, false
	}
	return slices.Contains(c.Names, p.id), true
}

func (s *Statement) principalMatches(c *Caller) (ok, direct bool) {
	if c == nil {
		return false, false
	}
	for _, p := range s.principals {
		m, d := p.matches(c)
		ok, direct = ok || m, direct || m && d
	}
	if s.notPrincipals {
		return !ok, false
	}
	return ok, direct
}

// RenamePrincipals returns the text of the document with each AWS principal
// that it names, an ARN, account or unique id, replaced by what name makes of
// it. All else stays as it was written. Errors are those of name.
func (d *Document) RenamePrincipals(name func(id string) (string, error)) (string, error) {
	var out strings.Builder
	done := 0
	for _, s := range d.Statements {
		for _, p := range s.principals {
			if p.class != "AWS" {
				continue
			}
			other, err := name(p.id)
			if err != nil {
				return "", err
			}
			if other == p.id {
				continue
			}
			text, err := json.Marshal(other)
			if err != nil {
				return "", err
			}
			out.WriteString(d.source[done:p.start])
			out.Write(text)
			done = p.end
		}
	}
	return out.String() + d.source[done:], nil
}
