package db_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reglink/db"
	"reglink/db/dbtest"
)

func TestMigrations_HaveTheSameNamesForBothEngines(t *testing.T) {
	t.Parallel()
	lists := map[string]string{}
	for _, folder := range []string{"sqlite", "mysql"} {
		files := must(filepath.Glob(filepath.Join("migrations", folder, "*")))(t)
		var names []string
		for _, file := range files {
			names = append(names, filepath.Base(file))
		}
		lists[folder] = strings.Join(names, "\n")
	}
	equal(t, "names", lists["mysql"], lists["sqlite"])
	equal(t, "any", lists["mysql"] != "", true)
}

// MySQL takes no DDL back: of two statements in a file, the first would stay when the second fails.
func TestMigrations_MySQLFilesAreOneStatement(t *testing.T) {
	t.Parallel()
	for _, file := range must(filepath.Glob("migrations/mysql/*"))(t) {
		text := string(must(os.ReadFile(file))(t))
		equal(t, file, strings.Count(text, ";"), 1)
		// A start that was killed before it wrote down that the table is made finds it.
		equal(t, file+" makes a table where there is none", strings.Contains(text, "CREATE TABLE"),
			strings.Contains(text, "CREATE TABLE IF NOT EXISTS"))
	}
}

func TestMigrate_SecondRunDoesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.count(t, "bun_migrations", "1 = 1")
		check(t, s.Migrate(t.Context()))
		equal(t, "migrations", p.count(t, "bun_migrations", "1 = 1"), before)
		equal(t, "rows", p.count(t, "accounts", "1 = 1"), 1)
	})
}

func TestMigrate_ConcurrentServersMigrateOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		for i, err := range parallel(8, func(int) error {
			s, err := db.Open(t.Context(), databaseURL)
			if err != nil {
				return err
			}
			defer s.Close()
			return s.Migrate(t.Context())
		}) {
			if err != nil {
				t.Errorf("server %d: %v", i, err)
			}
		}
		s := dbtest.Open(t, databaseURL)
		files := must(filepath.Glob("migrations/sqlite/*"))(t)
		equal(t, "each once", must(s.Bun().NewSelect().Table("bun_migrations").Count(t.Context()))(t), int64(len(files)))
		must(s.HasAccounts(t.Context()))(t)
	})
}

// What fails is not recorded, and the next start does it.
func TestMigrate_FailedMigrationRunsAgain(t *testing.T) {
	t.Parallel()
	inTheWay := map[string][2]string{
		"sqlite": {"CREATE TABLE links_token_hash (x INTEGER)", "DROP TABLE links_token_hash"},
		"mysql": {
			"CREATE TABLE other (x INT PRIMARY KEY, CONSTRAINT links_account FOREIGN KEY (x) REFERENCES other (x))",
			"DROP TABLE other",
		},
	}
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		statements := inTheWay[engineName(databaseURL)]
		s := dbtest.Open(t, databaseURL)
		must(s.Bun().ExecContext(t.Context(), statements[0]))(t)
		if err := s.Migrate(t.Context()); err == nil {
			t.Fatal("migrated")
		}
		must(s.Bun().ExecContext(t.Context(), statements[1]))(t)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		p.generateLink(t)
	})
}

// A start that was killed between a statement and its record goes on after it; what no start has begun is
// somebody else's and in the way.
func TestMigrate_InterruptedMigrationIsResumed(t *testing.T) {
	t.Parallel()
	s := dbtest.NewMySQL(t)
	for _, name := range []string{"0014", "0026"} { // adds columns and keys
		must(s.Bun().ExecContext(t.Context(), "DELETE FROM bun_migrations WHERE name = ?", name))(t)
	}
	check(t, s.Migrate(t.Context()))
	must(s.Bun().ExecContext(t.Context(), "DELETE FROM bun_migrations WHERE name = ?", "0014"))(t)
	must(s.Bun().ExecContext(t.Context(), "DELETE FROM bun_migrations_begun WHERE name = ?", "0014"))(t)
	for start := range 3 { // what was refused once is no work of ours at the next start either
		if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "0014") {
			t.Errorf("start %d: got %v, want the migration refused", start, err)
		}
	}
}
