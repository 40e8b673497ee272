package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"reglink/app"
)

// maxPerBlock is how often an address block may ask.
func maxPerBlock(limit app.Limit) int { return limit.Rules()[0].Max }

// limitedRequests are requests that a limit counts, each with another email, for emails have limits of their own.
func limitedRequests(p *portal) map[app.Limit]func(b browser) testResponse {
	link, n := "", 0
	email := func() string { n++; return fmt.Sprintf("nobody%d@acme.example", n) }
	return map[app.Limit]func(b browser) testResponse{
		app.PasswordCheckLimit: func(b browser) testResponse { return b.post("/sign-in", credentials(email(), "wrong")) },
		app.PasswordFormLimit: func(b browser) testResponse {
			return b.post("/register/"+app.NewToken(app.LinkToken), nil)
		},
		app.FieldCheckLimit: func(b browser) testResponse { return b.post("/register/check/phone", nil) },
		app.TokenLookupLimit: func(b browser) testResponse {
			if link == "" {
				link = p.generateLink()
			}
			return b.get(link)
		},
		app.MailLimit:   func(b browser) testResponse { return b.post("/confirm", url.Values{"email": {email()}}) },
		app.ReportLimit: func(b browser) testResponse { return b.postCSPReport(`{"csp-report":{}}`) },
	}
}

// A client that asks too often is told to wait, in words and in seconds, while others are served (T-01), and
// whatever it writes into X-Forwarded-For (T-49). After that time it is served again.
func TestT49_ForgedAddressPassesNoLimit(t *testing.T) {
	t.Parallel()
	for limit := range limitedRequests(nil) {
		t.Run(string(limit), func(t *testing.T) {
			t.Parallel()
			p := portalWithLimits(t)
			ask := limitedRequests(p)[limit]
			eve := browser{p: p}.fromIP("203.0.113.9")
			served := ask(eve).status
			for range maxPerBlock(limit) - 1 {
				if got := ask(eve); got.status != served {
					t.Fatalf("%s: status %d before the limit of %d", got.request, got.status, maxPerBlock(limit))
				}
			}
			p.clock.advance(10*time.Second + 1)
			got := ask(eve)
			wantRefusal(got, http.StatusTooManyRequests)
			seconds := got.retryAfter()
			if wait := limit.Rules()[0].Window - 10*time.Second; seconds != int(wait.Seconds()) {
				t.Errorf("wait %d seconds, not %v", seconds, wait)
			}
			if got := ask(eve.withHTMX()); got.isPage() || got.status != http.StatusTooManyRequests ||
				got.header.Get("HX-Retarget") != "#alert" {
				t.Errorf("HTMX is answered %d: %.200s", got.status, got.body)
			}
			for who, b := range map[string]browser{
				"a neighbour": browser{p: p}.fromIP("203.0.113.10"), "IPv6": browser{p: p}.fromIP("2001:db8::1"),
				"one who is lied about": browser{p: p}.fromIP("203.0.113.9, 203.0.113.11"),
			} {
				if got := ask(b); got.status != served {
					t.Errorf("%s is refused too: status %d", who, got.status)
				}
			}
			if got := ask(browser{p: p}.fromIP("198.51.100.1, 203.0.113.9")); got.status != http.StatusTooManyRequests {
				t.Errorf("a made-up address in front passes the limit: status %d", got.status)
			}
			p.clock.advance(time.Duration(seconds) * time.Second)
			if got := ask(eve); got.status != served {
				t.Errorf("after waiting: status %d", got.status)
			}
		})
	}
}

func TestLimit_IPv6Slash64IsOneClient(t *testing.T) {
	t.Parallel()
	p := portalWithLimits(t)
	ask := limitedRequests(p)[app.MailLimit]
	for i := range maxPerBlock(app.MailLimit) {
		p.wantStatus(ask(browser{p: p}.fromIP("2001:db8:0:1::"+strconv.Itoa(i+1))), http.StatusOK)
	}
	p.wantStatus(ask(browser{p: p}.fromIP("2001:db8:0:1::ffff")), http.StatusTooManyRequests)
	p.wantStatus(ask(browser{p: p}.fromIP("2001:db8:0:2::1")), http.StatusOK)
}

func TestLimit_CanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	ask := limitedRequests(p)[app.MailLimit]
	for range 2 * maxPerBlock(app.MailLimit) {
		p.wantStatus(ask(browser{p: p}), http.StatusOK)
	}
	if n := p.queryOne("SELECT COUNT(*) FROM limit_counts"); n != "0" {
		t.Errorf("%s counts are kept", n)
	}
}

// exhaustLimit uses up a block's limit.
func (p *portal) exhaustLimit(block string, limit app.Limit) {
	p.t.Helper()
	ask := limitedRequests(p)[limit]
	for range maxPerBlock(limit) {
		ask(browser{p: p}.fromIP(block))
	}
	p.wantStatus(ask(browser{p: p}.fromIP(block)), http.StatusTooManyRequests)
}

func guessPassword(p *portal, block, email string) testResponse {
	p.t.Helper()
	return browser{p: p}.fromIP(block).post("/sign-in", credentials(email, "a wrong password, this"))
}

// guessesPerBlockAndEmail is how often one block may guess the password of one email, and guessesPerEmail how
// often all may together.
var guessesPerBlockAndEmail, guessesPerEmail = app.PasswordCheckLimit.Rules()[1].Max,
	app.PasswordCheckLimit.Rules()[2].Max

// A restart forgets no try, nor does another server (T-50).
func TestT50_LimitsSurviveARestartAndCountAcrossServers(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		for i := range guessesPerBlockAndEmail {
			p.wantStatus(guessPassword(servers[i%3], "203.0.113.9", "sue@acme.example"), http.StatusUnprocessableEntity)
			servers[i%3].restartWith(enableLimits) // as after a restart: the memory is empty
		}
		for _, server := range servers {
			p.wantStatus(guessPassword(server, "203.0.113.9", "sue@acme.example"), http.StatusTooManyRequests)
			p.wantStatus(browser{p: server}.fromIP("203.0.113.9").post("/sign-in", credentials("sue@acme.example", password)),
				http.StatusTooManyRequests)
		}
		p.clock.advance(app.PasswordCheckLimit.Rules()[1].Window)
		p.wantStatus(browser{p: p}.fromIP("203.0.113.9").post("/sign-in", credentials("sue@acme.example", password)),
			http.StatusSeeOther)
	})
}

// Of many who come at once, on three servers, exactly as many are let in as the limit has (T-50).
func TestT50_LimitsHoldForManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ask   func(p *portal, i int) testResponse
		limit int
	}{
		"sign-ins": {
			func(p *portal, _ int) testResponse { return guessPassword(p, "203.0.113.9", "sue@acme.example") },
			guessesPerBlockAndEmail,
		},
		"mails": {func(p *portal, i int) testResponse {
			block := fmt.Sprintf("203.0.113.%d", i)
			return browser{p: p}.fromIP(block).post("/confirm", url.Values{"email": {"una@acme.example"}})
		}, app.MailLimit.Rules()[1].Max},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
				var all sync.WaitGroup
				statuses := make([]int, 50)
				for i := range statuses {
					all.Go(func() { statuses[i] = test.ask(servers[i%3], i).status })
				}
				all.Wait()
				counts := map[int]int{}
				for _, status := range statuses {
					counts[status]++
				}
				if counts[http.StatusTooManyRequests] != len(statuses)-test.limit || len(counts) != 2 {
					p.t.Errorf("answers by status: %v; the limit is %d", counts, test.limit)
				}
			})
		})
	}
}

// Guessing a password from everywhere locks nobody out: who comes from an address that did not guess signs
// in, whenever, and also after a slip of the finger. Another spelling of an email is no other email (T-51).
func TestT51_GuessingLocksNobodyOut(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		spellings := []string{"sue@acme.example", "SUE@acme.example", " Sue@ACME.Example"}
		guessed := 0
		for i := range 2 * guessesPerEmail / guessesPerBlockAndEmail {
			block := fmt.Sprintf("198.51.100.%d", i)
			for n := range guessesPerBlockAndEmail {
				if guessPassword(servers[n%3], block, spellings[n%3]).status == http.StatusUnprocessableEntity {
					guessed++
				}
			}
			p.wantStatus(guessPassword(servers[0], block, spellings[1]), http.StatusTooManyRequests)
		}
		spare := app.PasswordCheckLimit.Rules()[2].Spare
		if most := guessesPerEmail + spare*guessesPerEmail/guessesPerBlockAndEmail; guessed > most {
			p.t.Errorf("%d guesses from %d blocks, at most %d were to be let in", guessed,
				2*guessesPerEmail/guessesPerBlockAndEmail, most)
		}
		sue := browser{p: servers[1]}.fromIP("203.0.113.9")
		for range guessesPerBlockAndEmail {
			p.wantStatus(sue.post("/sign-in", credentials(" SUE@acme.example", password)), http.StatusSeeOther)
		}
		p.wantStatus(guessPassword(servers[1], "203.0.113.9", "sue@acme.example"), http.StatusUnprocessableEntity)
		p.wantStatus(sue.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
		p.wantStatus(browser{p: p}.fromIP("198.51.100.1").post("/sign-in", credentials("ann@acme.example", "x")),
			http.StatusUnprocessableEntity)
	})
}

// An office signs in through one address, and people mistype: right passwords do not count.
func TestLimit_RightPasswordsDoNotCount(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		for i := range 2 * maxPerBlock(app.PasswordCheckLimit) {
			p.wantStatus(browser{p: servers[i%3]}.fromIP("203.0.113.9").post("/sign-in", credentials("sue@acme.example",
				password)), http.StatusSeeOther)
		}
	})
}

// 200 wrong links from one address end in 429, a right one among them too, while it opens from another
// address. Reading counts in the memory of a server; what is sent counts for all of them (T-01).
func TestT01_GuessingALinkIsLimited(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		link := p.generateLink()
		before := p.snapshot()
		unknown := app.UnknownTokenRule().Max
		for i := range 200 {
			if i == unknown {
				p.clock.advance(time.Minute) // the limit of opening is over
			}
			want := http.StatusNotFound
			if i >= unknown {
				want = http.StatusTooManyRequests
			}
			p.wantStatus(browser{p: p}.fromIP("203.0.113.9").get("/register/"+app.NewToken(app.LinkToken)), want)
		}
		p.wantUnchanged("reading", before)
		p.wantStatus(browser{p: p}.fromIP("203.0.113.9").get(link), http.StatusTooManyRequests)
		p.wantStatus(browser{p: p}.fromIP("203.0.113.10").get(link), http.StatusOK)
		for i := range unknown {
			path := []string{"/confirm/" + app.NewToken(app.ConfirmationToken), "/register/" + app.NewToken(app.LinkToken)}[i%2]
			p.wantStatus(browser{p: servers[i%3]}.fromIP("203.0.113.11").post(path, nil), http.StatusNotFound)
		}
		for _, server := range servers {
			p.wantStatus(browser{p: server}.fromIP("203.0.113.11").post(link, p.registrationForm(link, "nia@acme.example")),
				http.StatusTooManyRequests)
			p.wantStatus(browser{p: server}.fromIP("203.0.113.11").post("/confirm/"+app.NewToken(app.ConfirmationToken), nil),
				http.StatusTooManyRequests)
		}
		p.wantStatus(browser{p: p}.fromIP("203.0.113.12").post(link, p.registrationForm(link, "nia@acme.example")),
			http.StatusSeeOther)
	})
}

// Strangers who have the link and use it up in a window keep nobody else from registering (T-51).
func TestLimit_StrangersWithTheLinkKeepNobodyOut(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		link := p.generateLink()
		rules := app.PasswordFormLimit.Rules()
		for i := range rules[1].Max {
			block := fmt.Sprintf("198.51.100.%d", i/(rules[0].Max/2))
			p.wantStatus(browser{p: servers[i%3]}.fromIP(block).post(link, nil), http.StatusUnprocessableEntity)
		}
		p.wantStatus(browser{p: p}.fromIP("198.51.100.0").post(link, nil), http.StatusTooManyRequests)
		p.wantStatus(browser{p: p}.fromIP("203.0.113.9").post(link, p.registrationForm(link, "nia@acme.example")),
			http.StatusSeeOther)
	})
}

// An address is sent no more than a few mails, whoever asks for them, and the answer does not tell whether it
// has a login (T-54).
func TestT54_MailsToAnAddressAreLimited(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		p.createUser("una@acme.example", app.StandardUser)
		rule, sent := app.MailLimit.Rules()[1], len(p.mailsTo("una@acme.example"))
		for _, email := range []string{"una@acme.example", "nobody@acme.example"} {
			for i := range 12 {
				p.clock.advance(app.ResendAfter + time.Second) // far enough apart for a mail each time
				want := http.StatusOK
				if i >= rule.Max {
					want = http.StatusTooManyRequests
				}
				b := browser{p: servers[i%3]}.fromIP(fmt.Sprintf("198.51.100.%d", i))
				p.wantStatus(b.post("/confirm", url.Values{"email": {email}}), want)
				p.deliverMails() // before another takes its place
			}
		}
		if n := len(p.mailsTo("una@acme.example")) - sent; n != rule.Max {
			p.t.Errorf("%d mails were sent, want %d", n, rule.Max)
		}
	})
}

// What is counted names nobody, and goes when it is over.
func TestLimit_CountsAreAnonymousAndExpire(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, _ []*portal) {
		for i := range 45 {
			guessPassword(p, fmt.Sprintf("203.0.113.%d", i), fmt.Sprintf("n%d@acme.example", i))
		}
		kept := p.dumpTable("limit_counts")
		if n := strings.Count(kept, "\n") + 1; n != 3*45 {
			t.Errorf("%d counts are kept", n)
		}
		if strings.Contains(kept, "203.0.113") || strings.Contains(kept, "acme") {
			t.Errorf("somebody can be read from %.200s", kept)
		}
		p.clock.advance(time.Hour)
		guessPassword(p, "203.0.113.1", "n1@acme.example")
		guessPassword(p, "203.0.113.2", "n2@acme.example")
		if n := p.queryOne("SELECT COUNT(*) FROM limit_counts"); n != "6" {
			t.Errorf("%s counts are kept after an hour", n)
		}
	})
}

// limitsUnavailableStore is a store that cannot count.
type limitsUnavailableStore struct{ app.Store }

func (limitsUnavailableStore) ConsumeLimits(context.Context, []app.LimitUse, time.Time) ([]string, time.Time, error) {
	return nil, time.Time{}, fmt.Errorf("%w: %w", app.Refuse(app.Unavailable, "database_away"), errors.New("no way"))
}

// A database that cannot count locks nobody out, and the fence in memory holds.
func TestLimit_OutageLocksNobodyOut(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.restartWith(func(c *portalConfig) { enableLimits(c); c.Store = limitsUnavailableStore{c.Store} })
	b := browser{p: p}.fromIP("203.0.113.9")
	p.wantStatus(b.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
	link := p.generateLink()
	p.wantStatus(b.post(link, p.registrationForm(link, "nia@acme.example")), http.StatusSeeOther)
	if said := p.log.String(); !strings.Contains(said, "limit not counted") || strings.Contains(said, "sue@") {
		t.Errorf("the log says: %s", p.logTail())
	}
	for range maxPerBlock(app.PasswordCheckLimit) {
		p.wantStatus(guessPassword(p, "203.0.113.9", "sue@acme.example"), http.StatusUnprocessableEntity)
	}
	p.wantStatus(guessPassword(p, "203.0.113.9", "sue@acme.example"), http.StatusTooManyRequests)
}
