package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quoinhq/quoin/internal/audit"
	"github.com/quoinhq/quoin/internal/blob"
	"github.com/quoinhq/quoin/internal/control"
	"github.com/quoinhq/quoin/internal/gateway"
	"github.com/quoinhq/quoin/internal/iam"
	"github.com/quoinhq/quoin/internal/logs"
	"github.com/quoinhq/quoin/internal/node"
	"github.com/quoinhq/quoin/internal/runner/local"
	"github.com/quoinhq/quoin/internal/sigv4"
)

// nodeGrace is how long the processes of nodes may take to end with the server.
const nodeGrace = 3 * time.Second

// startNodes opens what runs the nodes of clusters. None runs before control
// asks for it.
func (s *Server) startNodes(context.Context) (stopFunc, error) {
	run, err := local.New(s.dir.Path("run"))
	if err != nil {
		return nil, err
	}
	engine := s.cfg.Engine
	if len(engine) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, errors.Join(err, run.Close(context.Background(), 0))
		}
		engine = []string{self, "q"}
	}
	objects, err := s.source()
	if err != nil {
		return nil, errors.Join(err, run.Close(context.Background(), 0))
	}
	s.logs = &logs.Collector{Dir: s.dir.Path("logs"), Now: s.cfg.Now}
	s.nodes, err = node.Open(node.Config{
		Dir: s.dir.Path("nodes"), Logs: s.logs, Runner: run, Engine: engine, Binaries: s.cfg.QBinaries,
		Blobs: s.blobs, Objects: objects, Trust: s.dir.Path(caFile), Log: s.cfg.Log, Now: s.cfg.Now,
		Calls: &node.API{
			Up: s.up, URL: s.URL, Client: s.ownClient(), Region: s.cfg.Region, ARNs: s.arns(), Now: s.cfg.Now,
			Blobs: s.blobs, Objects: objects, Files: nodeFiles{s},
			Session: func(ctx context.Context, role, name string, life time.Duration) (sigv4.Credentials, time.Time, error) {
				return s.iam.ServiceSession(ctx, role, name, life, node.Principals()...)
			},
			Authorize: s.authorizeNode,
			Sign: func(to control.Endpoint, c sigv4.Credentials) (string, error) {
				return gateway.Sign(to, s.gatewayAddr, c, s.cfg.Region, s.cfg.Now(), s.cfg.ConnectionLife)
			},
		},
	})
	if err != nil {
		return nil, errors.Join(err, run.Close(context.Background(), 0))
	}
	s.pick = s.nodes.Pick
	s.metrics.registry.MustRegister(nodeMetrics{s.nodes})
	return func(ctx context.Context) error {
		return errors.Join(s.nodes.Close(), run.Close(ctx, nodeGrace))
	}, nil
}

// authorizeNode decides whether an execution role may do what the API has no
// operation for.
func (s *Server) authorizeNode(ctx context.Context, role, name, action, arn string) error {
	id, err := s.iam.RoleIdentity(ctx, role, name, s.cfg.Now())
	if err != nil {
		return public(err)
	}
	return public(s.iam.Authorize(ctx, iam.Request{Identity: id, Action: action, Resource: arn}).Err())
}

// nodeFiles is the content of databases for nodes. What they make of it is in
// the audit trail as if they had called the API.
type nodeFiles struct{ s *Server }

func (f nodeFiles) ChangesetTree(ctx context.Context, env, db, id string) (*blob.Tree, error) {
	return f.s.control.ChangesetTree(ctx, env, db, id)
}

func (f nodeFiles) FindCluster(ctx context.Context, env, cluster string) error {
	return f.s.control.FindCluster(ctx, env, cluster)
}

func (f nodeFiles) ImportFiles(ctx context.Context, role, env, db string, changes []control.LocalChange) (string, error) {
	call := audit.NewCall(func() audit.Event {
		return audit.Event{
			Time: f.s.cfg.Now(), RequestID: newRequestID(), Service: "finspace", Operation: "CreateKxChangeset",
			Principal: role, Resource: f.s.arns().Database(env, db), Outcome: audit.OK,
		}
	})
	return f.s.control.ImportFiles(audit.WithCall(ctx, call), env, db, changes)
}

// nodeMetrics are the numbers of nodes, read when somebody asks.
type nodeMetrics struct{ nodes *node.Manager }

var nodeLabels = []string{"environment", "cluster", "node"}

// reportedMemory are the entries of .Q.w that nodes show.
var reportedMemory = []string{"used", "heap", "peak", "mmap"}

func nodeDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("quoin_node_"+name, help, nodeLabels, nil)
}

// Describe implements prometheus.Collector: nodes come and go, so nothing is
// said beforehand.
func (nodeMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m nodeMetrics) Collect(out chan<- prometheus.Metric) {
	m.nodes.Each(func(n node.Node) {
		put := func(name, help string, kind prometheus.ValueType, v float64) {
			out <- prometheus.MustNewConstMetric(nodeDesc(name, help), kind, v, n.Environment, n.Cluster, n.ID)
		}
		up := 0.0
		if n.State.Ready {
			up = 1
		}
		put("up", "Whether the node answers.", prometheus.GaugeValue, up)
		put("connections", "Connections through the gateway that are open.", prometheus.GaugeValue, float64(n.Connections))
		put("connections_total", "Connections through the gateway.", prometheus.CounterValue, float64(n.Served))
		put("restarts_total", "How often the node's process had to be started again.", prometheus.CounterValue, float64(n.Restarts))
		put("cpu_seconds_total", "Time that the node's process spent on processors.", prometheus.CounterValue, n.Usage.CPU.Seconds())
		put("memory_bytes", "Memory that the node's process uses.", prometheus.GaugeValue, float64(n.Usage.Memory))
		put("messages_in_total", "Messages from clients, through the gateway.", prometheus.CounterValue, float64(n.Traffic.In.Messages.Load()))
		put("messages_out_total", "Messages to clients, through the gateway.", prometheus.CounterValue, float64(n.Traffic.Out.Messages.Load()))
		put("bytes_in_total", "Bytes from clients, through the gateway.", prometheus.CounterValue, float64(n.Traffic.In.Bytes.Load()))
		put("bytes_out_total", "Bytes to clients, through the gateway.", prometheus.CounterValue, float64(n.Traffic.Out.Bytes.Load()))
		put("errors_total", "Responses to clients that are q errors.", prometheus.CounterValue, float64(n.Traffic.Errors.Load()))
		for _, name := range reportedMemory {
			if bytes, ok := n.Memory[name]; ok {
				put("q_"+name+"_bytes", "Memory as q reports it: "+name+" of .Q.w.", prometheus.GaugeValue, float64(bytes))
			}
		}
	})
}

// ownClient calls the server's own API: what it trusts is the very certificate
// that the server shows, whoever has signed it. nil without TLS.
func (s *Server) ownClient() *http.Client {
	if s.cfg.TLSCert == "" {
		return nil
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection does it
		VerifyConnection: func(cs tls.ConnectionState) error {
			own, err := s.cert.get(nil)
			if err == nil && !bytes.Equal(cs.PeerCertificates[0].Raw, own.Certificate[0]) {
				err = errors.New("server: somebody else answers on its own address")
			}
			return err
		},
	}}}
}
