package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// operator talks to the server that runs on a data folder, as its root user.
type operator struct {
	endpoint datadir.Endpoint
	keys     datadir.Credentials
	http     *http.Client
}

func newOperator(dir *datadir.Dir) (*operator, error) {
	holder, err := dir.Holder()
	if err != nil {
		return nil, err
	}
	if holder == 0 {
		return nil, fmt.Errorf("no server runs on %s", dir.Path())
	}
	endpoint, err := dir.Endpoint()
	if err != nil {
		return nil, err
	}
	keys, err := dir.Credentials()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{}
	if endpoint.CABundle != "" {
		pem, err := os.ReadFile(endpoint.CABundle)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &operator{endpoint, keys, &http.Client{Transport: transport}}, nil
}

func (o *operator) close() { o.http.CloseIdleConnections() }

// ask makes an operator call. in and out may be nil.
func (o *operator) ask(ctx context.Context, path string, in, out any) error {
	return o.follow(ctx, path, in, out, nil)
}

// follow is ask for a call that takes its time: hear is told how far it has
// come. It may be nil.
func (o *operator) follow(ctx context.Context, path string, in, out any, hear func(blob.Progress)) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.endpoint.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if hear != nil {
		r.Header.Set("Accept", server.ProgressType)
	}
	creds := sigv4.Credentials{AccessKeyID: o.keys.AccessKeyID, SecretAccessKey: o.keys.SecretAccessKey}
	if err := sigv4.Sign(r, creds, o.endpoint.Region, "finspace", sigv4.HashBody(body), time.Now()); err != nil {
		return err
	}
	res, err := o.http.Do(r)
	if err != nil {
		return fmt.Errorf("the server at %s does not answer: %w", o.endpoint.URL, errors.Unwrap(err))
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		var e struct{ Message string }
		if err := json.NewDecoder(res.Body).Decode(&e); err != nil || e.Message == "" {
			e.Message = res.Status
		}
		return refusal(e.Message)
	}
	if res.Header.Get("Content-Type") == server.ProgressType {
		return read(res.Body, out, hear)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// read reads the lines of a reply that began before the call had ended.
func read(body io.Reader, out any, hear func(blob.Progress)) error {
	for lines := json.NewDecoder(body); ; {
		var n server.News
		if err := lines.Decode(&n); err != nil {
			return fmt.Errorf("the server ended before its reply did: %w", err)
		}
		switch {
		case n.Error != "":
			return refusal(n.Error)
		case n.Progress != nil:
			hear(*n.Progress)
		case out == nil:
			return nil
		default:
			return json.Unmarshal(n.Reply, out)
		}
	}
}

func refusal(text string) error { return fmt.Errorf("the server refused: %s", text) }

// api is the client of the API itself.
func (o *operator) api() (*finspace.Client, error) {
	return finspace.New(finspace.Config{
		Endpoint: o.endpoint.URL, Region: o.endpoint.Region, HTTPClient: o.http,
		Credentials: finspace.StaticCredentials{AccessKeyID: o.keys.AccessKeyID, SecretAccessKey: o.keys.SecretAccessKey},
	})
}
