package node

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/s3"
	"github.com/quoinhq/quoin/internal/sigv4"
	"github.com/quoinhq/quoin/kdb"
)

// Principals are the services that an execution role may trust to use it.
// Source: user guide, permissions-managed-kdb, and Terraform's cluster tests.
func Principals() []string {
	return []string{"finspace.amazonaws.com", "prod.finspacekx.aws.internal"}
}

// API does the .aws functions with calls to the server's own API, so that they
// are authorised and audited as any client's are. What the API has no operation
// for goes through Files and Sign. All fields are required.
type API struct {
	// Up is closed when the server answers requests; calls wait for it.
	Up <-chan struct{}
	// URL is where the API is, Region what requests are signed for.
	URL    func() string
	Region string
	// Client sends the calls; nil is one that trusts the machine's authorities.
	Client *http.Client
	// Session opens a session of a role for a node.
	Session func(ctx context.Context, role, name string, life time.Duration) (sigv4.Credentials, time.Time, error)
	// Authorize decides whether a role may do action on the resource.
	Authorize func(ctx context.Context, role, name, action, arn string) error
	ARNs      control.ARNs
	// Files reaches the content of databases.
	Files Files
	// Blobs and Objects are where files come from.
	Blobs   *blob.Store
	Objects s3.Source
	// Sign makes a connection string with a session's credentials.
	Sign func(to control.Endpoint, c sigv4.Credentials) (string, error)
	Now  func() time.Time

	mu       sync.Mutex // protects sessions
	sessions map[string]*session
}

// Files is the content of databases, and whatever else the agent looks up that
// the API has no operation for; control implements it.
type Files interface {
	// ChangesetTree is what a database holds at a changeset; "" is the newest.
	ChangesetTree(ctx context.Context, env, db, id string) (*blob.Tree, error)
	// ImportFiles makes a changeset of files that are stored already.
	ImportFiles(ctx context.Context, role, env, db string, changes []control.LocalChange) (id string, err error)
	// FindCluster says whether there is such a cluster. Errors:
	// ResourceNotFoundException.
	FindCluster(ctx context.Context, env, cluster string) error
}

// session is a role's credentials, used until shortly before they expire.
type session struct {
	mu      sync.Mutex // held while they are renewed
	creds   sigv4.Credentials
	expires time.Time
	client  *finspace.Client
}

const (
	sessionLife  = time.Hour
	sessionSpare = 20 * time.Minute // connection strings signed with them last 15
)

var errNoRole = finspace.NewAccessDeniedException("The cluster has no execution role.")

// session returns the credentials of a node's execution role, and a client
// that signs with them. Errors: AccessDeniedException.
func (a *API) session(ctx context.Context, from Caller) (*finspace.Client, sigv4.Credentials, error) {
	if from.Role == "" {
		return nil, sigv4.Credentials{}, errNoRole
	}
	key := from.Role + " " + from.Cluster
	a.mu.Lock()
	if a.sessions == nil {
		a.sessions = map[string]*session{}
	}
	s := a.sessions[key]
	if s == nil {
		s = &session{}
		a.sessions[key] = s
	}
	a.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil && a.Now().Before(s.expires.Add(-sessionSpare)) {
		return s.client, s.creds, nil
	}
	creds, expires, err := a.Session(ctx, from.Role, from.Cluster, sessionLife)
	if err != nil {
		return nil, creds, finspace.NewAccessDeniedException("The execution role cannot be assumed: " + err.Error())
	}
	client, err := finspace.New(finspace.Config{
		Endpoint: a.URL(), Region: a.Region, MaxAttempts: 3, HTTPClient: a.Client,
		Credentials: finspace.StaticCredentials{
			AccessKeyID: creds.AccessKeyID, SecretAccessKey: creds.SecretAccessKey, SessionToken: creds.SessionToken,
		},
	})
	if err != nil {
		return nil, creds, err
	}
	s.client, s.creds, s.expires = client, creds, expires
	return client, creds, nil
}

// request is one call of an .aws function.
type request struct {
	*API
	from   Caller
	client *finspace.Client
	creds  sigv4.Credentials
	args   []kdb.Value
}

// text is an argument that is a string or symbol, "" when it is not there.
func (r *request) text(i int) string {
	if i >= len(r.args) {
		return ""
	}
	return str(r.args[i])
}

func (r *request) arg(i int) kdb.Value {
	if i >= len(r.args) {
		return kdb.Nil
	}
	return r.args[i]
}

func (r *request) env() *string { return &r.from.Environment }

// function is what one .aws function does.
type function func(context.Context, *request) (kdb.Value, error)

// functions are those that the agent does. Source: user guide,
// interacting-with-kdb-q-apis.
func functions() map[string]function {
	return map[string]function{
		"create_changeset":              createChangeset,
		"get_changeset":                 getChangeset,
		"get_latest_sym_file":           getLatestSymFile,
		"copy_database_files":           copyDatabaseFiles,
		"commit_kx_database":            commitDatabase,
		"s3.get_object":                 getObject,
		"get_kx_dataview":               getDataview,
		"update_kx_dataview":            updateDataview,
		"list_kx_clusters":              listClusters,
		"list_kx_cluster_nodes":         listClusterNodes,
		"get_kx_cluster":                getCluster,
		"update_kx_cluster_databases":   updateClusterDatabases,
		"delete_kx_cluster":             deleteCluster,
		"get_kx_connection_string":      getConnectionString,
		"get_kx_node_connection_string": getNodeConnectionString,
	}
}

var _ Calls = (*API)(nil)

// Call implements [Calls].
func (a *API) Call(ctx context.Context, from Caller, name string, args []kdb.Value) (kdb.Value, error) {
	f := functions()[name]
	if f == nil {
		return nil, kdb.Error("agent: no function " + name)
	}
	select {
	case <-a.Up:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for again := false; ; again = true {
		client, creds, err := a.session(ctx, from)
		if err != nil {
			return nil, err
		}
		v, err := f(ctx, &request{a, from, client, creds, args})
		var unknown *finspace.UnknownError
		if again || !errors.As(err, &unknown) || unknown.Code != "UnrecognizedClientException" {
			return v, err
		}
		a.forget(from, creds) // the session was revoked; whether another may be opened is for the role to say
	}
}

// forget drops credentials that are no longer good.
func (a *API) forget(from Caller, creds sigv4.Credentials) {
	a.mu.Lock()
	s := a.sessions[from.Role+" "+from.Cluster]
	a.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.creds == creds {
		s.client = nil
	}
}

// optional is a pointer to s, or nil when it is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// invalid is the error of arguments that cannot be used.
func invalid(text string) error { return finspace.NewValidationException(text) }

func listClusters(ctx context.Context, r *request) (kdb.Value, error) {
	cols := make([][]kdb.Value, 4)
	for c, err := range r.client.KxClusters(ctx, &finspace.ListKxClustersInput{EnvironmentId: r.env()}) {
		if err != nil {
			return nil, err
		}
		for i, v := range []string{finspace.Value(c.ClusterName), string(c.Status), string(c.ClusterType), finspace.Value(c.ClusterDescription)} {
			cols[i] = append(cols[i], kdb.Str(v))
		}
	}
	return table([]string{"cluster_name", "status", "cluster_type", "description"}, cols), nil
}

func listClusterNodes(ctx context.Context, r *request) (kdb.Value, error) {
	cols := make([][]kdb.Value, 3)
	in := &finspace.ListKxClusterNodesInput{EnvironmentId: r.env(), ClusterName: optional(r.text(0))}
	for n, err := range r.client.KxClusterNodes(ctx, in) {
		if err != nil {
			return nil, err
		}
		cols[0] = append(cols[0], kdb.Str(finspace.Value(n.NodeId)))
		cols[1] = append(cols[1], kdb.Str(finspace.Value(n.AvailabilityZoneId)))
		cols[2] = append(cols[2], seconds(finspace.Value(n.LaunchTime)))
	}
	return table([]string{"node_id", "az_id", "launch_time"}, cols), nil
}

func (r *request) clusterOrSelf() *string {
	if name := r.text(0); name != "" {
		return &name
	}
	return &r.from.Cluster
}

func getCluster(ctx context.Context, r *request) (kdb.Value, error) {
	out, err := r.client.GetKxCluster(ctx, &finspace.GetKxClusterInput{EnvironmentId: r.env(), ClusterName: r.clusterOrSelf()})
	if err != nil {
		return nil, err
	}
	return toQ(out, camel), nil
}

func deleteCluster(ctx context.Context, r *request) (kdb.Value, error) {
	_, err := r.client.DeleteKxCluster(ctx, &finspace.DeleteKxClusterInput{EnvironmentId: r.env(), ClusterName: r.clusterOrSelf()})
	return kdb.Nil, err
}

func updateClusterDatabases(ctx context.Context, r *request) (kdb.Value, error) {
	in := &finspace.UpdateKxClusterDatabasesInput{EnvironmentId: r.env(), ClusterName: r.clusterOrSelf()}
	for _, d := range rows(r.arg(1)) {
		c := finspace.KxDatabaseConfiguration{
			DatabaseName: optional(str(member(d, "database_name", "databaseName"))),
			ChangesetId:  optional(str(member(d, "changeset_id", "changesetId"))),
			DataviewName: optional(str(member(d, "dataview_name", "dataviewName"))),
		}
		for _, k := range rows(member(d, "cache_configurations", "cacheConfigurations")) {
			c.CacheConfigurations = append(c.CacheConfigurations, finspace.KxDatabaseCacheConfiguration{
				CacheType: optional(str(member(k, "cache_type", "cacheType"))), DbPaths: strs(member(k, "db_paths", "dbPaths")),
			})
		}
		in.Databases = append(in.Databases, c)
	}
	if s := str(member(r.arg(2), "deployment_strategy", "deploymentStrategy")); s != "" {
		in.DeploymentConfiguration = &finspace.KxDeploymentConfiguration{DeploymentStrategy: finspace.KxDeploymentStrategy(s)}
	}
	_, err := r.client.UpdateKxClusterDatabases(ctx, in)
	return kdb.Nil, err
}

func getConnectionString(ctx context.Context, r *request) (kdb.Value, error) {
	return r.connectionString(ctx, r.text(0), "")
}

func getNodeConnectionString(ctx context.Context, r *request) (kdb.Value, error) {
	node := r.text(1)
	for n, err := range r.client.KxClusterNodes(ctx, &finspace.ListKxClusterNodesInput{EnvironmentId: r.env(), ClusterName: optional(r.text(0))}) {
		if err != nil {
			return nil, err
		}
		if finspace.Value(n.NodeId) == node {
			return r.connectionString(ctx, r.text(0), node)
		}
	}
	return nil, finspace.NewResourceNotFoundException("The cluster " + r.text(0) + " has no node " + node + ".")
}

// connectionString signs with the execution role; the user is the calling
// cluster. Source: recorded node strings, pykx_query_all.ipynb of basic_tick_V3.
func (r *request) connectionString(ctx context.Context, cluster, node string) (kdb.Value, error) {
	arn := r.ARNs.Cluster(r.from.Environment, cluster)
	for _, action := range []string{"finspace:GetKxConnectionString", "finspace:ConnectKxCluster"} {
		if err := r.Authorize(ctx, r.from.Role, r.from.Cluster, action, arn); err != nil {
			return nil, denied(err)
		}
	}
	if err := r.Files.FindCluster(ctx, r.from.Environment, cluster); err != nil {
		return nil, err
	}
	s, err := r.Sign(control.Endpoint{Environment: r.from.Environment, Cluster: cluster, Node: node, User: r.from.Cluster}, r.creds)
	if err != nil {
		return nil, err
	}
	return kdb.Str(s), nil
}

func denied(err error) error {
	var e finspace.Error
	if errors.As(err, &e) {
		return err
	}
	return finspace.NewAccessDeniedException(err.Error())
}
