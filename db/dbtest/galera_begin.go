package dbtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

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
// their files. It ignores SIGHUP, which the system sends to its group where the tests end while a node is stopped.
const keeper = `trap '' HUP
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
		return os.Lchown(path, uid, -1) //nolint:gosec // a folder that the test has just made
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

// prepare makes the node's folder: data, settings, and the program that the keeper runs.
func (n *Node) prepare(mariadbd, provider string, as *user.User) error {
	if err := os.MkdirAll(filepath.Join(n.home, "data"), 0o700); err != nil {
		return err
	}
	var group []string
	for _, other := range n.cluster.Nodes {
		group = append(group, fmt.Sprintf("%s:%d", loopback, other.port+1))
	}
	settings := fmt.Sprintf(nodeSettings, n.home, n.port, as.Username, provider, strings.Join(group, ","), n.port+1, n.port+2, n.port+3)
	run := fmt.Sprintf("#!/bin/sh\nexec '%s' --defaults-file='%s' \"$@\"\n", mariadbd, n.settings())
	return errors.Join(
		os.WriteFile(n.settings(), []byte(settings), 0o600),
		os.WriteFile(filepath.Join(n.home, "run"), []byte(run), 0o700), //nolint:gosec // a program
		n.open(),
	)
}

// nodeSettings say that every Commit is on disk, and that a node which is silent for two seconds is left behind. evs.inactive_timeout stays
// as it is by default: shortened, as it often is, it made a node that came back from a pause cost the others their majority.
const nodeSettings = `[mysqld]
datadir=%[1]s/data
tmpdir=%[1]s
socket=%[1]s/socket
pid-file=%[1]s/pid
bind-address=127.0.0.1
port=%[2]d
user=%[3]s
skip-name-resolve
max_connections=400
innodb_buffer_pool_size=64M
innodb_log_file_size=16M
innodb_flush_log_at_trx_commit=1
innodb_autoinc_lock_mode=2
binlog_format=ROW
wsrep_on=ON
wsrep_provider=%[4]s
wsrep_cluster_name=reglink
wsrep_cluster_address=gcomm://%[5]s
wsrep_node_address=127.0.0.1:%[6]d
wsrep_sst_method=rsync
wsrep_sst_receive_address=127.0.0.1:%[8]d
wsrep_provider_options="base_port=%[6]d;gmcast.listen_addr=tcp://127.0.0.1:%[6]d;ist.recv_addr=127.0.0.1:%[7]d;gcache.size=64M;evs.suspect_timeout=PT2S;evs.keepalive_period=PT0.5S"
`
