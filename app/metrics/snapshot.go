package metrics

import (
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"reglink/app"
)

// snapshot is what the sources told for one answer.
type snapshot struct {
	transactions app.TransactionCounts
	pool         sql.DBStats
	hashes       app.HashCounts
	mails        app.MailCounts
	backlog      *app.OutboxBacklog // nil: the database did not answer
	at           time.Time
}

// metric is a family of numbers that differ in one label, or a single one with an empty label.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	label      string
	values     map[string]float64
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

// unlabelled is the value of a number without a label.
func unlabelled(value float64) map[string]float64 { return map[string]float64{"": value} }

// metrics is the list of them.
func (r snapshot) metrics() []metric {
	all := []metric{
		{
			"transactions_total", "Transactions of the database, by how they ended.", counter, "outcome",
			r.transactionOutcomes(),
		},
		{
			"tx_retries_total", "Transactions begun anew, by the class of the error before.", counter, "class",
			map[string]float64{"busy": float64(r.transactions.RetriedBusy), "away": float64(r.transactions.RetriedUnavailable)},
		},
		{"hashes", "Password hashes that wait for a core, and that run.", gauge, "state", map[string]float64{
			"waiting": float64(r.hashes.Waiting), "running": float64(r.hashes.Running),
		}},
		{
			"hashes_refused_total", "Password hashes that were refused because too many waited.", counter, "",
			unlabelled(float64(r.hashes.Refused)),
		},
		{"mails_total", "Mails handed to the mail server, by what it answered.", counter, "outcome", map[string]float64{
			"sent": float64(r.mails.Sent), "put_off": float64(r.mails.Deferred), "refused": float64(r.mails.Refused),
		}},
		{"database_connections", "Connections to the database.", gauge, "state", map[string]float64{
			"in_use": float64(r.pool.InUse), "idle": float64(r.pool.Idle),
		}},
		{
			"database_connections_max", "How many connections there may be.", gauge, "",
			unlabelled(float64(r.pool.MaxOpenConnections)),
		},
		{
			"database_connection_waits_total", "How often a connection was waited for.", counter, "",
			unlabelled(float64(r.pool.WaitCount)),
		},
		{
			"database_connection_wait_seconds_total", "How long connections were waited for.", counter, "",
			unlabelled(r.pool.WaitDuration.Seconds()),
		},
	}
	return append(all, r.outboxMetrics()...)
}

func (r snapshot) transactionOutcomes() map[string]float64 {
	t := r.transactions
	return map[string]float64{
		"committed": float64(t.Committed), "refused": float64(t.Refused), "failed": float64(t.Failed),
		"unsettled": float64(t.CommitUnknown), "given_up": float64(t.GivenUp),
	}
}

func (r snapshot) outboxMetrics() []metric {
	const help = "1 when the database told of the outbox for this answer, 0 when it did not."
	if r.backlog == nil {
		return []metric{{"database_up", help, gauge, "", unlabelled(0)}}
	}
	age := 0.0
	if !r.backlog.DueSince.IsZero() {
		age = max(0, r.at.Sub(r.backlog.DueSince).Seconds())
	}
	return []metric{
		{"database_up", help, gauge, "", unlabelled(1)},
		{"outbox_notices", "Notices that are owed, by state.", gauge, "state", map[string]float64{
			"due": float64(r.backlog.Due), "sending": float64(r.backlog.Sending), "waiting": float64(r.backlog.Waiting),
		}},
		{"outbox_oldest_due_seconds", "How long the oldest due notice has been due.", gauge, "", unlabelled(age)},
		{"outbox_dead_letters", "Notices that were given up.", gauge, "", unlabelled(float64(r.backlog.Failed))},
	}
}

// Describe describes nothing: what is read differs from time to time.
func (snapshot) Describe(chan<- *prometheus.Desc) {}

// Collect gives the numbers.
func (r snapshot) Collect(into chan<- prometheus.Metric) {
	for _, n := range r.metrics() {
		var labels []string
		if n.label != "" {
			labels = []string{n.label}
		}
		desc := prometheus.NewDesc(namePrefix+n.name, n.help, labels, nil)
		for is, value := range n.values {
			if n.label == "" {
				into <- prometheus.MustNewConstMetric(desc, n.kind, value)
				continue
			}
			into <- prometheus.MustNewConstMetric(desc, n.kind, value, is)
		}
	}
}
