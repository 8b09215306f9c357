package iam

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxBody bounds a request: the longest document is 131,072 characters, which
// percent-encoding may treble.
const maxBody = 1 << 20

// form holds the parameters of a request in the query protocol. Reading one
// checks it; what was wrong is collected and told by err, all at once.
type form struct {
	values url.Values
	faults []string
	read   map[string]bool
}

func readForm(r *http.Request) (*form, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errMalformedQuery("The query string is not properly encoded.")
	}
	if r.Method == http.MethodPost && r.Body != nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil {
			return nil, fmt.Errorf("iam: read the request: %w", err)
		}
		if len(body) > maxBody {
			return nil, &Fault{"RequestEntityTooLarge", http.StatusRequestEntityTooLarge, "The request is too large."}
		}
		posted, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errMalformedQuery("The request's body is not a properly encoded form.")
		}
		for k, v := range posted {
			values[k] = append(values[k], v...)
		}
	}
	for k, v := range values {
		if len(v) > 1 {
			return nil, errMalformedQuery("The parameter '" + printable(k) + "' is given more than once.")
		}
		if !utf8.ValidString(v[0]) {
			return nil, errMalformedQuery("The parameter '" + printable(k) + "' is not valid UTF-8.")
		}
	}
	return &form{values: values, read: make(map[string]bool)}, nil
}

// printable shortens and cleans text of a caller for an error message.
func printable(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// rule is what a parameter's text must be. Source: the models of iam 2010-05-08
// and sts 2011-06-15.
type rule struct {
	min, max int
	pattern  string
	match    *regexp.Regexp
	oneOf    []string
	secret   bool // not to be repeated in an error
}

func text(min, max int, pattern string) rule {
	r := rule{min: min, max: max, pattern: pattern}
	if pattern != "" {
		r.match = regexp.MustCompile(`^(?:` + pattern + `)$`)
	}
	return r
}

func oneOf(values ...string) rule { return rule{oneOf: values} }

const nameChars = `[\w+=,.@-]`

var (
	name64       = text(1, 64, nameChars+`+`)
	name128      = text(1, 128, nameChars+`+`)
	session64    = text(2, 64, nameChars+`*`)
	anyPath      = text(1, 512, `(/)|(/[\x21-\x7E]+/)`)
	policyPath   = text(1, 512, `((/[A-Za-z0-9\.,\+@=_-]+)*)/`)
	pathPrefix   = text(1, 512, `/[\x21-\x7F]*`)
	arnText      = text(20, 2048, "")
	document     = text(1, 131072, `[\x09\x0A\x0D\x20-\x{FF}]+`)
	description  = text(0, 1000, `[\x09\x0A\x0D\x20-\x7E\x{A1}-\x{FF}]*`)
	freeText1000 = text(0, 1000, "")
	keyID        = text(16, 128, `[\w]+`)
	keyStatus    = oneOf("Active", "Inactive")
	versionID    = text(0, 64, `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	markerText   = text(1, 320, `[\x20-\x{FF}]+`)
	tagKey       = text(1, 128, `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	tagValue     = text(0, 256, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	externalID   = text(2, 1224, `[\w+=,.@:\/-]*`)
	providerURL  = text(1, 255, "")
	clientID     = text(1, 255, "")
	thumbprint   = text(40, 40, "")
	webToken     = rule{min: 4, max: 20000, secret: true}
)

// member spells a parameter's path as AWS's messages do: roleName, tags.1.member.key.
func member(name string) string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToLower(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, ".")
}

func (f *form) fault(name, value, constraint string) {
	shown := "null"
	if value != "" {
		shown = "'" + printable(value) + "'"
	}
	f.faults = append(f.faults, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", shown, member(name), constraint))
}

// get returns a parameter that may be absent.
func (f *form) get(name string, r rule) (string, bool) {
	f.read[name] = true
	v, ok := f.values[name]
	if !ok {
		return "", false
	}
	f.check(name, v[0], r)
	return v[0], true
}

func (f *form) check(name, v string, r rule) {
	shown := v
	if r.secret {
		shown = "(not shown)"
	}
	switch n := utf8.RuneCountInString(v); {
	case r.oneOf != nil:
		if !slices.Contains(r.oneOf, v) {
			f.fault(name, shown, "Member must satisfy enum value set: ["+strings.Join(r.oneOf, ", ")+"]")
		}
	case n < r.min:
		f.fault(name, shown, fmt.Sprintf("Member must have length greater than or equal to %d", r.min))
	case r.max > 0 && n > r.max:
		f.fault(name, shown, fmt.Sprintf("Member must have length less than or equal to %d", r.max))
	case r.match != nil && !r.match.MatchString(v):
		f.fault(name, shown, "Member must satisfy regular expression pattern: "+r.pattern)
	}
}

// opt returns a parameter, "" when it is absent.
func (f *form) opt(name string, r rule) string {
	v, _ := f.get(name, r)
	return v
}

// need returns a parameter that must be there.
func (f *form) need(name string, r rule) string {
	v, ok := f.get(name, r)
	if !ok {
		f.fault(name, "", "Member must not be null")
	}
	return v
}

// number returns an integer, or otherwise when it is absent.
func (f *form) number(name string, min, max, otherwise int) int {
	v, ok := f.get(name, rule{})
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	switch {
	case err != nil:
		f.fault(name, v, "Member must be a number")
	case n < min:
		f.fault(name, v, fmt.Sprintf("Member must have value greater than or equal to %d", min))
	case n > max:
		f.fault(name, v, fmt.Sprintf("Member must have value less than or equal to %d", max))
	}
	return n
}

func (f *form) flag(name string) bool {
	v, ok := f.get(name, rule{})
	if ok && v != "true" && v != "false" {
		f.fault(name, v, "Member must be true or false")
	}
	return v == "true"
}

// list returns the members of name.member.1, name.member.2, …; present is
// false when the parameter is not there at all.
func (f *form) list(name string, max int, r rule) (out []string, present bool) {
	if _, ok := f.values[name]; ok { // an empty list is sent as name=
		return nil, true
	}
	for i := 1; ; i++ {
		at := name + ".member." + strconv.Itoa(i)
		v, ok := f.get(at, r)
		if !ok {
			return out, len(out) > 0
		}
		if out = append(out, v); len(out) > max {
			f.fault(name, "", fmt.Sprintf("Member must have length less than or equal to %d", max))
			return out, true
		}
	}
}

// tags reads Tags.member.N.Key and .Value.
func (f *form) tags(name string) []tag {
	var out []tag
	seen := make(map[string]bool)
	for i := 1; ; i++ {
		at := name + ".member." + strconv.Itoa(i)
		k, ok := f.get(at+".Key", tagKey)
		if !ok {
			if _, orphan := f.values[at+".Value"]; orphan {
				f.fault(at+".Key", "", "Member must not be null")
			}
			return out
		}
		if out = append(out, tag{k, f.need(at+".Value", tagValue)}); len(out) > 50 {
			f.fault(name, "", "Member must have length less than or equal to 50")
			return out
		}
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			f.fault(at+".Key", k, "Member must not begin with aws:, which is reserved")
		}
		if lower := strings.ToLower(k); seen[lower] {
			f.faults = append(f.faults, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		} else {
			seen[lower] = true
		}
	}
}

// err returns what was wrong with the parameters read so far.
func (f *form) err() error {
	if len(f.faults) == 0 {
		return nil
	}
	return errValidation(f.faults)
}
