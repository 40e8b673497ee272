package trial_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// tracer is a strace that has attached itself to a running program.
type tracer struct {
	t       *testing.T
	process *exec.Cmd
}

// trace attaches one, with these arguments. It skips the test on a system that has none, or that lets nobody
// look into processes.
func trace(t *testing.T, server *trial.Server, arguments ...string) *tracer {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	process := exec.Command(strace, append(arguments, "-f", "-p", strconv.Itoa(server.PID()))...)
	said, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	attached := make([]byte, 200)
	if n, err := said.Read(attached); err != nil || !strings.Contains(string(attached[:n]), "attached") {
		_ = process.Wait()
		t.Skipf("strace cannot look into our own process: %s %v", attached[:n], err)
	}
	return &tracer{t, process}
}

// detach leaves the program to itself.
func (tr *tracer) detach() {
	tr.t.Helper()
	if err := tr.process.Process.Signal(os.Interrupt); err != nil {
		tr.t.Fatal(err)
	}
	_ = tr.process.Wait() // it ends by that signal
}

// readOnly is a disk that takes no writes any more while files on it are open for them, as one does that the
// kernel has found faulty. No remount is allowed to do that, so strace gives the answers to what SQLite
// writes with; sockets and the log are written to otherwise.
type readOnly struct {
	t      *testing.T
	server *trial.Server
	on     *tracer
}

func (r *readOnly) fill() {
	r.t.Helper()
	if r.on == nil {
		calls := "pwrite64,ftruncate,unlink"
		r.on = trace(r.t, r.server, "-e", "trace="+calls, "-e", "inject="+calls+":error=EROFS", "-o", os.DevNull)
	}
}

func (r *readOnly) free() {
	r.t.Helper()
	r.on.detach()
	r.on = nil
}

func (*readOnly) revive() {}

// K-4: the disk becomes read-only under a portal that runs, again and again.
func TestDiskBecomesReadOnly(t *testing.T) {
	faults(t)
	site := trial.NewSite(t, dbtest.SQLite(t))
	fills(t, site, func(server *trial.Server) room { return &readOnly{t: t, server: server} },
		"K-4 disk that becomes read-only (EROFS by strace), SQLite")
}
