package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"

	"reglink/app/fileowner"
)

// backup writes under another name first, for whoever copies backups away at night takes what has the right
// one. A draft that is left by one that was killed is in nobody's way.
func (f sqliteFile) backup(ctx context.Context, from *bun.DB, path string) error {
	if err := checkAbsent(path); err != nil {
		return err
	}
	draft, err := createDraft(path)
	if err != nil {
		return fmt.Errorf("cannot write the backup: %w", err)
	}
	if _, err := from.ExecContext(ctx, "VACUUM INTO ?", draft); err != nil {
		return errors.Join(fmt.Errorf("cannot write the backup %s: %w", path, err), os.Remove(draft))
	}
	if err := errors.Join(syncFile(draft), publishDraft(draft, path)); err != nil {
		return errors.Join(err, os.RemoveAll(draft))
	}
	return syncDir(filepath.Dir(path))
}

func checkAbsent(path string) error {
	there, err := fileExists(path)
	if there {
		return fmt.Errorf("cannot write the backup: there is a file %s", path)
	}
	return err
}

// createDraft makes a file of its own for each backup, so that two with one name do not write into each other's.
func createDraft(path string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.writing") // O_EXCL, mode 0600
	if err != nil {
		return "", err
	}
	return file.Name(), errors.Join(fileowner.Inherit(file), file.Close())
}

// publishDraft gives a draft its name, unless something has it. Some file systems, as those of USB sticks,
// have no links; there, of two files that get one name in the same instant, the later stays.
func publishDraft(draft, path string) error {
	if os.Link(draft, path) == nil {
		return os.Remove(draft)
	}
	if err := checkAbsent(path); err != nil {
		return err
	}
	return os.Rename(draft, path)
}
