package db

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
)

func fileExists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own database
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes a new name in a folder survive a power failure.
func syncDir(folder string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there
		return nil
	}
	f, err := os.Open(folder) //nolint:gosec // the folder is the operator's own setting
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
