// Package cli is Reglink's command line: its commands, what they print, and how the portal starts and stops.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"reglink/app"
	"reglink/app/config"
)

// Program is one run of Reglink and the world around it.
type Program struct {
	Getenv func(name string) string
	Stdin  io.Reader // answers; nil: there are none
	Stdout io.Writer // what was asked for
	Stderr io.Writer // failures, progress and the log

	// Ready, where it is set, is called once a portal answers, with the address it listens at, as in
	// http://127.0.0.1:3000.
	Ready func(address string)
	// Clock is what a portal tells the time by; nil is the system's. A trial sets it ahead or back.
	Clock app.Clock
}

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run runs the command that args name, without the program's own name, until it is done or ctx ends, and
// gives the exit code: 0 when it did what was asked, 1 when it failed, 2 when it was not understood. A portal
// that ctx ends first finishes what it has begun; that is success.
func (p Program) Run(ctx context.Context, args []string) int {
	err := p.run(ctx, args)
	if err == nil {
		return exitDone
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(p.Stderr, "reglink: %s\n\n%s", usage.reason, usage.help)
		return exitUsage
	}
	said := sentence(err, nil)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		said = "interrupted before it was done"
	}
	fmt.Fprintln(p.Stderr, "reglink:", said)
	return exitFailed
}

func (p Program) run(ctx context.Context, args []string) error {
	asked, rest, err := p.find(args)
	if asksForHelp(args) {
		fmt.Fprint(p.Stdout, p.help(asked, leadingWords(args)))
		return nil
	}
	if err != nil {
		return err
	}
	in, err := asked.parse(rest, p.Getenv)
	if err != nil {
		return err
	}
	return asked.run(ctx, *in)
}

// log writes lines that no value can break: what is not plain text is quoted, line feeds and control characters too.
func (p Program) log(settings *config.Settings, from slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: from, ReplaceAttr: inUTC}
	if settings.LogJSON {
		return slog.New(slog.NewJSONHandler(p.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.Stderr, options))
}

// inUTC has the lines of servers in different time zones fit each other (ASVS 5.0, 16.2.2).
func inUTC(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindTime {
		return slog.Time(a.Key, a.Value.Time().UTC())
	}
	return a
}
