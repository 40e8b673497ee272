package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"reglink/app"
	"reglink/app/fileowner"
)

// makeKey writes a fresh key under another name and links it to its own: the file is there whole or not at all, also
// after a power failure, and where two programs start at once the second finds the key of the first.
func makeKey(folder, path string) error {
	if err := fileowner.MkdirAll(folder); err != nil {
		return err
	}
	draft, err := writeDraft(folder, [][]byte{freshKey()})
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft) }() // it holds what path holds; one left over harms nobody
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(folder)
}

func freshKey() []byte {
	key := make([]byte, app.KeySize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
}

func writeDraft(folder string, keys [][]byte) (string, error) {
	f, err := os.CreateTemp(folder, keyFile+".*.tmp") // O_EXCL, mode 0600
	if err != nil {
		return "", err
	}
	err = fileowner.Inherit(f)
	for _, key := range keys {
		if err == nil {
			_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key))
		}
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
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

// replaceFile writes keys under another name and renames it, so that the file is the former or the new one, whole.
func replaceFile(folder, name string, keys [][]byte) error {
	draft, err := writeDraft(folder, keys)
	if err != nil {
		return err
	}
	if err := os.Rename(draft, filepath.Join(folder, name)); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return syncDir(folder)
}
