package trial_test

import (
	"strings"
	"testing"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// The checker finds each thing that it is for: what is well is spoilt behind the portal's back, one thing
// after the other.
func TestCheckFires(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.SQLite(t)
	site := trial.NewSite(t, databaseURL)
	server := site.Start(databaseURL)
	site.Settle(server, 2)
	crowd := site.Crowd(trial.Mix{Registrants: 2, Forms: 2, Retries: true}, server)
	crowd.Begin()
	crowd.Finish()
	if got := crowd.Do("regenerating", trial.Regenerate); got != trial.Stored {
		t.Fatalf("regenerating came to %s", got)
	}
	if got := site.Check(crowd, server, 0); got.Acknowledged != 4 || got.Lost != 0 {
		t.Fatalf("got %+v, want 4 registrations", got)
	}
	raw := dbtest.Raw(t, databaseURL)
	for _, spoil := range []struct{ statement, want string }{
		{"UPDATE links SET used = used + 1 WHERE used > 0", "counts 5 registrations and has 4"},
		{
			"UPDATE registrations SET registered_at = '2099-01-01 00:00:00+00:00' WHERE id = (SELECT MIN(id) FROM registrations)", "after the end of its link was acknowledged",
		},
		{"DELETE FROM topic_choices WHERE identity_id = (SELECT MIN(identity_id) FROM topic_choices)", "has the topics []"},
		{
			"UPDATE consents SET eula_version = 'another' WHERE id = (SELECT MAX(c.id) FROM consents c JOIN registrations r " +
				"ON r.identity_id = c.identity_id)", "has the consents [another]",
		},
		{"DELETE FROM notices WHERE id = (SELECT MIN(id) FROM notices WHERE letter = 'registered')", "has 0 notices"},
		{
			"UPDATE notices SET delivery = 'failed' WHERE id = (SELECT MIN(id) FROM notices WHERE letter = 'confirm')",
			"is failed and arrived 1 times",
		},
		{
			"UPDATE memberships SET status = 'pending' WHERE id = (SELECT MIN(id) FROM memberships WHERE role = 'standard')",
			"has the memberships",
		},
		{
			"DELETE FROM registrations WHERE id = (SELECT MIN(id) FROM registrations)",
			"was told that it is registered and is 0 times",
		},
		{"UPDATE links SET token_hash = x'00' WHERE active = 1", "a link that was shown is not stored"},
		{"UPDATE links SET max_uses = 1 WHERE used > 1", "lets 1 in and let"},
	} {
		if _, err := raw.ExecContext(t.Context(), spoil.statement); err != nil {
			t.Fatalf("%s: %v", spoil.statement, err)
		}
		found := strings.Join(site.Judge(crowd, server, 0).Wrong, "\n")
		if !strings.Contains(found, spoil.want) {
			t.Errorf("%s: %q is not among\n%s", spoil.statement, spoil.want, found)
		}
	}
}
