package restjson_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/restjson"
)

func codec(name string) *restjson.Operation {
	return restjson.NewOperation(finspace.Schema().Operation(name))
}

// FuzzDocument holds the scanner against encoding/json: whatever a member is
// that the schema does not know, the document is taken if it is JSON.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{
		`1`, `-0.5e+10`, `01`, `1.`, `.5`, `"\u00e9\ud83d\ude00"`, `"\ud800"`, `[1,2,]`, `{"a":{"b":[null,true,false]}}`,
		`{"a" 1}`, "\"\x01\"", `nul`, `[`, `"`, `{"a":1,"a":2}`, `1e`, `-`, "\xff",
	} {
		f.Add(s)
	}
	op := codec("GetKxUser")
	f.Fuzz(func(t *testing.T, member string) {
		doc := `{"unknown":` + member + `}`
		_, err := op.DecodeOutput([]byte(doc))
		valid := json.Valid([]byte(doc)) && utf8.ValidString(doc)
		switch {
		case err != nil && valid:
			// Stricter on purpose: depth, and escapes that are half a character.
			if !strings.Contains(err.Error(), "nests deeper") && !strings.Contains(err.Error(), `\u escape`) {
				// A member of the schema may have come in by way of the braces.
				if !strings.Contains(err.Error(), "user") && !strings.Contains(err.Error(), "environmentId") && !strings.Contains(err.Error(), "iamRole") {
					t.Errorf("%q refused: %v", doc, err)
				}
			}
		case err == nil && !valid:
			t.Errorf("%q taken", doc)
		}
	})
}

// FuzzBind checks that whatever a request is bound to, the client's form of it
// is bound to the same.
func FuzzBind(f *testing.F) {
	f.Add(uint8(2), "env", "db", "x", "clientToken=a", `{"changeRequests":[{"changeType":"PUT","s3Path":"s3://b/","dbPath":"/"}],"clientToken":"t"}`)
	f.Add(uint8(47), "a%2Fb", "c", "d", "tagKeys=a&tagKeys=b%20c&maxResults=12", `{"iamRole":"r","tags":{"a":"b"}}`)
	f.Add(uint8(2), "e", "f", "g", "", `{"databases":[{"databaseName":"d","cacheConfigurations":[]}],"autoScalingConfiguration":{"metricTarget":1.5e300}}`)
	var ops []*restjson.Operation
	for _, o := range finspace.Schema().Operations {
		ops = append(ops, restjson.NewOperation(o))
	}
	f.Fuzz(func(t *testing.T, n uint8, a, b, c, query, body string) {
		op := ops[int(n)%len(ops)]
		in, err := op.Bind([]string{a, b, c}, query, []byte(body))
		if err != nil {
			return
		}
		path, query, err := op.Target(in)
		if err != nil {
			return // an empty label, which no route leads to
		}
		var labels []string
		parts := strings.Split(path, "/")
		for i, seg := range strings.Split(op.URI, "/") {
			if strings.HasPrefix(seg, "{") {
				labels = append(labels, parts[i])
			}
		}
		again, err := op.Bind(labels, query, op.AppendInput(nil, in))
		if err != nil {
			t.Fatalf("%s: %v", op.Name, err)
		}
		if diff := cmp.Diff(in, again); diff != "" {
			t.Fatalf("%s (-first +second):\n%s", op.Name, diff)
		}
	})
}
