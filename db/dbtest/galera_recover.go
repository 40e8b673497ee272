package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// Position is the last write that a node has on disk.
type Position struct {
	Group string // names the cluster's history
	Seqno int64
}

// String is the position as Galera's settings have it.
func (p Position) String() string { return fmt.Sprintf("%s:%d", p.Group, p.Seqno) }

var recoveredAt = regexp.MustCompile(`Recovered position: ([0-9a-f-]{36}):(-?\d+)`)

// Recovered asks a node that does not run for its position: mariadbd --wsrep-recover.
func (n *Node) Recovered(t testing.TB) Position {
	t.Helper()
	at, err := n.recovered()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (n *Node) recovered() (Position, error) {
	out, err := exec.Command(filepath.Join(n.home, "run"), "--wsrep-recover").CombinedOutput() //nolint:gosec,noctx // ours; ends by itself
	if err != nil {
		return Position{}, fmt.Errorf("recover %s: %w:\n%s", n.Name, err, out)
	}
	found := recoveredAt.FindSubmatch(out)
	if found == nil {
		return Position{}, fmt.Errorf("%s says no position:\n%s", n.Name, out)
	}
	seqno, err := strconv.ParseInt(string(found[2]), 10, 64)
	return Position{Group: string(found[1]), Seqno: seqno}, err
}
