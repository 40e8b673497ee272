package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// A node listens on four ports in a row: for clients, for the group, for missed writes and for whole copies.
const (
	loopback    = "127.0.0.1"
	portsOfNode = 4
)

// Node is one server of a cluster. It is a process that tests kill, pause and start again.
type Node struct {
	Name    string // n1, n2, n3
	cluster *Cluster
	home    string
	port    int
	pid     int
	admin   *sql.DB
}

// URL is the address of a database on this node, as DATABASE_URL has it.
func (n *Node) URL(database string) string {
	return "mysql://root@" + n.Address() + "/" + database
}

// Address is where clients reach the node.
func (n *Node) Address() string { return net.JoinHostPort(loopback, strconv.Itoa(n.port)) }

func (n *Node) settings() string { return filepath.Join(n.home, "my.cnf") }

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

// nodeSettings are those of references/security-reliability, 3.4. The timeouts say when a silent node is left behind.
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
wsrep_provider_options="base_port=%[6]d;gmcast.listen_addr=tcp://127.0.0.1:%[6]d;ist.recv_addr=127.0.0.1:%[7]d;gcache.size=64M;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;evs.keepalive_period=PT0.5S"
`

func (n *Node) open() error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.Logger = "root", "tcp", n.Address(), &mysql.NopLogger{}
	config.Timeout, config.ReadTimeout, config.InterpolateParams = time.Second, within, true
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	n.admin = sql.OpenDB(connector)
	n.admin.SetMaxIdleConns(0) // a connection to a killed process is of no use
	return nil
}

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

// Kill ends the process as a loss of power ends a computer, but for what the operating system holds. It is dead when Kill returns.
func (n *Node) Kill(t testing.TB) {
	t.Helper()
	if err := n.kill(); err != nil {
		t.Fatal(err)
	}
}

func (n *Node) kill() error {
	if err := n.signal(syscall.SIGKILL); err != nil {
		return err
	}
	n.pid = 0
	return until("the killed node's port is still taken", func() bool {
		conn, err := net.DialTimeout("tcp", n.Address(), time.Second) //nolint:noctx // has a time limit
		if err == nil {
			_ = conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
}

// Pause stops the process without ending it, as a computer that hangs: its connections stay, and nothing answers.
func (n *Node) Pause(t testing.TB) {
	t.Helper()
	if err := n.signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

// Resume lets a paused process run again.
func (n *Node) Resume(t testing.TB) {
	t.Helper()
	if err := n.signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

func (n *Node) signal(s syscall.Signal) error {
	if n.pid == 0 {
		return errors.New(n.Name + " does not run")
	}
	return syscall.Kill(n.pid, s)
}

// Restart starts the node where its crash left it, as the service of the system's package does. It is synced when Restart returns.
func (n *Node) Restart(t testing.TB) {
	t.Helper()
	if err := n.rejoin(); err != nil {
		t.Fatal(err)
	}
}

// rejoin waits until the others have missed the node: one that comes back while it is still counted in makes all of them begin the
// group anew, without a majority for seconds.
func (n *Node) rejoin() error {
	if err := n.cluster.awaitMissed(); err != nil {
		return err
	}
	at, err := n.recovered()
	if err != nil {
		return err
	}
	if err := n.start("--wsrep_start_position=" + at.String()); err != nil {
		return err
	}
	return n.awaitSynced()
}

func (n *Node) start(arguments ...string) error {
	if _, err := fmt.Fprintln(n.cluster.leash, n.Name, strings.Join(arguments, " ")); err != nil {
		return err
	}
	if !n.cluster.keeper.Scan() {
		return errors.New("the keeper of the cluster has gone")
	}
	pid, err := strconv.Atoi(n.cluster.keeper.Text())
	n.pid = pid
	return err
}

// Position is the last write that a node has on disk.
type Position struct {
	Group string // names the cluster's history
	Seqno int64
}

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
