package top_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/top"
)

var at = time.Date(2026, 10, 8, 12, 0, 0, 0, time.UTC)

// snapshot has one cluster of each kind of trouble.
func snapshot(at time.Time, counts ...map[string]float64) *top.Snapshot {
	s := &top.Snapshot{At: at, Clusters: []top.Cluster{
		{Environment: "env", Name: "rdb", Type: "RDB", Status: "RUNNING"},
		{Environment: "env", Name: "none", Type: "GP", Status: "CREATE_FAILED", Reason: "no such script"},
	}}
	for i, c := range counts {
		s.Clusters[0].Nodes = append(s.Clusters[0].Nodes, top.Node{ID: string(rune('a' + i)), Status: "RUNNING", Counts: c})
	}
	return s
}

func table(t *testing.T, now, before *top.Snapshot) string {
	t.Helper()
	var b strings.Builder
	if err := now.Write(&b, before); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\n", " ; ")), " ")
}

const head = "CLUSTER TYPE STATUS NODE CPU% MEMORY CONN MSG/S MESSAGES ERRORS RESTARTS ENVIRONMENT ; "

func TestTable(t *testing.T) {
	const failed = "none GP CREATE_FAILED - - - - - - - - env ; no such script ;"
	full := func(cpu, in, restarts float64) map[string]float64 {
		return map[string]float64{
			"up": 1, "cpu_seconds_total": cpu, "memory_bytes": 3 << 29, "connections": 2,
			"messages_in_total": in, "messages_out_total": in, "errors_total": 1, "restarts_total": restarts,
		}
	}
	for name, c := range map[string]struct {
		before, now *top.Snapshot
		want        string
	}{
		"at first":              {nil, snapshot(at, full(1, 10, 0)), "rdb RDB RUNNING a - 1.5 GiB 2 - 20 1 0 env ; "},
		"rates":                 {snapshot(at, full(1, 10, 0)), snapshot(at.Add(2*time.Second), full(2, 110, 0)), "rdb RDB RUNNING a 50 1.5 GiB 2 100 220 1 0 env ; "},
		"started anew":          {snapshot(at, full(9, 50, 0)), snapshot(at.Add(time.Second), full(0, 0, 1)), "rdb RDB RUNNING a - 1.5 GiB 2 - 0 1 1 env ; "},
		"down":                  {nil, snapshot(at, map[string]float64{"up": 0, "restarts_total": 3}), "rdb RDB node down a - - - - - - 3 env ; "},
		"without process":       {nil, snapshot(at, nil), "rdb RDB RUNNING a - - - - - - - env ; "},
		"new beside the others": {snapshot(at, full(1, 10, 0)), snapshot(at.Add(time.Second), full(1, 10, 0), full(7, 7, 0)), "rdb RDB RUNNING a 0 1.5 GiB 2 0 20 1 0 env ; rdb RDB RUNNING b - 1.5 GiB 2 - 14 1 0 env ; "},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(head+c.want+failed, table(t, c.now, c.before)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestScreen: a page is never wider or higher than the terminal.
func TestScreen(t *testing.T) {
	page, err := snapshot(at, nil, nil, nil, nil).Screen(nil, "quoin top", "no news: refused", 20, 4)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(page), "\r\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "\x1b[Hquoin top   2 clust") || !strings.HasPrefix(lines[1], "no news: refused") {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		l = strings.NewReplacer("\x1b[H", "", "\x1b[K", "", "\x1b[J", "").Replace(l)
		if len(l) > 20 {
			t.Errorf("%q has %d characters", l, len(l))
		}
	}
}

// TestNoMetrics: a server that shows none is an error that names it.
func TestNoMetrics(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	w, err := top.New(finspace.Config{Endpoint: s.URL, Region: "us-east-1", Credentials: finspace.StaticCredentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Look(t.Context()); err == nil || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("%v", err)
	}
}

// TestReasonsDoNotBreakColumns: what stands beneath one cluster does not move
// the columns of the next.
func TestReasonsDoNotBreakColumns(t *testing.T) {
	now := snapshot(at, map[string]float64{"up": 1})
	now.Clusters = append([]top.Cluster{{Name: "a-long-name", Environment: "env", Type: "GP", Status: "CREATE_FAILED", Reason: "no such script"}}, now.Clusters...)
	var b strings.Builder
	if err := now.Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	column := strings.Index(lines[0], "STATUS")
	if len(lines) < 5 || lines[2] != "  no such script" || !strings.HasPrefix(lines[3][column:], "RUNNING") {
		t.Errorf("got\n%s", b.String())
	}
}
