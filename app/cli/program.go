// Package cli is Reglink's command line: its commands, what they print, and how the portal starts and stops.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"reglink/app"
	"reglink/app/config"
)

// Program is one run of Reglink and the world around it.
type Program struct {
	Getenv func(name string) string
	Stdin  io.Reader // answers, and files that are named -; nil: there is nobody to ask and nothing to read
	Stdout io.Writer // results
	Stderr io.Writer // errors, progress and the log

	// Ready, if it is set, is called once a portal answers, with the address that it listens at, as in
	// http://127.0.0.1:3000.
	Ready func(address string)
	// Clock tells a portal the time; nil is the system's clock. A trial sets it ahead or back.
	Clock app.Clock
}

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run runs the command that args name, without the program's own name, until it is done or ctx ends. It returns the
// exit code: 0 if the command did what was asked, 1 if it failed, 2 if the command line was not understood. If ctx
// ends, a portal finishes what it has begun; that is success.
func (p Program) Run(ctx context.Context, args []string) int {
	line := newCommandLine(p)
	line.root.SetArgs(append([]string{}, args...)) // never nil, which cobra takes for os.Args
	asked, err := line.root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if !line.running {
		fmt.Fprintf(p.Stderr, "reglink: %s\n\nUsage: %s\nMore: %s --help\n",
			strings.TrimSpace(err.Error()), usageLine(asked), asked.CommandPath())
		return exitUsage
	}
	text := errorText(err, nil)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		text = "interrupted before it was done"
	}
	fmt.Fprintln(p.Stderr, "reglink:", text)
	return exitFailed
}

// lookup returns the settings of flags, environment and --env-file, in this order, for config.Parse.
func (l *commandLine) lookup() (func(setting string) string, error) {
	if l.envFile == "" {
		return config.Lookup(l.flags, l.Getenv, nil), nil
	}
	read := func() (map[string]string, error) { return config.EnvFile(l.envFile) }
	if l.envFile == stdinFile {
		read = func() (map[string]string, error) { return config.ReadEnv(l.stdin(), "standard input") }
	}
	variables, err := read()
	if err != nil {
		return nil, err
	}
	return config.Lookup(l.flags, l.Getenv, variables), nil
}

// settings returns the checked settings.
func (l *commandLine) settings() (*config.Settings, error) {
	lookup, err := l.lookup()
	if err != nil {
		return nil, err
	}
	return config.Parse(lookup)
}

// stdin is standard input, empty where there is none.
func (p Program) stdin() io.Reader {
	if p.Stdin == nil {
		return strings.NewReader("")
	}
	return p.Stdin
}

// log returns a logger whose lines no value can break: what is not plain text is quoted, line feeds and control
// characters too.
func (p Program) log(settings *config.Settings, from slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: from, ReplaceAttr: inUTC}
	if settings.LogJSON {
		return slog.New(slog.NewJSONHandler(p.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.Stderr, options))
}

// inUTC makes the lines of servers in different time zones comparable (ASVS 5.0, 16.2.2).
func inUTC(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindTime {
		return slog.Time(a.Key, a.Value.Time().UTC())
	}
	return a
}
