package trial

import (
	"strings"
	"testing"
	"time"

	"reglink/db/dbtest"
)

// Something is spoilt behind the portal's back, one thing after the other, and the checker finds each.
func TestCheck_FindsEachViolation(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.SQLite(t)
	site := NewSite(t, databaseURL)
	server := site.Start(databaseURL)
	site.CreateAccount(server, 2)
	load := site.StartLoad(Profile{Registrants: 2, Forms: 2, Retries: true}, server)
	load.Finish()
	if got := load.Do("regenerating", Regenerate); got != Succeeded {
		t.Fatalf("regenerating: %s", got)
	}
	if got := site.Check(load, server, 0); got.Acknowledged != 4 || got.Lost != 0 {
		t.Fatalf("got %+v, want 4 registrations", got)
	}
	db := dbtest.Raw(t, databaseURL)
	for _, spoil := range spoilings() {
		if _, err := db.ExecContext(t.Context(), spoil.statement); err != nil {
			t.Fatalf("%s: %v", spoil.statement, err)
		}
		found := strings.Join(site.Inspect(load, server, 0).Violations, "\n")
		if !strings.Contains(found, spoil.want) {
			t.Errorf("%s: %q is not among\n%s", spoil.statement, spoil.want, found)
		}
	}
}

// spoiling is a statement and part of what the checker says about it.
type spoiling struct{ statement, want string }

func spoilings() []spoiling {
	return []spoiling{
		{
			"UPDATE links SET used = used + 1 WHERE used > 0",
			"counts 5 registrations and has 4",
		},
		{
			`UPDATE registrations SET registered_at = '2099-01-01 00:00:00+00:00'
			WHERE id = (SELECT MIN(id) FROM registrations)`,
			"after the end of its link was acknowledged",
		},
		{
			"DELETE FROM topic_choices WHERE identity_id = (SELECT MIN(identity_id) FROM topic_choices)",
			"has the topics []",
		},
		{
			`UPDATE consents SET eula_version = 'another' WHERE id =
			(SELECT MAX(c.id) FROM consents c JOIN registrations r ON r.identity_id = c.identity_id)`,
			"has the consents [another]",
		},
		{
			"DELETE FROM notices WHERE id = (SELECT MIN(id) FROM notices WHERE letter = 'registered')",
			"has 0 notices",
		},
		{
			"UPDATE notices SET delivery = 'failed' WHERE id = (SELECT MIN(id) FROM notices WHERE letter = 'confirm')",
			"is failed and arrived 1 times",
		},
		{
			`UPDATE memberships SET status = 'pending'
			WHERE id = (SELECT MIN(id) FROM memberships WHERE role = 'standard')`,
			"has the memberships",
		},
		{
			"DELETE FROM registrations WHERE id = (SELECT MIN(id) FROM registrations)",
			"was told that it is registered and is 0 times",
		},
		{
			"UPDATE links SET token_hash = x'00' WHERE active = 1",
			"a link that was shown is not stored",
		},
		{
			"UPDATE links SET max_uses = 1 WHERE used > 1",
			"admits 1 registrations and has",
		},
	}
}

// entry is what a client writes down that many seconds after the beginning. Without an outcome it is about to send.
func entry(second int, action Action, form string, outcome Outcome) Entry {
	at := time.Unix(int64(second), 0)
	return Entry{At: at, Action: action, Submission: form, Outcome: outcome, Answered: outcome != ""}
}

func TestWorstStall_EndsWithAConclusiveAnswerToAnyForm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		entries []Entry
		want    time.Duration
	}{
		"nothing":  {nil, 0},
		"one form": {[]Entry{entry(1, Register, "a", ""), entry(3, Register, "a", Succeeded)}, 2 * time.Second},
		"a page that is read does not end it": {[]Entry{
			entry(0, Register, "a", ""), entry(1, Register, "a", Succeeded), entry(1, Register, "b", ""),
			entry(2, ViewLink, "", Succeeded), entry(4, ViewLink, "", Succeeded), entry(6, Disable, "", Succeeded),
			entry(7, Regenerate, "", Succeeded), entry(9, Register, "b", Succeeded),
		}, 8 * time.Second},
		"nor does a page that says to try again": {[]Entry{
			entry(0, Register, "a", ""), entry(1, Register, "a", Unavailable), entry(2, Register, "a", ""),
			entry(3, Register, "a", NoAnswer), entry(4, Register, "a", ""), entry(5, Register, "a", Denied),
		}, 5 * time.Second},
		"somebody else is told": {[]Entry{
			entry(0, Register, "a", ""), entry(3, Register, "b", ""), entry(4, Register, "b", Succeeded),
			entry(6, Register, "a", Succeeded),
		}, 4 * time.Second},
		"while nobody waits nothing stalls": {[]Entry{
			entry(0, Register, "a", ""), entry(1, Register, "a", Succeeded), entry(50, Register, "b", ""),
			entry(52, Register, "b", Succeeded),
		}, 2 * time.Second},
		"nor for somebody who has given up": {[]Entry{
			entry(0, Register, "a", ""), entry(3, Register, "a", NoAnswer), entry(50, Register, "b", ""),
			entry(52, Register, "b", Succeeded),
		}, 3 * time.Second},
		"clients' entries are not in order": {[]Entry{
			entry(1, Register, "a", ""), entry(9, Register, "a", Succeeded), entry(2, Register, "b", ""),
			entry(5, Register, "b", Succeeded),
		}, 4 * time.Second},
	} {
		if got := worstStall(test.entries); got != test.want {
			t.Errorf("%s: a stall of %v, want %v", name, got, test.want)
		}
	}
}
