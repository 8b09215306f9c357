package finspace

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/quoinhq/quoin/internal/restjson"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// Config says where a client's requests go and how they are signed and
// retried. LoadConfig fills it from the environment that other AWS tools use.
type Config struct {
	// Endpoint is the base URL of the server, as http://127.0.0.1:8650.
	Endpoint string

	// Region that requests are signed for.
	Region string

	// Credentials sign the requests.
	Credentials CredentialsProvider

	// HTTPClient sends the requests; nil is one made by New.
	HTTPClient *http.Client

	// MaxAttempts is how often a request is sent before its error is returned;
	// 0 is 5, 1 never retries.
	MaxAttempts int

	// AttemptTimeout bounds one attempt; 0 is a minute. The context bounds
	// them all.
	AttemptTimeout time.Duration

	// PollInterval is the longest time between two looks at a status while
	// waiting; 0 is 5 seconds.
	PollInterval time.Duration
}

// Client calls the API. It may be used by many goroutines at once.
//
// Requests that fail on the way, are throttled or meet an error of the server
// are sent again, see [Config]. That is safe: an idempotency token that the
// caller has left out is filled in, and stays the same for all attempts; the
// few operations that take none have the same effect when they are repeated.
//
// An error is an [*OperationError]. What the server said is inside it: use
// errors.As with a type such as [*ConflictException], or with [*UnknownError].
type Client struct {
	cfg Config
	ops []*restjson.Operation
}

// codecs are the same for all clients.
var codecs = sync.OnceValue(func() []*restjson.Operation {
	var ops []*restjson.Operation
	for _, o := range service.Operations {
		ops = append(ops, restjson.NewOperation(o))
	}
	return ops
})

// New returns a client. It fails if the endpoint is no http or https URL, or
// if region or credentials are missing; nothing is sent yet.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.Endpoint)
	switch {
	case cfg.Endpoint == "":
		return nil, errors.New("finspace: no endpoint: set AWS_ENDPOINT_URL to the server's address")
	case err != nil:
		return nil, fmt.Errorf("finspace: endpoint: %w", err)
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("finspace: endpoint %q is not the http or https URL of a server", cfg.Endpoint)
	case cfg.Region == "":
		return nil, errors.New("finspace: no region: set AWS_REGION")
	case cfg.Credentials == nil:
		return nil, errors.New("finspace: no credentials")
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = newHTTPClient(nil)
	}
	if cfg.MaxAttempts <= 0 {
		cfg.MaxAttempts = 5
	}
	if cfg.AttemptTimeout <= 0 {
		cfg.AttemptTimeout = time.Minute
	}
	if cfg.PollInterval <= 0 {
		cfg.PollInterval = 5 * time.Second
	}
	cfg.Endpoint = strings.TrimSuffix(cfg.Endpoint, "/")
	return &Client{cfg: cfg, ops: codecs()}, nil
}

// newHTTPClient makes a client that keeps connections for callers in parallel,
// and follows no redirects: a signature is for one address only. A nil pool
// stands for the certificate authorities of the machine.
func newHTTPClient(authorities *x509.CertPool) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.TLSClientConfig = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Invoke calls the operation of that name with a pointer to its input, and
// returns a pointer to its output: what the methods do, for programs that know
// an operation by name only. Errors are those of the methods.
func (c *Client) Invoke(ctx context.Context, operation string, input any) (any, error) {
	for i, op := range c.ops {
		if op.Name == operation {
			if reflect.TypeOf(input) != reflect.TypeOf(op.NewInput()) {
				return nil, fmt.Errorf("finspace: %s does not take a %T", operation, input)
			}
			return c.do(ctx, i, input)
		}
	}
	return nil, fmt.Errorf("finspace: no operation %q", operation)
}

func invoke[I, O any](ctx context.Context, c *Client, op int, in *I) (*O, error) {
	if in == nil {
		in = new(I)
	}
	out, err := c.do(ctx, op, in)
	if err != nil {
		return nil, err
	}
	return out.(*O), nil
}

// OperationError says which call failed, and how. Err is what the server
// answered, an [Error], or what kept an answer from coming.
type OperationError struct {
	Operation string
	RequestID string // of the last answer, if one came
	Status    int    // HTTP status of the last answer, 0 if none came
	Attempts  int
	Err       error
}

// Error names operation, request and cause.
func (e *OperationError) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation)
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, ", after %d attempts", e.Attempts)
	}
	b.WriteString(": " + e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *OperationError) Unwrap() error { return e.Err }

// do calls one operation with retries.
func (c *Client) do(ctx context.Context, i int, in any) (any, error) {
	op := c.ops[i]
	failed := &OperationError{Operation: op.Name}
	in = withToken(op, in)
	path, query, err := op.Target(in)
	if err != nil {
		failed.Err = fmt.Errorf("finspace: member %w", err)
		return nil, failed
	}
	var body []byte
	if op.HasBody() {
		body = op.AppendInput(nil, in)
	}
	target := c.cfg.Endpoint + path
	if query != "" {
		target += "?" + query
	}
	for {
		failed.Attempts++
		a := c.attempt(ctx, op, target, body)
		failed.Status, failed.RequestID, failed.Err = a.status, a.requestID, a.err
		if a.err == nil {
			return a.out, nil
		}
		if !a.retry || failed.Attempts >= c.cfg.MaxAttempts || ctx.Err() != nil {
			return nil, failed
		}
		if err := pause(ctx, max(backoff(failed.Attempts), a.after)); err != nil {
			return nil, failed
		}
	}
}

// withToken returns the input with an idempotency token: the input itself if
// it has one or takes none, else a copy.
func withToken(op *restjson.Operation, in any) any {
	m := op.Token()
	if m == nil || !reflect.ValueOf(in).Elem().FieldByName(m.Field).IsNil() {
		return in
	}
	filled := reflect.New(reflect.TypeOf(in).Elem())
	filled.Elem().Set(reflect.ValueOf(in).Elem())
	filled.Elem().FieldByName(m.Field).Set(reflect.ValueOf(new(newToken())))
	return filled.Interface()
}

// newToken returns a random UUID of version 4, which all token shapes allow.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// attempt is how one request ended.
type attempt struct {
	out       any
	err       error
	status    int
	requestID string
	retry     bool          // whether trying again may help
	after     time.Duration // what the server asks to wait first
}

// maxReply bounds what is read of a reply.
const maxReply = 64 << 20

func (c *Client) attempt(ctx context.Context, op *restjson.Operation, target string, body []byte) attempt {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AttemptTimeout)
	defer cancel()
	creds, err := c.cfg.Credentials.Credentials(ctx)
	if err != nil {
		return attempt{err: fmt.Errorf("finspace: credentials: %w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, op.Method, target, bytes.NewReader(body))
	if err != nil {
		return attempt{err: err}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "quoin-finspace")
	err = sigv4.Sign(req, creds.signing(), c.cfg.Region, service.Name, sigv4.HashBody(body), time.Now())
	if err != nil {
		return attempt{err: fmt.Errorf("finspace: signing: %w", err)}
	}
	resp, err := c.cfg.HTTPClient.Do(req)
	if err != nil {
		var untrusted *tls.CertificateVerificationError
		return attempt{err: err, retry: !errors.As(err, &untrusted)}
	}
	defer resp.Body.Close()
	a := attempt{status: resp.StatusCode, requestID: resp.Header.Get("X-Amzn-Requestid")}
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	switch {
	case err != nil:
		a.err, a.retry = err, true
	case len(reply) > maxReply:
		a.err = fmt.Errorf("finspace: a reply of more than %d bytes", maxReply)
	case resp.StatusCode/100 == 2:
		if a.out, err = op.DecodeOutput(reply); err != nil {
			a.err = fmt.Errorf("finspace: reply %w", err)
		}
	default:
		said := readError(resp, reply)
		a.err, a.retry, a.after = said, retryable(said), retryAfter(resp.Header, time.Now())
	}
	return a
}
