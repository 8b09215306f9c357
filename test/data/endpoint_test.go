// Package data_test puts whole servers through what data goes through: imports
// from other object stores, and everything at once.
package data_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

// TestExternalS3 imports from a second server of ours and from somebody else's
// S3 server: what s3:// paths lead to with --s3-endpoint.
func TestExternalS3(t *testing.T) {
	other := live.Start(t)
	fake := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(fake.Close)
	anything := sigv4.Credentials{AccessKeyID: "AKIDFAKES3", SecretAccessKey: "not looked at"}
	for name, at := range map[string]struct {
		url  string
		keys sigv4.Credentials
	}{
		"Ours":     {other.URL(), other.Root},
		"Gofakes3": {fake.URL, anything},
	} {
		t.Run(name, func(t *testing.T) {
			objects := map[string]string{"hist/sym": "symbols", "hist/2026.01.02/trade/price": "prices", "hist/odd name+&é": "odd"}
			put(t, at.url, at.keys, "/data", "")
			for k, content := range objects {
				put(t, at.url, at.keys, "/data/"+k, content)
			}
			d := open(t, func(c *server.Config) {
				c.S3Endpoint, c.S3AccessKey, c.S3SecretKey = at.url, at.keys.AccessKeyID, at.keys.SecretAccessKey
			})
			if c := d.changeset(t, "s3://data/hist/", "/"); c.Status != finspace.ChangesetStatusCompleted {
				t.Fatalf("%s: %+v", c.Status, c.ErrorInfo)
			}
			if c := d.changeset(t, "s3://data/hist/sym", "/"); c.Status != finspace.ChangesetStatusCompleted {
				t.Fatalf("%s: %+v", c.Status, c.ErrorInfo)
			}
			got := d.database(t)
			if *got.NumFiles != int32(len(objects)) || *got.NumBytes != int64(len("symbols"+"prices"+"odd")) {
				t.Errorf("%d files of %d bytes", *got.NumFiles, *got.NumBytes)
			}
			// Four files in two changesets: progress, as operators see it.
			metrics := string(d.Do(http.MethodGet, "/metrics", nil).Body)
			for _, want := range []string{"quoin_import_files_total 4\n", "quoin_import_bytes_total 23\n"} {
				if !strings.Contains(metrics, want) {
					t.Errorf("the metrics do not say %q", want)
				}
			}
			for path, want := range map[string]finspace.ErrorDetails{
				"s3://data/none":    finspace.ErrorDetailsResourceNotFound,
				"s3://data/none/":   finspace.ErrorDetailsResourceNotFound,
				"s3://nobucket/x":   finspace.ErrorDetailsResourceNotFound,
				"s3://nobucket/x/":  finspace.ErrorDetailsResourceNotFound,
				"s3://data/hist/no": finspace.ErrorDetailsResourceNotFound,
			} {
				if c := d.changeset(t, path, "/"); c.ErrorInfo == nil || c.ErrorInfo.ErrorType != want {
					t.Errorf("%s: %s, %+v, want %q", path, c.Status, c.ErrorInfo, want)
				}
			}
		})
	}
}

// TestExternalS3Failures is about servers that do not let ours read.
func TestExternalS3Failures(t *testing.T) {
	other := live.Start(t)
	put(t, other.URL(), other.Root, "/data", "")
	put(t, other.URL(), other.Root, "/data/a", "content")
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) }))
	t.Cleanup(busy.Close)
	for name, c := range map[string]struct {
		url, secret string
		want        finspace.ErrorDetails
	}{
		"wrong keys":  {other.URL(), "wrong", finspace.ErrorDetailsAccessDenied},
		"unavailable": {busy.URL, other.Root.SecretAccessKey, finspace.ErrorDetailsThrottling},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(cfg *server.Config) {
				cfg.S3Endpoint, cfg.S3AccessKey, cfg.S3SecretKey = c.url, other.Root.AccessKeyID, c.secret
			})
			for _, path := range []string{"s3://data/a", "s3://data/"} {
				got := d.changeset(t, path, "/")
				if got.Status != finspace.ChangesetStatusFailed || got.ErrorInfo == nil || got.ErrorInfo.ErrorType != c.want ||
					!strings.Contains(*got.ErrorInfo.ErrorMessage, path) {
					t.Errorf("%s: %s %+v", path, got.Status, got.ErrorInfo)
				}
			}
		})
	}
}

// put puts an object into any S3 server; an empty content and a path without
// a key make a bucket.
func put(t testing.TB, url string, keys sigv4.Credentials, path, content string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+escape(path), bytes.NewReader([]byte(content)))
	if err != nil {
		t.Fatal(err)
	}
	if err := sigv4.Sign(r, keys, "us-east-1", "s3", sigv4.HashBody([]byte(content)), time.Now()); err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("PUT %s: %s", path, res.Status)
	}
}

// escape is the path of a key in a URL.
func escape(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c == '/' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
