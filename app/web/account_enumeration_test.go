package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db/dbtest"
)

// liveCheckEmail checks an address live, and gives what stands beside its field.
func liveCheckEmail(b browser, path, email string) string {
	b.p.t.Helper()
	form := map[string][]string{"email": {email}}
	got := b.withHTMX().post(path+"/check/email", form)
	b.p.wantStatus(got, http.StatusOK)
	return strings.ReplaceAll(got.body, email, "EMAIL")
}

// A live check tells who has a login as often as forms may be sent, counted for all servers; from then on it
// answers alike for every address, while others, and the form itself, go on as before. With a link and
// without (T-24).
func TestT24_LiveChecksAreLimitedLikeForms(t *testing.T) {
	t.Parallel()
	if app.EmailLookupLimit.Rules()[0].Max > app.PasswordFormLimit.Rules()[0].Max ||
		app.EmailLookupLimit.Rules()[1].Max > app.PasswordFormLimit.Rules()[1].Max {
		t.Error("a live check may ask more often than forms may be sent")
	}
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		link := p.generateLink()
		form := p.registrationForm(link, "sue@acme.example")
		for i, path := range []string{link, "/register"} {
			eve := func(n int) browser { return browser{p: servers[n%3]}.fromIP(fmt.Sprintf("203.0.113.%d", i)) }
			free := liveCheckEmail(eve(0), path, "free@acme.example")
			for n := range maxPerBlock(app.EmailLookupLimit) - 1 {
				if got := liveCheckEmail(eve(n), path, "sue@acme.example"); got == free || !strings.Contains(got, "problem-email") {
					p.t.Fatalf("%s: check %d does not tell: %s", path, n, got)
				}
			}
			for n := range 3 {
				servers[n].restartWith(enableLimits) // as after a restart
				if got := liveCheckEmail(eve(n), path, "sue@acme.example"); got != free {
					p.t.Errorf("%s: an address that has a login is told apart: %s", path, got)
				}
				if got := liveCheckEmail(eve(n), path, "no address"); got == free {
					p.t.Errorf("%s: what is no address is not said any more", path)
				}
			}
			if got := liveCheckEmail(browser{p: p}.fromIP("198.51.100.7"), path, "sue@acme.example"); got == free {
				p.t.Errorf("%s: somebody else is not told", path)
			}
		}
		got := browser{p: p}.fromIP("203.0.113.0").post(link, form)
		p.wantStatus(got, http.StatusUnprocessableEntity)
		if got.problems()["email"] != en("email_taken") {
			p.t.Errorf("the form says %q", got.problems())
		}
	})
}

// loginsOfEachKind are logins of every kind that an address can have, by what they are.
func loginsOfEachKind(p *portal) map[string]string {
	p.t.Helper()
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	p.importIdentity("lea@learn.example")
	p.addMember("sid@acme.example", app.StandardUser)
	p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
	return map[string]string{
		"active": "sue@acme.example", "of another account": "bob@beta.example", "suspended": "sid@acme.example",
		"in the directory alone": "lea@learn.example",
	}
}

// What an address has for a login is not to be learnt by a stopwatch either: every kind costs the same work,
// no hash and the same statements, whether the form is sent or the address checked (T-24). The times
// themselves are measured by BenchmarkT24_RefusalTimes.
func TestT24_EveryKindOfLoginCostsTheSame(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		kinds := loginsOfEachKind(p)
		path := p.generateLink()
		// which is recorded once
		p.wantStatus(browser{p: p}.post(path, p.registrationForm(path, kinds["active"])), http.StatusUnprocessableEntity)
		// whoever hashes now, falls over
		p.restartWith(func(c *portalConfig) { c.Hasher = nil })
		for below, status := range map[string]int{"": http.StatusUnprocessableEntity, "/check/email": http.StatusOK} {
			costs, said := map[int]bool{}, map[string]bool{}
			for _, email := range kinds {
				form := p.registrationForm(path, email)
				var got testResponse
				n := dbtest.CountStatements(p.t, p.store, func() { got = browser{p: p}.withHTMX().post(path+below, form) })
				p.wantStatus(got, status)
				costs[n] = true
				said[strings.NewReplacer(email, "EMAIL", form.Get("submission_id"), "ID").Replace(got.body)] = true
			}
			if len(costs) != 1 || len(said) != 1 {
				p.t.Errorf("%q: %d answers, at %v statements", below, len(said), costs)
			}
		}
	})
}

// The refusal of an address that has a login is the same whoever it belongs to, and touches nobody's rows (T-24, T-26).
func TestT24_TakenAddressIsRefusedAlikeForEveryLogin(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		p.importIdentity("lea@learn.example")
		p.createUser("una@acme.example", app.LimitedUser)
		p.register(path, "nia@acme.example")
		p.createUser("sid@acme.example", app.StandardUser)
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		forms := map[string]url.Values{}
		for _, email := range []string{
			"sue@acme.example", "bob@beta.example", "lea@learn.example", "una@acme.example",
			"nia@acme.example", "sid@acme.example", "SUE@ACME.EXAMPLE",
		} {
			forms[email] = p.registrationForm(path, email)
		}
		before := p.snapshot()
		said := map[string]bool{}
		for email, form := range forms {
			got := browser{p: p}.post(path, form)
			p.wantStatus(got, http.StatusUnprocessableEntity)
			said[strings.ReplaceAll(strings.ReplaceAll(got.body, email, "EMAIL"), form.Get("submission_id"), "ID")] = true
		}
		if len(said) != 1 {
			p.t.Errorf("the refusal has %d versions", len(said))
		}
		p.wantOnlyDenialRecorded("a taken address", "email_taken", before)
	})
}
