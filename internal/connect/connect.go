// Package connect takes a person's q console through the gateway: it finds the
// user's role, assumes it, asks for a connection string and talks to the
// cluster, and does it again when the connection ends.
package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// Target is what to connect to, and as whom.
type Target struct {
	Environment string // "" is the only one there is
	Cluster     string
	User        string // "" is the only one there is
	Node        string // id or place among the cluster's nodes, from 1; "" is whichever has room
}

// Session is a connection to a cluster that is made anew when it ends. It is
// used by one goroutine.
type Session struct {
	own    finspace.Config // the caller's
	client *finspace.Client
	cfg    finspace.Config // with the credentials of the user's role
	role   string          // that cfg is for
	to     Target
	userID string // the user's ARN
	roots  *x509.CertPool
	conn   *ipc.Conn
}

// Open finds out what is left out of the target and connects. cfg's
// credentials must be allowed to look and to assume the user's role.
func Open(ctx context.Context, cfg finspace.Config, to Target) (*Session, error) {
	client, err := finspace.New(cfg)
	if err != nil {
		return nil, err
	}
	s := &Session{own: cfg, cfg: cfg, client: client, to: to}
	if s.to.Environment == "" {
		if s.to.Environment, err = onlyEnvironment(ctx, client); err != nil {
			return nil, err
		}
	}
	if s.to.User == "" {
		if s.to.User, err = onlyUser(ctx, client, s.to.Environment); err != nil {
			return nil, err
		}
	}
	if s.roots, err = authority(ctx, cfg); err != nil {
		return nil, err
	}
	if s.to.Node != "" {
		if s.to.Node, err = nodeOf(ctx, client, s.to); err != nil {
			return nil, err
		}
	}
	s.conn, err = s.Dial(ctx)
	return s, err
}

func onlyEnvironment(ctx context.Context, c *finspace.Client) (string, error) {
	out, err := c.ListKxEnvironments(ctx, &finspace.ListKxEnvironmentsInput{})
	if err != nil {
		return "", err
	}
	if n := len(out.Environments); n != 1 {
		return "", fmt.Errorf("there are %d environments; say which with --environment", n)
	}
	return *out.Environments[0].EnvironmentId, nil
}

func onlyUser(ctx context.Context, c *finspace.Client, env string) (string, error) {
	out, err := c.ListKxUsers(ctx, &finspace.ListKxUsersInput{EnvironmentId: &env})
	if err != nil {
		return "", err
	}
	if n := len(out.Users); n != 1 || out.NextToken != nil {
		return "", fmt.Errorf("the environment has %d users; say which with --user", n)
	}
	return *out.Users[0].UserName, nil
}

// nodeOf returns the id of the node that a target names.
func nodeOf(ctx context.Context, c *finspace.Client, to Target) (string, error) {
	var ids []string
	for n, err := range c.KxClusterNodes(ctx, &finspace.ListKxClusterNodesInput{EnvironmentId: &to.Environment, ClusterName: &to.Cluster}) {
		if err != nil {
			return "", err
		}
		ids = append(ids, *n.NodeId)
	}
	slices.Sort(ids)
	if i, err := strconv.Atoi(to.Node); err == nil && i >= 1 && i <= len(ids) {
		return ids[i-1], nil
	}
	if !slices.Contains(ids, to.Node) {
		return "", fmt.Errorf("the cluster %s has no node %s, but %s", to.Cluster, to.Node, strings.Join(ids, ", "))
	}
	return to.Node, nil
}

// toNode makes of the query of a connection string to a cluster that to one of
// its nodes. The API has no such call: q code in a cluster gets such strings, and
// whoever may connect to the cluster can sign them.
func (s *Session) toNode(ctx context.Context, query string) (string, error) {
	_, k, err := sigv4.ParseConnect(query)
	if err != nil {
		return "", err
	}
	c, err := s.cfg.Credentials.Credentials(ctx)
	if err != nil {
		return "", err
	}
	k.Host = s.to.Node + "." + k.Host
	creds := sigv4.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	return sigv4.SignConnect(k, creds, s.cfg.Region, time.Now(), time.Minute)
}

// authority fetches the certificate that signs for the gateway, from the API
// that the caller trusts already.
func authority(ctx context.Context, cfg finspace.Config) (*x509.CertPool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(cfg.Endpoint, "/")+"/gateway-ca.pem", nil)
	if err != nil {
		return nil, err
	}
	client := cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if resp.StatusCode != http.StatusOK || !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("the server does not tell which certificate its gateway has")
	}
	return pool, nil
}

// becomeUser assumes the role that the user has now.
func (s *Session) becomeUser(ctx context.Context) error {
	user, err := s.client.GetKxUser(ctx, &finspace.GetKxUserInput{EnvironmentId: &s.to.Environment, UserName: &s.to.User})
	if err != nil {
		return err
	}
	s.userID = *user.UserArn
	if s.role != *user.IamRole {
		s.role = *user.IamRole
		s.cfg.Credentials = finspace.AssumeRole(s.own, s.role, s.to.User)
	}
	return nil
}

// Dial asks for a connection string and opens a connection of its own with it,
// which is the caller's to close.
func (s *Session) Dial(ctx context.Context) (*ipc.Conn, error) {
	if err := s.becomeUser(ctx); err != nil {
		return nil, err
	}
	client, err := finspace.New(s.cfg)
	if err != nil {
		return nil, err
	}
	out, err := client.GetKxConnectionString(ctx, &finspace.GetKxConnectionStringInput{EnvironmentId: &s.to.Environment, UserArn: &s.userID, ClusterName: &s.to.Cluster})
	if err != nil {
		return nil, err
	}
	host, port, password, err := split(*out.SignedConnectionString)
	if err != nil {
		return nil, err
	}
	if s.to.Node != "" {
		if password, err = s.toNode(ctx, password); err != nil {
			return nil, err
		}
	}
	d := ipc.Dialer{User: s.to.User, Password: password, TLS: &tls.Config{RootCAs: s.roots, ServerName: host, MinVersion: tls.VersionTLS12}}
	conn, err := d.Dial(ctx, host+":"+port)
	if errors.Is(err, ipc.ErrRefused) {
		return nil, errors.New("the gateway refused the connection; quoin audit says why")
	}
	return conn, err
}

// split takes a connection string apart: ":tcps://HOST:PORT:USER:PASSWORD".
func split(text string) (host, port, password string, err error) {
	parts := strings.SplitN(strings.TrimPrefix(strings.TrimPrefix(text, ":"), "tcps://"), ":", 4)
	if len(parts) != 4 {
		return "", "", "", errors.New("the server's connection string is not one")
	}
	return parts[0], parts[1], parts[3], nil
}

// errClosed is the end of a connection that the other side has closed: the
// cluster is gone, or the user may no longer connect.
var errClosed = errors.New("the server has closed the connection; quoin audit says why")

// Eval has the cluster evaluate a line of q. When the connection is gone it
// is made anew, once; what was asked is asked again then only if it cannot
// have been heard. Errors: kdb.Error for q's own, or why there is no connection.
func (s *Session) Eval(ctx context.Context, line string) (kdb.Value, error) {
	if s.conn == nil {
		var err error
		if s.conn, err = s.Dial(ctx); err != nil {
			return nil, err
		}
	}
	v, err := s.conn.Sync(ctx, kdb.Str(line))
	var qerr kdb.Error
	if err != nil && !errors.As(err, &qerr) {
		s.Close()
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
			err = errClosed
		}
	}
	return v, err
}

// Close ends the connection.
func (s *Session) Close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
