package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// EnvFile returns the variables of a file of NAME=value lines. It reads the syntax of systemd's EnvironmentFile
// (systemd.exec(5)): # and ; begin comments, values may be quoted, a backslash at the end of a line continues it, and
// nothing is expanded. Unlike systemd, it refuses a line that is none of these, and names its number. It also refuses
// a file that holds a secret and that everybody on the machine can read. No error repeats a value.
func EnvFile(path string) (map[string]string, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's own setting
	if err != nil {
		return nil, fmt.Errorf("--env-file: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("--env-file: %w", err)
	}
	variables, err := ReadEnv(file, path)
	if err != nil {
		return nil, err
	}
	return variables, checkEnvFileMode(path, info.Mode().Perm(), variables)
}

// ReadEnv is EnvFile for what comes from elsewhere, such as standard input. Errors call it by that name.
func ReadEnv(r io.Reader, name string) (map[string]string, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("--env-file: %w", err)
	}
	variables, line, err := parseEnv(strings.ReplaceAll(string(text), "\r\n", "\n"))
	if err != nil {
		return nil, fmt.Errorf("--env-file: %s:%d: %w", name, line, err)
	}
	return variables, nil
}

func checkEnvFileMode(path string, mode fs.FileMode, variables map[string]string) error {
	if mode&0o007 == 0 || runtime.GOOS == "windows" { // Windows has no such bits
		return nil
	}
	for _, s := range All() {
		if v := variables[s.Name]; s.Secret && v != "" && (s.EnvOnly || holdsPassword(v)) {
			return fmt.Errorf(
				"--env-file: %s holds %s and others can read it (mode %04o): run chmod 600 on it",
				path,
				s.Name,
				mode,
			)
		}
	}
	return nil
}

var (
	errNoAssignment = errors.New("this line is not NAME=value")
	errOpenQuote    = errors.New("the quote that begins here does not end")
)

// parseEnv returns the variables, or an error with the number of its line.
func parseEnv(text string) (map[string]string, int, error) {
	variables, line := map[string]string{}, 1
	for text != "" {
		rest := strings.TrimLeft(text, " \t")
		if rest == "" || strings.ContainsRune("\n#;", rune(rest[0])) {
			_, text, _ = strings.Cut(rest, "\n")
			line++
			continue
		}
		name, rest, ok := strings.Cut(rest, "=")
		name = strings.TrimRight(name, " \t")
		if !ok || !isVariable(name) {
			return nil, line, errNoAssignment
		}
		value, used, ok := readValue(rest)
		if !ok {
			return nil, line, errOpenQuote
		}
		variables[name] = value
		line += strings.Count(rest[:used], "\n")
		text = rest[used:]
	}
	return variables, line, nil
}

func isVariable(name string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name)
}

// readValue reads a value to the end of its line. It returns how many bytes it used, and false if a quote does not end.
func readValue(text string) (string, int, bool) {
	var v envValue
	for i := 0; i < len(text); i++ {
		c, next := text[i], byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case c == '\n' && v.quote == 0:
			return v.value(), i + 1, true
		case c == '\\' && v.quote != '\'' && next != 0:
			v.escape(next)
			i++
		default:
			v.add(c)
		}
	}
	return v.value(), len(text), v.quote == 0
}

// envValue is a value that is being read.
type envValue struct {
	text  []byte
	kept  int  // how much of text no trimming may take: what was quoted or escaped, or is not blank
	quote byte // the quote that is open, or 0
	bare  bool // an unquoted character was read; from there on quotes are characters like others
}

func (v *envValue) add(c byte) {
	switch blank := c == ' ' || c == '\t'; {
	case v.quote == c:
		v.quote = 0
	case v.quote == 0 && !v.bare && (c == '"' || c == '\''):
		v.quote = c
	case v.quote == 0 && !v.bare && blank: // before the value, or after a quoted part
	case v.quote == 0 && blank:
		v.text = append(v.text, c)
	default:
		v.bare = v.bare || v.quote == 0
		v.keep(c)
	}
}

// escape adds what a backslash stands for with the character after it: at the end of a line, nothing. In quotes it is a
// backslash unless the character means something there.
func (v *envValue) escape(next byte) {
	if v.quote != 0 && !strings.ContainsRune("\"\\`$\n", rune(next)) {
		v.keep('\\')
	}
	v.bare = v.bare || v.quote == 0
	if next != '\n' {
		v.keep(next)
	}
}

func (v *envValue) keep(c byte) {
	v.text = append(v.text, c)
	v.kept = len(v.text)
}

func (v *envValue) value() string { return string(v.text[:v.kept]) }
