package dbtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"reglink/db"
	"reglink/db/dbtest"
)

const childEnv = "REGLINK_DBTEST_CHILD"

// A test process that is killed cannot clean up: its server and the server's files must go all the same.
func TestMySQL_ServerEndsWithTheProcess(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		fmt.Println(socketPath(t))
		select {} // until killed
	}
	t.Parallel()
	process := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	process.Env = append(os.Environ(), childEnv+"=yes")
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	socket := lines.Text()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatalf("no server: %v", err)
	}
	conn.Close()
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	for end := time.Now().Add(20 * time.Second); ; {
		_, dial := net.Dial("unix", socket)
		_, stat := os.Stat(filepath.Dir(socket))
		if dial != nil && errors.Is(stat, fs.ErrNotExist) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left behind: dial %v, folder %v", dial, stat)
		}
	}
}

func socketPath(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(dbtest.MySQL(t))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("socket")
}

func TestCountStatements_CountsEachStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		got := dbtest.CountStatements(t, s, func() {
			for range 3 {
				if _, err := s.HasAccounts(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		if got != 3 {
			t.Errorf("got %d statements, want 3", got)
		}
	})
}

func BenchmarkEach(b *testing.B) {
	dbtest.Each(b, func(b *testing.B, s *db.Store) {
		b.Helper()
		for b.Loop() {
			if _, err := s.HasAccounts(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
