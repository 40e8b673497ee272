package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// One server serves all tests of a process.
var (
	sharedServer  = sync.OnceValues(startServer) // started when the first test asks
	databaseCount atomic.Int64                   //nolint:gochecknoglobals // numbers the databases of that server
)

// server is a running MariaDB that listens on a socket file and nowhere else.
type server struct {
	socket string
	admin  *sql.DB
	stdin  io.WriteCloser // held, never written: see keep
	ended  chan struct{}  // closed when the server could not begin
}

// MySQL gives the address of a fresh, empty database of the process's MariaDB. It is dropped when the test ends.
func MySQL(t testing.TB) string {
	t.Helper()
	s, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", databaseCount.Add(1))
	s.exec(t, createDatabaseSQL(name))
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+name) })
	return s.url(name)
}

func createDatabaseSQL(name string) string {
	return "CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
}

func (s *server) url(name string) string {
	return "mysql://root@localhost/" + name + "?socket=" + url.QueryEscape(s.socket)
}

func (s *server) exec(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own context has ended in a clean-up
	defer cancel()
	if _, err := s.admin.ExecContext(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func startServer() (*server, error) {
	mariadbd, err := findProgram("mariadbd")
	if err != nil {
		return nil, err
	}
	install, err := findProgram("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp(memoryDir(), "reglink-test-")
	if err != nil {
		return nil, err
	}
	s := &server{socket: filepath.Join(home, "socket"), ended: make(chan struct{})}
	if err := s.startShell(append([]string{home, install, mariadbd}, serverOptions(home)...)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	if err := s.connect(); err != nil {
		log, _ := os.ReadFile(filepath.Join(home, "log")) //nolint:gosec // the server's own log
		return nil, errors.Join(fmt.Errorf("MariaDB does not answer: %w:\n%s", err, log), s.stdin.Close(), os.RemoveAll(home))
	}
	return s, nil
}

// findProgram finds a program of MariaDB where systems put servers, which may not be on the path of an ordinary user.
func findProgram(name string) (string, error) {
	for _, folder := range []string{"", "/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"} {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("the tests need %s: install MariaDB's server (package mariadb-server or mariadb)", name)
}

// memoryDir is a folder in main memory, for the server's files outlive nothing; the usual place where there
// is none with half a gigabyte free (containers often have a small one).
func memoryDir() string {
	const shm, enough = "/dev/shm", 512 << 20
	var disk syscall.Statfs_t
	if err := syscall.Statfs(shm, &disk); err != nil || float64(disk.Bavail)*float64(disk.Bsize) < enough {
		return ""
	}
	probe, err := os.MkdirTemp(shm, "reglink-probe-")
	if err != nil {
		return ""
	}
	_ = os.Remove(probe)
	return shm
}

// serverOptions are those that the installation and the server share. A folder for temporary tables is their
// own: a server that begins removes what it takes for left over, and with it the tables of the one beside it.
func serverOptions(home string) []string {
	all := []string{
		"--no-defaults", "--datadir=" + filepath.Join(home, "data"), "--tmpdir=" + home, "--innodb-log-file-size=8M",
		"--skip-name-resolve",
	}
	if os.Getuid() == 0 {
		all = append(all, "--user=root") // it refuses to run as root by mistake
	}
	return all
}

// serverScript prepares a data folder and serves it until its input ends.
const serverScript = `home=$1 install=$2 mariadbd=$3
shift 3
exec >"$home/log" 2>&1
if "$install" "$@" --auth-root-authentication-method=normal --skip-test-db </dev/null; then
	"$mariadbd" "$@" --socket="$home/socket" --skip-networking --skip-log-bin --max-connections=400 \
		--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=64M </dev/null &
	cat >/dev/null
	kill -9 $!
	wait
	rm -rf "$home"
fi`

// startShell starts the server under a shell that reads from us. When this process ends, however it ends, the
// shell reads the end of its input, kills the server and removes its files. Both are in a process group of
// their own, so that Ctrl-C in a terminal ends the tests and not the shell before its work.
func (s *server) startShell(arguments []string) error {
	args := append([]string{"-c", serverScript, "sh"}, arguments...)
	shell := exec.CommandContext(context.Background(), "/bin/sh", args...) //nolint:gosec // the script is ours
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash, err := shell.StdinPipe()
	if err != nil {
		return err
	}
	s.stdin = leash
	if err := shell.Start(); err != nil {
		return err
	}
	go func() {
		_ = shell.Wait()
		close(s.ended)
	}()
	return nil
}

func (s *server) connect() error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.Logger = "root", "unix", s.socket, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	s.admin = sql.OpenDB(connector)
	end := time.After(30 * time.Second)
	for {
		if err = s.admin.PingContext(context.Background()); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("its data folder could not be prepared")
		case <-end:
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
