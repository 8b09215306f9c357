package policy

import "strings"

// principal is one entry of a Principal element.
type principal struct {
	class string // AWS, Service, Federated, or * for everyone
	id    string
}

// Caller is who makes a request, as trust policies name them.
type Caller struct {
	Account   string   // owning account of an AWS principal, "" for others
	ARNs      []string // every ARN that names this caller directly: user, role, session
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
		ids, err := m.strings()
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, m.fault("must name a principal")
		}
		for _, id := range ids {
			if !validPrincipal(class, id) {
				return nil, m.fault("'%s' is no principal of that kind", id)
			}
			p := principal{class, id}
			if class == "AWS" && id == "*" {
				p = principal{class: "*"}
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func validPrincipal(class, id string) bool {
	switch class {
	case "AWS":
		if id == "*" || accountText.MatchString(id) {
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
	for _, arn := range c.ARNs {
		if p.id == arn {
			return true, true
		}
	}
	return false, false
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

// AWSPrincipals lists the ARNs of users and roles that the document names.
func (d *Document) AWSPrincipals() []string {
	var out []string
	for _, s := range d.Statements {
		for _, p := range s.principals {
			if p.class == "AWS" && strings.HasPrefix(p.id, "arn:") {
				out = append(out, p.id)
			}
		}
	}
	return out
}
