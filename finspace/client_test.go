package finspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/api/apitest"
)

const role = "arn:aws:iam::123456789012:role/trader"

func client(t *testing.T, s *apitest.Server, change func(*finspace.Config)) *finspace.Client {
	t.Helper()
	cfg := s.Config()
	if change != nil {
		change(&cfg)
	}
	c, err := finspace.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func updated(op *api.Operation, in any) (any, error) {
	u := in.(*finspace.UpdateKxUserInput)
	return &finspace.UpdateKxUserOutput{UserName: u.UserName, IamRole: u.IamRole, EnvironmentId: u.EnvironmentId}, nil
}

func update() *finspace.UpdateKxUserInput {
	return &finspace.UpdateKxUserInput{EnvironmentId: new("env"), UserName: new("bob"), IamRole: new(role)}
}

func TestEveryOperationGoesThrough(t *testing.T) {
	var wantIn, out any
	s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
		if diff := cmp.Diff(wantIn, in); diff != "" {
			t.Errorf("%s (-sent +got):\n%s", op.Name, diff)
		}
		return out, nil
	})
	c := client(t, s, nil)
	for _, op := range api.Operations() {
		src := apitest.New(7, true)
		wantIn, out = src.Input(op), src.Output(op)
		got, err := c.Invoke(t.Context(), op.Name, wantIn)
		if err != nil {
			t.Errorf("%s: %v", op.Name, err)
			continue
		}
		if diff := cmp.Diff(out, got); diff != "" {
			t.Errorf("%s (-sent +got):\n%s", op.Name, diff)
		}
	}
}

func TestTokenIsFilledInAndKept(t *testing.T) {
	throttled := func(w http.ResponseWriter, r *http.Request) {
		api.WriteError(w, "", finspace.NewThrottlingException("slow down"))
	}
	s := apitest.NewServer(t, updated, throttled, throttled)
	in := update()
	out, err := client(t, s, nil).UpdateKxUser(t.Context(), in)
	if err != nil || *out.IamRole != role {
		t.Fatal(out, err)
	}
	if in.ClientToken != nil {
		t.Error("the caller's input was changed")
	}
	tokens := s.Tokens()
	if len(tokens) != 3 || len(tokens[0]) != 36 || tokens[1] != tokens[0] || tokens[2] != tokens[0] {
		t.Errorf("tokens %q", tokens)
	}
	in.ClientToken = new("mine")
	if _, err := client(t, s, nil).UpdateKxUser(t.Context(), in); err != nil || s.Tokens()[3] != "mine" {
		t.Errorf("%v, tokens %q", err, tokens)
	}
}

func TestRetries(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, "<html>not JSON</html>")
		}
	}
	drop := func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	half := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"userName":`)
		drop(w, r)
	}
	late := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	fail := func(err error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { api.WriteError(w, "req-9", err) }
	}
	is := func(want finspace.Error) func(error) bool {
		return func(err error) bool {
			var e finspace.Error
			return errors.As(err, &e) && e.ErrorCode() == want.ErrorCode() && e.ErrorMessage() == want.ErrorMessage()
		}
	}

	for _, tt := range []struct {
		name     string
		before   []http.HandlerFunc
		requests int
		failed   func(error) bool // nil if it succeeds
	}{
		{"right away", nil, 1, nil},
		{"throttled", []http.HandlerFunc{fail(finspace.NewThrottlingException("a")), fail(finspace.NewThrottlingException("b"))}, 3, nil},
		{"internal error", []http.HandlerFunc{fail(errors.New("x"))}, 2, nil},
		{"gateways", []http.HandlerFunc{status(502), status(503), status(504)}, 4, nil},
		{"connection dropped", []http.HandlerFunc{drop, drop}, 3, nil},
		{"reply cut off", []http.HandlerFunc{half}, 2, nil},
		{"too late", []http.HandlerFunc{late}, 2, nil},
		{"throttled for ever", slices.Repeat([]http.HandlerFunc{fail(finspace.NewThrottlingException("slow"))}, 9), 4, is(finspace.NewThrottlingException("slow"))},
		{"conflict", []http.HandlerFunc{fail(finspace.NewConflictException("busy", "why"))}, 1, func(err error) bool {
			var e *finspace.ConflictException
			return errors.As(err, &e) && e.Reason == "why" && e.Message == "busy"
		}},
		{"not found", []http.HandlerFunc{fail(finspace.NewResourceNotFoundException("no bob"))}, 1, is(finspace.NewResourceNotFoundException("no bob"))},
		{"not implemented", []http.HandlerFunc{fail(&api.NotImplementedError{Operation: "X"})}, 1, is(&finspace.UnknownError{Code: "NotImplementedException", Message: "Quoin does not implement X."})},
		{"name in the document", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, `{"__type":"com.amazonaws.finspace#ValidationException:http://x","Message":"bad"}`)
		}}, 1, is(finspace.NewValidationException("bad"))},
		{"no name at all", []http.HandlerFunc{status(418)}, 1, is(&finspace.UnknownError{Code: "HTTP418"})},
		{"redirect", []http.HandlerFunc{status(307, "Location", "http://127.0.0.1:1/")}, 1, is(&finspace.UnknownError{Code: "HTTP307"})},
		{"reply of another kind", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"userName":1}`) }}, 1,
			func(err error) bool { return strings.Contains(err.Error(), "reply userName must be a string") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := apitest.NewServer(t, updated, tt.before...)
			c := client(t, s, func(cfg *finspace.Config) { cfg.MaxAttempts, cfg.AttemptTimeout = 4, time.Second })
			_, err := c.UpdateKxUser(t.Context(), update())
			if tt.failed == nil && err != nil || tt.failed != nil && (err == nil || !tt.failed(err)) {
				t.Errorf("error %v", err)
			}
			if s.Requests() != tt.requests {
				t.Errorf("%d requests, want %d", s.Requests(), tt.requests)
			}
			var op *finspace.OperationError
			if err != nil && (!errors.As(err, &op) || op.Operation != "UpdateKxUser" || op.Attempts != tt.requests) {
				t.Errorf("%+v", op)
			}
		})
	}

	t.Run("Retry-After is heeded", func(t *testing.T) {
		s := apitest.NewServer(t, updated, status(503, "Retry-After", "1"))
		start := time.Now()
		if _, err := client(t, s, nil).UpdateKxUser(t.Context(), update()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < time.Second {
			t.Errorf("came back after %v", d)
		}
	})
	t.Run("no wait that the context will not see the end of", func(t *testing.T) {
		s := apitest.NewServer(t, updated, status(503, "Retry-After", "3600"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := client(t, s, nil).UpdateKxUser(ctx, update())
		if !is(&finspace.UnknownError{Code: "HTTP503"})(err) || s.Requests() != 1 {
			t.Errorf("%v after %d requests", err, s.Requests())
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := apitest.NewServer(t, updated, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
		if _, err := client(t, s, nil).UpdateKxUser(ctx, update()); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if s.Requests() != 1 {
			t.Errorf("%d requests", s.Requests())
		}
	})
}

func TestNothingIsSentWithoutALabel(t *testing.T) {
	s := apitest.NewServer(t, updated)
	in := update()
	in.UserName = new("")
	_, err := client(t, s, nil).UpdateKxUser(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "userName is required") || s.Requests() != 0 {
		t.Errorf("%v, %d requests", err, s.Requests())
	}
	if _, err := client(t, s, nil).UpdateKxUser(t.Context(), nil); err == nil {
		t.Error("a nil input went out")
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	for _, v := range []any{
		finspace.Credentials{AccessKeyID: apitest.KeyID, SecretAccessKey: apitest.Secret, SessionToken: "hidden-token"},
		finspace.StaticCredentials{AccessKeyID: apitest.KeyID, SecretAccessKey: apitest.Secret, SessionToken: "hidden-token"},
		finspace.Config{Credentials: finspace.StaticCredentials{AccessKeyID: apitest.KeyID, SecretAccessKey: apitest.Secret, SessionToken: "hidden-token"}},
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, apitest.Secret) || strings.Contains(text, "hidden") {
				t.Errorf("%s of %T: %s", format, v, text)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	ok := finspace.Config{Endpoint: "http://h", Region: "r", Credentials: finspace.StaticCredentials{}}
	for name, change := range map[string]func(*finspace.Config){
		"no endpoint":       func(c *finspace.Config) { c.Endpoint = "" },
		"no URL":            func(c *finspace.Config) { c.Endpoint = "127.0.0.1:8650" },
		"another scheme":    func(c *finspace.Config) { c.Endpoint = "ftp://h" },
		"a query":           func(c *finspace.Config) { c.Endpoint = "http://h?x=y" },
		"no region":         func(c *finspace.Config) { c.Region = "" },
		"no credentials":    func(c *finspace.Config) { c.Credentials = nil },
		"nothing but a URL": func(c *finspace.Config) { *c = finspace.Config{Endpoint: "http://h"} },
	} {
		cfg := ok
		change(&cfg)
		if _, err := finspace.New(cfg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := finspace.New(ok); err != nil {
		t.Error(err)
	}
}

func TestPages(t *testing.T) {
	const total = 25
	list := func(op *api.Operation, in any) (any, error) {
		l := in.(*finspace.ListKxUsersInput)
		start, _ := strconv.Atoi(finspace.Value(l.NextToken))
		out := &finspace.ListKxUsersOutput{Users: []finspace.KxUser{}}
		for i := start; i < min(start+int(*l.MaxResults), total); i++ {
			out.Users = append(out.Users, finspace.KxUser{UserName: new(fmt.Sprint("user", i))})
		}
		if end := start + int(*l.MaxResults); end < total {
			out.NextToken = new(strconv.Itoa(end))
		}
		return out, nil
	}
	s := apitest.NewServer(t, list)
	in := &finspace.ListKxUsersInput{EnvironmentId: new("env"), MaxResults: new(int32(10))}
	var names []string
	for u, err := range client(t, s, nil).KxUsers(t.Context(), in) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, *u.UserName)
	}
	if len(names) != total || names[0] != "user0" || names[24] != "user24" || s.Requests() != 3 {
		t.Errorf("%d users in %d requests", len(names), s.Requests())
	}
	if in.NextToken != nil {
		t.Error("the caller's input was changed")
	}
	for range client(t, s, nil).KxUsers(t.Context(), in) {
		break
	}
	if s.Requests() != 4 {
		t.Errorf("%d requests: a page was asked for that nobody wanted", s.Requests())
	}

	t.Run("an error ends it", func(t *testing.T) {
		s := apitest.NewServer(t, func(*api.Operation, any) (any, error) { return nil, finspace.NewAccessDeniedException("no") })
		n := 0
		for _, err := range client(t, s, nil).KxUsers(t.Context(), in) {
			var denied *finspace.AccessDeniedException
			if n++; !errors.As(err, &denied) {
				t.Errorf("%v", err)
			}
		}
		if n != 1 {
			t.Errorf("%d rounds", n)
		}
	})
	t.Run("a server that never ends", func(t *testing.T) {
		s := apitest.NewServer(t, func(*api.Operation, any) (any, error) {
			return &finspace.ListKxUsersOutput{Users: []finspace.KxUser{{}}, NextToken: new("same")}, nil
		})
		var last error
		for _, err := range client(t, s, nil).KxUsers(t.Context(), in) {
			last = err
		}
		if last == nil || s.Requests() != 2 {
			t.Errorf("%v after %d requests", last, s.Requests())
		}
	})
}

// TestEveryListHasAPaginator calls each by its method, with two pages of one
// entry.
func TestEveryListHasAPaginator(t *testing.T) {
	var page *api.Operation
	n := 0
	s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
		page = op
		doc := map[string]any{op.Paging.Items: []any{map[string]any{}}}
		if n++; n%2 == 1 {
			doc["nextToken"] = "next"
		}
		text, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		return op.DecodeOutput(text)
	})
	c := client(t, s, nil)
	env, name := new("env"), new("name")
	want := 0
	for _, op := range finspace.Schema().Operations {
		if op.Paging != nil {
			want++
		}
	}
	seen := make(map[string]int)
	count(t, seen, &page, c.Environments(t.Context(), nil))
	count(t, seen, &page, c.KxChangesets(t.Context(), &finspace.ListKxChangesetsInput{EnvironmentId: env, DatabaseName: name}))
	count(t, seen, &page, c.KxClusterNodes(t.Context(), &finspace.ListKxClusterNodesInput{EnvironmentId: env, ClusterName: name}))
	count(t, seen, &page, c.KxClusters(t.Context(), &finspace.ListKxClustersInput{EnvironmentId: env}))
	count(t, seen, &page, c.KxDatabases(t.Context(), &finspace.ListKxDatabasesInput{EnvironmentId: env}))
	count(t, seen, &page, c.KxDataviews(t.Context(), &finspace.ListKxDataviewsInput{EnvironmentId: env, DatabaseName: name}))
	count(t, seen, &page, c.KxEnvironments(t.Context(), nil))
	count(t, seen, &page, c.KxScalingGroups(t.Context(), &finspace.ListKxScalingGroupsInput{EnvironmentId: env}))
	count(t, seen, &page, c.KxUsers(t.Context(), &finspace.ListKxUsersInput{EnvironmentId: env}))
	count(t, seen, &page, c.KxVolumes(t.Context(), &finspace.ListKxVolumesInput{EnvironmentId: env}))
	if len(seen) != want {
		t.Errorf("%d lists of %d", len(seen), want)
	}
	for op, entries := range seen {
		if entries != 2 {
			t.Errorf("%s: %d entries, want 2", op, entries)
		}
	}
}

func count[E any](t *testing.T, seen map[string]int, page **api.Operation, entries func(func(E, error) bool)) {
	t.Helper()
	for _, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		seen[(*page).Name]++
	}
}

func TestWait(t *testing.T) {
	cluster := func(statuses ...finspace.KxClusterStatus) *apitest.Server {
		return apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
			if len(statuses) == 0 {
				return nil, finspace.NewResourceNotFoundException("gone")
			}
			out := &finspace.GetKxClusterOutput{Status: statuses[0], StatusReason: new("a reason")}
			if len(statuses) > 1 || statuses[0] == finspace.KxClusterStatusDeleting {
				statuses = statuses[1:]
			}
			return out, nil
		})
	}
	const (
		pending, creating, running = finspace.KxClusterStatusPending, finspace.KxClusterStatusCreating, finspace.KxClusterStatusRunning
		failed, deleting           = finspace.KxClusterStatusCreateFailed, finspace.KxClusterStatusDeleting
		gone                       = finspace.KxClusterStatusDeleted
	)
	in := &finspace.GetKxClusterInput{EnvironmentId: new("env"), ClusterName: new("cluster")}
	wait := func(t *testing.T, s *apitest.Server, want ...finspace.KxClusterStatus) (*finspace.GetKxClusterOutput, error) {
		return client(t, s, nil).WaitKxCluster(t.Context(), in, want...)
	}
	t.Run("reached", func(t *testing.T) {
		s := cluster(pending, creating, creating, running)
		if out, err := wait(t, s, running); err != nil || out.Status != running || s.Requests() != 4 {
			t.Errorf("%+v %v, %d requests", out, err, s.Requests())
		}
	})
	t.Run("came to rest elsewhere", func(t *testing.T) {
		out, err := wait(t, cluster(pending, failed), running)
		var w *finspace.WaitError
		if !errors.As(err, &w) || w.Status != string(failed) || w.Reason != "a reason" || out.Status != failed {
			t.Errorf("%+v %v", out, err)
		}
	})
	t.Run("any rest will do", func(t *testing.T) {
		if out, err := wait(t, cluster(pending, failed)); err != nil || out.Status != failed {
			t.Errorf("%+v %v", out, err)
		}
	})
	t.Run("not found is deleted", func(t *testing.T) {
		if out, err := wait(t, cluster(deleting), gone); err != nil || out != nil {
			t.Errorf("%+v %v", out, err)
		}
	})
	t.Run("not found is an error otherwise", func(t *testing.T) {
		var missing *finspace.ResourceNotFoundException
		if _, err := wait(t, cluster(deleting), running); !errors.As(err, &missing) {
			t.Errorf("%v", err)
		}
	})
	t.Run("the context ends it", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := client(t, cluster(pending), nil).WaitKxCluster(ctx, in, running); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
	t.Run("network", func(t *testing.T) {
		list := []finspace.TgwStatus{finspace.TgwStatusUpdateRequested, finspace.TgwStatusUpdating, finspace.TgwStatusFailedUpdate}
		s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
			out := &finspace.GetKxEnvironmentOutput{TgwStatus: list[0], DnsStatus: finspace.DnsStatusNone, ErrorMessage: new("no gateway")}
			list = list[1:]
			return out, nil
		})
		_, err := client(t, s, nil).WaitKxEnvironmentNetwork(t.Context(), &finspace.GetKxEnvironmentInput{EnvironmentId: new("env")})
		var w *finspace.WaitError
		if !errors.As(err, &w) || w.Reason != "no gateway" || s.Requests() != 3 {
			t.Errorf("%v after %d requests", err, s.Requests())
		}
	})
	t.Run("nodes", func(t *testing.T) {
		n := 0
		s := apitest.NewServer(t, func(op *api.Operation, in any) (any, error) {
			n++
			out := &finspace.ListKxClusterNodesOutput{Nodes: []finspace.KxNode{}}
			if n > 1 {
				out.Nodes = append(out.Nodes, finspace.KxNode{Status: finspace.KxNodeStatusRunning}, finspace.KxNode{Status: finspace.KxNodeStatusProvisioning})
			}
			if n > 2 {
				out.Nodes[1].Status = finspace.KxNodeStatusRunning
			}
			return out, nil
		})
		nodes, err := client(t, s, nil).WaitKxClusterNodes(t.Context(), &finspace.ListKxClusterNodesInput{EnvironmentId: new("env"), ClusterName: new("cluster")})
		if err != nil || len(nodes) != 2 || n != 3 {
			t.Errorf("%v %v %d", nodes, err, n)
		}
	})
}
