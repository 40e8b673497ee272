package trial_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"reglink/db/dbtest"
)

// clusterMonitor writes to each node of a cluster without the portal, so that a trial can tell a stall of the portal
// from one of the cluster: on a starved machine, nodes may need long to agree who is left.
type clusterMonitor struct {
	cancel  context.CancelFunc
	probing sync.WaitGroup
	start   time.Time

	mutex     sync.Mutex
	lastWrite time.Time     // when a node last stored a write
	worst     time.Duration // the longest time in which no node stored one
	changes   []string      // of what the nodes say of themselves
}

const (
	probeInterval = 200 * time.Millisecond
	probeTimeout  = 2 * time.Second
)

// monitorCluster starts a monitor, which stops with the test at the latest.
func monitorCluster(t *testing.T, cluster *dbtest.Cluster) *clusterMonitor {
	t.Helper()
	database := cluster.Database(t)
	const table = "CREATE TABLE probes (node CHAR(2) PRIMARY KEY, writes INT NOT NULL)"
	execSQL(t, dbtest.Raw(t, cluster.Nodes[0].URL(database)), table)
	ctx, cancel := context.WithCancel(context.Background())
	m := &clusterMonitor{cancel: cancel, start: time.Now(), lastWrite: time.Now()}
	for _, node := range cluster.Nodes {
		db := dbtest.Raw(t, node.URL(database))
		m.probing.Go(func() { m.repeat(ctx, func() { m.write(ctx, db, node.Name) }) })
		m.probing.Go(func() { m.repeat(ctx, m.statusProbe(ctx, node)) })
	}
	t.Cleanup(m.stop)
	return m
}

func (m *clusterMonitor) stop() {
	m.cancel()
	m.probing.Wait()
}

func (*clusterMonitor) repeat(ctx context.Context, probe func()) {
	for ctx.Err() == nil {
		probe()
		select {
		case <-ctx.Done():
		case <-time.After(probeInterval):
		}
	}
}

// write stores something on a node. Each node has a row of its own, so that their writes do not conflict.
func (m *clusterMonitor) write(ctx context.Context, db *sql.DB, node string) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	const statement = "INSERT INTO probes (node, writes) VALUES (?, 1) ON DUPLICATE KEY UPDATE writes = writes + 1"
	_, err := db.ExecContext(ctx, statement, node)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now := time.Now()
	m.worst = max(m.worst, now.Sub(m.lastWrite))
	if err == nil {
		m.lastWrite = now
	}
}

// statusProbe returns a function that records when a node says something else of itself than before.
func (m *clusterMonitor) statusProbe(ctx context.Context, node *dbtest.Node) func() {
	last := ""
	return func() {
		status, err := node.Status(ctx)
		text := fmt.Sprintf("%+v", status)
		if err != nil {
			text = "no answer"
		}
		if text == last || ctx.Err() != nil {
			return
		}
		last = text
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.changes = append(m.changes, fmt.Sprintf("%6.1f s  %s  %s", time.Since(m.start).Seconds(), node.Name, text))
	}
}

// worstStall is the longest time in which no node stored a write.
func (m *clusterMonitor) worstStall() time.Duration {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.worst
}

// String lists what the nodes said of themselves, and when.
func (m *clusterMonitor) String() string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return strings.Join(m.changes, "\n")
}
