package s3_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever XML is sent, the answer is no failure of the server's and is
// well-formed itself.
func FuzzXML(f *testing.F) {
	fx := newFixture(f)
	fx.put("a", "content")
	routes := []struct{ method, target string }{
		{"PUT", "/data/a?tagging"}, {"POST", "/data?delete"}, {"POST", "/data/a?uploadId=none"}, {"PUT", "/data"},
	}
	for i, body := range []string{
		`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>desk</Key><Value>rates &amp; fx</Value></Tag></TagSet></Tagging>`,
		`<Delete><Quiet>true</Quiet><Object><Key>b</Key><VersionId>null</VersionId></Object><Object><Key>&#x263a;</Key></Object></Delete>`,
		`<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"x"</ETag></Part></CompleteMultipartUpload>`,
		`<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`,
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Delete>&a;</Delete>`, `<a`, ``, "\xff\x00",
	} {
		f.Add(uint8(i), body)
	}
	f.Fuzz(func(t *testing.T, route uint8, body string) {
		at := routes[int(route)%len(routes)]
		r := httptest.NewRequest(at.method, at.target, nil)
		r.ContentLength = int64(len(body))
		w := httptest.NewRecorder()
		fx.h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), bodyKey{}, io.Reader(strings.NewReader(body)))))
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		dec := xml.NewDecoder(w.Body)
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("not XML: %v", err)
			}
		}
	})
}
