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

// startWithin is how long a program may take until it answers.
const startWithin = 30 * time.Second

// Server is a portal in a process of its own, which ends with the test at the latest.
type Server struct {
	Address string // http://127.0.0.1:20123, the same after a restart

	t           testing.TB
	environment []string
	log         string // file with all that it printed
	process     *exec.Cmd
	leash       io.Closer
	ended       chan error
}

// start runs the program until it says that it is ready; otherwise it has ended, and the error holds its last words.
func (s *Server) start() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.CommandContext(context.Background(), self, "serve") //nolint:gosec // our own binary
	process.Env = aProgram(s.environment)
	out := &lines{to: log, words: "Reglink is ready at ", said: make(chan string, 1)}
	process.Stdout, process.Stderr = out, log
	if s.leash, err = process.StdinPipe(); err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	ended := make(chan error, 1)
	go func() {
		err := process.Wait()
		ended <- errors.Join(err, log.Close())
	}()
	s.process, s.ended = process, ended
	return s.awaited(out.said)
}

func (s *Server) awaited(ready <-chan string) error {
	select {
	case <-ready:
		return nil
	case err := <-s.ended:
		s.ended <- err
		return fmt.Errorf("the program ended before it was ready: %w\n%s", errors.Join(err, errors.New("exit")), s.Said())
	case <-time.After(startWithin):
		s.signal(syscall.SIGKILL)
		return fmt.Errorf("the program was not ready within %v:\n%s", startWithin, s.Said())
	}
}

func (s *Server) signal(what os.Signal) { _ = s.process.Process.Signal(what) }

// Kill ends the program as a power cut would: SIGKILL, which it never hears of. It is over when Kill returns.
func (s *Server) Kill() {
	s.signal(syscall.SIGKILL)
	_ = s.Ended() // it says that it was killed
}

// Stop asks the program to finish, and gives how it ended: nil for exit 0.
func (s *Server) Stop() error {
	s.signal(syscall.SIGTERM)
	return s.Ended()
}

// PID is the process.
func (s *Server) PID() int { return s.process.Process.Pid }

// Pause stops the program where it is until Continue: it lives and does not answer.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Continue ends a Pause.
func (s *Server) Continue() { s.signal(syscall.SIGCONT) }

// Ended waits until the program is over and gives how: nil for exit 0.
func (s *Server) Ended() error {
	err := <-s.ended
	s.ended <- err // for whoever asks again
	return err
}

// Restart starts an ended program again, at the same address and with other settings where some are given, as
// NAME=value.
func (s *Server) Restart(settings ...string) error {
	s.environment = append(s.environment, settings...) // of two, a program takes the later
	return s.start()
}

// MustRestart is Restart for a program that has no reason not to start.
func (s *Server) MustRestart(settings ...string) {
	s.t.Helper()
	if err := s.Restart(settings...); err != nil {
		s.t.Fatal(err)
	}
}

// Said gives the end of all that the program has printed, in all its lives.
func (s *Server) Said() string {
	said, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	const enough = 4000
	return string(said[max(0, len(said)-enough):])
}

// Log gives all that the program has printed, in all its lives.
func (s *Server) Log() string {
	said, err := os.ReadFile(s.log)
	if err != nil {
		s.t.Error(err)
	}
	return string(said)
}

// freeAddress gives an address on loopback that nobody listens at. Its port is below those that systems give
// to connections: a client that dials it while the program is down must not get it as its own.
func freeAddress(t testing.TB) string {
	t.Helper()
	const first, ports, tries = 20000, 10000, 100
	for range tries {
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

// Start starts a portal on one of the site's databases, with more settings as NAME=value, and waits until it is ready.
func (s *Site) Start(databaseURL string, settings ...string) *Server {
	s.t.Helper()
	server := s.NewServer(databaseURL, settings...)
	server.MustRestart()
	return server
}

// NewServer is Start for a portal that Restart starts.
func (s *Site) NewServer(databaseURL string, settings ...string) *Server {
	s.t.Helper()
	address := freeAddress(s.t)
	name := strings.ReplaceAll(address, ":", "-") + ".log"
	server := &Server{
		Address: "http://" + address, t: s.t, log: filepath.Join(s.folder, name),
		environment: slices.Concat(s.environment(databaseURL), []string{"LISTEN=" + address}, settings),
	}
	s.t.Cleanup(func() {
		if server.process != nil {
			server.Kill()
		}
		if s.t.Failed() {
			s.t.Logf("the last words of %s:\n%s", server.Address, server.Said())
		}
	})
	return server
}
