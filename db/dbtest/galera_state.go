package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// within is how long a node may take to become what a test waits for.
const within = time.Minute

// Status is what a node says of itself.
type Status struct {
	Ready   string // ON where it takes statements
	Cluster string // Primary where it belongs to the majority
	State   string // Synced, Donor/Desynced, Joining …
	Size    string // how many nodes it sees
}

func (s Status) synced(size int) bool {
	return s == Status{Ready: "ON", Cluster: "Primary", State: "Synced", Size: strconv.Itoa(size)}
}

// Status asks the node, which may be away: then nothing is said.
func (n *Node) Status(ctx context.Context) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	rows, err := n.admin.QueryContext(ctx, "SHOW GLOBAL STATUS LIKE 'wsrep%'")
	if err != nil {
		return Status{}, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	var s Status
	at := map[string]*string{
		"wsrep_ready": &s.Ready, "wsrep_cluster_status": &s.Cluster, "wsrep_local_state_comment": &s.State, "wsrep_cluster_size": &s.Size,
	}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return Status{}, err
		}
		if to := at[name]; to != nil {
			*to = value
		}
	}
	return s, rows.Err()
}

func (n *Node) awaitSynced() error {
	return n.await(func(s Status) bool { return s.Ready == "ON" && s.State == "Synced" })
}

func (n *Node) await(good func(Status) bool) error {
	var last Status
	err := until(n.Name+" is not what it should be", func() bool {
		last, _ = n.Status(context.Background())
		return good(last)
	})
	if err != nil {
		return fmt.Errorf("%w: %+v\n%s", err, last, n.lately())
	}
	return nil
}

// Await waits until the node says of itself what a test wants to hear.
func (n *Node) Await(t testing.TB, good func(Status) bool) {
	t.Helper()
	if err := n.await(good); err != nil {
		t.Fatal(err)
	}
}

// until polls, and tells what was waited for when the time is over.
func until(failure string, done func() bool) error {
	for end := time.Now().Add(within); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New(failure)
		}
	}
	return nil
}

// lately is the end of the node's log.
func (n *Node) lately() string {
	log, _ := os.ReadFile(filepath.Join(n.home, "log"))
	return string(log[max(0, len(log)-3000):])
}

// Whole waits until each node sees all of them, synced.
func (c *Cluster) Whole(t testing.TB) {
	t.Helper()
	if err := c.awaitWhole(); err != nil {
		t.Fatal(err)
	}
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
