package trial

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

func aProgram(settings []string) []string {
	return append([]string{asProgram + "=yes", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}, settings...)
}

// Run runs a command in a process of its own, on the first database and with more settings, and gives how it
// ended: nil for exit 0.
func (s *Site) Run(settings []string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.CommandContext(context.Background(), self, args...) //nolint:gosec // our own binary
	process.Env = aProgram(append(s.environment(s.Databases[0]), settings...))
	leash, err := process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := process.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	_ = leash.Close() // Wait has closed it
	return err
}
