package trial_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"reglink/app/cli/trial"
)

// strace is one that is attached to a running program.
type strace struct {
	t       *testing.T
	process *exec.Cmd
}

// attachStrace attaches strace with these arguments. It skips the test on a system without strace, or on which no
// process may trace another.
func attachStrace(t *testing.T, server *trial.Server, arguments ...string) *strace {
	t.Helper()
	program, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	process := exec.Command(program, append(arguments, "-f", "-p", strconv.Itoa(server.PID()))...)
	stderr, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	if n, err := stderr.Read(line); err != nil || !strings.Contains(string(line[:n]), "attached") {
		_ = process.Wait()
		t.Skipf("strace cannot trace our own process: %s %v", line[:n], err)
	}
	return &strace{t, process}
}

// detach ends strace; the program goes on.
func (s *strace) detach() {
	s.t.Helper()
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	_ = s.process.Wait() // it ends by that signal
}
