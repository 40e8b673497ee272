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
)

// Restoring says how a backup takes the place of an embedded database.
type Restoring struct {
	From    string                              // a file that Backup wrote
	Replace bool                                // whether a database that is there may be put aside
	Fit     func(context.Context, *Store) error // judges the restored database before it is in place
	At      time.Time
}

// Restore makes a backup the embedded database of an address, and gives the path under which the one before it is kept, or its log where only
// that was left; empty where there was nothing. The backup is copied, checked, migrated and judged first, and takes its place at once or not at all; it is not
// changed itself. Restore refuses while a server or anybody else uses the database.
func Restore(ctx context.Context, databaseURL string, r Restoring) (string, error) {
	e, err := engineOf(databaseURL)
	if err != nil {
		return "", err
	}
	file, embedded := e.(sqliteFile)
	if !embedded {
		return "", errors.New("restore MySQL and MariaDB with their own tools, as in: mariadb DATABASE < FILE")
	}
	held, err := Hold(databaseURL, Serving)
	if err != nil {
		return "", err
	}
	path, err := file.real()
	if err != nil {
		return "", errors.Join(err, held.Close())
	}
	kept, err := r.into(ctx, path)
	return kept, errors.Join(err, held.Close())
}

func (r Restoring) into(ctx context.Context, path string) (string, error) {
	there, err := exists(path)
	if err != nil {
		return "", err
	}
	if there && !r.Replace {
		return "", fmt.Errorf("there is a database %s: say --replace to put it aside", path)
	}
	draft, err := r.draft(ctx, path)
	if err != nil {
		return "", err
	}
	kept, err := keep(ctx, path, path+".before-"+r.At.UTC().Format("20060102T150405.000000Z"))
	if err != nil {
		return "", errors.Join(err, discard(draft))
	}
	if err := os.Rename(draft, path); err != nil {
		return kept, errors.Join(err, discard(draft))
	}
	return kept, syncFolder(filepath.Dir(path))
}

// draft is the backup beside its place, checked, at the present version, and written out.
func (r Restoring) draft(ctx context.Context, path string) (string, error) {
	draft := path + ".restoring"
	if err := discard(draft); err != nil { // of a restore that was killed
		return "", err
	}
	if err := r.copyTo(draft); err != nil {
		return "", errors.Join(err, discard(draft))
	}
	if err := r.judge(ctx, draft); err != nil {
		return "", errors.Join(fmt.Errorf("%s was not restored: %w", r.From, err), discard(draft))
	}
	return draft, syncFile(draft)
}

func (r Restoring) copyTo(draft string) error {
	from, err := os.Open(r.From)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	if err := isBackup(from); err != nil {
		return fmt.Errorf("%s %w", r.From, err)
	}
	to, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // beside the operator's own database
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// isBackup looks at how the file begins (sqlite.org/fileformat2.html, 1.3): Backup writes databases without a write-ahead log. One with it
// was copied from under a server, and whatever stood in that log is missing.
func isBackup(file io.ReadSeeker) error {
	header := make([]byte, 20)
	if _, err := io.ReadFull(file, header); err != nil || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) {
		return errors.New("is no database")
	}
	if header[18] != 1 || header[19] != 1 {
		return errors.New("is a copy of a database's file and may lack what was in its write-ahead log (-wal): use a file that reglink backup wrote")
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

func (r Restoring) judge(ctx context.Context, draft string) error {
	s, err := Open(ctx, "sqlite:"+draft)
	if err != nil {
		return err
	}
	err = s.whole(ctx)
	if err == nil {
		err = s.known(ctx)
	}
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err == nil {
		err = r.Fit(ctx, s)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	return unused(draft)
}

// whole looks for damage.
func (s *Store) whole(ctx context.Context) error {
	var found []string
	if err := s.bun.NewRaw("PRAGMA integrity_check(3)").Scan(ctx, &found); err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("it is damaged: %s", strings.Join(found, "; "))
	}
	return nil
}
