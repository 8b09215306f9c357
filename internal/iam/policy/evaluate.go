package policy

import "strings"

// Request is what a document is asked about.
type Request struct {
	Action   string // service:Name
	Resource string // ARN, or * for actions without one; not used by trust policies
	Caller   *Caller
	// Key returns the values of a condition key of this request. Names are in
	// lower case, tag keys included. May be nil.
	Key func(name string) (values []string, ok bool)
}

func (r *Request) key(name string) ([]string, bool) {
	if r.Key == nil {
		return nil, false
	}
	return r.Key(name)
}

// Effect is what a document says to a request.
type Effect int

// The effects. A Deny wins over an Allow.
const (
	None Effect = iota // says nothing: an implicit deny unless another document allows
	Allow
	Deny
)

// Outcome is an effect and the statement that made it.
type Outcome struct {
	Effect    Effect
	Statement int // index, -1 for None
	// Direct says of a trust policy's Allow that it names the caller itself,
	// not just its account.
	Direct bool
}

// Evaluate says what the document makes of the request. A statement that
// cannot be decided, since it asks for a key that nobody supplies, counts when
// it denies and does not when it allows.
func (d *Document) Evaluate(r *Request) Outcome { return d.evaluate(r, Identity) }

// EvaluateTrust is Evaluate for a role's trust policy.
func (d *Document) EvaluateTrust(r *Request) Outcome { return d.evaluate(r, Trust) }

func (d *Document) evaluate(r *Request, kind Kind) Outcome {
	out := Outcome{Statement: -1}
	action := strings.ToLower(r.Action)
	for i := range d.Statements {
		s := &d.Statements[i]
		if out.Effect == Allow && s.Allow && (kind == Identity || out.Direct) {
			continue
		}
		applies, direct := s.applies(r, action, kind)
		switch {
		case s.Allow && applies == yes:
			if out.Effect == None || direct {
				out = Outcome{Allow, i, direct}
			}
		case !s.Allow && applies != no:
			return Outcome{Deny, i, false}
		}
	}
	return out
}

func (s *Statement) applies(r *Request, action string, kind Kind) (t truth, direct bool) {
	t = matchAny(s.actions, action, r)
	if s.notActions {
		t = t.not()
	}
	if t == no {
		return no, false
	}
	if kind == Trust {
		ok, d := s.principalMatches(r.Caller)
		if direct = d; !ok {
			return no, false
		}
	} else {
		res := matchAny(s.resources, r.Resource, r)
		if s.notResources {
			res = res.not()
		}
		if t = t.and(res); t == no {
			return no, false
		}
	}
	for i := range s.conditions {
		if t = t.and(s.conditions[i].holds(r)); t == no {
			return no, false
		}
	}
	return t, direct
}
