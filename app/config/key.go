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
	"strings"

	"reglink/app"
)

// keyFile is the generated key's name beside the embedded database.
const keyFile = "secret.key"

const howToMakeKey = "make one with: openssl rand -base64 32"

func (s *Settings) checkKey() error {
	if s.secretKey == "" {
		return nil
	}
	if s.secretKeyFile != "" {
		return refuse(SecretKey, "and SECRET_KEY_FILE are both set; set one of them")
	}
	if _, ok := decodeKey(s.secretKey); !ok {
		return refuse(SecretKey, "is not 32 bytes in base64; %s", howToMakeKey)
	}
	return nil
}

func decodeKey(text string) ([]byte, bool) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	return key, err == nil && len(key) == app.KeySize
}

// Key gives the installation's secret key: from SECRET_KEY, from SECRET_KEY_FILE, or, with the embedded database, from the
// file beside it, which the first call makes. Programs that start at the same time get the same key.
func (s *Settings) Key() ([]byte, error) {
	if s.secretKey != "" {
		key, _ := decodeKey(s.secretKey)
		return key, nil
	}
	if s.secretKeyFile != "" {
		// Secrets that a container platform mounts are often readable by a group of the program's own; others never.
		return readKey(SecretKeyFile, s.secretKeyFile, 0o007)
	}
	folder := s.databaseFolder()
	if folder == "" {
		return nil, refuse(SecretKey, "is missing: with MySQL every server needs the same one; %s", howToMakeKey)
	}
	path := filepath.Join(folder, keyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(folder, path); err != nil {
			return nil, refuse(SecretKey, "is not set and could not be made: %v", err)
		}
	}
	return readKey(SecretKey, path, 0o077)
}

// readKey reads a key file. It refuses one with any of the permission bits in others, for who reads it can read every link.
func readKey(setting, path string, others fs.FileMode) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, refuse(setting, "could not be read: %v", err)
	}
	if mode := info.Mode().Perm(); mode&others != 0 && runtime.GOOS != "windows" { // Windows has no such bits
		return nil, refuse(setting, "is kept in %s, which others can read (mode %04o): run chmod 600 on it", path, mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own setting
	if err != nil {
		return nil, refuse(setting, "could not be read: %v", err)
	}
	key, ok := decodeKey(string(text))
	if !ok {
		return nil, refuse(setting, "is kept in %s, which does not hold 32 bytes in base64; restore it from a backup", path)
	}
	return key, nil
}

// makeKey writes a fresh key under another name and links it to its own: the file is there whole or not at all, also after a
// power failure, and where two programs start at once the second finds the key of the first.
func makeKey(folder, path string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	draft, err := writeDraft(folder)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft) }() // it holds what path holds; one left over harms nobody
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(folder)
}

func writeDraft(folder string) (string, error) {
	secret := make([]byte, app.KeySize)
	_, _ = rand.Read(secret)                          // never fails: crypto/rand ends the program instead
	f, err := os.CreateTemp(folder, keyFile+".*.tmp") // O_EXCL, mode 0600
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(secret))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncFolder makes a new name in a folder survive a power failure.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there
		return nil
	}
	f, err := os.Open(folder) //nolint:gosec // the folder is the operator's own setting
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
