package db_test

import (
	"context"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestOpenRefusesInOneSentence(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	check(t, os.WriteFile(filepath.Join(folder, "file"), []byte("text that is no database, long enough to have a header of its own"), 0o600))
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

func TestOpenRefusedByTheServer(t *testing.T) {
	t.Parallel()
	right := dbtest.MySQL(t)
	for databaseURL, want := range map[string]string{
		strings.Replace(right, "root@", "nobody:secret@", 1): "Access denied",
		strings.Replace(right, "/test_", "/missing_", 1):     "Unknown database",
	} {
		_, err := db.Open(t.Context(), databaseURL)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b", "c%20d?#")
	s := dbtest.Open(t, "sqlite:"+folder+"/reglink.db")
	check(t, s.Migrate(t.Context()))
	newPortal(t, s)
	equal(t, "folder", must(os.Stat(folder))(t).Mode().Perm(), fs.FileMode(0o700))
	for _, name := range []string{"reglink.db", "reglink.db-wal", "reglink.db-shm"} {
		equal(t, name, must(os.Stat(filepath.Join(folder, name)))(t).Mode().Perm(), fs.FileMode(0o600))
	}
}

func TestSQLiteIsSetUpOnEveryConnection(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	for range 4 { // held, so that each is another one
		conn := must(s.Bun().Conn(t.Context()))(t)
		defer conn.Close()
		for pragma, want := range map[string]string{
			"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		} {
			var got string
			check(t, conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
			equal(t, pragma, got, want)
		}
	}
}

// A transaction that may write holds the file from its beginning: one that read first could only fail when it writes.
func TestSQLiteTransactionsBeginAsWriters(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	check(t, s.Transact(t.Context(), func(ctx context.Context, _ bun.Tx) error {
		other := must(s.Bun().Conn(ctx))(t)
		defer other.Close()
		must(other.ExecContext(ctx, "PRAGMA busy_timeout = 0"))(t)
		_, err := other.ExecContext(ctx, "BEGIN IMMEDIATE")
		equal(t, "busy", message(db.Translate(err), app.Unavailable), "busy")
		return nil
	}))
}

func TestOldSQLiteIsRefused(t *testing.T) {
	t.Parallel()
	for version, fit := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.0": true, "3.100.0": true, "4.0.0": true,
		"3.51.2": false, "3.9.9": false, "3.50.7": false, "2.99.99": false, "": false,
	} {
		equal(t, version, db.FitSQLite(version) == nil, fit)
	}
}

func TestMySQLSessions(t *testing.T) {
	t.Parallel()
	s := dbtest.NewMySQL(t)
	var isolation, mode, zone string
	var wait int
	check(t, s.Bun().NewRaw("SELECT @@tx_isolation, @@sql_mode, @@time_zone, @@wsrep_sync_wait").
		Scan(t.Context(), &isolation, &mode, &zone, &wait))
	equal(t, "isolation", isolation, "READ-COMMITTED")
	equal(t, "mode", mode, "ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION")
	equal(t, "time zone", zone, "+00:00")
	equal(t, "reads wait for other nodes", wait, 1)
}

// Tokens, session cookies and passwords are nowhere in the database as themselves, whatever happened.
func TestT03NoSecretIsStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		dead := p.link(t)
		alive := must(p.links().Regenerate(t.Context(), p.super))(t).Token
		check(t, p.register(t, alive, form("ann@new.example")))
		confirm, _ := p.mailed(t, "ann@new.example")
		check(t, p.confirmations().Confirm(t.Context(), confirm))
		session := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "ann@new.example", Password: password}, app.Client{}))(t).Token
		p.create(t, "lee@acme.example", app.StandardUser)
		activate, _ := p.mailed(t, "lee@acme.example")
		code, recovery := p.withApp(t)
		step := p.steps(t, 1)[0]

		dump := dumped(t, s)
		equal(t, "the dump is one", strings.Contains(dump, "ann@new.example"), true)
		for what, secret := range map[string]string{
			"dead link": dead, "link": alive, "confirmation": confirm, "activation": activate, "session": session, "password": password,
			"app's secret": code, "recovery code": recovery[0], "step": step, "recovery code without lines": strings.ReplaceAll(recovery[0], "-", ""),
		} {
			if secret == "" || strings.Contains(dump, secret) || strings.Contains(dump, secret[4:]) {
				t.Errorf("the %s %q is stored", what, secret)
			}
		}
	})
}

// tables are those of the schema.
func tables(t *testing.T, s *db.Store) []string {
	t.Helper()
	names := map[string]bool{}
	for _, line := range schema(t, s, filepath.Base(t.Name())) {
		name, _, _ := strings.Cut(line, " ")
		names[name] = true
	}
	equal(t, "tables", len(names) > 15, true)
	return slices.Sorted(maps.Keys(names))
}

// dumped is every value of every table.
func dumped(t *testing.T, s *db.Store) string {
	t.Helper()
	var all strings.Builder
	for _, table := range tables(t, s) {
		dump(t, s, table, &all)
	}
	return all.String()
}

func dump(t *testing.T, s *db.Store, table string, into *strings.Builder) {
	t.Helper()
	rows := must(s.Bun().QueryContext(t.Context(), "SELECT * FROM "+table))(t)
	defer rows.Close()
	columns := must(rows.Columns())(t)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		check(t, rows.Scan(values...))
		for _, v := range values {
			into.Write(*v.(*[]byte))
			into.WriteByte('\n')
		}
	}
	check(t, rows.Err())
}
