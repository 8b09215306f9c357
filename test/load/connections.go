package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// measureConnections measures the gateway with so many idle connections: how
// many clients log in a second, what a connection costs the server of memory,
// and how soon a change of role closes one among them.
func measureConnections(n int, profile string) (err error) {
	dir, err := os.MkdirTemp("", "quoin-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	engine := filepath.Join(dir, "quoin")
	if out, err := exec.Command("go", "build", "-o", engine, "./cmd/quoin").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	t, _, err := start(filepath.Join(dir, "data"), profile, "-engine", engine)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := t.stop(); err == nil {
			err = stopErr
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c, err := newClients(ctx, t.dir)
	if err != nil {
		return err
	}
	fmt.Printf("CreateKxCluster to the first answered query: %d ms.\n\n", c.firstAnswer.Milliseconds())
	before, _ := t.resident()
	cpu, began := t.cpu(), time.Now()
	conns, err := c.dialMany(ctx, "bob", n, 16)
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("%d logins: %.0f a second, %d µs of the server's CPU time each.\n", n, float64(n)/took.Seconds(), ((t.cpu() - cpu) / time.Duration(n)).Microseconds())
	time.Sleep(3 * time.Second) // what the logins left behind is collected
	now, peak := t.resident()
	fmt.Printf("Resident memory: %d MiB before, %d MiB with %d idle connections (highest: %d MiB), %.1f KiB each.\n",
		before, now, n, peak, float64(now-before)*1024/float64(n))
	answered, closed, err := c.revoke(ctx)
	if err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("UpdateKxUser of another user, which cuts its connection: answered after %.1f ms; the client sees the end after %.1f ms more.\n", ms(answered), ms(closed))
	for _, conn := range conns {
		conn.Close()
	}
	return nil
}

const clusterName = "gateway"

func ptr[T any](v T) *T { return &v }

// clients is an estate with a cluster and two users, and what it takes to
// connect.
type clients struct {
	*load
	url, account, ca string
	root             *finspace.Client
	dev              sigv4.Credentials // of an IAM user: root assumes no role
	roles            [2]string         // which may connect, and which may not
	firstAnswer      time.Duration
}

func newClients(ctx context.Context, dir *datadir.Dir) (*clients, error) {
	l, err := newLoad(dir)
	if err != nil {
		return nil, err
	}
	endpoint, err := dir.Endpoint()
	if err != nil {
		return nil, err
	}
	c := &clients{load: l, url: endpoint.URL, account: dir.AccountID(), ca: dir.Path("gateway-ca.pem"), roles: l.roles}
	const everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	if _, err := l.iam(c.url, "iam", l.signer(), url.Values{"Action": {"PutRolePolicy"}, "RoleName": {"a"}, "PolicyName": {"all"}, "PolicyDocument": {everything}}); err != nil {
		return nil, err
	}
	for _, form := range []url.Values{
		{"Action": {"CreateUser"}, "UserName": {"dev"}},
		{"Action": {"PutUserPolicy"}, "UserName": {"dev"}, "PolicyName": {"all"}, "PolicyDocument": {everything}},
	} {
		if _, err := l.iam(c.url, "iam", l.signer(), form); err != nil {
			return nil, err
		}
	}
	key, err := l.iam(c.url, "iam", l.signer(), url.Values{"Action": {"CreateAccessKey"}, "UserName": {"dev"}})
	if err != nil {
		return nil, err
	}
	c.dev = keysIn(key)
	if c.root, err = finspace.New(finspace.Config{
		Endpoint: c.url, Region: "us-east-1", PollInterval: 5 * time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: l.keys.AccessKeyID, SecretAccessKey: l.keys.SecretAccessKey},
	}); err != nil {
		return nil, err
	}
	return c, c.cluster(ctx)
}

// cluster makes a cluster that bob may use and poor, whose role may become b,
// and waits for its first answer.
func (c *clients) cluster(ctx context.Context) error {
	zone := "use1-az1"
	group := "group"
	if _, err := c.root.CreateKxScalingGroup(ctx, &finspace.CreateKxScalingGroupInput{
		EnvironmentId: &c.env, ScalingGroupName: &group, HostType: ptr("kx.sg.large"), AvailabilityZoneId: &zone,
	}); err != nil {
		return err
	}
	if _, err := c.root.WaitKxScalingGroup(ctx, &finspace.GetKxScalingGroupInput{EnvironmentId: &c.env, ScalingGroupName: &group}); err != nil {
		return err
	}
	for _, name := range []string{"bob", "poor"} {
		if _, err := c.root.CreateKxUser(ctx, &finspace.CreateKxUserInput{EnvironmentId: &c.env, UserName: &name, IamRole: &c.roles[0]}); err != nil {
			return err
		}
	}
	began := time.Now()
	if _, err := c.root.CreateKxCluster(ctx, &finspace.CreateKxClusterInput{
		EnvironmentId: &c.env, ClusterName: ptr(clusterName), ClusterType: finspace.KxClusterTypeGp, ReleaseLabel: ptr("1.0"),
		AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: &zone,
		VpcConfiguration: &finspace.VpcConfiguration{
			VpcId: ptr("vpc-12345678"), SubnetIds: []string{"subnet-12345678"}, SecurityGroupIds: []string{"sg-12345678"}, IpAddressType: finspace.IPAddressTypeIpV4,
		},
		ScalingGroupConfiguration: &finspace.KxScalingGroupConfiguration{ScalingGroupName: &group, MemoryReservation: ptr(int32(6)), NodeCount: ptr(int32(1))},
	}); err != nil {
		return err
	}
	if _, err := c.root.WaitKxCluster(ctx, &finspace.GetKxClusterInput{EnvironmentId: &c.env, ClusterName: ptr(clusterName)}); err != nil {
		return err
	}
	conns, err := c.dialMany(ctx, "bob", 1, 1)
	if err != nil {
		return err
	}
	defer conns[0].Close()
	if _, err := conns[0].Sync(ctx, kdb.Str("1+1")); err != nil {
		return err
	}
	c.firstAnswer = time.Since(began)
	return nil
}

// dialMany opens n connections of a user with a string that a session of role
// a got, so many at a time.
func (c *clients) dialMany(ctx context.Context, user string, n, parallel int) ([]*ipc.Conn, error) {
	address, err := c.connectionString(ctx, user)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(c.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	d := ipc.Dialer{TLS: &tls.Config{RootCAs: pool}}
	conns := make([]*ipc.Conn, n)
	errs := make([]error, parallel)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range parallel {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				conns[i], errs[w] = d.Dial(ctx, address)
			}
		})
	}
	wg.Wait()
	return conns, errors.Join(errs...)
}

func (c *clients) connectionString(ctx context.Context, user string) (string, error) {
	session, err := c.iam(c.url, "sts", c.dev, url.Values{"Action": {"AssumeRole"}, "RoleArn": {c.roles[0]}, "RoleSessionName": {user}})
	if err != nil {
		return "", err
	}
	keys := keysIn(session)
	as, err := finspace.New(finspace.Config{Endpoint: c.url, Region: "us-east-1", Credentials: finspace.StaticCredentials{
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, SessionToken: keys.SessionToken,
	}})
	if err != nil {
		return "", err
	}
	out, err := as.GetKxConnectionString(ctx, &finspace.GetKxConnectionStringInput{
		EnvironmentId: &c.env, ClusterName: ptr(clusterName), UserArn: ptr("arn:aws:finspace:us-east-1:" + c.account + ":kxEnvironment/" + c.env + "/kxUser/" + user),
	})
	if err != nil {
		return "", err
	}
	return *out.SignedConnectionString, nil
}

// revoke gives a connected user the role that may not connect, and measures
// how long the call takes and how much later the client sees its end.
func (c *clients) revoke(ctx context.Context) (answered, closed time.Duration, err error) {
	conns, err := c.dialMany(ctx, "poor", 1, 1)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if _, err := c.root.UpdateKxUser(ctx, &finspace.UpdateKxUserInput{EnvironmentId: &c.env, UserName: ptr("poor"), IamRole: &c.roles[1]}); err != nil {
		return 0, 0, err
	}
	answered = time.Since(began)
	if _, err := conns[0].Receive(ctx); err == nil || ctx.Err() != nil {
		return 0, 0, fmt.Errorf("the connection stays open: %w", err)
	}
	return answered, time.Since(began) - answered, nil
}
