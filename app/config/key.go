package config

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"reglink/app"
)

// The generated key's name beside the embedded database, and that of those before it.
const (
	keyFile     = "secret.key"
	oldKeysFile = "secret.key.old"
)

const howToMakeKey = "make one with: openssl rand -base64 32"

func (s *Settings) checkKeys() error {
	for _, one := range []secret{s.secretKey, s.oldSecretKeys} {
		if one.setTwice {
			_, err := one.read()
			return err
		}
		if _, ok := decodeKeys(one.text); !ok {
			return refuse(one.name, "is not 32 bytes in base64; %s", howToMakeKey)
		}
	}
	if keys, _ := decodeKeys(s.secretKey.text); len(keys) > 1 {
		return refuse(SecretKey, "holds more than one key; those that were used before belong into SECRET_KEY_OLD")
	}
	return nil
}

// decodeKeys reads keys with blanks, line ends or commas between them.
func decodeKeys(text string) ([][]byte, bool) {
	var keys [][]byte
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		key, err := base64.StdEncoding.Strict().DecodeString(one)
		if err != nil || len(key) != app.KeySize {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

// Keys returns the installation's secret key, from SECRET_KEY or its file, and after it those of SECRET_KEY_OLD. With
// the embedded database and without settings they are in files beside it. Keys never makes a key: see MakeKey.
func (s *Settings) Keys() ([][]byte, error) {
	// The present key is read first: whoever replaces it keeps the old one before, so one of the two files has it.
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	old, err := s.oldKeys()
	return slices.Concat([][]byte{key}, old), err
}

func (s *Settings) key() ([]byte, error) {
	if s.secretKey.set() {
		keys, err := keysIn(s.secretKey)
		if err == nil && len(keys) != 1 {
			err = refuse(s.secretKey.setting(), "holds %d keys, it needs one", len(keys))
		}
		if err != nil {
			return nil, err
		}
		return keys[0], nil
	}
	folder := s.databaseFolder()
	if folder == "" {
		return nil, refuse(SecretKey, "is missing: with MySQL every server needs the same one; %s", howToMakeKey)
	}
	path := filepath.Join(folder, keyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(SecretKey, "is not set, and the file with the key, %s, is missing: "+
			"put it back from your backup of it, or set SECRET_KEY", path)
	}
	keys, err := keysAt(SecretKey, path, 0o077)
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 {
		return nil, refuse(SecretKey, "is kept in %s, which does not hold 32 bytes in base64; restore it from a backup", path)
	}
	return keys[0], nil
}

func (s *Settings) oldKeys() ([][]byte, error) {
	if s.oldSecretKeys.set() || !s.MakesKeys() {
		return keysIn(s.oldSecretKeys)
	}
	path := filepath.Join(s.databaseFolder(), oldKeysFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return keysAt(SecretKeyOld, path, 0o077)
}

func keysIn(s secret) ([][]byte, error) {
	if s.file != "" {
		return keysAt(s.setting(), s.file, 0o007)
	}
	keys, _ := decodeKeys(s.text)
	return keys, nil
}

// keysAt reads a key file. It refuses one with any of the permission bits in others, for who reads it can read every
// link.
func keysAt(setting, path string, others fs.FileMode) ([][]byte, error) {
	text, err := readSecret(setting, path, others)
	if err != nil {
		return nil, err
	}
	keys, ok := decodeKeys(text)
	if !ok {
		return nil, refuse(setting, "is kept in %s, which does not hold 32 bytes in base64; restore it from a backup", path)
	}
	return keys, nil
}

// MakeKey makes the installation's first key where MakesKeys, unless there is one: programs that start at the same
// time get the same key. It must not be called where the database has been sealed already, for a new key opens
// nothing of it.
func (s *Settings) MakeKey() error {
	if made, err := s.KeyMade(); made || err != nil {
		return err
	}
	folder := s.databaseFolder()
	if err := makeKey(folder, filepath.Join(folder, keyFile)); err != nil {
		return refuse(SecretKey, "is not set and could not be made: %v", err)
	}
	return nil
}

// MakesKeys reports whether the secret key is one that Reglink makes and keeps itself, beside the embedded database.
func (s *Settings) MakesKeys() bool { return !s.secretKey.set() && s.databaseFolder() != "" }

// KeyMade reports whether there is a key already. Where it is in a setting, there is.
func (s *Settings) KeyMade() (bool, error) {
	if !s.MakesKeys() {
		return true, nil
	}
	_, err := os.Stat(filepath.Join(s.databaseFolder(), keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, refuse(SecretKey, "is not set and could not be looked for: %v", err)
	}
	return true, nil
}

// ReplaceKey makes another key where MakesKeys. The present one is kept among the old ones before, for it opens older
// backups; it is in one of the two files at every moment.
func (s *Settings) ReplaceKey() error {
	keys, err := s.Keys()
	if err != nil {
		return err
	}
	folder := s.databaseFolder()
	keys = slices.CompactFunc(keys, bytes.Equal) // an interrupted call has kept the present one already
	if err := replaceFile(folder, oldKeysFile, keys); err != nil {
		return fmt.Errorf("the present key could not be kept: %w", err)
	}
	if err := replaceFile(folder, keyFile, [][]byte{freshKey()}); err != nil {
		return fmt.Errorf("a new key could not be made: %w", err)
	}
	return nil
}
