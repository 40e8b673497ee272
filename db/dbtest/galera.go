package dbtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

const clusterSize = 3

// Cluster is three nodes of MariaDB with Galera, on loopback and in folders of their own, as an operator
// would set them up: every Commit is on disk, and every node takes writes.
type Cluster struct {
	Nodes         []*Node
	home          string
	supervisorIn  io.WriteCloser // the keeper's input: see start
	supervisorOut *bufio.Scanner // what the keeper answers
}

// One cluster serves all tests of a process that are built for one.
var (
	sharedCluster        = sync.OnceValues(newCluster)
	clusterDatabaseCount atomic.Int64 //nolint:gochecknoglobals // numbers the databases of that cluster
)

// Galera gives the process's cluster with all three nodes synced, whatever the test before did to it. It is
// for tests that task test:cluster begins, one after the other; go test ./... skips them.
func Galera(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv("CLUSTER") == "" {
		t.Skip("needs a cluster: task test:cluster")
	}
	c, err := sharedCluster()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.recoverNodes(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Database makes a fresh, empty database on all nodes and gives its name. It is kept until the process ends,
// for a failed test's nodes may not take the statement that drops it.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", clusterDatabaseCount.Add(1))
	if _, err := c.Nodes[0].admin.ExecContext(t.Context(), "CREATE DATABASE "+name+
		" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatal(err)
	}
	for _, n := range c.Nodes {
		if err := n.awaitApplied(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

func newCluster() (*Cluster, error) {
	ports, err := freePorts(clusterSize * portsOfNode)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp(memoryDir(), "reglink-galera-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{home: home}
	for i := range clusterSize {
		c.Nodes = append(c.Nodes, &Node{
			cluster: c, Name: "n" + strconv.Itoa(i+1), home: filepath.Join(home, "n"+strconv.Itoa(i+1)),
			port: ports[i*portsOfNode],
		})
	}
	err = errors.Join(c.startSupervisor(), c.prepareNodes())
	if err == nil {
		err = c.startNodes()
	}
	if err != nil && c.supervisorIn != nil {
		return nil, errors.Join(err, c.supervisorIn.Close())
	}
	return c, err
}

// lowestPort and portsOffered lie below the ports that systems give to outgoing connections: a node that was
// killed must find its own free when it comes back.
const lowestPort, portsOffered = 20000, 10000

// freePorts finds so many ports in a row that nobody listens on.
func freePorts(n int) ([]int, error) {
	from := os.Getpid() * n % portsOffered
	for skipped := 0; skipped < portsOffered; skipped += n {
		if ports, ok := portsFrom(lowestPort+(from+skipped)%portsOffered, n); ok {
			return ports, nil
		}
	}
	return nil, errors.New("no ports are free on loopback")
}

func portsFrom(first, n int) ([]int, bool) {
	var ports []int
	for port := first; port < first+n; port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port))) //nolint:noctx // answers at once
		if err != nil {
			return nil, false
		}
		_ = listener.Close()
		ports = append(ports, port)
	}
	return ports, true
}

// supervisorScript starts a node for each line that it reads and answers its process id. When its input ends
// it kills all of them and removes their files. It ignores SIGHUP, which the system sends to its group where
// the tests end while a node is stopped.
const supervisorScript = `trap '' HUP
home=$1
pids=
while read -r node arguments; do
	"$home/$node/run" $arguments >>"$home/$node/log" 2>&1 </dev/null &
	echo $!
	pids="$pids $!"
done
kill -9 $pids
wait
until rm -rf "$home"; do sleep 0.2; done`

// startSupervisor starts the keeper in a process group of its own. However this process ends, the keeper
// reads the end of its input.
func (c *Cluster) startSupervisor() error {
	//nolint:gosec,noctx // the script is ours; it outlives every test
	shell := exec.Command("/bin/sh", "-c", supervisorScript, "sh", c.home)
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	answers, err := shell.StdoutPipe()
	if err != nil {
		return err
	}
	c.supervisorOut = bufio.NewScanner(answers)
	if c.supervisorIn, err = shell.StdinPipe(); err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return err
	}
	go func() { _ = shell.Wait() }()
	return nil
}

// prepareNodes writes what the nodes need before they begin: a data folder with the system's tables in the
// first, from which the others copy them when they join.
func (c *Cluster) prepareNodes() error {
	mariadbd, err := findProgram("mariadbd")
	if err != nil {
		return err
	}
	install, err := findProgram("mariadb-install-db")
	if err != nil {
		return err
	}
	provider, err := galeraLibrary()
	if err != nil {
		return err
	}
	owner, err := nodeUser()
	if err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := n.prepare(mariadbd, provider, owner); err != nil {
			return err
		}
	}
	if err := chownAll(c.home, owner); err != nil {
		return err
	}
	first := c.Nodes[0]
	//nolint:gosec,noctx // ends by itself
	out, err := exec.Command(install, "--defaults-file="+first.configPath(), "--auth-root-authentication-method=normal",
		"--skip-test-db", "--wsrep-on=OFF").CombinedOutput()
	if err != nil {
		return fmt.Errorf("prepare the first node: %w:\n%s", err, out)
	}
	return nil
}

// nodeUser is who runs the nodes: oneself, or the user mysql in place of root, for whom rsync between nodes
// fails with code 23.
func nodeUser() (*user.User, error) {
	if os.Getuid() != 0 {
		return user.Current()
	}
	return user.Lookup("mysql")
}

// chownAll gives everything below a folder to a user.
func chownAll(folder string, to *user.User) error {
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, -1) //nolint:gosec // a folder that the test has just made
	})
}

func galeraLibrary() (string, error) {
	for _, path := range []string{
		"/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so",
		"/usr/lib64/galera/libgalera_smm.so",
	} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the cluster's tests need the packages galera-4 and rsync beside MariaDB's server")
}

// RequireEqualNodes fails the test where a table of the database is not the same on all nodes. Nobody may
// write meanwhile.
func (c *Cluster) RequireEqualNodes(t testing.TB, database string) {
	t.Helper()
	// the test's own context has ended in a clean-up
	ctx, cancel := context.WithTimeout(context.Background(), awaitTimeout)
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

// startNodes starts the nodes one after the other: each that joins copies all from one that is there.
func (c *Cluster) startNodes() error {
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
	return c.awaitSynced()
}

// recoverNodes brings back what a test left paused, dead or without a majority.
func (c *Cluster) recoverNodes() error {
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
	return c.awaitSynced()
}

// Bootstrap begins the cluster anew after all nodes crashed: the node with the highest position on disk is
// marked safe and starts the group, then the others join it. It gives what each node had.
func (c *Cluster) Bootstrap(t testing.TB) []Position {
	t.Helper()
	var at []Position
	for _, n := range c.Nodes {
		at = append(at, n.RecoveredPosition(t))
	}
	if err := c.recoverNodes(); err != nil {
		t.Fatal(err)
	}
	return at
}

func (c *Cluster) bootstrap() error {
	best, highest := c.Nodes[0], Position{Seqno: -2}
	for _, n := range c.Nodes {
		at, err := n.recoverPosition()
		if err != nil {
			return err
		}
		if at.Seqno > highest.Seqno {
			best, highest = n, at
		}
	}
	state := fmt.Sprintf("# GALERA saved state\nversion: 2.1\nuuid:    %s\nseqno:   %d\nsafe_to_bootstrap: 1\n",
		highest.Group, highest.Seqno)
	file := filepath.Join(best.home, "data", "grastate.dat")
	if err := os.WriteFile(file, []byte(state), 0o600); err != nil { // exists, so its owner stays
		return err
	}
	if err := best.start("--wsrep-new-cluster", "--wsrep_start_position="+highest.String()); err != nil {
		return err
	}
	return best.awaitSynced()
}

// AwaitSynced waits until each node sees all of them, synced.
func (c *Cluster) AwaitSynced(t testing.TB) {
	t.Helper()
	if err := c.awaitSynced(); err != nil {
		t.Fatal(err)
	}
}

// awaitSynced waits until each node sees all of them, synced.
func (c *Cluster) awaitSynced() error {
	for _, n := range c.Nodes {
		if err := n.await(func(s Status) bool { return s.synced(len(c.Nodes)) }); err != nil {
			return err
		}
	}
	return nil
}

// awaitSize waits until those that run know how many they are.
func (c *Cluster) awaitSize() error {
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
