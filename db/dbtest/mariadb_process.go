package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Process is a MariaDB server of one test, which may stop it, kill it and begin it again, with what it had.
// It listens on a port of the loopback address.
type Process struct {
	t     testing.TB
	port  int
	log   string
	admin *sql.DB
	stdin io.WriteCloser // takes orders; when it is closed, the server and its files go
	ended chan struct{}
}

// processScript prepares a data folder and does what its input says until that ends.
const processScript = `home=$1 install=$2 mariadbd=$3 port=$4
shift 4
exec >"$home/log" 2>&1
"$install" "$@" --auth-root-authentication-method=normal --skip-test-db </dev/null || exit
while read -r order; do
	case $order in
	start)
		"$mariadbd" "$@" --socket="$home/socket" --bind-address=127.0.0.1 --port="$port" --skip-log-bin --max-connections=60 \
			--innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=1 </dev/null &
		server=$! ;;
	stop) kill "$server"; wait "$server" ;;
	kill) kill -9 "$server"; wait "$server" ;;
	esac
done
kill -9 "$server"
wait
rm -rf "$home"`

// NewProcess prepares a server, with options of its own, and begins it.
func NewProcess(t testing.TB, more ...string) *Process {
	t.Helper()
	o := &Process{t: t, port: freePort(t), ended: make(chan struct{})}
	mariadbd, err := findProgram("mariadbd")
	o.check(err)
	install, err := findProgram("mariadb-install-db")
	o.check(err)
	//nolint:usetesting // in memory where there is some, and the server takes it away
	home, err := os.MkdirTemp(memoryDir(), "reglink-own-")
	o.check(err)
	o.log = filepath.Join(home, "log")
	args := slices.Concat([]string{"-c", processScript, "sh", home, install, mariadbd, fmt.Sprint(o.port)},
		serverOptions(home), more)
	shell := exec.CommandContext(context.Background(), "/bin/sh", args...) //nolint:gosec // the script is ours
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	o.stdin, err = shell.StdinPipe()
	o.check(err)
	o.check(shell.Start())
	go func() {
		_ = shell.Wait()
		close(o.ended)
	}()
	t.Cleanup(func() {
		_ = o.stdin.Close()
		<-o.ended
	})
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.Logger = "root", "tcp", o.Host(), &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	o.check(err)
	o.admin = sql.OpenDB(connector)
	t.Cleanup(func() { _ = o.admin.Close() })
	o.Start()
	o.Exec("CREATE DATABASE reglink CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
		"CREATE USER portal@127.0.0.1 IDENTIFIED BY 'portal'", // root may write what is read-only
		"GRANT ALL ON reglink.* TO portal@127.0.0.1")
	return o
}

// freePort is a port that nobody listens at.
func freePort(t testing.TB) int {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// UnusedAddress is an address at which nobody listens.
func UnusedAddress(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}

func (o *Process) check(err error) {
	o.t.Helper()
	if err != nil {
		text, _ := os.ReadFile(o.log)
		o.t.Fatalf("%v\n%s", err, text)
	}
}

// Host is where it listens, as host:port.
func (o *Process) Host() string { return fmt.Sprintf("127.0.0.1:%d", o.port) }

// URL is the address of its database, for a user who may do everything there and nothing else.
func (o *Process) URL() string { return "mysql://portal:portal@" + o.Host() + "/reglink?tls=false" }

// Exec runs statements as the server's administrator.
func (o *Process) Exec(statements ...string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own context has ended in a clean-up
	defer cancel()
	for _, statement := range statements {
		_, err := o.admin.ExecContext(ctx, statement)
		o.check(err)
	}
}

// Start begins the server and waits until it answers.
func (o *Process) Start() {
	o.t.Helper()
	o.send("start")
	o.await("answers", func() bool { return o.admin.PingContext(context.Background()) == nil })
}

// Stop ends the server as an operator does.
func (o *Process) Stop() {
	o.t.Helper()
	o.send("stop")
	o.await("stops", o.refusesConnections)
}

// StartIfEnded begins the server again where it has ended by itself, as a supervisor does: a full disk can be
// more than it bears.
func (o *Process) StartIfEnded() {
	o.t.Helper()
	if o.refusesConnections() {
		o.Start()
	}
}

// Kill ends the server where it stands.
func (o *Process) Kill() {
	o.t.Helper()
	o.send("kill")
	o.await("dies", o.refusesConnections)
}

func (o *Process) refusesConnections() bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(context.Background(), "tcp", o.Host())
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

func (o *Process) send(word string) {
	o.t.Helper()
	_, err := fmt.Fprintln(o.stdin, word)
	o.check(err)
}

// await asks until it is so.
func (o *Process) await(what string, so func() bool) {
	o.t.Helper()
	end := time.After(time.Minute)
	for !so() {
		select {
		case <-o.ended:
			o.check(errors.New("the server could not be prepared"))
		case <-end:
			o.check(errors.New("waited a minute until the server " + what))
		case <-time.After(10 * time.Millisecond):
		}
	}
}
