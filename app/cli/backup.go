package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"reglink/app"
	"reglink/db"
)

func (l *commandLine) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the embedded database into a new file while the portal runs.",
		Long: "The file has its name once it is complete. Keep secret.key, which is beside the database, somewhere else:\n" +
			"anybody who has both can read links.",
		Args: needs("FILE"),
		RunE: l.runs(func(ctx context.Context, args []string) error { return l.backup(ctx, args[0]) }),
	}
}

func (l *commandLine) backup(ctx context.Context, file string) error {
	settings, err := l.settings()
	if err != nil {
		return err
	}
	if file == stdinFile {
		return errors.New("a backup is written into a file, not to standard output")
	}
	store, err := db.OpenExisting(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	if err := errors.Join(store.Backup(ctx, file), store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(l.Stdout, "Copied the database %s into %s.\n", db.Name(settings.DatabaseURL), file)
	return nil
}

func (l *commandLine) restoreCommand() *cobra.Command {
	var replace bool
	c := &cobra.Command{
		Use: "restore FILE", Short: "Restore the embedded database from a backup. Stop the server first.",
		Long: "The backup is checked before it takes the database's place. Its secret.key must be there already.\n" +
			"With - as FILE, it is read from standard input.",
		Args: needs("FILE"),
		RunE: l.runs(func(ctx context.Context, args []string) error { return l.restore(ctx, args[0], replace) }),
	}
	c.Flags().BoolVar(&replace, "replace", false, "Keep the present database under another name")
	return c
}

// restore puts a backup in the place of the embedded database.
func (l *commandLine) restore(ctx context.Context, file string, replace bool) error {
	settings, err := l.settings()
	if err != nil {
		return err
	}
	sealer, err := newSealer(settings)
	if err != nil {
		return err
	}
	from, remove, err := l.fileOf(file)
	if err != nil {
		return err
	}
	kept, err := db.Restore(ctx, settings.DatabaseURL, db.RestoreOptions{
		From: from, Replace: replace, At: app.Clock(nil).Now(),
		Check: func(ctx context.Context, s *db.Store) error {
			return inEnglish(app.New(app.Deps{Store: s, Sealer: sealer}).SetUps.CheckKey(ctx), nil)
		},
	})
	if err := errors.Join(err, remove()); err != nil {
		return err
	}
	fmt.Fprintf(l.Stdout, "Restored the database %s from %s.\n", db.Name(settings.DatabaseURL), inputName(file))
	if kept != "" {
		fmt.Fprintln(l.Stdout, "What was there before is kept as", kept)
	}
	fmt.Fprintln(l.Stdout, "What was disabled, used or signed out since the backup works again: "+
		"before you serve it, run reglink links kill-all")
	return nil
}

// stdinFile is the FILE that stands for standard input.
const stdinFile = "-"

// inputName is what people call the FILE.
func inputName(file string) string {
	if file == stdinFile {
		return "standard input"
	}
	return file
}

// openInput opens a FILE for reading.
func (p Program) openInput(name string) (io.ReadCloser, error) {
	if name == stdinFile {
		return io.NopCloser(p.stdin()), nil
	}
	return os.Open(name) //nolint:gosec // the user's own argument
}

// fileOf returns the path of a FILE: what comes on standard input is kept in a file of its own until remove.
func (p Program) fileOf(name string) (string, func() error, error) {
	if name != stdinFile {
		return name, func() error { return nil }, nil
	}
	file, err := os.CreateTemp("", "reglink-stdin-") // mode 0600
	if err != nil {
		return "", nil, err
	}
	remove := func() error { return os.Remove(file.Name()) }
	_, err = io.Copy(file, p.stdin())
	if err := errors.Join(err, file.Close()); err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return file.Name(), remove, nil
}
