package clients_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/finspace"
	"github.com/aws/aws-sdk-go-v2/service/finspace/types"
	"github.com/aws/smithy-go"

	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/test/live"
)

// result is what a client made of a reply. Status and Reason are missing where
// a client does not show them.
type result struct {
	Output  map[string]any
	Code    string // of the typed error; "" for a success
	Status  int
	Message string
	Reason  string
}

// caller makes one call of the API with somebody's client.
type caller func(t *testing.T, operation string, input map[string]any) result

// callers are the clients that each test of every operation is run with. open
// starts one that signs with the given keys.
func callers(t *testing.T) map[string]func(t *testing.T, s *live.Server, keys sigv4.Credentials) caller {
	t.Helper()
	python := func(kind string) func(*testing.T, *live.Server, sigv4.Credentials) caller {
		return func(t *testing.T, s *live.Server, keys sigv4.Credentials) caller {
			live.Need(t, "boto3 and the AWS CLI's Python package", "python3", "-c", "import boto3, awscli")
			return process(t, environ(s, ""), keys, "python3", "testdata/calls.py", kind)
		}
	}
	return map[string]func(*testing.T, *live.Server, sigv4.Credentials) caller{
		"boto3": python("boto3"), "AWSCLI": python("cli"),
		"JavaScript": func(t *testing.T, s *live.Server, keys sigv4.Credentials) caller {
			modules := nodeModules(t)
			return process(t, append(environ(s, ""), "QUOIN_NODE_MODULES="+modules), keys, "node", "testdata/calls.mjs")
		},
		"Go": goCaller,
	}
}

// nodeModules is the folder with the SDK for JavaScript, without which the
// test is skipped.
func nodeModules(t *testing.T) string {
	t.Helper()
	modules := os.Getenv("QUOIN_NODE_MODULES")
	if modules == "" {
		modules = "node/node_modules" // npm ci in test/clients/node
	}
	modules, err := filepath.Abs(modules)
	if err != nil {
		t.Fatal(err)
	}
	live.Need(t, "@aws-sdk/client-finspace for Node.js", "node", "-e", "require('"+modules+"/@aws-sdk/client-finspace')")
	return modules
}

// process starts a client that takes calls on its standard input.
func process(t *testing.T, env []string, keys sigv4.Credentials, command ...string) caller {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Env = append(env, "AWS_MAX_ATTEMPTS=1", "AWS_ACCESS_KEY_ID="+keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey)
	if keys.SessionToken != "" {
		c.Env = append(c.Env, "AWS_SESSION_TOKEN="+keys.SessionToken)
	}
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
		cancel()
	})
	replies := bufio.NewReader(out)
	return func(t *testing.T, operation string, input map[string]any) (r result) {
		t.Helper()
		line, err := json.Marshal(map[string]any{"operation": operation, "input": input})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
		reply, err := replies.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(reply, &r)
		}
		if err != nil {
			t.Fatalf("%s: %v %s", operation, err, reply)
		}
		return r
	}
}

// goCaller finds methods and members of the SDK for Go by their names.
func goCaller(_ *testing.T, s *live.Server, keys sigv4.Credentials) caller {
	client := reflect.ValueOf(finspace.New(finspace.Options{
		BaseEndpoint: aws.String(s.URL()), Region: "us-east-1", HTTPClient: s.Client, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken),
	}))
	return func(t *testing.T, operation string, input map[string]any) (r result) {
		t.Helper()
		method := client.MethodByName(operation)
		in := reflect.New(method.Type().In(1).Elem())
		b, err := json.Marshal(input)
		if err == nil {
			err = json.Unmarshal(b, in.Interface())
		}
		if err != nil {
			t.Fatal(err)
		}
		reply := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		if err, failed := reply[1].Interface().(error); failed {
			return goError(err)
		}
		if b, err = json.Marshal(reply[0].Interface()); err == nil {
			err = json.Unmarshal(b, &r.Output)
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Output, _ = modelled(r.Output).(map[string]any)
		return r
	}
}

// modelled spells members as the model does, and leaves out those without a
// value.
func modelled(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = modelled(v[i])
		}
	case map[string]any:
		for name, member := range v {
			delete(v, name)
			if member != nil {
				v[strings.ToLower(name[:1])+name[1:]] = modelled(member)
			}
		}
	}
	return v
}

func goError(err error) result {
	r := result{Code: "untyped " + err.Error()}
	var typed smithy.APIError
	if errors.As(err, &typed) {
		r.Code, r.Message = typed.ErrorCode(), typed.ErrorMessage()
	}
	if _, generic := typed.(*smithy.GenericAPIError); generic {
		r.Code = "untyped " + r.Code
	}
	var conflict *types.ConflictException
	if errors.As(err, &conflict) {
		r.Reason = aws.ToString(conflict.Reason)
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		r.Status = response.HTTPStatusCode()
	}
	return r
}
