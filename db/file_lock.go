package db

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"reglink/app/fileowner"
)

// LockPurpose is something that one process alone may do with an embedded database.
type LockPurpose string

// The tasks.
const (
	LockForServing  LockPurpose = "serve"
	LockForRotation LockPurpose = "rotate" // the secret key
)

// LockDatabase keeps an embedded database to this process for a task until the closer is closed or the
// process ends, however that happens: it locks a file of the task's own beside the database, which stays
// there. It refuses in one sentence where another process holds it. Other work with the database is not
// hindered, and databases of several servers are never held.
func LockDatabase(databaseURL string, task LockPurpose) (io.Closer, error) {
	e, err := engineFor(databaseURL)
	if err != nil {
		return nil, err
	}
	file, embedded := e.(sqliteFile)
	if !embedded {
		return io.NopCloser(nil), nil
	}
	path, err := file.realPath()
	if err != nil {
		return nil, fmt.Errorf("cannot create the database %s: %w", file.path, err)
	}
	lock := flock.New(path + "." + string(task) + ".lock")
	if err := fileowner.Create(lock.Path()); err != nil {
		return nil, fmt.Errorf("cannot lock the database %s: %w", file.path, err)
	}
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("cannot lock the database %s: %w", file.path, err)
	case held:
		return lock, nil
	case task == LockForServing:
		return nil, fmt.Errorf("another server serves the database %s: stop it first, or use MySQL for several servers",
			file.path)
	}
	return nil, fmt.Errorf("somebody else does the same with the database %s already", file.path)
}

// realPath is the path without symbolic links, so that two names of one file have one lock. It makes the directory.
func (f sqliteFile) realPath() (string, error) {
	folder := filepath.Dir(f.path)
	if err := fileowner.MkdirAll(folder); err != nil {
		return "", err
	}
	path, err := filepath.EvalSymlinks(f.path)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	folder, err = filepath.EvalSymlinks(folder)
	return filepath.Join(folder, filepath.Base(f.path)), err
}
