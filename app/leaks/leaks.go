// Package leaks looks passwords up in a file of leaked ones: the SHA-1 of each in hexadecimal, a line each
// and in order, with or without ":" and a count behind it, as Have I Been Pwned offers it for download. The
// file may have any size; a look-up reads some 40 pieces of it.
package leaks

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the format of the file; it protects nothing here
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// File is an open file of leaked passwords. It is safe for concurrent use.
type File struct {
	file *os.File
	size int64
}

// maxLineBytes is more than a line has: 40 digits, a colon, a count and the end of the line.
const maxLineBytes = 80

const hexDigits = 2 * sha1.Size

// Open opens a file and makes sure that it begins and ends with lines of that format, in order.
func Open(path string) (*File, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's own setting
	if err != nil {
		return nil, err
	}
	f := &File{file: file}
	if err := f.checkFormat(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return f, nil
}

// Close ends looking things up.
func (f *File) Close() error { return f.file.Close() }

func (f *File) checkFormat() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.size = info.Size()
	first, _, err := f.lineAfter(0)
	if err != nil {
		return err
	}
	last, _, err := f.lineAfter(max(0, f.size-maxLineBytes))
	if err != nil {
		return err
	}
	if first > last {
		return errors.New("its lines are not in order")
	}
	return nil
}

// Contains tells whether the file has a password.
func (f *File) Contains(password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // the format of the file
	want := strings.ToUpper(hex.EncodeToString(sum[:]))
	low, high := int64(0), f.size // the line, if any, begins in between
	for low < high {
		middle := low + (high-low)/2
		line, end, err := f.lineAfter(middle)
		if err != nil {
			return false, err
		}
		switch {
		case line == want:
			return true, nil
		case line == "" || line > want:
			high = middle
		default:
			low = max(end, middle+1)
		}
	}
	line, _, err := f.lineAfter(0)
	return line == want, err
}

// lineAfter gives the digits of the first line that begins at an offset or after it, and where that line
// ends; empty after the last one.
func (f *File) lineAfter(offset int64) (string, int64, error) {
	from := max(0, offset-1) // to see whether a line begins exactly there
	piece := make([]byte, 2*maxLineBytes)
	n, err := f.file.ReadAt(piece, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	piece = piece[:n]
	if offset > 0 {
		i := bytes.IndexByte(piece, '\n')
		if i < 0 {
			return "", f.size, lineTooLong(n)
		}
		piece, from = piece[i+1:], from+int64(i)+1
	}
	if len(piece) == 0 {
		return "", f.size, nil
	}
	line, _, _ := bytes.Cut(piece, []byte("\n"))
	text := strings.ToUpper(string(line[:min(hexDigits, len(line))]))
	if _, err := hex.DecodeString(text); err != nil || len(text) != hexDigits {
		return "", 0, errors.New("it has a line that does not begin with 40 hexadecimal digits")
	}
	return text, from + int64(len(line)), nil
}

func lineTooLong(read int) error {
	if read == 2*maxLineBytes {
		return errors.New("it has a line that is too long")
	}
	return nil
}
