package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/finspace"
	"github.com/google/go-cmp/cmp"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/api"
	"github.com/quoinhq/quoin/internal/api/apitest"
)

// samples is how many values of each operation go through a foreign codec; of
// every second one all optional members are present.
const samples = 20

// lacking skips a test that needs a client this machine does not have, or
// fails it where all clients must be there.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("QUOIN_REQUIRE_CLIENTS") == "1" {
		t.Fatalf("%s is required and not on this machine", what)
	}
	t.Skipf("%s is not on this machine", what)
}

// botocore is a running botocore_codec.py.
type botocore struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func startBotocore(t *testing.T) *botocore {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import botocore").Run()
	}
	if err != nil {
		lacking(t, "botocore")
	}
	cmd := exec.Command(python, "testdata/botocore_codec.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	b := &botocore{in: in, out: bufio.NewScanner(out)}
	b.out.Buffer(nil, 16<<20)
	return b
}

func (b *botocore) ask(t *testing.T, question map[string]any, answer any) {
	t.Helper()
	text, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, '\n')); err != nil {
		t.Fatal(err)
	}
	if !b.out.Scan() {
		t.Fatal("botocore ended: ", b.out.Err())
	}
	if err := json.Unmarshal(b.out.Bytes(), answer); err != nil {
		t.Fatal(err)
	}
}

func TestBotocoreAgrees(t *testing.T) {
	boto := startBotocore(t)
	rt := api.NewRouter()
	for _, op := range api.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			for seed := range uint64(samples) {
				src := apitest.New(seed, seed%2 == 0)
				in, out := src.Input(op), src.Output(op)
				var got struct {
					Method, URL, Body string
					Output            map[string]any
				}
				boto.ask(t, map[string]any{
					"op":     op.Name,
					"input":  apitest.Plain(op.Operation.Input, in),
					"output": string(op.AppendOutput(nil, out)),
				}, &got)

				bound := bindRequest(t, rt, op, httptest.NewRequest(got.Method, got.URL, bytes.NewReader([]byte(got.Body))))
				if diff := cmp.Diff(in, bound); diff != "" {
					t.Fatalf("input, seed %d, as botocore sent it (-want +got):\n%s", seed, diff)
				}
				if diff := cmp.Diff(apitest.Plain(op.Operation.Output, out), got.Output); diff != "" {
					t.Fatalf("output, seed %d, as botocore read it (-want +got):\n%s", seed, diff)
				}
				sameRequest(t, op, in, got.URL, got.Body)
			}
		})
	}
}

// sameRequest checks that our own client's form of an input is that of another
// client.
func sameRequest(t *testing.T, op *api.Operation, in any, target, body string) {
	t.Helper()
	path, query, err := op.Target(in)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if path != u.EscapedPath() || !reflect.DeepEqual(q, u.Query()) {
		t.Fatalf("our request goes to %s?%s, theirs to %s", path, query, target)
	}
	if !op.HasBody() {
		if body != "" {
			t.Fatalf("their request has a body: %s", body)
		}
		return
	}
	var ours, theirs any
	if err := json.Unmarshal(op.AppendInput(nil, in), &ours); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &theirs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ours, theirs); diff != "" {
		t.Fatalf("bodies differ (-ours +theirs):\n%s", diff)
	}
}

func bindRequest(t *testing.T, rt *api.Router, want *api.Operation, r *http.Request) any {
	t.Helper()
	op, params, err := rt.Match(r)
	if err != nil || op != want {
		t.Fatalf("%s %s is %v, %v, want %s", r.Method, r.URL, op, err, want.Name)
	}
	body, err := api.ReadBody(r)
	if err != nil {
		t.Fatal(err)
	}
	in, err := op.Bind(r, params, body)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", r.Method, r.URL, err, body)
	}
	if err := op.Validate(in); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestBotocoreReadsErrors(t *testing.T) {
	boto := startBotocore(t)
	for _, err := range []finspace.Error{
		finspace.NewValidationException("a \"text\" with\nawkward \u4e16 characters"),
		finspace.NewLimitExceededException("m"),
		finspace.NewInvalidRequestException("m"),
		finspace.NewServiceQuotaExceededException("m"),
		finspace.NewAccessDeniedException("m"),
		finspace.NewResourceNotFoundException("m"),
		finspace.NewConflictException("m", "why"),
		finspace.NewResourceAlreadyExistsException("m"),
		finspace.NewThrottlingException("m"),
		finspace.NewInternalServerException("m"),
		&api.NotImplementedError{Operation: "X"},
	} {
		t.Run(err.ErrorCode(), func(t *testing.T) {
			rec := httptest.NewRecorder()
			if err := api.WriteError(rec, "id", err); err != nil {
				t.Fatal(err)
			}
			var got struct {
				Code, Text string
				Members    map[string]string
			}
			headers := make(map[string]string)
			for k := range rec.Header() {
				headers[k] = rec.Header().Get(k)
			}
			boto.ask(t, map[string]any{"op": "CreateKxUser", "status": rec.Code, "headers": headers, "error": rec.Body.String()}, &got)
			if got.Code != err.ErrorCode() || got.Text != err.ErrorMessage() {
				t.Errorf("got %+v", got)
			}
			if _, modelled := err.(*api.NotImplementedError); !modelled && got.Members["message"] != err.ErrorMessage() {
				t.Errorf("members %v", got.Members)
			}
			if _, ok := err.(*finspace.ConflictException); ok && got.Members["reason"] != "why" {
				t.Errorf("members %v", got.Members)
			}
		})
	}
}

// roundTripper answers a client's requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestGoSDKAgrees(t *testing.T) {
	rt := api.NewRouter()
	for _, op := range api.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			for seed := range uint64(samples) {
				src := apitest.New(seed, seed%2 == 0)
				in, out := src.Input(op), src.Output(op)
				var bound any
				client := sdk.New(sdk.Options{
					Region:       "us-east-1",
					BaseEndpoint: aws.String("http://localhost"),
					Credentials:  credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
					HTTPClient: roundTripper(func(r *http.Request) (*http.Response, error) {
						if r.Body == nil {
							r.Body = http.NoBody
						}
						bound = bindRequest(t, rt, op, r)
						rec := httptest.NewRecorder()
						if err := api.WriteOutput(rec, op, out); err != nil {
							t.Error(err)
						}
						return rec.Result(), nil
					}),
				})
				method := reflect.ValueOf(client).MethodByName(op.Name)
				if !method.IsValid() {
					t.Fatal("the SDK does not have it")
				}
				theirs := reflect.New(method.Type().In(1).Elem())
				convert(t, theirs.Elem(), reflect.ValueOf(in).Elem())
				res := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), theirs})
				if err, _ := res[1].Interface().(error); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				dropZeroes(op, in)
				if op.Token() != nil && op.TokenOf(in) == "" { // the SDK fills it in
					if op.TokenOf(bound) == "" {
						t.Fatal("no idempotency token")
					}
					f := op.Token().Field
					reflect.ValueOf(bound).Elem().FieldByName(f).SetZero()
				}
				if diff := cmp.Diff(in, bound); diff != "" {
					t.Fatalf("input, seed %d (-want +got):\n%s", seed, diff)
				}
				want := reflect.New(res[0].Type().Elem())
				convert(t, want.Elem(), reflect.ValueOf(out).Elem())
				res[0].Elem().FieldByName("ResultMetadata").SetZero()
				if !reflect.DeepEqual(want.Interface(), res[0].Interface()) {
					t.Fatalf("output, seed %d:\nwant %s\ngot  %s", seed, dump(want.Interface()), dump(res[0].Interface()))
				}
			}
		})
	}
}

func dump(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// convert copies a value of our types into the SDK's, which have the same
// names and differ only in what is a pointer.
func convert(t *testing.T, dst, src reflect.Value) {
	t.Helper()
	switch {
	case src.Kind() == reflect.Pointer:
		if src.IsNil() {
			return
		}
		if dst.Kind() == reflect.Pointer {
			dst.Set(reflect.New(dst.Type().Elem()))
			dst = dst.Elem()
		}
		convert(t, dst, src.Elem())
	case src.Type() == dst.Type():
		dst.Set(src)
	case src.Kind() == reflect.Struct:
		for i := range src.NumField() {
			name := src.Type().Field(i).Name
			f := dst.FieldByName(name)
			if !f.IsValid() {
				t.Fatalf("the SDK's %s has no field %s", dst.Type(), name)
			}
			convert(t, f, src.Field(i))
		}
	case src.Kind() == reflect.Slice:
		if src.IsNil() {
			return
		}
		dst.Set(reflect.MakeSlice(dst.Type(), src.Len(), src.Len()))
		for i := range src.Len() {
			convert(t, dst.Index(i), src.Index(i))
		}
	default:
		dst.Set(src.Convert(dst.Type()))
	}
}

// dropZeroes makes an input what the SDK sends: some of its scalars are no
// pointers, so that false and 0 are left out.
func dropZeroes(op *api.Operation, in any) {
	switch in := in.(type) {
	case *finspace.CreateKxDataviewInput:
		in.AutoUpdate, in.ReadWrite = orNil(in.AutoUpdate), orNil(in.ReadWrite)
		dropOnDemand(in.SegmentConfigurations)
	case *finspace.UntagResourceInput: // the SDK's signer sorts the query
		slices.Sort(in.TagKeys)
	case *finspace.UpdateKxDataviewInput:
		dropOnDemand(in.SegmentConfigurations)
	case *finspace.CreateKxClusterInput:
		for _, db := range in.Databases {
			if c := db.DataviewConfiguration; c != nil {
				dropOnDemand(c.SegmentConfigurations)
			}
		}
	case *finspace.UpdateKxClusterDatabasesInput:
		for _, db := range in.Databases {
			if c := db.DataviewConfiguration; c != nil {
				dropOnDemand(c.SegmentConfigurations)
			}
		}
	default:
		if f := reflect.ValueOf(in).Elem().FieldByName("MaxResults"); f.IsValid() && op.Name != "ListKxEnvironments" {
			f.Set(reflect.ValueOf(orNil(f.Interface().(*int32))))
		}
	}
}

func dropOnDemand(list []finspace.KxDataviewSegmentConfiguration) {
	for i := range list {
		list[i].OnDemand = orNil(list[i].OnDemand)
	}
}

func orNil[T comparable](p *T) *T {
	var zero T
	if p != nil && *p == zero {
		return nil
	}
	return p
}
