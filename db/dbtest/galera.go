package dbtest

import (
	"bufio"
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
	"time"
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

// Galera gives the process's cluster with all three nodes synced, whatever the test before did to it. Tests that break nodes must
// not run beside others.
func Galera(t testing.TB) *Cluster {
	t.Helper()
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
		c.Nodes = append(c.Nodes, &Node{cluster: c, Name: "n" + strconv.Itoa(i+1), home: filepath.Join(home, "n"+strconv.Itoa(i+1)),
			port: ports[i*portsOfNode]})
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

// lowestPort and portsOffered lie below the ports that systems give to outgoing connections: a node that was killed must find its own
// free when it comes back.
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

// keeper starts a node for each line that it reads and answers its process id. When its input ends it kills all of them and removes
// their files.
const keeper = `home=$1
pids=
while read -r node arguments; do
	"$home/$node/run" $arguments >>"$home/$node/log" 2>&1 </dev/null &
	echo $!
	pids="$pids $!"
done
kill -9 $pids
wait
until rm -rf "$home"; do sleep 0.2; done`

// keep starts the keeper in a process group of its own. However this process ends, the keeper reads the end of its input.
func (c *Cluster) keep() error {
	shell := exec.Command("/bin/sh", "-c", keeper, "sh", c.home) //nolint:gosec,noctx // the script is ours; it outlives every test
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	answers, err := shell.StdoutPipe()
	if err != nil {
		return err
	}
	c.keeper = bufio.NewScanner(answers)
	if c.leash, err = shell.StdinPipe(); err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return err
	}
	go func() { _ = shell.Wait() }()
	return nil
}

// prepare writes what the nodes need before they begin: a data folder with the system's tables in the first, from which the others
// copy them when they join.
func (c *Cluster) prepare() error {
	mariadbd, err := program("mariadbd")
	if err != nil {
		return err
	}
	install, err := program("mariadb-install-db")
	if err != nil {
		return err
	}
	provider, err := galeraLibrary()
	if err != nil {
		return err
	}
	owner, err := owner()
	if err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := n.prepare(mariadbd, provider, owner); err != nil {
			return err
		}
	}
	if err := own(c.home, owner); err != nil {
		return err
	}
	first := c.Nodes[0]
	out, err := exec.Command(install, "--defaults-file="+first.settings(), "--auth-root-authentication-method=normal", //nolint:gosec,noctx // ends by itself
		"--skip-test-db", "--wsrep-on=OFF").CombinedOutput()
	if err != nil {
		return fmt.Errorf("prepare the first node: %w:\n%s", err, out)
	}
	return nil
}

// owner is who runs the nodes: oneself, or the user mysql in place of root, for whom rsync between nodes fails with code 23.
func owner() (*user.User, error) {
	if os.Getuid() != 0 {
		return user.Current()
	}
	return user.Lookup("mysql")
}

// own gives everything below a folder to a user.
func own(folder string, to *user.User) error {
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, -1)
	})
}

func galeraLibrary() (string, error) {
	for _, path := range []string{"/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so", "/usr/lib64/galera/libgalera_smm.so"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the cluster's tests need the packages galera-4 and rsync beside MariaDB's server")
}

// within is how long a node may take to become what a test waits for.
const within = time.Minute
