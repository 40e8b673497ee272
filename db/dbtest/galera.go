package dbtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

const nodes = 3

// Cluster is three nodes of MariaDB with Galera, on loopback and in folders of their own, as an operator would set them up: every
// Commit is on disk, and every node takes writes.
type Cluster struct {
	Nodes  []*Node
	home   string
	leash  io.WriteCloser // the keeper's input: see start
	keeper *bufio.Scanner // what the keeper answers
}

// One cluster serves all tests of a process that are built for one.
var (
	galera = sync.OnceValues(newCluster)
	tables atomic.Int64 //nolint:gochecknoglobals // numbers the databases of that cluster
)

// Galera gives the process's cluster with all three nodes synced, whatever the test before did to it. It is for tests that task
// test:cluster begins, one after the other; go test ./... skips them.
func Galera(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv("CLUSTER") == "" {
		t.Skip("needs a cluster: task test:cluster")
	}
	c, err := galera()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.heal(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Database makes a fresh, empty database on all nodes and gives its name. It is kept until the process ends, for a failed test's
// nodes may not take the statement that drops it.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", tables.Add(1))
	if _, err := c.Nodes[0].admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatal(err)
	}
	for _, n := range c.Nodes {
		if err := n.caughtUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

func newCluster() (*Cluster, error) {
	ports, err := freePorts(nodes * portsOfNode)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp(memory(), "reglink-galera-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{home: home}
	for i := range nodes {
		c.Nodes = append(c.Nodes, &Node{
			cluster: c, Name: "n" + strconv.Itoa(i+1), home: filepath.Join(home, "n"+strconv.Itoa(i+1)),
			port: ports[i*portsOfNode],
		})
	}
	err = errors.Join(c.keep(), c.prepare())
	if err == nil {
		err = c.assemble()
	}
	if err != nil && c.leash != nil {
		return nil, errors.Join(err, c.leash.Close())
	}
	return c, err
}
