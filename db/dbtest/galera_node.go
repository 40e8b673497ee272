package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
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

func (n *Node) settings() string { return filepath.Join(n.home, "my.cnf") }

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

// Desync takes the node out of sync until Resync or the end of the test, as a backup does and as giving all data to a node that joins
// does: it goes on answering and takes writes, and may fall behind the others.
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
	ctx, cancel := context.WithTimeout(context.Background(), within) // the test's own context has ended in a clean-up
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
