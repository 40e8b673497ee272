package dbtest

import (
	"bytes"
	"net/url"
	"os/exec"
	"testing"
)

// Client runs one of MariaDB's own client programs against the server of a database that MySQL gave: mariadb or mariadb-dump. It gives what
// the program printed, and fails the test where it complains.
func Client(t testing.TB, databaseURL string, input []byte, command ...string) []byte {
	t.Helper()
	client, err := program(command[0])
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	login := []string{"--no-defaults", "--user=" + at.User.Username(), "--socket=" + at.Query().Get("socket")}
	run := exec.CommandContext(t.Context(), client, append(login, command[1:]...)...) //nolint:gosec // one of two that the tests name
	var out, complaint bytes.Buffer
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(input), &out, &complaint
	if err := run.Run(); err != nil || complaint.Len() > 0 {
		t.Fatalf("%s: %v %s", command[0], err, complaint.String())
	}
	return out.Bytes()
}
