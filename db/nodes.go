package db

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// nodeCooldown is how long a node that failed is not asked, while another one works
// (references/security-reliability, 3.3).
const nodeCooldown = 5 * time.Second

// node is one server of a cluster.
type node struct {
	driver.Connector
	address       string
	cooldownUntil atomic.Int64 // when it may be asked again, in nanoseconds of the epoch
}

// recordError looks at what a node answered. It is left alone after an error that another node would not
// have. The caller's own deadline is no such error: it also ends waiting for a lock.
func (n *node) recordError(err error) {
	if classify(err) == unavailable && !errors.Is(err, context.DeadlineExceeded) {
		n.cooldownUntil.Store(time.Now().Add(nodeCooldown).UnixNano())
	}
}

// failoverConnector connect to the first server that can be used, in the order of DATABASE_URL. Where every
// one has failed, all are tried, the one that failed first before the others, so that a single server is used
// again as soon as it is back.
type failoverConnector []*node

// Connect gives a connection to one of the nodes, or what each of them said.
func (all failoverConnector) Connect(ctx context.Context) (driver.Conn, error) {
	order := slices.SortedStableFunc(slices.Values(all),
		func(a, b *node) int { return cmp.Compare(cooldownLeft(a), cooldownLeft(b)) })
	var failed error
	for _, n := range order {
		since := n.cooldownUntil.Load()
		conn, err := openSession(ctx, n)
		if err == nil {
			return nodeConn{conn, n, all, since}, nil
		}
		n.recordConnectError(ctx, err)
		failed = joinNodeErrors(failed, n.address, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// cooldownLeft is zero for a node that may be asked, and grows with the time until it may.
func cooldownLeft(n *node) int64 { return max(0, n.cooldownUntil.Load()-time.Now().UnixNano()) }

// recordConnectError leaves a node alone that cannot be connected to, whatever the reason, unless it is the
// caller who waits no longer.
func (n *node) recordConnectError(ctx context.Context, err error) {
	if ctx.Err() == nil && err != nil {
		n.cooldownUntil.Store(time.Now().Add(nodeCooldown).UnixNano())
	}
}

// joinNodeErrors says what several nodes said, in one line.
func joinNodeErrors(before error, address string, err error) error {
	said := fmt.Errorf("%s: %w", address, err)
	if before == nil {
		return said
	}
	return fmt.Errorf("%w; %w", before, said)
}

// Driver is the driver of all nodes.
func (failoverConnector) Driver() driver.Driver { return mysql.MySQLDriver{} }

// hasAlternative tells whether there is a node that may be asked as soon as this one.
func (all failoverConnector) hasAlternative(than *node) bool {
	at := cooldownLeft(than)
	return slices.ContainsFunc(all, func(n *node) bool { return n != than && cooldownLeft(n) <= at })
}

// nodeConn is a connection that learns from its errors whether its node can be used.
type nodeConn struct {
	mysqlConn
	node              *node
	all               failoverConnector
	cooldownAtConnect int64 // the node's until when the connection began
}

// ResetSession gives up a connection whose node has failed since it began, perhaps on another one, so that
// the next use is led elsewhere, or back by a connection that has asked the node anew: whoever lay idle while
// the node was left alone knows nothing of it.
func (c nodeConn) ResetSession(ctx context.Context) error {
	if c.node.cooldownUntil.Load() != c.cooldownAtConnect && c.all.hasAlternative(c.node) {
		return driver.ErrBadConn
	}
	return c.mysqlConn.ResetSession(ctx)
}

// ExecContext is the driver's.
func (c nodeConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.mysqlConn.ExecContext(ctx, query, args)
	c.node.recordError(err)
	return result, err
}

// QueryContext is the driver's.
func (c nodeConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.mysqlConn.QueryContext(ctx, query, args)
	c.node.recordError(err)
	return rows, err
}

// BeginTx is the driver's.
func (c nodeConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.mysqlConn.BeginTx(ctx, options)
	c.node.recordError(err)
	if err != nil {
		return nil, err
	}
	return nodeTx{tx, c.node}, nil
}

type nodeTx struct {
	driver.Tx
	node *node
}

// Commit is the driver's.
func (t nodeTx) Commit() error {
	err := t.Tx.Commit()
	t.node.recordError(err)
	return err
}
