package db_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// defaults are the columns that have one, and why each may. A column that comes to a table with rows needs one for these; rows that are
// stored since say it themselves.
func defaults() map[string]string {
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
func TestT47NoDefaultLetsSomebodyIn(t *testing.T) {
	t.Parallel()
	want := slices.Sorted(maps.Keys(defaults()))
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		var got []string
		columns := 0
		for _, line := range schema(t, s, filepath.Base(t.Name())) {
			words := strings.Fields(line) // table, position, column, whether NULL is one of its values, and DEFAULT where it has one
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

// Where a column has a default, no row of ours is stored without saying it, not even one that was left empty by mistake (T-47).
func TestT47InsertsSayEveryColumn(t *testing.T) {
	t.Parallel()
	rows := map[string]any{
		"accounts": &app.Account{}, "identities": &app.Identity{}, "links": &app.Link{}, "memberships": &app.Membership{}, "sessions": &app.Session{},
		"factors": &app.Factor{},
	}
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		for column := range defaults() {
			table, name, _ := strings.Cut(column, " ")
			if said := saidBy(s.Bun().NewInsert().Model(rows[table]).String())[name]; (said == "" || said == "DEFAULT") && column != "accounts revision" {
				t.Errorf("%s is left to its default: %q", column, said)
			}
		}
	})
}

// saidBy gives the value of each column in the statement of a row in which nothing is set: no value has a comma.
func saidBy(insert string) map[string]string {
	names, values, _ := strings.Cut(strings.TrimSuffix(insert, ")"), ") VALUES (")
	_, names, _ = strings.Cut(names, " (")
	said := map[string]string{}
	for i, value := range strings.Split(values, ", ") {
		said[strings.Trim(strings.Split(names, ", ")[i], "`\"")] = value
	}
	return said
}
