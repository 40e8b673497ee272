// Package fileowner keeps what root creates beside a service's files usable by that service: new files and folders
// get the owner and group of the folder that they are in. For other users, and in root's own folders, it changes
// nothing.
package fileowner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Inherit gives a file that this process has just created the owner of its folder. It must not be called for a file
// that was there before: its owner may have chosen it to be another's.
func Inherit(file *os.File) error {
	uid, gid, ok := ownerOf(filepath.Dir(file.Name()))
	if !ok {
		return nil
	}
	return tolerated(file.Chown(uid, gid))
}

// Create makes an empty file that only its owner can read and write. One that exists stays as it is.
func Create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(Inherit(file), file.Close())
}

// MkdirAll makes a folder and those above it that are missing, for their owner alone.
func MkdirAll(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("not a directory")}
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(path)
	if above != path {
		if err := MkdirAll(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) { // another program was faster
			return nil
		}
		return err
	}
	uid, gid, ok := ownerOf(above)
	if !ok {
		return nil
	}
	return tolerated(os.Lchown(path, uid, gid)) // not Chown: nobody can have it follow a link put there meanwhile
}
