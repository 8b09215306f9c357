package logs_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quoinhq/quoin/internal/logs"
)

// printer is a node that prints, and what collects it.
type printer struct {
	*logs.Collector
	raw string
	now time.Time
}

func newPrinter(t testing.TB, max int64) *printer {
	t.Helper()
	dir := t.TempDir()
	p := &printer{raw: filepath.Join(dir, "output"), now: time.UnixMilli(1700000000000)}
	p.Collector = &logs.Collector{Dir: filepath.Join(dir, "logs"), MaxBytes: max, Now: func() time.Time { return p.now }}
	if err := p.Follow("env", "hdb", "n1", p.raw); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *printer) print(t testing.TB, text string) {
	t.Helper()
	f, err := os.OpenFile(p.raw, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err = errors.Join(err, f.Close(), p.Flush()); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(time.Second)
}

func (p *printer) lines(t testing.TB, since time.Time) []logs.Line {
	t.Helper()
	lines, err := logs.Read(p.Dir, logs.Group{Environment: "env", Cluster: "hdb"}, nil, since)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// However a text is cut into writes, its lines come out as they are, in order,
// each with an id of its own.
func TestLinesSurviveCuts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPrinter(t, 0)
		want := rapid.SliceOfN(rapid.StringMatching(`[ -~]{0,40}`), 1, 20).Draw(rt, "lines")
		text := strings.Join(want, "\n") + "\n"
		for text != "" {
			n := rapid.IntRange(1, len(text)).Draw(rt, "cut")
			p.print(t, text[:n])
			text = text[n:]
		}
		ids := map[string]bool{}
		got := p.lines(t, time.Time{})
		if len(got) != len(want) {
			rt.Fatalf("%d lines became %d", len(want), len(got))
		}
		for i, l := range got {
			if l.Text != want[i] || ids[l.ID] {
				rt.Fatalf("line %d is %+v, want %q", i, l, want[i])
			}
			ids[l.ID] = true
		}
	})
}

func TestLogIsBounded(t *testing.T) {
	p := newPrinter(t, 10_000)
	for range 100 {
		p.print(t, strings.Repeat("x", 999)+"\n")
	}
	size := int64(0)
	err := filepath.WalkDir(p.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			st, serr := d.Info()
			size, err = size+st.Size(), serr
		}
		return err
	})
	if err != nil || size < 10_000 || size > 24_000 {
		t.Errorf("the log has %d bytes, %v", size, err)
	}
	if lines := p.lines(t, time.Time{}); lines[len(lines)-1].Time.Before(p.now.Add(-2 * time.Second)) {
		t.Errorf("the last line is of %s, now is %s", lines[len(lines)-1].Time, p.now)
	}
}

func TestReadSince(t *testing.T) {
	p := newPrinter(t, 0)
	p.print(t, "one\n")
	since := p.now
	p.print(t, "two\n")
	if got := p.lines(t, since); len(got) != 1 || got[0].Text != "two" || got[0].Node != "n1" {
		t.Errorf("since %s: %+v", since, got)
	}
	if _, err := logs.Read(p.Dir, logs.Group{Environment: "env", Cluster: "none"}, nil, since); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no cluster: %v", err)
	}
}

const group = "/aws/vendedlogs/finspace/env/hdb"

// call makes one call of CloudWatch Logs.
func call(t testing.TB, p *printer, operation, body string, denied error) (status int, reply map[string]any) {
	t.Helper()
	h := logs.Handler(logs.Config{Dir: p.Dir, Region: "us-east-1", Account: "111122223333", Authorize: func(*http.Request, string, string) error { return denied }})
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, reply
}

func TestFilterLogEventsPages(t *testing.T) {
	p := newPrinter(t, 0)
	for range 5 {
		p.print(t, "a\nb\n")
	}
	token, got := "", 0
	for {
		_, reply := call(t, p, "FilterLogEvents", `{"logGroupName":"`+group+`","limit":3,"nextToken":"`+token+`"}`, nil)
		got += len(reply["events"].([]any))
		next, ok := reply["nextToken"].(string)
		if !ok {
			break
		}
		token = next
	}
	if got != 10 {
		t.Errorf("the pages have %d events", got)
	}
}

func TestCallsRefuse(t *testing.T) {
	p := newPrinter(t, 0)
	for name, c := range map[string]struct {
		operation, body string
		denied          error
		want            string
	}{
		"another operation": {"PutLogEvents", `{}`, nil, "UnknownOperationException"},
		"no JSON":           {"FilterLogEvents", `{`, nil, "SerializationException"},
		"no such group":     {"FilterLogEvents", `{"logGroupName":"/aws/vendedlogs/finspace/env/rdb"}`, nil, "ResourceNotFoundException"},
		"a path":            {"FilterLogEvents", `{"logGroupName":"/aws/vendedlogs/finspace/../.."}`, nil, "ResourceNotFoundException"},
		"a bad token":       {"FilterLogEvents", `{"logGroupName":"` + group + `","nextToken":"!"}`, nil, "InvalidParameterException"},
		"not allowed":       {"DescribeLogStreams", `{"logGroupName":"` + group + `"}`, errors.New("no"), "AccessDeniedException"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, reply := call(t, p, c.operation, c.body, c.denied); status != http.StatusBadRequest || reply["__type"] != c.want {
				t.Errorf("answered %d %v, want %s", status, reply, c.want)
			}
		})
	}
}
