// Package metrics gives the numbers of a server to Prometheus: what it counted since it began, and what it
// reads when it is asked.
//
// Each server has a registry of its own. No label holds what a visitor chose: routes are those of the table,
// with their parameters' names, and everything else is one of a few words.
package metrics

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"reglink/app"
)

// namePrefix is before the name of every number of ours.
const namePrefix = "reglink_"

// backlogTimeout is how long the database may take to tell of the outbox. Whoever watches wants an answer
// while it is away.
const backlogTimeout = 2 * time.Second

// Store is what the database tells of itself.
type Store interface {
	Transactions() app.TransactionCounts
	Pool() sql.DBStats
	Backlog(ctx context.Context, at time.Time) (app.OutboxBacklog, error)
}

// Sources are asked for what they count.
type Sources struct {
	Store  Store
	Hashes func() app.HashCounts
	Mails  func() app.MailCounts // nil where no mail is sent
	Clock  app.Clock
}

// Metrics are the numbers of one server. They are safe for concurrent use.
type Metrics struct {
	sources  Sources
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// New begins to count.
func New(sources Sources) *Metrics {
	m := &Metrics{
		sources: sources, registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: namePrefix + "http_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: namePrefix + "http_request_duration_seconds", Help: "How long requests took, by route and method.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20},
		}, []string{"route", "method"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: namePrefix + "build_info", Help: "Always 1; its labels name what was built.", ConstLabels: buildLabels(),
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func buildLabels() prometheus.Labels {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return prometheus.Labels{"version": "unknown", "goversion": "unknown"}
	}
	return prometheus.Labels{"version": build.Main.Version, "goversion": build.GoVersion}
}

// Request counts a request that was answered. The route is a row of the route table, never a path.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, fmt.Sprint(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// Write writes all numbers in Prometheus' text format. A database that is away is one of them and no error.
func (m *Metrics) Write(ctx context.Context, to io.Writer) error {
	now := prometheus.NewRegistry()
	if err := now.Register(m.takeSnapshot(ctx)); err != nil {
		return err
	}
	families, err := prometheus.Gatherers{m.registry, now}.Gather()
	if err != nil {
		return err
	}
	encoder := expfmt.NewEncoder(to, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		err = errors.Join(err, encoder.Encode(family))
	}
	return err
}

// takeSnapshot asks the sources.
func (m *Metrics) takeSnapshot(ctx context.Context) snapshot {
	ctx, cancel := context.WithTimeout(ctx, backlogTimeout)
	defer cancel()
	at := m.sources.Clock.Now()
	r := snapshot{
		transactions: m.sources.Store.Transactions(), pool: m.sources.Store.Pool(), hashes: m.sources.Hashes(), at: at,
	}
	if m.sources.Mails != nil {
		r.mails = m.sources.Mails()
	}
	backlog, err := m.sources.Store.Backlog(ctx, at)
	if err == nil {
		r.backlog = &backlog
	}
	return r
}
