package policy

import (
	"bytes"
	"encoding/base64"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// condition is one key under one operator, with the values it is compared to.
type condition struct {
	key      string // lower case
	set      setOperator
	ifExists bool
	negated  bool
	null     bool // operator Null
	compare  comparison
	values   []operand
}

type setOperator uint8

const (
	single setOperator = iota
	forAllValues
	forAnyValue
)

// operand is a value of a policy, in the form its operator compares.
type operand struct {
	pattern pattern
	number  float64
	time    time.Time
	bytes   []byte
	prefix  netip.Prefix
	yes     bool
}

// comparison compares a value of the request to a value of the policy.
type comparison func(have string, want *operand, r *Request) truth

type operator struct {
	read    func(text string, vars bool) (operand, string)
	compare comparison
	negated bool
}

// operators is a constant table: every documented operator without its
// qualifiers. Source: IAM user guide, "IAM JSON policy elements: Condition operators".
var operators = map[string]operator{
	"StringEquals":              {readText(false, false), matchText, false},
	"StringNotEquals":           {readText(false, false), matchText, true},
	"StringEqualsIgnoreCase":    {readText(false, true), matchText, false},
	"StringNotEqualsIgnoreCase": {readText(false, true), matchText, true},
	"StringLike":                {readText(true, false), matchText, false},
	"StringNotLike":             {readText(true, false), matchText, true},
	"NumericEquals":             {readNumber, number(func(a, b float64) bool { return a == b }), false},
	"NumericNotEquals":          {readNumber, number(func(a, b float64) bool { return a == b }), true},
	"NumericLessThan":           {readNumber, number(func(a, b float64) bool { return a < b }), false},
	"NumericLessThanEquals":     {readNumber, number(func(a, b float64) bool { return a <= b }), false},
	"NumericGreaterThan":        {readNumber, number(func(a, b float64) bool { return a > b }), false},
	"NumericGreaterThanEquals":  {readNumber, number(func(a, b float64) bool { return a >= b }), false},
	"DateEquals":                {readDate, date(func(c int) bool { return c == 0 }), false},
	"DateNotEquals":             {readDate, date(func(c int) bool { return c == 0 }), true},
	"DateLessThan":              {readDate, date(func(c int) bool { return c < 0 }), false},
	"DateLessThanEquals":        {readDate, date(func(c int) bool { return c <= 0 }), false},
	"DateGreaterThan":           {readDate, date(func(c int) bool { return c > 0 }), false},
	"DateGreaterThanEquals":     {readDate, date(func(c int) bool { return c >= 0 }), false},
	"Bool":                      {readBool, matchBool, false},
	"BinaryEquals":              {readBinary, matchBinary, false},
	"IpAddress":                 {readPrefix, matchPrefix, false},
	"NotIpAddress":              {readPrefix, matchPrefix, true},
	"ArnEquals":                 {readARN, matchARN, false},
	"ArnLike":                   {readARN, matchARN, false},
	"ArnNotEquals":              {readARN, matchARN, true},
	"ArnNotLike":                {readARN, matchARN, true},
	"Null":                      {readBool, nil, false},
}

func parseConditions(n node, vars bool) ([]condition, error) {
	if n.kind != '{' {
		return nil, n.fault("must be an object")
	}
	var out []condition
	for i, name := range n.names {
		block := n.members[i]
		c := condition{}
		base := name
		if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
			base, c.set = rest, forAllValues
		} else if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
			base, c.set = rest, forAnyValue
		}
		if rest, ok := strings.CutSuffix(base, "IfExists"); ok {
			base, c.ifExists = rest, true
		}
		op, ok := operators[base]
		if !ok || base == "Null" && base != name {
			return nil, block.fault("no such condition operator")
		}
		if block.kind != '{' {
			return nil, block.fault("must be an object")
		}
		c.negated, c.compare, c.null = op.negated, op.compare, base == "Null"
		for j, key := range block.names {
			if !validKey(key) {
				return nil, block.members[j].fault("no such condition key")
			}
			c.key, c.values = strings.ToLower(key), nil
			values, err := block.members[j].scalars()
			if err != nil {
				return nil, err
			}
			for _, v := range values {
				o, fault := op.read(v.text, vars)
				if fault != "" {
					return nil, v.fault("%s", fault)
				}
				c.values = append(c.values, o)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// holds evaluates the condition. A missing key makes a comparison false and a
// negated one true, as documented; a key nobody supplies is unknown, except
// that its absence is what ...IfExists and Null ask for.
func (c *condition) holds(r *Request) truth {
	have, present := r.key(c.key)
	present = present && len(have) > 0
	if !present && !Known(c.key) {
		return unknown
	}
	switch {
	case c.null:
		for i := range c.values {
			if c.values[i].yes == !present {
				return yes
			}
		}
		return no
	case !present && c.ifExists:
		return yes
	case !present && c.set == forAllValues:
		return yes
	case !present && c.set == forAnyValue:
		return no
	case !present:
		return of(c.negated)
	}
	all, one := yes, no
	for _, h := range have {
		t := c.matches(h, r)
		all, one = min(all, t), max(one, t)
	}
	switch {
	case c.set == forAllValues:
		return all
	case c.set == forAnyValue:
		return one
	case c.negated: // none of the request's values may match
		return all
	}
	return one
}

// matches compares one value of the request with all of the policy.
func (c *condition) matches(have string, r *Request) truth {
	best := no
	for i := range c.values {
		best = max(best, c.compare(have, &c.values[i], r))
	}
	if c.negated {
		return best.not()
	}
	return best
}

func readText(wild, fold bool) func(string, bool) (operand, string) {
	return func(text string, vars bool) (operand, string) {
		p, fault := compilePattern(text, patternMode{wild: wild, vars: vars, fold: fold})
		return operand{pattern: p}, fault
	}
}

func matchText(have string, want *operand, r *Request) truth {
	if want.pattern.fold {
		have = strings.ToLower(have)
	}
	return want.pattern.match(have, r)
}

func readNumber(text string, _ bool) (operand, string) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) {
		return operand{}, "must be a number"
	}
	return operand{number: n}, ""
}

func number(holds func(a, b float64) bool) comparison {
	return func(have string, want *operand, _ *Request) truth {
		n, err := strconv.ParseFloat(have, 64)
		return of(err == nil && holds(n, want.number))
	}
}

func parseTime(text string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(n, 0), true
	}
	return time.Time{}, false
}

func readDate(text string, _ bool) (operand, string) {
	t, ok := parseTime(text)
	if !ok {
		return operand{}, "must be an ISO 8601 date or seconds since 1970"
	}
	return operand{time: t}, ""
}

func date(holds func(c int) bool) comparison {
	return func(have string, want *operand, _ *Request) truth {
		t, ok := parseTime(have)
		return of(ok && holds(t.Compare(want.time)))
	}
}

func readBool(text string, _ bool) (operand, string) {
	switch strings.ToLower(text) {
	case "true":
		return operand{yes: true}, ""
	case "false":
		return operand{}, ""
	}
	return operand{}, "must be true or false"
}

func matchBool(have string, want *operand, _ *Request) truth {
	switch strings.ToLower(have) {
	case "true":
		return of(want.yes)
	case "false":
		return of(!want.yes)
	}
	return no
}

func readBinary(text string, _ bool) (operand, string) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return operand{}, "must be base64"
	}
	return operand{bytes: b}, ""
}

func matchBinary(have string, want *operand, _ *Request) truth {
	b, err := base64.StdEncoding.DecodeString(have)
	return of(err == nil && bytes.Equal(b, want.bytes))
}

func readPrefix(text string, _ bool) (operand, string) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return operand{prefix: p.Masked()}, ""
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return operand{}, "must be an IP address or range in CIDR notation"
	}
	return operand{prefix: netip.PrefixFrom(a, a.BitLen())}, ""
}

func matchPrefix(have string, want *operand, _ *Request) truth {
	a, err := netip.ParseAddr(have)
	return of(err == nil && want.prefix.Contains(a.Unmap()))
}

// ARNs are compared part by part: a wildcard does not reach over a colon,
// except in the last part, which may hold colons of its own.
func readARN(text string, vars bool) (operand, string) {
	p, fault := compilePattern(text, patternMode{wild: true, vars: vars})
	if fault == "" && text != "*" && !strings.HasPrefix(text, "arn:") && !strings.HasPrefix(text, "${") {
		fault = "must be an ARN"
	}
	return operand{pattern: p}, fault
}

func matchARN(have string, want *operand, r *Request) truth {
	parts := want.pattern.parts
	if want.pattern.vars {
		var t truth
		if parts, t = want.pattern.expand(r); t != yes {
			return t
		}
	}
	if len(parts) == 1 && parts[0].kind == star {
		return of(strings.HasPrefix(have, "arn:"))
	}
	for seg := 0; seg < 5; seg++ {
		var head []part
		var ok bool
		if head, parts, ok = cutColon(parts); !ok {
			return no
		}
		text, rest, ok := strings.Cut(have, ":")
		if !ok || !glob(head, text) {
			return no
		}
		have = rest
	}
	return of(glob(parts, have))
}

// cutColon splits a compiled text at its first colon.
func cutColon(parts []part) (head, tail []part, ok bool) {
	for i, p := range parts {
		if p.kind != literal {
			continue
		}
		if before, after, ok := strings.Cut(p.text, ":"); ok {
			head = append(head, parts[:i]...)
			if before != "" {
				head = append(head, part{kind: literal, text: before})
			}
			if after != "" {
				tail = append(tail, part{kind: literal, text: after})
			}
			return head, append(tail, parts[i+1:]...), true
		}
	}
	return nil, nil, false
}
