package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// assemble starts the nodes one after the other: each that joins copies all from one that is there.
func (c *Cluster) assemble() error {
	if err := c.Nodes[0].start("--wsrep-new-cluster"); err != nil {
		return err
	}
	if err := c.Nodes[0].awaitSynced(); err != nil {
		return err
	}
	for _, n := range c.Nodes[1:] {
		if err := n.start(); err != nil {
			return err
		}
		if err := n.awaitSynced(); err != nil {
			return err
		}
	}
	return c.awaitWhole()
}

// awaitWhole waits until each node sees all of them, synced.
func (c *Cluster) awaitWhole() error {
	for _, n := range c.Nodes {
		if err := n.await(func(s Status) bool { return s.synced(len(c.Nodes)) }); err != nil {
			return err
		}
	}
	return nil
}

// awaitMissed waits until those that run know how many they are.
func (c *Cluster) awaitMissed() error {
	alive := 0
	for _, n := range c.Nodes {
		if n.pid != 0 {
			alive++
		}
	}
	for _, n := range c.Nodes {
		if n.pid == 0 {
			continue
		}
		if err := n.await(func(s Status) bool { return s.Size == strconv.Itoa(alive) }); err != nil {
			return err
		}
	}
	return nil
}

// heal brings back what a test left paused, dead or without a majority.
func (c *Cluster) heal() error {
	alive := 0
	for _, n := range c.Nodes {
		if n.pid == 0 {
			continue
		}
		if err := n.signal(syscall.SIGCONT); err != nil {
			return err
		}
		alive++
	}
	if alive == 0 {
		if err := c.bootstrap(); err != nil {
			return err
		}
	}
	for _, n := range c.Nodes {
		if n.pid != 0 {
			continue
		}
		if err := n.rejoin(); err != nil {
			return err
		}
	}
	return c.awaitWhole()
}

// Bootstrap begins the cluster anew after all nodes crashed: the node with the highest position on disk is marked safe and starts
// the group, then the others join it. It gives what each node had.
func (c *Cluster) Bootstrap(t testing.TB) []Position {
	t.Helper()
	var at []Position
	for _, n := range c.Nodes {
		at = append(at, n.Recovered(t))
	}
	if err := c.heal(); err != nil {
		t.Fatal(err)
	}
	return at
}

func (c *Cluster) bootstrap() error {
	best, highest := c.Nodes[0], Position{Seqno: -2}
	for _, n := range c.Nodes {
		at, err := n.recovered()
		if err != nil {
			return err
		}
		if at.Seqno > highest.Seqno {
			best, highest = n, at
		}
	}
	state := fmt.Sprintf("# GALERA saved state\nversion: 2.1\nuuid:    %s\nseqno:   %d\nsafe_to_bootstrap: 1\n", highest.Group, highest.Seqno)
	file := filepath.Join(best.home, "data", "grastate.dat")
	if err := os.WriteFile(file, []byte(state), 0o600); err != nil { // exists, so its owner stays
		return err
	}
	if err := best.start("--wsrep-new-cluster", "--wsrep_start_position="+highest.String()); err != nil {
		return err
	}
	return best.awaitSynced()
}

// BecomePrimary tells the one node that is left after the loss of the majority to go on alone: an operator's decision, who must be
// sure that the others do not.
func (n *Node) BecomePrimary(t testing.TB) {
	t.Helper()
	if _, err := n.admin.ExecContext(t.Context(), "SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'"); err != nil {
		t.Fatal(err)
	}
}

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
	var names []string
	rows, err := conn.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", database)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		names = append(names, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
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
