package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// walFiles are the files in which SQLite looks for what belongs into a database when it opens it. It cannot
// tell whose they are: one that was left by another database of that name is written into the new one.
func walFiles(path string) []string { return []string{path + "-wal", path + "-journal", path + "-shm"} }

// removeDatabaseFiles removes a draft.
func removeDatabaseFiles(draft string) error {
	err := os.RemoveAll(draft)
	for _, log := range walFiles(draft) {
		err = errors.Join(err, os.RemoveAll(log))
	}
	return err
}

// moveAside puts what is at a path aside under another name, and gives the file that holds it: the database,
// whose log goes into it before, or a log that has lost its database; empty where there is neither.
func moveAside(ctx context.Context, path, kept string) (string, error) {
	there, err := fileExists(path)
	if err != nil {
		return "", err
	}
	if !there {
		return moveLogsAside(path, kept)
	}
	if err := checkpointLog(ctx, path); err != nil {
		return "", err
	}
	if err := os.Link(path, kept); err != nil { // so that there is a database at its place at every moment
		return "", err
	}
	_, err = moveLogsAside(path, kept) // of one that is damaged
	return kept, err
}

// moveLogsAside gives the first that there was.
func moveLogsAside(path, kept string) (string, error) {
	first, to := "", walFiles(kept)
	for i, log := range walFiles(path) {
		err := os.Rename(log, to[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		first = cmp.Or(first, to[i])
	}
	return first, syncDir(filepath.Dir(path))
}

// checkpointLog writes the log of a database into it and refuses one that somebody uses. One that is too
// damaged for that is left as it is.
func checkpointLog(ctx context.Context, path string) error {
	s, err := Open(ctx, "sqlite:"+path)
	if err != nil {
		return nil //nolint:nilerr // it is kept with its log
	}
	if err := errors.Join(s.Ping(ctx), s.Close()); err != nil {
		return nil //nolint:nilerr // as above
	}
	return checkUnused(path)
}

// checkUnused refuses a database that was closed and has a log all the same: the last one to close it empties its log.
func checkUnused(path string) error {
	used, err := fileExists(path + "-wal")
	if used {
		return fmt.Errorf("somebody uses the database %s: end that first", path)
	}
	return err
}
