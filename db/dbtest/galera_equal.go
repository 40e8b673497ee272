package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"testing"
)

// Equal fails the test where a table of the database is not the same on all nodes. Nobody may write meanwhile.
func (c *Cluster) Equal(t testing.TB, database string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within) // the test's own context has ended in a clean-up
	defer cancel()
	first, err := c.Nodes[0].checksums(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) == 0 {
		t.Fatal("there is no table to compare")
	}
	for _, n := range c.Nodes[1:] {
		sums, err := n.checksums(ctx, database)
		if err != nil {
			t.Fatal(err)
		}
		for table, sum := range first {
			if sums[table] != sum {
				t.Errorf("table %s differs between %s and %s", table, c.Nodes[0].Name, n.Name)
			}
		}
	}
}

// caughtUp waits until the node has applied what the cluster committed before: a client that connects sees no database before that.
func (n *Node) caughtUp(ctx context.Context) error {
	conn, err := n.admin.Conn(ctx)
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "SET SESSION wsrep_sync_wait = 1")
	if err == nil {
		_, err = conn.ExecContext(ctx, "SELECT 1")
	}
	return errors.Join(err, conn.Close())
}

// checksums reads every table once everything is applied that the cluster committed before.
func (n *Node) checksums(ctx context.Context, database string) (map[string]string, error) {
	conn, err := n.admin.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "SET SESSION wsrep_sync_wait = 15"); err != nil {
		return nil, err
	}
	names, err := namesOfTables(ctx, conn, database)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for _, name := range names {
		var table, sum string
		if err := conn.QueryRowContext(ctx, "CHECKSUM TABLE `"+database+"`.`"+name+"`").Scan(&table, &sum); err != nil {
			return nil, err
		}
		sums[name] = sum
	}
	return sums, nil
}

func namesOfTables(ctx context.Context, conn *sql.Conn, database string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", database)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
