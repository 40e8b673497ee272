package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"reglink/app/config"
)

// kind is what one sort of file brings along.
type kind struct {
	name     string // as on the command line
	needed   []string
	optional []string
	about    string
	note     string
	add      func(ctx context.Context, to *portal, r row) error
}

func (k kind) command(run func(context.Context, call) error) command {
	columns := strings.Join(k.needed, ", ")
	if len(k.optional) > 0 {
		columns += " and, where you like, " + strings.Join(k.optional, ", ")
	}
	return command{
		name: "import " + k.name, argument: "FILE.csv", about: k.about, run: run,
		details: "The first row names the columns, in any order: " + columns +
			". Commas or semicolons separate them; the text is UTF-8. " + k.note +
			"Every row that is refused is reported with its line, the others are kept, and rows that are known already " +
			"change nothing, so a mended file can be imported again.",
	}
}

func (p Program) imports() []command {
	var all []command
	for _, k := range kinds() {
		all = append(all, k.command(func(ctx context.Context, in call) error { return p.importFile(ctx, k, in) }))
	}
	return all
}

func (p Program) importFile(ctx context.Context, k kind, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	file, err := os.Open(in.argument)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := newSheet(file, k.needed, k.optional)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(in.argument), err)
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	ended := opened.startFollowing(following, p.log(settings, slog.LevelError))
	run := &importing{kind: k, from: content, to: opened, file: filepath.Base(in.argument), bar: p.newBar(file)}
	err = run.all(ctx)
	stop()
	<-ended
	return errors.Join(err, opened.store.Close(), p.report(run))
}

// importing is one file on its way in.
type importing struct {
	kind  kind
	from  *sheet
	to    *portal
	file  string
	bar   bar
	added int
	known int
	bad   int
}

// all adds every row that can be added. Its error is a fault, not a refused row.
func (i *importing) all(ctx context.Context) error {
	defer i.bar.end()
	for _, name := range i.from.unused {
		i.bar.say("%s: the column %s is not used", i.file, name)
	}
	for {
		r, err := i.from.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = i.kind.add(ctx, i.to, r)
		}
		if err := i.count(r, err); err != nil {
			return err
		}
		i.bar.at(i.from.csv.InputOffset())
	}
}

var errKnown = errors.New("known already")

// count takes note of how a row went. It gives back what is no refusal of the row itself.
func (i *importing) count(r row, err error) error {
	unreadable, isBad := errors.AsType[*badRow](err)
	switch {
	case err == nil:
		i.added++
	case errors.Is(err, errKnown):
		i.known++
	case isBad:
		i.refuse(unreadable.line, unreadable.reason)
	case refused(err):
		i.refuse(r.line, sentence(err, map[string]string{"account_name": "name"}))
	default:
		return fmt.Errorf("%s:%d: %w", i.file, r.line, err)
	}
	return nil
}

func (i *importing) refuse(line int, reason string) {
	i.bad++
	i.bar.say("%s:%d: %s", i.file, line, reason)
}

// report prints the summary; refused rows are a failure.
func (p Program) report(i *importing) error {
	fmt.Fprintf(p.Stdout, "%s: %d imported, %d known already, %d refused.\n", i.kind.name, i.added, i.known, i.bad)
	if i.bad > 0 {
		return fmt.Errorf("%d of %d rows were refused", i.bad, i.added+i.known+i.bad)
	}
	return nil
}
