package iam

import (
	"fmt"
	"strings"

	"github.com/quoinhq/quoin/internal/iam/policy"
)

func simulateOperations() map[string]operation {
	return map[string]operation{
		"SimulatePrincipalPolicy": simulatePrincipal,
		"SimulateCustomPolicy":    simulateCustom,
	}
}

// position is a place in a policy's text, in a reply.
type position struct{ Line, Column int }

type matchedStatement struct {
	SourcePolicyId   string
	SourcePolicyType string
	StartPosition    position
	EndPosition      position
}

type evaluation struct {
	EvalActionName                    string
	EvalResourceName                  string
	EvalDecision                      string
	MatchedStatements                 *members[matchedStatement]
	MissingContextValues              *members[string]
	PermissionsBoundaryDecisionDetail *boundaryDetail `xml:",omitempty"`
}

type boundaryDetail struct{ AllowedByPermissionsBoundary bool }

// simulation is what both operations read.
type simulation struct {
	actions, resources []string
	keys               map[string][]string
	policies           []attached
	boundary           []attached
}

func (c *call) readSimulation() *simulation {
	m := &simulation{keys: make(map[string][]string)}
	var ok bool
	if m.actions, ok = c.in.list("ActionNames", 1000, text(3, 128, "")); !ok {
		c.in.fault("ActionNames", "", "Member must not be null")
	}
	m.resources, _ = c.in.list("ResourceArns", 1000, text(1, 2048, ""))
	if len(m.resources) == 0 {
		m.resources = []string{"*"}
	}
	for i := 1; ; i++ {
		at := fmt.Sprintf("ContextEntries.member.%d", i)
		name, ok := c.in.get(at+".ContextKeyName", text(5, 256, ""))
		if !ok {
			break
		}
		values, _ := c.in.list(at+".ContextKeyValues", 1000, rule{})
		m.keys[strings.ToLower(name)] = values
	}
	m.policies = c.policyInputs("PolicyInputList")
	m.boundary = c.policyInputs("PermissionsBoundaryPolicyInputList")
	return m
}

func (c *call) policyInputs(param string) []attached {
	docs, _ := c.in.list(param, maxSimulateDocs, document)
	var out []attached
	for i, src := range docs {
		doc, err := policy.Parse(policy.Identity, src)
		if err != nil {
			c.in.fault(fmt.Sprintf("%s.%d.member", param, i+1), "(the document)", "Member must be a valid policy: "+err.Error())
			continue
		}
		out = append(out, attached{fmt.Sprintf("%s.%d", param, i+1), doc})
	}
	return out
}

func simulateCustom(c *call) (any, error) {
	m := c.readSimulation()
	if err := c.allow("SimulateCustomPolicy", target{arn: "*"}); err != nil {
		return nil, err
	}
	return c.simulate(m, func(name string) ([]string, bool) { return c.s.callKey(c.ctx, name) })
}

func simulatePrincipal(c *call) (any, error) {
	arn := c.in.need("PolicySourceArn", arnText)
	m := c.readSimulation()
	if err := c.in.err(); err != nil {
		return nil, err
	}
	var n noun
	var name string
	for _, n = range [...]noun{userNoun, roleNoun} {
		if _, rest, ok := c.s.nameOf(arn, n.kind); ok {
			name = rest
			break
		}
	}
	if name == "" {
		return nil, errInvalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", printable(arn))
	}
	rec, err := c.openNamed(n, name, "SimulatePrincipalPolicy", target{})
	if err != nil {
		return nil, err
	}
	if c.s.principalARN(n, rec) != arn {
		return nil, n.missing(name)
	}
	p, err := c.s.principal(c.ctx, n.kind+"/"+recordKey(name))
	if err != nil {
		return nil, err
	}
	m.policies = append(append([]attached(nil), p.policies...), m.policies...)
	if m.boundary == nil {
		m.boundary = p.boundary
	}
	id := &Identity{ARN: arn, PrincipalARN: arn, UserID: rec.ID, Account: c.s.account}
	if n.kind == "user" {
		id.UserName = rec.Name
	}
	return c.simulate(m, func(name string) ([]string, bool) { return c.s.key(c.ctx, name, id, p) })
}

func (c *call) simulate(m *simulation, key func(string) ([]string, bool)) (any, error) {
	var out []*evaluation
	for _, action := range m.actions {
		for _, resource := range m.resources {
			out = append(out, m.evaluate(action, resource, key))
		}
	}
	some, pg := page(c, number(out), func(e numbered) string { return e.at })
	reply := make([]*evaluation, len(some))
	for i, e := range some {
		reply[i] = e.evaluation
	}
	return &struct {
		EvaluationResults *members[*evaluation]
		paging
	}{listOf(reply), pg}, c.in.err()
}

// numbered gives an evaluation its place among the results, for paging.
type numbered struct {
	*evaluation
	at string
}

func number(all []*evaluation) []numbered {
	out := make([]numbered, len(all))
	for i, e := range all {
		out[i] = numbered{e, fmt.Sprintf("%08d", i)}
	}
	return out
}

func (m *simulation) evaluate(action, resource string, key func(string) ([]string, bool)) *evaluation {
	layers := []layer{{IdentityLayer, m.policies, false}}
	if m.boundary != nil {
		layers = append(layers, layer{BoundaryLayer, m.boundary, false})
	}
	missing := make(map[string]bool)
	ask := &policy.Request{Action: action, Resource: resource, Key: func(name string) ([]string, bool) {
		if v, ok := m.keys[name]; ok {
			return v, true
		}
		v, ok := key(name)
		if !ok {
			missing[name] = true
		}
		return v, ok
	}}
	d := Decision{Statement: -1}.weigh(layers, ask)
	e := &evaluation{EvalActionName: action, EvalResourceName: resource, EvalDecision: "implicitDeny",
		MatchedStatements: &members[matchedStatement]{}, MissingContextValues: listOf(sortedNames(missing))}
	switch {
	case d.Allowed:
		e.EvalDecision = "allowed"
	case d.Explicit:
		e.EvalDecision = "explicitDeny"
	}
	for _, l := range layers {
		for _, a := range l.policies {
			if d.Statement >= 0 && a.name == d.Policy && l.name == d.Layer {
				s := a.doc.Statements[d.Statement]
				kind := "IAM Policy"
				if l.name == BoundaryLayer {
					kind = "IAM Permissions Boundary Policy"
				}
				e.MatchedStatements.Member = append(e.MatchedStatements.Member, matchedStatement{a.name, kind, position(s.Start), position(s.End)})
			}
		}
	}
	if m.boundary != nil {
		ok := false
		for _, a := range m.boundary {
			ok = ok || a.doc.Evaluate(ask).Effect == policy.Allow
		}
		e.PermissionsBoundaryDecisionDetail = &boundaryDetail{ok}
	}
	return e
}
