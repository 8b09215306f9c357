package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
)

type rotateRootCommand struct {
	dataDir
}

// Run replaces the root user's keys. A server that runs on the folder does it,
// and the old keys end at once; otherwise it is done here.
func (c rotateRootCommand) Run(ctx context.Context, std *stdio) error {
	dir, err := c.find()
	if err != nil {
		return err
	}
	err = server.RotateRoot(ctx, server.Config{DataDir: dir.Path()})
	if errors.Is(err, datadir.ErrLocked) {
		err = askToRotate(ctx, dir)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The root user has new keys: %s\n", dir.Path("credentials"))
	return nil
}

func askToRotate(ctx context.Context, dir *datadir.Dir) error {
	endpoint, err := dir.Endpoint()
	if err != nil {
		return err
	}
	keys, err := dir.Credentials()
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.URL+server.RotateRootPath, nil)
	if err != nil {
		return err
	}
	creds := sigv4.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}
	if err := sigv4.Sign(r, creds, endpoint.Region, "finspace", sigv4.EmptyHash, time.Now()); err != nil {
		return err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if endpoint.CABundle != "" {
		pem, err := os.ReadFile(endpoint.CABundle)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	res, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the server refused: %s %s", res.Status, res.Header.Get("X-Amzn-Errortype"))
	}
	return nil
}
