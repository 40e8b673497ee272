package cli

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// csvReader reads a CSV file by the names in its header row.
type csvReader struct {
	csv     *csv.Reader
	columns map[string]int // the index of each column that is used
	unused  []string       // columns that nothing reads
}

// row is one row after the header. Its file begins with line 1.
type row struct {
	line  int
	cells map[string]string // by column; empty if the file has no such column
}

// badRow is a row that cannot be read.
type badRow struct {
	line   int
	reason string
}

func (b *badRow) Error() string { return b.reason }

// newCSVReader reads the header row. Columns come in any order, separated by commas or semicolons (as spreadsheets in
// many languages write them); the needed ones must be there.
func newCSVReader(r io.Reader, needed, optional []string) (*csvReader, error) {
	in := bufio.NewReader(r)
	start, _ := in.Peek(bufio.MaxScanTokenSize / 16) // less if the file is shorter
	if bytes.HasPrefix(start, []byte("\xFF\xFE")) || bytes.HasPrefix(start, []byte("\xFE\xFF")) {
		return nil, errors.New("the file is UTF-16; save it as UTF-8")
	}
	if mark := []byte("\xEF\xBB\xBF"); bytes.HasPrefix(start, mark) {
		_, _ = in.Discard(len(mark)) // what was peeked is there
	}
	s := &csvReader{csv: csv.NewReader(in), columns: map[string]int{}}
	s.csv.Comma = separator(start)
	return s, s.readHeader(needed, optional)
}

// separator is the more frequent one in the first line.
func separator(start []byte) rune {
	header, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		return ';'
	}
	return ','
}

func (s *csvReader) readHeader(needed, optional []string) error {
	header, err := s.csv.Read()
	if err != nil {
		return fmt.Errorf("the first row must name the columns: %s", strings.Join(needed, ", "))
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := s.columns[name]; twice {
			return fmt.Errorf("the header row names %s twice", name)
		}
		if slices.Contains(needed, name) || slices.Contains(optional, name) {
			s.columns[name] = i
		} else if name != "" {
			s.unused = append(s.unused, name)
		}
	}
	for _, name := range needed {
		if _, ok := s.columns[name]; !ok {
			return fmt.Errorf("the header row lacks %s; it needs %s", name, strings.Join(needed, ", "))
		}
	}
	return nil
}

// next returns the next row that is not blank, a *badRow for one that cannot be read (the one after it can), or io.EOF.
func (s *csvReader) next() (row, error) {
	for {
		cells, err := s.csv.Read()
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return row{}, &badRow{bad.StartLine, s.rowProblem(bad)}
		}
		if err != nil {
			return row{}, err
		}
		if blank(cells) {
			continue
		}
		return s.byColumn(cells)
	}
}

func (s *csvReader) rowProblem(bad *csv.ParseError) string {
	if errors.Is(bad.Err, csv.ErrFieldCount) {
		return fmt.Sprintf("the row does not have the %d columns of the header row", s.csv.FieldsPerRecord)
	}
	return fmt.Sprintf("column %d: %v", bad.Column, bad.Err)
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func (s *csvReader) byColumn(cells []string) (row, error) {
	line, _ := s.csv.FieldPos(0)
	r := row{line: line, cells: map[string]string{}}
	for name, i := range s.columns {
		if !utf8.ValidString(cells[i]) {
			return row{}, &badRow{line, name + ": this is not UTF-8; save the file as UTF-8"}
		}
		r.cells[name] = cells[i]
	}
	return r, nil
}
