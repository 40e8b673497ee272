package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"reglink/db"
)

// importKind is what one sort of file brings along.
type importKind struct {
	name     string // as on the command line
	needed   []string
	optional []string
	short    string
	note     string // another line of help, if any
	add      func(ctx context.Context, to *portal, r row) error
}

func (l *commandLine) importCommand() *cobra.Command {
	var all []*cobra.Command
	for _, kind := range importKinds() {
		all = append(all, kind.command(l))
	}
	return l.group("import", "Add what CSV files list.", all...)
}

func (k importKind) command(l *commandLine) *cobra.Command {
	columns := "Columns: " + strings.Join(k.needed, ", ")
	if len(k.optional) > 0 {
		columns += "; optional: " + strings.Join(k.optional, ", ")
	}
	return &cobra.Command{
		Use: k.name + " FILE.csv", Short: k.short,
		Long: columns + ".\n" + k.note +
			"The first row names them, in any order, separated by commas or semicolons. The text is UTF-8. With - as\n" +
			"FILE.csv, it is read from standard input.\n\n" +
			"Rows that are refused are reported with their line; all others are kept. Rows that are known already change\n" +
			"nothing, so you can import a corrected file again.",
		Args: needs("FILE.csv"),
		RunE: l.runs(func(ctx context.Context, args []string) error { return l.importFile(ctx, k, args[0]) }),
	}
}

func (l *commandLine) importFile(ctx context.Context, kind importKind, name string) error {
	settings, err := l.settings()
	if err != nil {
		return err
	}
	file, err := l.openInput(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	title := filepath.Base(inputName(name))
	content, err := newCSVReader(file, kind.needed, kind.optional)
	if err != nil {
		return fmt.Errorf("%s: %w", title, err)
	}
	opened, err := l.open(ctx, settings, db.OpenExisting)
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	ended := opened.startKeyFollower(following, l.log(settings, slog.LevelError))
	run := &importRun{kind: kind, from: content, to: opened, file: title, bar: l.newBar(file)}
	err = run.all(ctx)
	stop()
	<-ended
	return errors.Join(err, opened.store.Close(), l.reportImport(run))
}

// importRun is one file that is being imported.
type importRun struct {
	kind  importKind
	from  *csvReader
	to    *portal
	file  string
	bar   bar
	added int
	known int
	bad   int
}

// all adds every row that can be added. Its error is a fault, not a refused row.
func (i *importRun) all(ctx context.Context) error {
	defer i.bar.end()
	for _, name := range i.from.unused {
		i.bar.say("%s: column %s is not used", i.file, name)
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

var errKnown = errors.New("already known")

// count records how a row went. It returns an error that is not a refusal of the row itself.
func (i *importRun) count(r row, err error) error {
	unreadable, isBad := errors.AsType[*badRow](err)
	switch {
	case err == nil:
		i.added++
	case errors.Is(err, errKnown):
		i.known++
	case isBad:
		i.refuse(unreadable.line, unreadable.reason)
	case isRefusal(err):
		i.refuse(r.line, errorText(err, map[string]string{"account_name": "name"}))
	default:
		return fmt.Errorf("%s:%d: %w", i.file, r.line, err)
	}
	return nil
}

func (i *importRun) refuse(line int, reason string) {
	i.bad++
	i.bar.say("%s:%d: %s", i.file, line, reason)
}

// reportImport prints the summary; refused rows are a failure.
func (p Program) reportImport(i *importRun) error {
	fmt.Fprintf(p.Stdout, "%s in the database %s: %d imported, %d already known, %d refused.\n",
		i.kind.name, db.Name(i.to.settings.DatabaseURL), i.added, i.known, i.bad)
	if i.bad > 0 {
		return fmt.Errorf("%d of %d rows were refused", i.bad, i.added+i.known+i.bad)
	}
	return nil
}
