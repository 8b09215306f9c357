package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/quoinhq/quoin/internal/gateway"
)

// metrics counts what the API does. Its labels are names from the model and
// from the error table, never anything that a caller chose: the number of
// series is bounded and no secret can reach one.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	inFlight prometheus.Gauge

	connections  *prometheus.CounterVec
	connected    prometheus.Gauge
	gatewayBytes *prometheus.CounterVec

	importedFiles prometheus.Counter
	importedBytes prometheus.Counter

	// Looking a series up by its labels costs more than the rest of a metric;
	// the handful that exist are kept.
	mu     sync.RWMutex
	series map[seriesKey]series
}

type seriesKey struct {
	operation, code string
	status          int
}

type series struct {
	requests prometheus.Counter
	latency  prometheus.Observer
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quoin_api_requests_total",
			Help: "Requests answered, by operation, error code (empty: none) and HTTP status.",
		}, []string{"operation", "code", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "quoin_api_request_seconds",
			Help:    "Time from the request's headers to the end of the reply, by operation.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"operation"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quoin_api_requests_in_flight",
			Help: "Requests being answered.",
		}),
		connections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quoin_gateway_connections_total",
			Help: "Connections of kdb+ clients that began, were refused or ended, and why.",
		}, []string{"event", "cause"}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quoin_gateway_connections",
			Help: "Open connections of kdb+ clients.",
		}),
		gatewayBytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quoin_gateway_bytes_total",
			Help: "Bytes that ended connections carried, from clients (in) and to them (out).",
		}, []string{"direction"}),
		importedFiles: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quoin_import_files_total",
			Help: "Files that changesets have taken in from S3, those of changesets that failed or are still going on among them.",
		}),
		importedBytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "quoin_import_bytes_total",
			Help: "Their bytes.",
		}),
		series: make(map[seriesKey]series),
	}
	m.registry.MustRegister(m.requests, m.latency, m.inFlight, m.connections, m.connected, m.gatewayBytes, m.importedFiles, m.importedBytes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// fetched counts a file that an import has taken in.
func (m *metrics) fetched(bytes int64) {
	m.importedFiles.Inc()
	m.importedBytes.Add(float64(bytes))
}

// connection counts what happened to a connection.
func (m *metrics) connection(e gateway.Event) {
	m.connections.WithLabelValues(e.Kind, string(e.Cause)).Inc()
	switch e.Kind {
	case "Connect":
		m.connected.Inc()
	case "Disconnect":
		m.connected.Dec()
		m.gatewayBytes.WithLabelValues("in").Add(float64(e.Bytes[0]))
		m.gatewayBytes.WithLabelValues("out").Add(float64(e.Bytes[1]))
	}
}

// observe counts one answered request.
func (m *metrics) observe(operation, code string, status int, took time.Duration) {
	key := seriesKey{operation, code, status}
	m.mu.RLock()
	s, ok := m.series[key]
	m.mu.RUnlock()
	if !ok {
		s = series{m.requests.WithLabelValues(operation, code, strconv.Itoa(status)), m.latency.WithLabelValues(operation)}
		m.mu.Lock()
		m.series[key] = s
		m.mu.Unlock()
	}
	s.requests.Inc()
	s.latency.Observe(took.Seconds())
}

// handler serves the metrics in Prometheus's text format.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
