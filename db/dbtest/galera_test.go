package dbtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/db/dbtest"
)

// A test process that is killed leaves no node behind, and none of their files, though one node hangs and one
// is dead just then.
func TestGalera_NodesEndWithTheProcessOnACluster(t *testing.T) {
	if os.Getenv("CLUSTER") == "" {
		t.Skip("needs a cluster: task test:cluster")
	}
	if os.Getenv(childEnv) != "" {
		c := dbtest.Galera(t)
		c.Nodes[2].Kill(t)
		var folders [2]string
		for i, n := range c.Nodes[:2] {
			if err := dbtest.Raw(t, n.URL("mysql")).QueryRowContext(t.Context(), "SELECT @@datadir").Scan(
				&folders[i]); err != nil {
				t.Fatal(err)
			}
		}
		c.Nodes[1].Pause(t)
		for i, n := range c.Nodes[:2] {
			fmt.Println("node", n.Address(), folders[i])
		}
		select {} // until killed
	}
	process := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	process.Env = append(os.Environ(), childEnv+"=yes")
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	var nodes [][]string
	for lines := bufio.NewScanner(out); len(nodes) < 2 && lines.Scan(); {
		if said, ok := strings.CutPrefix(lines.Text(), "node "); ok {
			nodes = append(nodes, strings.Fields(said))
		}
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	if len(nodes) < 2 {
		t.Fatal("the cluster did not begin")
	}
	for end := time.Now().Add(20 * time.Second); anyLeft(nodes); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("left behind is one of %v", nodes)
		}
	}
}

// anyLeft tells whether one of the nodes answers, or has files.
func anyLeft(nodes [][]string) bool {
	return slices.ContainsFunc(nodes, func(n []string) bool {
		_, dial := net.DialTimeout("tcp", n[0], time.Second)
		_, stat := os.Stat(n[1])
		return dial == nil || !errors.Is(stat, fs.ErrNotExist)
	})
}
