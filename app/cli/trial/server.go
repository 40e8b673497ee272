package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout is how long a program may take until it is ready.
	startTimeout = time.Minute
	// exitTimeout is how long a program may take to exit: longer than a mail that it has begun to send can take (see
	// mail.Worker.Run).
	exitTimeout = 3 * time.Minute
)

// Server is a portal in a process of its own, which ends with the test at the latest.
type Server struct {
	URL string // http://127.0.0.1:20123, the same after a restart

	t       testing.TB
	site    *Site
	env     []string
	logFile string // everything that it has printed
	process *exec.Cmd
	stdin   io.Closer // the program exits when this is closed
	exited  chan error
}

// Start starts a portal on one of the site's databases, with more settings as NAME=value, and waits until it is
// ready.
func (s *Site) Start(databaseURL string, settings ...string) *Server {
	s.t.Helper()
	server := s.NewServer(databaseURL, settings...)
	server.MustRestart()
	return server
}

// NewServer is like Start but leaves the starting to Restart.
func (s *Site) NewServer(databaseURL string, settings ...string) *Server {
	s.t.Helper()
	address := freeAddress(s.t)
	name := strings.ReplaceAll(address, ":", "-") + ".log"
	server := &Server{
		URL: "http://" + address, t: s.t, site: s, logFile: filepath.Join(s.folder, name),
		env: slices.Concat(s.env(databaseURL), []string{"LISTEN=" + address}, settings),
	}
	s.servers = append(s.servers, server)
	s.t.Cleanup(func() {
		if server.process != nil {
			server.Kill()
		}
		if s.t.Failed() {
			s.t.Logf("the last output of %s:\n%s", server.URL, server.LogTail())
		}
	})
	return server
}

// Restart starts a server that does not run, at the same address, and waits until it is ready. Settings, as
// NAME=value, replace those that it had. If the program exits instead, the error contains the end of its output.
func (s *Server) Restart(settings ...string) error {
	s.env = append(s.env, settings...) // of two values, a program takes the later
	if err := s.site.mayStart(s); err != nil {
		return err
	}
	log, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.CommandContext(context.Background(), self, "serve") //nolint:gosec // our own binary
	process.Env = programEnviron(s.env)
	out := &lineWatcher{to: log, prefix: "Reglink is ready at ", found: make(chan string, 1)}
	process.Stdout, process.Stderr = out, log
	if s.stdin, err = process.StdinPipe(); err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	exited := make(chan error, 1)
	go func() {
		err := process.Wait()
		exited <- errors.Join(err, log.Close())
	}()
	s.process, s.exited = process, exited
	return s.awaitReady(out.found)
}

// MustRestart is Restart for a program that has no reason not to start.
func (s *Server) MustRestart(settings ...string) {
	s.t.Helper()
	if err := s.Restart(settings...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) awaitReady(ready <-chan string) error {
	select {
	case <-ready:
		return nil
	case err := <-s.exited:
		s.exited <- err
		err = errors.Join(err, errors.New("exit"))
		return fmt.Errorf("the program exited before it was ready: %w\n%s", err, s.LogTail())
	case <-time.After(startTimeout):
		s.signal(syscall.SIGKILL)
		return fmt.Errorf("the program was not ready within %v:\n%s", startTimeout, s.LogTail())
	}
}

func (s *Server) signal(signal os.Signal) { _ = s.process.Process.Signal(signal) }

// Kill ends the program with SIGKILL, without a chance to clean up, as a power cut would. It has ended when Kill
// returns.
func (s *Server) Kill() {
	s.signal(syscall.SIGKILL)
	_ = s.Wait() // it returns that the program was killed
}

// Stop asks the program to finish and returns how it exited: nil for exit code 0.
func (s *Server) Stop() error {
	s.signal(syscall.SIGTERM)
	return s.Wait()
}

// Wait waits until the program has exited and returns how: nil for exit code 0. It kills a program that does not exit
// in time.
func (s *Server) Wait() error {
	select {
	case err := <-s.exited:
		s.exited <- err // for the next caller
		return err
	case <-time.After(exitTimeout):
		s.signal(syscall.SIGKILL)
		return fmt.Errorf("the program did not exit within %v:\n%s", exitTimeout, s.LogTail())
	}
}

// running reports whether the program was started and has not exited.
func (s *Server) running() bool {
	if s.process == nil {
		return false
	}
	select {
	case err := <-s.exited:
		s.exited <- err
		return false
	default:
		return true
	}
}

// clockIsSet reports whether the program's clock is, or will be, another one than the machine's.
func (s *Server) clockIsSet() bool {
	isClock := func(setting string) bool { return strings.HasPrefix(setting, clockAheadEnv+"=") }
	return slices.ContainsFunc(s.env, isClock)
}

// PID is the process id.
func (s *Server) PID() int { return s.process.Process.Pid }

// LogTail returns the end of what the program has printed since it was first started.
func (s *Server) LogTail() string {
	log, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	const enough = 4000
	return string(log[max(0, len(log)-enough):])
}

// freeAddress returns an address on loopback at which nobody listens. Its port is below those that systems use for
// outgoing connections: a client that dials it while the program is down must not get it as its own.
func freeAddress(t testing.TB) string {
	t.Helper()
	const first, ports, attempts = 20000, 10000, 100
	for range attempts {
		address := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(ports)) //nolint:gosec // any port
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	}
	t.Fatal("no free port on loopback")
	return ""
}
