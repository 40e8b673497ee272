// Package trial runs whole portals as processes of their own and kills them, starves them and cuts them off. People
// register and Super Users change the link meanwhile. Each of these clients keeps a journal on disk of what it asked
// and what was answered, and a checker compares the journals with what is stored and mailed. Only tests import this
// package.
package trial

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli"
)

// programEnv makes a process of the test's binary run Reglink instead of tests.
const programEnv = "REGLINK_TRIAL_PROGRAM"

// clockAheadEnv is how far the program's clock is ahead.
const clockAheadEnv = "REGLINK_TRIAL_CLOCK_AHEAD"

// exitOrphaned is the exit code of a program whose test has ended.
const exitOrphaned = 3

// Main is the TestMain of a package with trials. The test's own binary is the program under trial: started by
// Site.Start, it runs Reglink's command line and no test. After the tests, Main prints the rows passed to Report, or
// adds them to the file that TRIAL_TABLE names.
func Main(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		os.Exit(runProgram())
	}
	code := m.Run()
	file := os.Getenv(tableFileEnv)
	if file == "" {
		fmt.Print(table())
	} else if err := addToTableFile(file); err != nil {
		fmt.Fprintln(os.Stderr, "cannot write the table:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// runProgram runs Reglink as main.go does, until the test that holds the other end of its stdin has ended.
func runProgram() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(exitOrphaned)
	}()
	p := cli.Program{Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}
	if ahead, err := time.ParseDuration(os.Getenv(clockAheadEnv)); err == nil {
		p.Clock = func() time.Time { return time.Now().Add(ahead) }
	}
	return p.Run(ctx, os.Args[1:])
}

// programEnviron is the environment of a process that runs Reglink with these settings.
func programEnviron(settings []string) []string {
	return append([]string{programEnv + "=yes", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}, settings...)
}

// ClockAhead is the setting of a server whose clock is ahead by that much, or behind if it is negative. Such a server
// runs alone: see Site.mayStart.
func ClockAhead(by time.Duration) string { return clockAheadEnv + "=" + by.String() }

// ClockPastLeases is the setting of a server whose clock is so far ahead that every lease has expired which a server
// that was started with ClockPastLeases(n-1) may have left behind; a server without it counts as 0.
func ClockPastLeases(n int) string { return ClockAhead(time.Duration(n) * (app.Lease + time.Minute)) }

// lineWatcher copies what a program prints, and sends the rest of each line that begins with the prefix.
type lineWatcher struct {
	to     io.Writer
	prefix string
	found  chan string
	line   strings.Builder
}

func (w *lineWatcher) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != '\n' {
			w.line.WriteByte(b)
			continue
		}
		line := w.line.String()
		w.line.Reset()
		if rest, ok := strings.CutPrefix(line, w.prefix); ok {
			w.found <- rest
		}
	}
	return w.to.Write(p)
}
