package db_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// columnDefaults are the columns that have one, and why each may. A column that comes to a table with rows
// needs one for these; rows that are stored since say it themselves.
func columnDefaults() map[string]string {
	return map[string]string{
		"accounts revision":       "counts changes and decides nothing; no insert names it",
		"accounts second_factor":  "accounts from before asked for none",
		"accounts sign_in":        "accounts from before let people in both ways",
		"factors alone":           "no: a passkey from before opens alone once it was used behind the password",
		"identities factors":      "people from before had none",
		"links role":              "what links from before gave",
		"links expire_days":       "links from before had no end; 0 is that",
		"links max_uses":          "links from before had no maximum; 0 is that",
		"links domains":           "links from before admitted every domain",
		"links requires_approval": "links from before asked nobody",
		"memberships reminders":   "counts mails and decides nothing",
		"sessions proven":         "the least that a session can have proven",
		"sessions sso":            "no: sessions from before did not come from a provider",
		"sessions user_agent":     "is shown and decides nothing",
	}
}

// No column has a default but those with a reason: a row that does not say who comes in cannot be stored (T-47).
func TestT47_OnlyListedColumnsHaveDefaults(t *testing.T) {
	t.Parallel()
	want := slices.Sorted(maps.Keys(columnDefaults()))
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		var got []string
		columns := 0
		for _, line := range describeSchema(t, s, filepath.Base(t.Name())) {
			// table, position, column, whether NULL is one of its values, and DEFAULT where it has one
			words := strings.Fields(line)
			if len(words) < 4 || (words[3] != "YES" && words[3] != "NO") {
				continue
			}
			columns++
			if slices.Contains(words[4:], "DEFAULT") {
				got = append(got, words[0]+" "+words[2])
			}
		}
		slices.Sort(got)
		equal(t, "columns with a default", strings.Join(got, ", "), strings.Join(want, ", "))
		equal(t, "columns were looked at", columns > 100, true)
	})
}

// Where a column has a default, no row of ours is stored without saying it, not even one that was left empty
// by mistake (T-47).
func TestT47_InsertsSetEveryColumnWithADefault(t *testing.T) {
	t.Parallel()
	rows := map[string]any{
		"accounts": &app.Account{}, "identities": &app.Identity{}, "links": &app.Link{}, "memberships": &app.Membership{},
		"sessions": &app.Session{},
		"factors":  &app.Factor{},
	}
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		for column := range columnDefaults() {
			table, name, _ := strings.Cut(column, " ")
			if said := insertedValues(s.Bun().NewInsert().Model(rows[table]).String())[name]; (said == "" ||
				said == "DEFAULT") && column != "accounts revision" {
				t.Errorf("%s is left to its default: %q", column, said)
			}
		}
	})
}

// insertedValues gives the value of each column in the statement of a row in which nothing is set: no value
// has a comma.
func insertedValues(insert string) map[string]string {
	names, values, _ := strings.Cut(strings.TrimSuffix(insert, ")"), ") VALUES (")
	_, names, _ = strings.Cut(names, " (")
	said := map[string]string{}
	for i, value := range strings.Split(values, ", ") {
		said[strings.Trim(strings.Split(names, ", ")[i], "`\"")] = value
	}
	return said
}

// The two folders are written by hand; this is what keeps them one schema.
func TestSchema_IsTheSameOnBothEngines(t *testing.T) {
	t.Parallel()
	schemas := map[string][]string{}
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		name := filepath.Base(t.Name())
		schemas[name] = describeSchema(t, s, name)
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

// schemaQueries ask each engine for its columns, keys and references, in the words of describeSchema.
func schemaQueries() map[string][]string {
	return map[string][]string{
		"mysql": {
			`SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, is_nullable,
				IF(column_default IS NULL OR column_default = 'NULL', '', 'DEFAULT'))
			 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%'`,
			`SELECT CONCAT_WS(' ', table_name, index_name, IF(non_unique, 'key', 'unique'),
				GROUP_CONCAT(column_name ORDER BY seq_in_index))
			 FROM information_schema.statistics s
			 WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%' AND index_name <> 'PRIMARY'
			 AND NOT EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.table_schema = s.table_schema
			 AND c.constraint_name = s.index_name AND constraint_type = 'FOREIGN KEY')
			 GROUP BY table_name, index_name, non_unique`,
			`SELECT CONCAT_WS(' ', table_name, 'primary', GROUP_CONCAT(column_name ORDER BY ordinal_position))
			 FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%'
			 AND constraint_name = 'PRIMARY' GROUP BY table_name`,
			`SELECT CONCAT_WS(' ', table_name, column_name, 'references', referenced_table_name, referenced_column_name)
			 FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL`,
		},
		"sqlite": {
			`SELECT t.name || ' ' || (c.cid + 1) || ' ' || c.name || ' ' || iif(c."notnull", 'NO', 'YES') || ' ' ||
				iif(c.dflt_value IS NULL, '', 'DEFAULT')
			 FROM sqlite_schema t, pragma_table_info(t.name) c
			 WHERE t.type = 'table' AND t.name NOT LIKE 'bun%' AND t.name NOT LIKE 'sqlite%'`,
			`SELECT t.name || ' ' || i.name || ' ' || iif(i."unique", 'unique', 'key') || ' ' ||
			 (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
			 FROM sqlite_schema t, pragma_index_list(t.name) i
			 WHERE t.type = 'table' AND t.name NOT LIKE 'bun%' AND i.origin = 'c'`,
			`SELECT t.name || ' primary ' ||
				(SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk))
			 FROM sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE 'bun%' AND t.name NOT LIKE 'sqlite%'`,
			`SELECT t.name || ' ' || f."from" || ' references ' || f."table" || ' ' || f."to"
			 FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`,
		},
	}
}

// describeSchema describes columns, keys and references in words of its own, a line each.
func describeSchema(t *testing.T, s *db.Store, engine string) []string {
	t.Helper()
	var lines []string
	for i, query := range schemaQueries()[engine] {
		var some []string
		check(t, s.Bun().NewRaw(query).Scan(t.Context(), &some))
		if len(some) == 0 {
			t.Fatal(fmt.Sprint("no answer to query ", i))
		}
		lines = append(lines, some...)
	}
	return lines
}

func TestSchema_ForeignKeysAreEnforced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.captureAdmission(t, "ann@new.example")
		a.Activity.SubjectID = "NOBODY"
		if err := s.Register(t.Context(), a); err == nil {
			t.Error("an activity of nobody was stored")
		}
		equal(t, "nothing stored", p.count(t, "registrations", "1 = 1"), 0)
		equal(t, "not used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 0)
	})
}

// A login has one name, the email's key: no other column of it is unique or could be signed in with (T-28).
func TestT28_EmailIsTheOnlyUniqueName(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		engine := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
		var unique, columns []string
		for _, line := range describeSchema(t, s, engine) {
			words := strings.Fields(line)
			if words[0] != "identities" {
				continue
			}
			if slices.Contains(words, "unique") {
				unique = append(unique, words[len(words)-1])
			}
			if len(words) > 2 && words[1] >= "1" && words[1] <= "99" {
				columns = append(columns, words[2])
			}
		}
		equal(t, "unique", fmt.Sprint(unique), "[email_key]")
		for _, name := range []string{"username", "user_name", "login", "name", "nickname", "handle", "alias"} {
			if slices.Contains(columns, name) {
				t.Errorf("there is a second name: %s", name)
			}
		}
		if !slices.Contains(columns, "email") {
			t.Errorf("these are no columns of a login: %q", columns)
		}
	})
}

// Tokens, session cookies and passwords are nowhere in the database as themselves, whatever happened.
func TestT03_NoSecretIsStoredInTheClear(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		dead := p.generateLink(t)
		alive := must(p.links().Regenerate(t.Context(), p.super))(t).Token
		check(t, p.register(t, alive, newRegistrationForm("ann@new.example")))
		confirm, _ := p.deliverMail(t, "ann@new.example")
		check(t, p.confirmations().Confirm(t.Context(), confirm))
		session := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "ann@new.example", Password: password},
			app.Client{}))(t).Token
		p.createMember(t, "lee@acme.example", app.StandardUser)
		activate, _ := p.deliverMail(t, "lee@acme.example")
		code, recovery := p.addCodeApp(t)
		step := p.startSteps(t, 1)[0]

		dump := dumpDatabase(t, s)
		equal(t, "the dump is one", strings.Contains(dump, "ann@new.example"), true)
		for what, secret := range map[string]string{
			"dead link": dead, "link": alive, "confirmation": confirm, "activation": activate, "session": session,
			"password":     password,
			"app's secret": code, "recovery code": recovery[0], "step": step,
			"recovery code without lines": strings.ReplaceAll(recovery[0], "-", ""),
		} {
			if secret == "" || strings.Contains(dump, secret) || strings.Contains(dump, secret[4:]) {
				t.Errorf("the %s %q is stored", what, secret)
			}
		}
	})
}

// tableNames are those of the schema.
func tableNames(t *testing.T, s *db.Store) []string {
	t.Helper()
	names := map[string]bool{}
	for _, line := range describeSchema(t, s, filepath.Base(t.Name())) {
		name, _, _ := strings.Cut(line, " ")
		names[name] = true
	}
	equal(t, "tables", len(names) > 15, true)
	return slices.Sorted(maps.Keys(names))
}

// dumpDatabase is every value of every table.
func dumpDatabase(t *testing.T, s *db.Store) string {
	t.Helper()
	var all strings.Builder
	for _, table := range tableNames(t, s) {
		dumpTable(t, s, table, &all)
	}
	return all.String()
}

func dumpTable(t *testing.T, s *db.Store, table string, into *strings.Builder) {
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
