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

// leaveAlone is how long a node that failed is not asked, while another one works (references/security-reliability, 3.3).
const leaveAlone = 5 * time.Second

// node is one server of a cluster.
type node struct {
	driver.Connector
	address string
	until   atomic.Int64 // when it may be asked again, in nanoseconds of the epoch
}

// judge looks at what a node answered. It is left alone after an error that another node would not have. The caller's own deadline is
// no such error: it also ends waiting for a lock.
func (n *node) judge(err error) {
	if classOf(err) == away && !errors.Is(err, context.DeadlineExceeded) {
		n.until.Store(time.Now().Add(leaveAlone).UnixNano())
	}
}

// nodes connect to the first server that can be used, in the order of DATABASE_URL. Where every one has failed, all are tried, the one
// that failed first before the others, so that a single server is used again as soon as it is back.
type nodes []*node

// Connect gives a connection to one of the nodes, or what each of them said.
func (all nodes) Connect(ctx context.Context) (driver.Conn, error) {
	order := slices.SortedStableFunc(slices.Values(all), func(a, b *node) int { return cmp.Compare(rank(a), rank(b)) })
	var failed error
	for _, n := range order {
		since := n.until.Load()
		conn, err := begun(ctx, n)
		if err == nil {
			return nodeConn{conn, n, all, since}, nil
		}
		n.refused(ctx, err)
		failed = both(failed, n.address, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// rank is zero for a node that may be asked, and grows with the time until it may.
func rank(n *node) int64 { return max(0, n.until.Load()-time.Now().UnixNano()) }

// refused leaves a node alone that cannot be connected to, whatever the reason, unless it is the caller who waits no longer.
func (n *node) refused(ctx context.Context, err error) {
	if ctx.Err() == nil && err != nil {
		n.until.Store(time.Now().Add(leaveAlone).UnixNano())
	}
}

// both says what several nodes said, in one line.
func both(before error, address string, err error) error {
	said := fmt.Errorf("%s: %w", address, err)
	if before == nil {
		return said
	}
	return fmt.Errorf("%w; %w", before, said)
}

// Driver is the driver of all nodes.
func (nodes) Driver() driver.Driver { return mysql.MySQLDriver{} }

// another tells whether there is a node that may be asked as soon as this one.
func (all nodes) another(than *node) bool {
	at := rank(than)
	return slices.ContainsFunc(all, func(n *node) bool { return n != than && rank(n) <= at })
}

// nodeConn is a connection that learns from its errors whether its node can be used.
type nodeConn struct {
	mysqlConn
	node  *node
	all   nodes
	since int64 // the node's until when the connection began
}

// ResetSession gives up a connection whose node has failed since it began, perhaps on another one, so that the next use is led elsewhere,
// or back by a connection that has asked the node anew: whoever lay idle while the node was left alone knows nothing of it.
func (c nodeConn) ResetSession(ctx context.Context) error {
	if c.node.until.Load() != c.since && c.all.another(c.node) {
		return driver.ErrBadConn
	}
	return c.mysqlConn.ResetSession(ctx)
}

// ExecContext is the driver's.
func (c nodeConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.mysqlConn.ExecContext(ctx, query, args)
	c.node.judge(err)
	return result, err
}

// QueryContext is the driver's.
func (c nodeConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.mysqlConn.QueryContext(ctx, query, args)
	c.node.judge(err)
	return rows, err
}

// BeginTx is the driver's.
func (c nodeConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.mysqlConn.BeginTx(ctx, options)
	c.node.judge(err)
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
	t.node.judge(err)
	return err
}
