package node_test

import (
	"archive/zip"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/datadir"
	"github.com/quoinhq/quoin/internal/server"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
	"github.com/quoinhq/quoin/kdb/ipc"
)

// estate is a server with an environment, a role and a scaling group.
type estate struct {
	url, account, dir string

	client *finspace.Client
	creds  sigv4.Credentials // of an IAM user: root assumes no role
	env    string
	role   string
	zone   string
}

const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// newEstate runs a server in this process.
func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{dir: t.TempDir()}
	s, err := server.Open(t.Context(), server.Config{
		DataDir: e.dir, APIAddr: "127.0.0.1:0", GatewayAddr: "127.0.0.1:0", Engine: []string{quoin, "q"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	e.url, e.account = s.URL(), s.AccountID()
	e.settle(t)
	return e
}

// dial makes the client of a server that may have another address than before.
func (e *estate) dial(t *testing.T) {
	t.Helper()
	var err error
	e.client, err = finspace.New(finspace.Config{
		Endpoint: e.url, Region: "us-east-1", PollInterval: 20 * time.Millisecond,
		Credentials: finspace.StaticCredentials{AccessKeyID: e.creds.AccessKeyID, SecretAccessKey: e.creds.SecretAccessKey},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// settle makes what the tests need on a fresh server.
func (e *estate) settle(t *testing.T) {
	t.Helper()
	root, err := datadir.ReadCredentials(filepath.Join(e.dir, "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	e.creds = sigv4.Credentials{AccessKeyID: root.AccessKeyID, SecretAccessKey: root.SecretAccessKey}
	e.iam(t, "iam", url.Values{"Action": {"CreateUser"}, "UserName": {"dev"}})
	e.iam(t, "iam", url.Values{"Action": {"PutUserPolicy"}, "UserName": {"dev"}, "PolicyName": {"all"}, "PolicyDocument": {everything}})
	e.creds = keysIn(e.iam(t, "iam", url.Values{"Action": {"CreateAccessKey"}, "UserName": {"dev"}}))
	e.dial(t)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"prod.finspacekx.aws.internal","AWS":"arn:aws:iam::` +
		e.account + `:root"},"Action":"sts:AssumeRole"}]}`
	e.iam(t, "iam", url.Values{"Action": {"CreateRole"}, "RoleName": {"kx"}, "AssumeRolePolicyDocument": {trust}})
	e.iam(t, "iam", url.Values{"Action": {"PutRolePolicy"}, "RoleName": {"kx"}, "PolicyName": {"all"}, "PolicyDocument": {everything}})
	e.role = "arn:aws:iam::" + e.account + ":role/kx"
	ctx := t.Context()
	env, err := e.client.CreateKxEnvironment(ctx, &finspace.CreateKxEnvironmentInput{
		Name: ptr("estate"), KmsKeyId: ptr("arn:aws:kms:us-east-1:" + e.account + ":key/1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	e.env = *env.EnvironmentId
	e.until(t, func() (string, error) {
		out, err := e.client.GetKxEnvironment(ctx, &finspace.GetKxEnvironmentInput{EnvironmentId: &e.env})
		if err == nil && len(out.AvailabilityZoneIds) > 0 {
			e.zone = out.AvailabilityZoneIds[0]
		}
		return string(out.Status), err
	}, "CREATED")
	if _, err := e.client.CreateKxUser(ctx, &finspace.CreateKxUserInput{EnvironmentId: &e.env, UserName: ptr("alice"), IamRole: &e.role}); err != nil {
		t.Fatal(err)
	}
	_, err = e.client.CreateKxScalingGroup(ctx, &finspace.CreateKxScalingGroupInput{
		ClientToken: ptr("sg"), EnvironmentId: &e.env, ScalingGroupName: ptr("group"), HostType: ptr("kx.sg.4xlarge"), AvailabilityZoneId: &e.zone,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.until(t, func() (string, error) {
		out, err := e.client.GetKxScalingGroup(ctx, &finspace.GetKxScalingGroupInput{EnvironmentId: &e.env, ScalingGroupName: ptr("group")})
		return string(out.Status), err
	}, "ACTIVE")
	e.s3(t, "PUT", "/code", nil)
}

// until waits for a status; another that lasts is an error.
func (e *estate) until(t *testing.T, get func() (string, error), want string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		status, err := get()
		if err != nil {
			t.Fatal(err)
		}
		if status == want {
			return
		}
		if strings.Contains(status, "FAIL") || time.Since(began) > 40*time.Second {
			t.Fatalf("the status is %s, not %s; the nodes printed\n%s", status, want, e.printed(t))
		}
	}
}

func (e *estate) printed(t *testing.T) string {
	t.Helper()
	b := bench{dir: e.dir}
	return b.printed(t)
}

// send signs and sends a request to one of the server's services.
func (e *estate) send(t *testing.T, service, method, path string, body []byte, header http.Header) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	if err := sigv4.Sign(r, sigv4.Credentials(e.creds), "us-east-1", service, sigv4.HashBody(body), time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, out, err)
	}
	return out
}

func (e *estate) iam(t *testing.T, service string, form url.Values) []byte {
	t.Helper()
	form.Set("Version", map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}[service])
	return e.send(t, service, "POST", "/", []byte(form.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// assume opens a session of the role as a user of the estate does.
func (e *estate) assume(t *testing.T) finspace.StaticCredentials {
	t.Helper()
	c := keysIn(e.iam(t, "sts", url.Values{"Action": {"AssumeRole"}, "RoleArn": {e.role}, "RoleSessionName": {"alice"}}))
	return finspace.StaticCredentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// keysIn finds the credentials in a reply of IAM or STS.
func keysIn(reply []byte) sigv4.Credentials {
	in := func(tag string) string {
		_, rest, _ := strings.Cut(string(reply), "<"+tag+">")
		value, _, _ := strings.Cut(rest, "<")
		return value
	}
	return sigv4.Credentials{AccessKeyID: in("AccessKeyId"), SecretAccessKey: in("SecretAccessKey"), SessionToken: in("SessionToken")}
}

func (e *estate) s3(t *testing.T, method, path string, body []byte) {
	t.Helper()
	e.send(t, "s3", method, path, body, nil)
}

// cluster is what CreateKxCluster is asked for: a cluster on the scaling group
// whose code is one init script.
func (e *estate) cluster(t *testing.T, name string, kind finspace.KxClusterType, script string, args ...string) *finspace.CreateKxClusterInput {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("init.q")
	if err == nil {
		_, err = w.Write([]byte(script))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	e.s3(t, "PUT", "/code/"+name+".zip", b.Bytes())
	in := &finspace.CreateKxClusterInput{
		EnvironmentId: &e.env, ClusterName: &name, ClusterType: kind, ReleaseLabel: ptr("1.0"), AzMode: finspace.KxAzModeSingle, AvailabilityZoneId: &e.zone,
		VpcConfiguration: &finspace.VpcConfiguration{
			VpcId: ptr("vpc-0123456789abcdef0"), SecurityGroupIds: []string{"sg-0123456789abcdef0"}, SubnetIds: []string{"subnet-0123456789abcdef0"}, IpAddressType: finspace.IPAddressTypeIpV4,
		},
		ScalingGroupConfiguration: &finspace.KxScalingGroupConfiguration{ScalingGroupName: ptr("group"), MemoryReservation: ptr(int32(6)), NodeCount: ptr(int32(1))},
		ExecutionRole:             &e.role, InitializationScript: ptr("init.q"),
		Code: &finspace.CodeConfiguration{S3Bucket: ptr("code"), S3Key: ptr(name + ".zip")},
	}
	for i := 0; i < len(args); i += 2 {
		in.CommandLineArguments = append(in.CommandLineArguments, finspace.KxCommandLineArgument{Key: &args[i], Value: &args[i+1]})
	}
	return in
}

func (e *estate) create(t *testing.T, in *finspace.CreateKxClusterInput) {
	t.Helper()
	if _, err := e.client.CreateKxCluster(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	e.running(t, *in.ClusterName)
}

func (e *estate) running(t *testing.T, name string) {
	t.Helper()
	e.until(t, func() (string, error) {
		out, err := e.client.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &e.env, ClusterName: &name})
		if err != nil {
			return "", err
		}
		return string(out.Status) + finspace.Value(out.StatusReason), nil
	}, "RUNNING")
}

// connect opens a connection through the gateway as alice.
func (e *estate) connect(t *testing.T, cluster string) *ipc.Conn {
	t.Helper()
	user, err := finspace.New(finspace.Config{Endpoint: e.url, Region: "us-east-1", Credentials: e.assume(t)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := user.GetKxConnectionString(t.Context(), &finspace.GetKxConnectionStringInput{
		EnvironmentId: &e.env, ClusterName: &cluster, UserArn: ptr("arn:aws:finspace:us-east-1:" + e.account + ":kxEnvironment/" + e.env + "/kxUser/alice"),
	})
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(filepath.Join(e.dir, "gateway-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	d := ipc.Dialer{TLS: &tls.Config{RootCAs: pool}}
	c, err := d.Dial(t.Context(), *out.SignedConnectionString)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestServerClusterAnswers(t *testing.T) {
	e := newEstate(t)
	began := time.Now()
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:6*7\n", "mode", "fast"))
	c := e.connect(t, "gp1")
	if got := ask(t, c, "x,.z.u"); got != "(42;`alice)" {
		t.Errorf("the cluster answers %s", got)
	}
	t.Logf("first answer %s after CreateKxCluster", time.Since(began))
	if got := ask(t, c, ".aws.get_kx_cluster[\"\"]`status"); got != `"RUNNING"` {
		t.Errorf("get_kx_cluster says %s", got)
	}
	if got := ask(t, c, "exec first cluster_name from .aws.list_kx_clusters[]"); got != `"gp1"` {
		t.Errorf("list_kx_clusters says %s", got)
	}
	if got := ask(t, c, ".aws.get_kx_cluster[\"none\"]`finspace_error_code"); got != `"ResourceNotFoundException"` {
		t.Errorf("get_kx_cluster of none says %s", got)
	}
	// A cluster reaches another by the node's string.
	e.create(t, e.cluster(t, "gw1", finspace.KxClusterTypeGateway,
		"n:first .aws.list_kx_cluster_nodes[\"gp1\"]`node_id\nh:hopen `$.aws.get_kx_node_connection_string[\"gp1\";n]\nr:h\"(x;.z.u)\"\n"))
	if got := ask(t, e.connect(t, "gw1"), "r"); got != "(42;`gw1)" {
		t.Errorf("from another cluster comes %s", got)
	}
}

func TestServerLogs(t *testing.T) {
	e := newEstate(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "-1\"market open\";-1\"market closed\";\n"))
	group := "/aws/vendedlogs/finspace/" + e.env + "/gp1"
	deadline := time.Now().Add(10 * time.Second)
	for {
		body := `{"logGroupName":"` + group + `","startTime":0,"filterPattern":"market -closed"}`
		reply := string(e.logs(t, "FilterLogEvents", body))
		if strings.Contains(reply, `"message":"market open"`) && strings.Contains(reply, `"logStreamName":"node-`) && !strings.Contains(reply, "closed") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("FilterLogEvents gave %s", reply)
		}
		time.Sleep(20 * time.Millisecond)
	}
	out, err := exec.Command(quoin, "logs", "gp1", "--data-dir", e.dir, "--since", "1h").CombinedOutput()
	if err != nil || !strings.Contains(string(out), " market open\n") {
		t.Errorf("quoin logs printed %s, %v", out, err)
	}
	if reply := string(e.logs(t, "DescribeLogGroups", `{"logGroupNamePrefix":"/aws/vendedlogs/finspace/"}`)); !strings.Contains(reply, group) {
		t.Errorf("DescribeLogGroups gave %s", reply)
	}
	e.delete(t, "gp1")
	if reply := string(e.logs(t, "DescribeLogGroups", `{}`)); strings.Contains(reply, group) {
		t.Errorf("after the cluster was deleted DescribeLogGroups gave %s", reply)
	}
}

func (e *estate) delete(t *testing.T, name string) {
	t.Helper()
	if _, err := e.client.DeleteKxCluster(t.Context(), &finspace.DeleteKxClusterInput{EnvironmentId: &e.env, ClusterName: &name}); err != nil {
		t.Fatal(err)
	}
	e.gone(t, name)
}

// gone waits until the cluster is.
func (e *estate) gone(t *testing.T, name string) {
	t.Helper()
	var gone *finspace.ResourceNotFoundException
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		_, err := e.client.GetKxCluster(t.Context(), &finspace.GetKxClusterInput{EnvironmentId: &e.env, ClusterName: &name})
		if errors.As(err, &gone) {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("the cluster %s is still there: %v", name, err)
		}
	}
}

func TestServerMetrics(t *testing.T) {
	e := newEstate(t)
	e.create(t, e.cluster(t, "gp1", finspace.KxClusterTypeGp, "x:til 1000000\n"))
	c := e.connect(t, "gp1")
	ask(t, c, "x:til 1000;1")
	if _, err := c.Sync(t.Context(), kdb.Str("1+`a")); err == nil {
		t.Error("no error")
	}
	has := func(reply, name string, least float64) bool {
		for line := range strings.Lines(reply) {
			labels, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
			v, err := strconv.ParseFloat(value, 64)
			if strings.HasPrefix(labels, "quoin_node_"+name+`{cluster="gp1"`) && err == nil && v >= least {
				return true
			}
		}
		return false
	}
	for name, least := range map[string]float64{
		"up": 1, "connections": 1, "connections_total": 1, "memory_bytes": 1 << 20, "messages_in_total": 2, "messages_out_total": 2,
		"bytes_in_total": 20, "bytes_out_total": 20, "errors_total": 1, "q_used_bytes": 1, "q_heap_bytes": 1, "q_peak_bytes": 8e6, "q_mmap_bytes": 0,
	} {
		reply := ""
		for end := time.Now().Add(20 * time.Second); !has(reply, name, least); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is not %g at least; the metrics are %s", name, least, reply)
			}
			reply = string(e.send(t, "finspace", "GET", "/metrics", nil, nil))
		}
	}
}

func (e *estate) logs(t *testing.T, operation, body string) []byte {
	t.Helper()
	return e.send(t, "logs", "POST", "/", []byte(body), http.Header{"X-Amz-Target": {"Logs_20140328." + operation}, "Content-Type": {"application/x-amz-json-1.1"}})
}

// eodScript has ' for the backtick.
const eodScript = `
trade:([]time:.z.P+til 3;sym:'IBM'MSFT'IBM;size:10 20 30)
dir:"/opt/kx/app/scratch/"
eod:{[d]
 .aws.get_latest_sym_file["market";dir];
 .Q.dpft[hsym'$dir;d;'sym;'trade];
 dt:string d;
 reqs:flip'input_path'database_path'change_type!(('$dir,dt;'$dir,"sym");('$"/",dt,"/";'$"/");'PUT'PUT);
 .aws.create_changeset["market";reqs]'id}
`

// TestServerEndOfDay does what the service's tick sample does in the evening:
// save down against the newest sym file, make a changeset, load it in the HDB.
func TestServerEndOfDay(t *testing.T) {
	e := newEstate(t)
	ctx := t.Context()
	if _, err := e.client.CreateKxDatabase(ctx, &finspace.CreateKxDatabaseInput{ClientToken: ptr("db"), EnvironmentId: &e.env, DatabaseName: ptr("market")}); err != nil {
		t.Fatal(err)
	}
	rdb := e.cluster(t, "rdb1", finspace.KxClusterTypeGp, strings.ReplaceAll(eodScript, "'", "`"))
	e.create(t, rdb)
	c := e.connect(t, "rdb1")
	id := ""
	for _, day := range []string{"2024.01.02", "2024.01.03"} {
		id = strings.Trim(ask(t, c, "eod "+day), `"`)
		e.until(t, func() (string, error) {
			out, err := e.client.GetKxChangeset(ctx, &finspace.GetKxChangesetInput{EnvironmentId: &e.env, DatabaseName: ptr("market"), ChangesetId: &id})
			return string(out.Status), err
		}, "COMPLETED")
	}
	if got := ask(t, c, ".aws.get_changeset[\"market\";\""+id+"\"]`status"); got != `"COMPLETED"` {
		t.Errorf("get_changeset says %s", got)
	}
	if got := ask(t, c, "count .aws.copy_database_files[\"market\";\"/opt/kx/app/scratch/copy\";\"2024.01.02/\";\"\"]`result_paths"); got != "4" {
		t.Errorf("copy_database_files copied %s", got)
	}
}
