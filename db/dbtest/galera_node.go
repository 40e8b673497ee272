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

func (n *Node) configPath() string { return filepath.Join(n.home, "my.cnf") }

// Kill ends the process as a loss of power ends a computer, but for what the operating system holds. It is
// dead when Kill returns.
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
	return poll("the killed node's port is still taken", func() bool {
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

// Desync takes the node out of sync until Resync or the end of the test, as a backup does and as giving all
// data to a node that joins does: it goes on answering and takes writes, and may fall behind the others.
func (n *Node) Desync(t testing.TB) {
	t.Helper()
	t.Cleanup(func() { n.Resync(t) })
	if _, err := n.admin.ExecContext(t.Context(), "SET GLOBAL wsrep_desync = ON"); err != nil {
		t.Fatal(err)
	}
}

// Resync lets the node catch up with the others. It is synced when Resync returns.
func (n *Node) Resync(t testing.TB) {
	t.Helper()
	// the test's own context has ended in a clean-up
	ctx, cancel := context.WithTimeout(context.Background(), awaitTimeout)
	defer cancel()
	if _, err := n.admin.ExecContext(ctx, "SET GLOBAL wsrep_desync = OFF"); err != nil {
		t.Fatal(err)
	}
	if err := n.awaitSynced(); err != nil {
		t.Fatal(err)
	}
}

func (n *Node) signal(s syscall.Signal) error {
	if n.pid == 0 {
		return errors.New(n.Name + " does not run")
	}
	return syscall.Kill(n.pid, s)
}

// Restart starts the node where its crash left it, as the service of the system's package does. It is synced
// when Restart returns.
func (n *Node) Restart(t testing.TB) {
	t.Helper()
	if err := n.rejoin(); err != nil {
		t.Fatal(err)
	}
}

// rejoin waits until the others have missed the node: one that comes back while it is still counted in makes
// all of them begin the group anew, without a majority for seconds.
func (n *Node) rejoin() error {
	if err := n.cluster.awaitSize(); err != nil {
		return err
	}
	at, err := n.recoverPosition()
	if err != nil {
		return err
	}
	if err := n.start("--wsrep_start_position=" + at.String()); err != nil {
		return err
	}
	return n.awaitSynced()
}

func (n *Node) start(arguments ...string) error {
	if _, err := fmt.Fprintln(n.cluster.supervisorIn, n.Name, strings.Join(arguments, " ")); err != nil {
		return err
	}
	if !n.cluster.supervisorOut.Scan() {
		return errors.New("the keeper of the cluster has gone")
	}
	pid, err := strconv.Atoi(n.cluster.supervisorOut.Text())
	n.pid = pid
	return err
}

func (n *Node) openAdmin() error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.Logger = "root", "tcp", n.Address(), &mysql.NopLogger{}
	config.Timeout, config.ReadTimeout, config.InterpolateParams = time.Second, awaitTimeout, true
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	n.admin = sql.OpenDB(connector)
	n.admin.SetMaxIdleConns(0) // a connection to a killed process is of no use
	return nil
}

// awaitApplied waits until the node has applied what the cluster committed before: a client that connects
// sees no database before that.
func (n *Node) awaitApplied(ctx context.Context) error {
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
	names, err := tableNames(ctx, conn, database)
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

func tableNames(ctx context.Context, conn *sql.Conn, database string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = ?",
		database)
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

// prepare makes the node's folder: data, settings, and the program that the keeper runs.
func (n *Node) prepare(mariadbd, provider string, as *user.User) error {
	if err := os.MkdirAll(filepath.Join(n.home, "data"), 0o700); err != nil {
		return err
	}
	var group []string
	for _, other := range n.cluster.Nodes {
		group = append(group, fmt.Sprintf("%s:%d", loopback, other.port+1))
	}
	settings := fmt.Sprintf(nodeConfig, n.home, n.port, as.Username, provider, strings.Join(group, ","), n.port+1,
		n.port+2, n.port+3)
	run := fmt.Sprintf("#!/bin/sh\nexec '%s' --defaults-file='%s' \"$@\"\n", mariadbd, n.configPath())
	return errors.Join(
		os.WriteFile(n.configPath(), []byte(settings), 0o600),
		os.WriteFile(filepath.Join(n.home, "run"), []byte(run), 0o700), //nolint:gosec // a program
		n.openAdmin(),
	)
}

// nodeConfig say that every Commit is on disk, and that a node which is silent for two seconds is left
// behind. evs.inactive_timeout stays as it is by default: shortened, as it often is, it made a node that came
// back from a pause cost the others their majority.
const nodeConfig = `[mysqld]
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
` + `wsrep_provider_options="base_port=%[6]d;gmcast.listen_addr=tcp://127.0.0.1:%[6]d;` +
	`ist.recv_addr=127.0.0.1:%[7]d;gcache.size=64M;evs.suspect_timeout=PT2S;evs.keepalive_period=PT0.5S"
`

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
		"wsrep_ready": &s.Ready, "wsrep_cluster_status": &s.Cluster, "wsrep_local_state_comment": &s.State,
		"wsrep_cluster_size": &s.Size,
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
	err := poll(n.Name+" is not what it should be", func() bool {
		last, _ = n.Status(context.Background())
		return good(last)
	})
	if err != nil {
		return fmt.Errorf("%w: %+v\n%s", err, last, n.logTail())
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

// logTail is the end of the node's log.
func (n *Node) logTail() string {
	log, _ := os.ReadFile(filepath.Join(n.home, "log"))
	return string(log[max(0, len(log)-3000):])
}

// BecomePrimary tells the one node that is left after the loss of the majority to go on alone: an operator's
// decision, who must be sure that the others do not.
func (n *Node) BecomePrimary(t testing.TB) {
	t.Helper()
	if _, err := n.admin.ExecContext(t.Context(), "SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'"); err != nil {
		t.Fatal(err)
	}
}

// RecoveredPosition asks a node that does not run for its position: mariadbd --wsrep-recover.
func (n *Node) RecoveredPosition(t testing.TB) Position {
	t.Helper()
	at, err := n.recoverPosition()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (n *Node) recoverPosition() (Position, error) {
	//nolint:gosec,noctx // ours; ends by itself
	out, err := exec.Command(filepath.Join(n.home, "run"), "--wsrep-recover").CombinedOutput()
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
