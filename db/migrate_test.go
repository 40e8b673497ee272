package db_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reglink/db"
	"reglink/db/dbtest"
)

func TestBothFoldersHoldTheSameMigrations(t *testing.T) {
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
func TestMySQLMigrationsAreOneStatement(t *testing.T) {
	t.Parallel()
	for _, file := range must(filepath.Glob("migrations/mysql/*"))(t) {
		text := string(must(os.ReadFile(file))(t))
		equal(t, file, strings.Count(text, ";"), 1)
		// A start that was killed before it wrote down that the table is made finds it.
		equal(t, file+" makes a table where there is none", strings.Contains(text, "CREATE TABLE"), strings.Contains(text, "CREATE TABLE IF NOT EXISTS"))
	}
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.count(t, "bun_migrations", "1 = 1")
		check(t, s.Migrate(t.Context()))
		equal(t, "migrations", p.count(t, "bun_migrations", "1 = 1"), before)
		equal(t, "rows", p.count(t, "accounts", "1 = 1"), 1)
	})
}

func TestServersStartAtOnce(t *testing.T) {
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
func TestAFailedMigrationRunsAgain(t *testing.T) {
	t.Parallel()
	inTheWay := map[string][2]string{
		"sqlite": {"CREATE TABLE links_token_hash (x INTEGER)", "DROP TABLE links_token_hash"},
		"mysql": {
			"CREATE TABLE other (x INT PRIMARY KEY, CONSTRAINT links_account FOREIGN KEY (x) REFERENCES other (x))", "DROP TABLE other",
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
		p.link(t)
	})
}

// A start that was killed between a statement and its record goes on after it; what no start has begun is somebody else's and in the way.
func TestAMigrationThatWasCutOffIsTakenForDone(t *testing.T) {
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

func engineName(databaseURL string) string {
	name, _, _ := strings.Cut(databaseURL, ":")
	return name
}

// The two folders are written by hand; this is what keeps them one schema.
func TestBothSchemasAreEqual(t *testing.T) {
	t.Parallel()
	schemas := map[string][]string{}
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		name := filepath.Base(t.Name())
		schemas[name] = schema(t, s, name)
	})
	for _, line := range schemas["mysql"] {
		if !slices.Contains(schemas["sqlite"], line) {
			t.Errorf("only in MySQL: %s", line)
		}
	}
	for _, line := range schemas["sqlite"] {
		if !slices.Contains(schemas["mysql"], line) {
			t.Errorf("only in SQLite: %s", line)
		}
	}
	equal(t, "lines", len(schemas["mysql"]) > 100, true)
}

// schema describes columns, keys and references in words of its own, a line each.
func schema(t *testing.T, s *db.Store, engine string) []string {
	t.Helper()
	queries := map[string][]string{
		"mysql": {
			`SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, is_nullable, IF(column_default IS NULL OR column_default = 'NULL', '', 'DEFAULT'))
			 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%'`,
			`SELECT CONCAT_WS(' ', table_name, index_name, IF(non_unique, 'key', 'unique'), GROUP_CONCAT(column_name ORDER BY seq_in_index))
			 FROM information_schema.statistics s WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%' AND index_name <> 'PRIMARY'
			 AND NOT EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.table_schema = s.table_schema
			 AND c.constraint_name = s.index_name AND constraint_type = 'FOREIGN KEY') GROUP BY table_name, index_name, non_unique`,
			`SELECT CONCAT_WS(' ', table_name, 'primary', GROUP_CONCAT(column_name ORDER BY ordinal_position))
			 FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%'
			 AND constraint_name = 'PRIMARY' GROUP BY table_name`,
			`SELECT CONCAT_WS(' ', table_name, column_name, 'references', referenced_table_name, referenced_column_name)
			 FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL`,
		},
		"sqlite": {
			`SELECT t.name || ' ' || (c.cid + 1) || ' ' || c.name || ' ' || iif(c."notnull", 'NO', 'YES') || ' ' || iif(c.dflt_value IS NULL, '', 'DEFAULT')
			 FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'bun%' AND t.name NOT LIKE 'sqlite%'`,
			`SELECT t.name || ' ' || i.name || ' ' || iif(i."unique", 'unique', 'key') || ' ' ||
			 (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
			 FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE 'bun%' AND i.origin = 'c'`,
			`SELECT t.name || ' primary ' || (SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk))
			 FROM sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE 'bun%' AND t.name NOT LIKE 'sqlite%'`,
			`SELECT t.name || ' ' || f."from" || ' references ' || f."table" || ' ' || f."to"
			 FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`,
		},
	}
	var lines []string
	for i, query := range queries[engine] {
		var some []string
		check(t, s.Bun().NewRaw(query).Scan(t.Context(), &some))
		if len(some) == 0 {
			t.Fatal(fmt.Sprint("no answer to query ", i))
		}
		lines = append(lines, some...)
	}
	return lines
}

func TestForeignKeysHold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.admission(t, "ann@new.example")
		a.Activity.SubjectID = "NOBODY"
		if err := s.Register(t.Context(), a); err == nil {
			t.Error("an activity of nobody was stored")
		}
		equal(t, "nothing stored", p.count(t, "registrations", "1 = 1"), 0)
		equal(t, "not used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 0)
	})
}
