package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reglink/app/fileowner"
)

// RestoreOptions says how a backup takes the place of an embedded database.
type RestoreOptions struct {
	From    string                              // a file that Backup wrote
	Replace bool                                // whether a database that is there may be put aside
	Check   func(context.Context, *Store) error // judges the restored database before it is in place
	At      time.Time
}

// Restore makes a backup the embedded database of an address, and gives the path under which the one before
// it is kept, or its log where only that was left; empty where there was nothing. The backup is copied,
// checked, migrated and judged first, and takes its place at once or not at all; it is not changed itself.
// Restore refuses while a server or anybody else uses the database.
func Restore(ctx context.Context, databaseURL string, r RestoreOptions) (string, error) {
	e, err := engineFor(databaseURL)
	if err != nil {
		return "", err
	}
	file, embedded := e.(sqliteFile)
	if !embedded {
		return "", errors.New("restore MySQL and MariaDB with their own tools, as in: mariadb DATABASE < FILE")
	}
	held, err := LockDatabase(databaseURL, LockForServing)
	if err != nil {
		return "", err
	}
	path, err := file.realPath()
	if err != nil {
		return "", errors.Join(err, held.Close())
	}
	kept, err := r.run(ctx, path)
	return kept, errors.Join(err, held.Close())
}

func (r RestoreOptions) run(ctx context.Context, path string) (string, error) {
	there, err := fileExists(path)
	if err != nil {
		return "", err
	}
	if there && !r.Replace {
		return "", fmt.Errorf("there is a database %s: say --replace to put it aside", path)
	}
	draft, err := r.prepareDraft(ctx, path)
	if err != nil {
		return "", err
	}
	kept, err := moveAside(ctx, path, path+".before-"+r.At.UTC().Format("20060102T150405.000000Z"))
	if err != nil {
		return "", errors.Join(err, removeDatabaseFiles(draft))
	}
	if err := os.Rename(draft, path); err != nil {
		return kept, errors.Join(err, removeDatabaseFiles(draft))
	}
	return kept, syncDir(filepath.Dir(path))
}

// prepareDraft is the backup beside its place, checked, at the present version, and written out.
func (r RestoreOptions) prepareDraft(ctx context.Context, path string) (string, error) {
	draft := path + ".restoring"
	if err := removeDatabaseFiles(draft); err != nil { // of a restore that was killed
		return "", err
	}
	if err := r.copyTo(draft); err != nil {
		return "", errors.Join(err, removeDatabaseFiles(draft))
	}
	if err := r.checkDraft(ctx, draft); err != nil {
		return "", errors.Join(fmt.Errorf("%s was not restored: %w", r.From, err), removeDatabaseFiles(draft))
	}
	return draft, syncFile(draft)
}

func (r RestoreOptions) copyTo(draft string) error {
	from, err := os.Open(r.From)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	if err := checkBackup(from); err != nil {
		return fmt.Errorf("%s %w", r.From, err)
	}
	const create = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	to, err := os.OpenFile(draft, create, 0o600) //nolint:gosec // beside the operator's own database
	if err != nil {
		return err
	}
	err = fileowner.Inherit(to)
	if err == nil {
		_, err = io.Copy(to, from)
	}
	return errors.Join(err, to.Close())
}

// checkBackup looks at how the file begins (sqlite.org/fileformat2.html, 1.3): Backup writes databases
// without a write-ahead log. One with it was copied from under a server, and whatever stood in that log is
// missing.
func checkBackup(file io.ReadSeeker) error {
	header := make([]byte, 20)
	if _, err := io.ReadFull(file, header); err != nil || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) {
		return errors.New("is no database")
	}
	if header[18] != 1 || header[19] != 1 {
		return errors.New("is a copy of a database's file and may lack what was in its write-ahead log (-wal): use a file " +
			"that reglink backup wrote")
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

func (r RestoreOptions) checkDraft(ctx context.Context, draft string) error {
	s, err := Open(ctx, "sqlite:"+draft)
	if err != nil {
		return err
	}
	err = s.checkIntegrity(ctx)
	if err == nil {
		err = s.checkMigrationsKnown(ctx)
	}
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err == nil {
		err = r.Check(ctx, s)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	return checkUnused(draft)
}

// checkIntegrity looks for damage.
func (s *Store) checkIntegrity(ctx context.Context) error {
	var found []string
	if err := s.bun.NewRaw("PRAGMA integrity_check(3)").Scan(ctx, &found); err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("it is damaged: %s", strings.Join(found, "; "))
	}
	return nil
}
