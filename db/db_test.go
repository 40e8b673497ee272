package db_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reglink/db"
)

func TestOpen_RefusesInOneSentenceWithoutThePassword(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	check(t, os.WriteFile(filepath.Join(folder, "file"),
		[]byte("text that is no database, long enough to have a header of its own"), 0o600))
	closed := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	address := closed.Addr().String()
	check(t, closed.Close())
	for databaseURL, want := range map[string]string{
		"":                                         "DATABASE_URL must begin with",
		"postgres://u:secret@h/db":                 "DATABASE_URL must begin with",
		"sqlite:":                                  "must name a file",
		"sqlite::memory:":                          "must name a file",
		"sqlite:" + folder + "/file/x.db":          "cannot create the database",
		"sqlite:" + folder + "/file":               "cannot open the database",
		"mysql://u:secret@h":                       "must look like mysql://",
		"mysql://h/db":                             "must look like mysql://",
		"mysql://u:sec#ret@h/db":                   "must look like mysql://",
		"mysql://u:12/secret@h/db":                 "must look like mysql://",
		"mysql://u:secret@h:port/db":               "must look like mysql://",
		"mysql://u:secret@h/db?parseTime=false":    `unknown parameter "parseTime"`,
		"mysql://u:secret@h/db?tls=perhaps":        "tls in DATABASE_URL must be",
		"mysql://u:secret@" + address + "/reglink": "cannot use the database reglink on " + address,
	} {
		s, err := db.Open(t.Context(), databaseURL)
		if err == nil {
			t.Errorf("%s was opened", databaseURL)
			check(t, s.Close())
			continue
		}
		if got := err.Error(); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s: got %q, want one sentence with %q", databaseURL, got, want)
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec#ret") {
			t.Errorf("%q tells the password", err)
		}
	}
}
