package config

import (
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// secret is a setting that holds a secret: itself, or in a file.
type secret struct {
	name     string // of the setting
	text     string
	file     string
	setTwice bool // set both ways
}

// secretOf looks where a secret is. The default stands where neither it nor its file is set.
func secretOf(lookup func(string) string, name string) secret {
	s := secret{name: name, text: strings.TrimSpace(lookup(name)), file: strings.TrimSpace(lookup(FileOf(name)))}
	s.setTwice = s.text != "" && s.file != ""
	if s.text == "" && s.file == "" {
		s.text = defaultOf(name)
	}
	return s
}

// set reports whether there is one.
func (s secret) set() bool { return s.text != "" || s.file != "" }

// setting is the setting that somebody set.
func (s secret) setting() string {
	if s.file != "" {
		return FileOf(s.name)
	}
	return s.name
}

// into reads the secret.
func (s secret) into(value *string) error {
	text, err := s.read()
	*value = text
	return err
}

func (s secret) read() (string, error) {
	if s.setTwice {
		return "", refuse(s.name, "and %s are both set; set one of them", FileOf(s.name))
	}
	if s.file == "" {
		return s.text, nil
	}
	// Secrets that a container platform mounts are often readable by a group of the program's own; others never.
	text, err := readSecret(s.setting(), s.file, 0o007)
	if err == nil && text == "" {
		return "", refuse(s.setting(), "names %s, which is empty", s.file)
	}
	return text, err
}

// readSecret reads a file with a secret, without the blanks around it. It refuses one with any of the permission bits
// in others.
func readSecret(setting, path string, others fs.FileMode) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", refuse(setting, "could not be read: %v", err)
	}
	if mode := info.Mode().Perm(); mode&others != 0 && runtime.GOOS != "windows" { // Windows has no such bits
		return "", refuse(setting, "is kept in %s, which others can read (mode %04o): run chmod 600 on it", path, mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own setting
	if err != nil {
		return "", refuse(setting, "could not be read: %v", err)
	}
	return strings.TrimSpace(string(text)), nil
}
