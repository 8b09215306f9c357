package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readModel(t *testing.T) []byte {
	t.Helper()
	dir, err := moduleDir(modelModule)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(modelFile)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCheckedInCodeIsFresh(t *testing.T) {
	files, err := generate(readModel(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator makes: run go generate in finspace", name)
		}
	}
}

func TestCheckPattern(t *testing.T) {
	for _, tt := range []struct{ name, shape, pattern, want string }{
		{"one of Go's", "Any", `^[a-z]+$`, ""},
		{"none", "Any", "", ""},
		{"named", "TagKey", `^(?!aws:)[a-z]+$`, ""},
		{"look-ahead without a matcher", "Any", `^(?!aws:)[a-z]+$`, "needs a named matcher"},
		{"matcher that is not needed", "TagKey", `^[a-z]+$`, "no longer needs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkPattern(tt.shape, tt.pattern)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestModelsThatAreRefused changes the real model so that the generated code
// would be wrong.
func TestModelsThatAreRefused(t *testing.T) {
	model := string(readModel(t))
	for _, tt := range []struct{ name, old, new, want string }{
		{"another protocol", `"rest-json"`, `"rest-xml"`, "protocol"},
		{"an unknown trait", `"type":"timestamp"`, `"type":"timestamp","timestampFormat":"iso8601"`, "timestampFormat"},
		{"an unknown type", `"type":"timestamp"`, `"type":"bigdecimal"`, "not supported"},
		{"a member in a header", `"location":"querystring"`, `"location":"header"`, "not supported"},
		{"another name on the wire", `"locationName":"maxResults"`, `"locationName":"max-results"`, "differs"},
		{"a label without a member", `/users/{userName}`, `/users/{name}`, "do not agree"},
		{"a shape that is not there", `"shape":"KxUserList"`, `"shape":"NoSuchList"`, "does not exist"},
		{"an operation without a summary", `"GetKxUser":{`, `"GetKxPerson":{`, "no summary"},
		{"the correction's model is gone", `^[a-zA-Z0-9_:./,]+$`, `^[a-zA-Z0-9_:./,;]+$`, "correction"},
		{"a pattern that Go lacks", `^[a-zA-Z0-9]{1,26}$`, `^(?<!x)[a-zA-Z0-9]{1,26}$`, "needs a named matcher"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(squeeze(model), tt.old, tt.new, 1)
			if changed == squeeze(model) {
				t.Fatalf("the model has no %s", tt.old)
			}
			if _, err := generate([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

// squeeze takes out the white space between the tokens of the model, which
// has none that matters but in its texts.
func squeeze(model string) string {
	var b strings.Builder
	for line := range strings.Lines(model) {
		b.WriteString(strings.TrimSpace(line))
	}
	return b.String()
}
