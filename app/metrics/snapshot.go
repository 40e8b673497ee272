package metrics

import (
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"reglink/app"
)

// reading is what the sources told for one answer.
type reading struct {
	transactions app.TransactionCounts
	pool         sql.DBStats
	hashes       app.HashCounts
	mails        app.MailCounts
	backlog      *app.Backlog // nil: the database did not answer
	at           time.Time
}

// number is a family of numbers that differ in one label, or a single one with an empty label.
type number struct {
	name, help string
	kind       prometheus.ValueType
	label      string
	values     map[string]float64
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

// alone is the value of a number without a label.
func alone(value float64) map[string]float64 { return map[string]float64{"": value} }

// numbers is the list of them.
func (r reading) numbers() []number {
	all := []number{
		{"transactions_total", "Transactions of the database, by how they ended.", counter, "outcome", r.outcomes()},
		{"tx_retries_total", "Transactions begun anew, by the class of the error before.", counter, "class", map[string]float64{
			"busy": float64(r.transactions.RetriedBusy), "away": float64(r.transactions.RetriedAway),
		}},
		{"hashes", "Password hashes that wait for a core, and that run.", gauge, "state", map[string]float64{
			"waiting": float64(r.hashes.Waiting), "running": float64(r.hashes.Running),
		}},
		{"hashes_refused_total", "Password hashes that were refused because too many waited.", counter, "", alone(float64(r.hashes.Refused))},
		{"mails_total", "Mails handed to the mail server, by what it answered.", counter, "outcome", map[string]float64{
			"sent": float64(r.mails.Sent), "put_off": float64(r.mails.PutOff), "refused": float64(r.mails.Refused),
		}},
		{"database_connections", "Connections to the database.", gauge, "state", map[string]float64{
			"in_use": float64(r.pool.InUse), "idle": float64(r.pool.Idle),
		}},
		{"database_connections_max", "How many connections there may be.", gauge, "", alone(float64(r.pool.MaxOpenConnections))},
		{"database_connection_waits_total", "How often a connection was waited for.", counter, "", alone(float64(r.pool.WaitCount))},
		{"database_connection_wait_seconds_total", "How long connections were waited for.", counter, "", alone(r.pool.WaitDuration.Seconds())},
	}
	return append(all, r.outbox()...)
}

func (r reading) outcomes() map[string]float64 {
	t := r.transactions
	return map[string]float64{
		"committed": float64(t.Committed), "refused": float64(t.Refused), "failed": float64(t.Failed),
		"unsettled": float64(t.Unsettled), "given_up": float64(t.GivenUp),
	}
}

func (r reading) outbox() []number {
	const help = "1 when the database told of the outbox for this answer, 0 when it did not."
	if r.backlog == nil {
		return []number{{"database_up", help, gauge, "", alone(0)}}
	}
	age := 0.0
	if !r.backlog.DueSince.IsZero() {
		age = max(0, r.at.Sub(r.backlog.DueSince).Seconds())
	}
	return []number{
		{"database_up", help, gauge, "", alone(1)},
		{"outbox_notices", "Notices that are owed, by state.", gauge, "state", map[string]float64{
			"due": float64(r.backlog.Due), "sending": float64(r.backlog.Sending), "waiting": float64(r.backlog.Waiting),
		}},
		{"outbox_oldest_due_seconds", "How long the oldest due notice has been due.", gauge, "", alone(age)},
		{"outbox_dead_letters", "Notices that were given up.", gauge, "", alone(float64(r.backlog.Failed))},
	}
}

// Describe describes nothing: what is read differs from time to time.
func (reading) Describe(chan<- *prometheus.Desc) {}

// Collect gives the numbers.
func (r reading) Collect(into chan<- prometheus.Metric) {
	for _, n := range r.numbers() {
		var labels []string
		if n.label != "" {
			labels = []string{n.label}
		}
		desc := prometheus.NewDesc(prefix+n.name, n.help, labels, nil)
		for is, value := range n.values {
			if n.label == "" {
				into <- prometheus.MustNewConstMetric(desc, n.kind, value)
				continue
			}
			into <- prometheus.MustNewConstMetric(desc, n.kind, value, is)
		}
	}
}
