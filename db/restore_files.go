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

// logsOf are the files in which SQLite looks for what belongs into a database when it opens it. It cannot tell whose they are: one that was
// left by another database of that name is written into the new one.
func logsOf(path string) []string { return []string{path + "-wal", path + "-journal", path + "-shm"} }

// discard removes a draft.
func discard(draft string) error {
	err := os.RemoveAll(draft)
	for _, log := range logsOf(draft) {
		err = errors.Join(err, os.RemoveAll(log))
	}
	return err
}

// keep puts what is at a path aside under another name, and gives the file that holds it: the database, whose log goes into it before, or
// a log that has lost its database; empty where there is neither.
func keep(ctx context.Context, path, kept string) (string, error) {
	there, err := exists(path)
	if err != nil {
		return "", err
	}
	if !there {
		return keepLogs(path, kept)
	}
	if err := emptyLog(ctx, path); err != nil {
		return "", err
	}
	if err := os.Link(path, kept); err != nil { // so that there is a database at its place at every moment
		return "", err
	}
	_, err = keepLogs(path, kept) // of one that is damaged
	return kept, err
}

// keepLogs gives the first that there was.
func keepLogs(path, kept string) (string, error) {
	first, to := "", logsOf(kept)
	for i, log := range logsOf(path) {
		err := os.Rename(log, to[i])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		first = cmp.Or(first, to[i])
	}
	return first, syncFolder(filepath.Dir(path))
}

// emptyLog writes the log of a database into it and refuses one that somebody uses. One that is too damaged for that is left as it is.
func emptyLog(ctx context.Context, path string) error {
	s, err := Open(ctx, "sqlite:"+path)
	if err != nil {
		return nil //nolint:nilerr // it is kept with its log
	}
	if err := errors.Join(s.Ping(ctx), s.Close()); err != nil {
		return nil //nolint:nilerr // as above
	}
	return unused(path)
}

// unused refuses a database that was closed and has a log all the same: the last one to close it empties its log.
func unused(path string) error {
	used, err := exists(path + "-wal")
	if used {
		return fmt.Errorf("somebody uses the database %s: end that first", path)
	}
	return err
}
