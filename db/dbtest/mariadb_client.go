package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// Dump copies a database that MySQL gave, with MariaDB's own program and as docs/operations has operators do it.
func Dump(t testing.TB, databaseURL string) []byte {
	t.Helper()
	dump, err := runClient(t.Context(), "mariadb-dump", databaseURL, nil, "--single-transaction", "--routines")
	if err != nil {
		t.Fatal(err)
	}
	return dump
}

// Load replaces a database that MySQL gave by what was dumped.
func Load(t testing.TB, databaseURL string, dump []byte) {
	t.Helper()
	_, err := runClient(t.Context(), "mariadb", databaseURL,
		fmt.Appendf(nil, "DROP DATABASE %[1]s; %[2]s; USE %[1]s;\n%[3]s",
			databaseName(databaseURL), createDatabaseSQL(databaseName(databaseURL)), dump))
	if err != nil {
		t.Fatal(err)
	}
}

// databaseName gives the database of an address.
func databaseName(databaseURL string) string {
	at, _ := url.Parse(databaseURL) // which MySQL has made
	return strings.TrimPrefix(at.Path, "/")
}

// runClient runs one of MariaDB's own client programs on a database that MySQL gave, and gives what it
// printed. A complaint is an error.
func runClient(ctx context.Context, name, databaseURL string, input []byte, options ...string) ([]byte, error) {
	path, err := findProgram(name)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	arguments := append([]string{"--no-defaults", "--user=" + at.User.Username(), "--socket=" + at.Query().Get("socket")},
		options...)
	arguments = append(arguments, databaseName(databaseURL))
	run := exec.CommandContext(ctx, path, arguments...) //nolint:gosec // one of two that stand above
	var out, complaint bytes.Buffer
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(input), &out, &complaint
	if err := run.Run(); err != nil || complaint.Len() > 0 {
		return nil, errors.Join(err, errors.New(name+": "+complaint.String()))
	}
	return out.Bytes(), nil
}
