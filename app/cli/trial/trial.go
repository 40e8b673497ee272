// Package trial puts whole portals to the proof while they are killed, starved and cut off: programs of ours
// as processes of their own, a load of people who register and of Super Users who change the link meanwhile,
// each with a log on disk of what they asked and what was answered, and a checker that holds the log against
// what is stored and mailed. Only tests import it.
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

// asProgram has a process of the test's binary be Reglink.
const asProgram = "REGLINK_TRIAL_PROGRAM"

// clockAhead is how much the program's clock is ahead.
const clockAhead = "REGLINK_TRIAL_CLOCK_AHEAD"

// orphaned is the exit code of a program whose test has gone.
const orphaned = 3

// Main is the TestMain of a package with trials. The test's own binary is the program under trial: started by
// Site.Start, it runs Reglink's command line and no test. After the tests it prints what Report was told, or
// adds that to the file that TRIAL_TABLE names.
func Main(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(program())
	}
	code := m.Run()
	file := os.Getenv(tableFile)
	if file == "" {
		fmt.Print(table())
	} else if err := addTo(file); err != nil {
		fmt.Fprintln(os.Stderr, "the table cannot be kept:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// program is Reglink as main.go runs it, for as long as the test lives that holds the other end of its input.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(orphaned)
	}()
	p := cli.Program{Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}
	if ahead, err := time.ParseDuration(os.Getenv(clockAhead)); err == nil {
		p.Clock = func() time.Time { return time.Now().Add(ahead) }
	}
	return p.Run(ctx, os.Args[1:])
}

// Ahead is the setting of a server whose clock is that much ahead, or behind where it is negative.
func Ahead(of time.Duration) string { return clockAhead + "=" + of.String() }

// LeasesOver is a clock so far ahead that no mail which a killed server had in its hands is still kept for it.
func LeasesOver() string { return Ahead(app.Lease + time.Minute) }

// lines keeps what a program says, and tells when it said something that begins with words.
type lines struct {
	to    io.Writer
	words string
	said  chan string
	last  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != '\n' {
			l.last.WriteByte(b)
			continue
		}
		line := l.last.String()
		l.last.Reset()
		if rest, ok := strings.CutPrefix(line, l.words); ok {
			l.said <- rest
		}
	}
	return l.to.Write(p)
}
