package api

import "strings"

// The functions below stand in for patterns of the model that Go's regular
// expressions cannot say. Each gives the pattern and matches a value as a
// whole, as all patterns are matched here.

// matchers are found by the names that the generator knows them by.
var matchers = map[string]func(string) bool{
	"ExecutionRoleArn":         matchExecutionRoleArn,
	"KxCommandLineArgumentKey": matchCommandLineKey,
	"TagKey":                   matchTagKey,
}

// matchTagKey is ^(?!aws:)[a-zA-Z+-=._:/]+$. In it +-= is a range: it takes in
// digits and the characters + , - . / : ; < =.
func matchTagKey(s string) bool {
	return s != "" && !strings.HasPrefix(s, "aws:") && all(s, func(c byte) bool {
		return letter(c) || '+' <= c && c <= '=' || c == '_'
	})
}

// matchCommandLineKey is ^(?![Aa][Ww][Ss])(s|([a-zA-Z][a-zA-Z0-9_]+))|(AWS_ZIP_DEFAULT):
// "s" alone, or a name of two or more characters that does not begin with aws
// in any case, or the one name that does.
func matchCommandLineKey(s string) bool {
	if s == "s" || s == "AWS_ZIP_DEFAULT" {
		return true
	}
	return len(s) >= 2 && letter(s[0]) && all(s[1:], word) &&
		!(len(s) >= 3 && strings.EqualFold(s[:3], "aws"))
}

// matchExecutionRoleArn is ^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w-\/.@+=,]{1,1017}$.
// In it the hyphen after \w is itself.
func matchExecutionRoleArn(s string) bool {
	rest, ok := strings.CutPrefix(s, "arn:aws")
	if !ok {
		return false
	}
	partition, rest, ok := strings.Cut(rest, ":iam::")
	if !ok || !all(partition, func(c byte) bool { return 'a' <= c && c <= 'z' || digit(c) || c == '-' }) {
		return false
	}
	account, name, ok := strings.Cut(rest, ":role/")
	return ok && len(account) == 12 && all(account, digit) &&
		1 <= len(name) && len(name) <= 1017 &&
		all(name, func(c byte) bool { return word(c) || strings.IndexByte("-/.@+=,", c) >= 0 })
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
func word(c byte) bool   { return letter(c) || digit(c) || c == '_' }
