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
	"reglink/app/web"
)

// ofBlock is how often an address block may ask.
func ofBlock(limit app.Limit) int { return limit.Rules()[0].Max }

// asks are requests that a limit counts, each with another email, for emails have limits of their own.
func asks(p *portal) map[app.Limit]func(b browser) answer {
	link, n := "", 0
	email := func() string { n++; return fmt.Sprintf("nobody%d@acme.example", n) }
	return map[app.Limit]func(b browser) answer{
		app.SignInLimit: func(b browser) answer { return b.post("/sign-in", credentials(email(), "wrong")) },
		app.RegistrationLimit: func(b browser) answer {
			return b.post("/register/"+app.NewToken(app.LinkToken), nil)
		},
		app.CheckLimit: func(b browser) answer { return b.post("/register/check/phone", nil) },
		app.OpenLimit: func(b browser) answer {
			if link == "" {
				link = p.link()
			}
			return b.get(link)
		},
		app.MailLimit:   func(b browser) answer { return b.post("/confirm", url.Values{"email": {email()}}) },
		app.ReportLimit: func(b browser) answer { return b.reports(`{"csp-report":{}}`) },
	}
}

// A client that asks too often is told to wait, in words and in seconds, while others are served (T-01), and whatever it writes into
// X-Forwarded-For (T-49). After that time it is served again.
func TestT49Limits(t *testing.T) {
	t.Parallel()
	for limit := range asks(nil) {
		t.Run(string(limit), func(t *testing.T) {
			t.Parallel()
			p := limitedPortal(t)
			ask := asks(p)[limit]
			eve := browser{p: p}.from("203.0.113.9")
			served := ask(eve).status
			for range ofBlock(limit) - 1 {
				if got := ask(eve); got.status != served {
					t.Fatalf("%s: status %d before the limit of %d", got.asked, got.status, ofBlock(limit))
				}
			}
			p.clock.pass(10*time.Second + 1)
			got := ask(eve)
			wantRefusal(got, http.StatusTooManyRequests)
			seconds := got.wait()
			if wait := limit.Rules()[0].Within - 10*time.Second; seconds != int(wait.Seconds()) {
				t.Errorf("wait %d seconds, not %v", seconds, wait)
			}
			if got := ask(eve.withHTMX()); got.isPage() || got.status != http.StatusTooManyRequests || got.header.Get("HX-Retarget") != "#alert" {
				t.Errorf("HTMX is answered %d: %.200s", got.status, got.body)
			}
			for who, b := range map[string]browser{
				"a neighbour": browser{p: p}.from("203.0.113.10"), "IPv6": browser{p: p}.from("2001:db8::1"),
				"one who is lied about": browser{p: p}.from("203.0.113.9, 203.0.113.11"),
			} {
				if got := ask(b); got.status != served {
					t.Errorf("%s is refused too: status %d", who, got.status)
				}
			}
			if got := ask(browser{p: p}.from("198.51.100.1, 203.0.113.9")); got.status != http.StatusTooManyRequests {
				t.Errorf("a made-up address in front passes the limit: status %d", got.status)
			}
			p.clock.pass(time.Duration(seconds) * time.Second)
			if got := ask(eve); got.status != served {
				t.Errorf("after waiting: status %d", got.status)
			}
		})
	}
}

func TestAHouseholdIsOneClient(t *testing.T) {
	t.Parallel()
	p := limitedPortal(t)
	ask := asks(p)[app.MailLimit]
	for i := range ofBlock(app.MailLimit) {
		p.want(ask(browser{p: p}.from("2001:db8:0:1::"+strconv.Itoa(i+1))), http.StatusOK)
	}
	p.want(ask(browser{p: p}.from("2001:db8:0:1::ffff")), http.StatusTooManyRequests)
	p.want(ask(browser{p: p}.from("2001:db8:0:2::1")), http.StatusOK)
}

func TestLimitsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	ask := asks(p)[app.MailLimit]
	for range 2 * ofBlock(app.MailLimit) {
		p.want(ask(browser{p: p}), http.StatusOK)
	}
	if n := p.one("SELECT COUNT(*) FROM limit_counts"); n != "0" {
		t.Errorf("%s counts are kept", n)
	}
}

// fill uses up a block's limit.
func (p *portal) fill(block string, limit app.Limit) {
	p.t.Helper()
	ask := asks(p)[limit]
	for range ofBlock(limit) {
		ask(browser{p: p}.from(block))
	}
	p.want(ask(browser{p: p}.from(block)), http.StatusTooManyRequests)
}

func guess(p *portal, block, email string) answer {
	p.t.Helper()
	return browser{p: p}.from(block).post("/sign-in", credentials(email, "a wrong password, this"))
}

// perEmail is how often one block may guess the password of one email, and perName how often all may together.
var perEmail, perName = app.SignInLimit.Rules()[1].Max, app.SignInLimit.Rules()[2].Max

// A restart forgets no try, nor does another server (T-50).
func TestT50LimitsSurviveARestartAndCountAcrossServers(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		for i := range perEmail {
			p.want(guess(servers[i%3], "203.0.113.9", "sue@acme.example"), http.StatusUnprocessableEntity)
			servers[i%3].serve(limited) // as after a restart: the memory is empty
		}
		for _, server := range servers {
			p.want(guess(server, "203.0.113.9", "sue@acme.example"), http.StatusTooManyRequests)
			p.want(browser{p: server}.from("203.0.113.9").post("/sign-in", credentials("sue@acme.example", password)), http.StatusTooManyRequests)
		}
		p.clock.pass(app.SignInLimit.Rules()[1].Within)
		p.want(browser{p: p}.from("203.0.113.9").post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
	})
}

// Of many who come at once, on three servers, exactly as many are let in as the limit has (T-50).
func TestT50LimitsHoldAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ask   func(p *portal, i int) answer
		limit int
	}{
		"sign-ins": {func(p *portal, _ int) answer { return guess(p, "203.0.113.9", "sue@acme.example") }, perEmail},
		"mails": {func(p *portal, i int) answer {
			block := fmt.Sprintf("203.0.113.%d", i)
			return browser{p: p}.from(block).post("/confirm", url.Values{"email": {"una@acme.example"}})
		}, app.MailLimit.Rules()[1].Max},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachInstallation(t, func(p *portal, servers []*portal) {
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

// Guessing a password from everywhere locks nobody out: who comes from an address that did not guess signs in, whenever, and also
// after a slip of the finger. Another spelling of an email is no other email (T-51).
func TestT51NobodyIsLockedOut(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		spellings := []string{"sue@acme.example", "SUE@acme.example", " Sue@ACME.Example"}
		guessed := 0
		for i := range 2 * perName / perEmail {
			block := fmt.Sprintf("198.51.100.%d", i)
			for n := range perEmail {
				if guess(servers[n%3], block, spellings[n%3]).status == http.StatusUnprocessableEntity {
					guessed++
				}
			}
			p.want(guess(servers[0], block, spellings[1]), http.StatusTooManyRequests)
		}
		spare := app.SignInLimit.Rules()[2].Spare
		if most := perName + spare*perName/perEmail; guessed > most {
			p.t.Errorf("%d guesses from %d blocks, at most %d were to be let in", guessed, 2*perName/perEmail, most)
		}
		sue := browser{p: servers[1]}.from("203.0.113.9")
		for range perEmail {
			p.want(sue.post("/sign-in", credentials(" SUE@acme.example", password)), http.StatusSeeOther)
		}
		p.want(guess(servers[1], "203.0.113.9", "sue@acme.example"), http.StatusUnprocessableEntity)
		p.want(sue.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
		p.want(browser{p: p}.from("198.51.100.1").post("/sign-in", credentials("ann@acme.example", "x")), http.StatusUnprocessableEntity)
	})
}

// An office signs in through one address, and people mistype: right passwords do not count.
func TestAnOfficeSignsIn(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		for i := range 2 * ofBlock(app.SignInLimit) {
			p.want(browser{p: servers[i%3]}.from("203.0.113.9").post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
		}
	})
}

// 200 wrong links from one address end in 429, a right one among them too, while it opens from another address. Reading counts in the
// memory of a server; what is sent counts for all of them (T-01).
func TestT01GuessingALink(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		link := p.link()
		before := p.stored()
		unknown := app.UnknownRule().Max
		for i := range 200 {
			if i == unknown {
				p.clock.pass(time.Minute) // the limit of opening is over
			}
			want := http.StatusNotFound
			if i >= unknown {
				want = http.StatusTooManyRequests
			}
			p.want(browser{p: p}.from("203.0.113.9").get("/register/"+app.NewToken(app.LinkToken)), want)
		}
		p.unchanged("reading", before)
		p.want(browser{p: p}.from("203.0.113.9").get(link), http.StatusTooManyRequests)
		p.want(browser{p: p}.from("203.0.113.10").get(link), http.StatusOK)
		for i := range unknown {
			path := []string{"/confirm/" + app.NewToken(app.ConfirmationToken), "/register/" + app.NewToken(app.LinkToken)}[i%2]
			p.want(browser{p: servers[i%3]}.from("203.0.113.11").post(path, nil), http.StatusNotFound)
		}
		for _, server := range servers {
			p.want(browser{p: server}.from("203.0.113.11").post(link, p.filledIn(link, "nia@acme.example")), http.StatusTooManyRequests)
			p.want(browser{p: server}.from("203.0.113.11").post("/confirm/"+app.NewToken(app.ConfirmationToken), nil), http.StatusTooManyRequests)
		}
		p.want(browser{p: p}.from("203.0.113.12").post(link, p.filledIn(link, "nia@acme.example")), http.StatusSeeOther)
	})
}

// Strangers who have the link and use it up in a window keep nobody else from registering (T-51).
func TestALinkInFullUse(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		link := p.link()
		rules := app.RegistrationLimit.Rules()
		for i := range rules[1].Max {
			block := fmt.Sprintf("198.51.100.%d", i/(rules[0].Max/2))
			p.want(browser{p: servers[i%3]}.from(block).post(link, nil), http.StatusUnprocessableEntity)
		}
		p.want(browser{p: p}.from("198.51.100.0").post(link, nil), http.StatusTooManyRequests)
		p.want(browser{p: p}.from("203.0.113.9").post(link, p.filledIn(link, "nia@acme.example")), http.StatusSeeOther)
	})
}

// An address is sent no more than a few mails, whoever asks for them, and the answer does not tell whether it has a login (T-54).
func TestT54MailsToAnAddress(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		p.create("una@acme.example", app.StandardUser)
		rule, sent := app.MailLimit.Rules()[1], len(p.mailsTo("una@acme.example"))
		for _, email := range []string{"una@acme.example", "nobody@acme.example"} {
			for i := range 12 {
				p.clock.pass(app.AskAgainAfter + time.Second) // far enough apart for a mail each time
				want := http.StatusOK
				if i >= rule.Max {
					want = http.StatusTooManyRequests
				}
				b := browser{p: servers[i%3]}.from(fmt.Sprintf("198.51.100.%d", i))
				p.want(b.post("/confirm", url.Values{"email": {email}}), want)
				p.deliver() // before another takes its place
			}
		}
		if n := len(p.mailsTo("una@acme.example")) - sent; n != rule.Max {
			p.t.Errorf("%d mails were sent, want %d", n, rule.Max)
		}
	})
}

// What is counted names nobody, and goes when it is over.
func TestCountsAreAnonymousAndGo(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, _ []*portal) {
		for i := range 45 {
			guess(p, fmt.Sprintf("203.0.113.%d", i), fmt.Sprintf("n%d@acme.example", i))
		}
		kept := p.dump("limit_counts")
		if n := strings.Count(kept, "\n") + 1; n != 3*45 {
			t.Errorf("%d counts are kept", n)
		}
		if strings.Contains(kept, "203.0.113") || strings.Contains(kept, "acme") {
			t.Errorf("somebody can be read from %.200s", kept)
		}
		p.clock.pass(time.Hour)
		guess(p, "203.0.113.1", "n1@acme.example")
		guess(p, "203.0.113.2", "n2@acme.example")
		if n := p.one("SELECT COUNT(*) FROM limit_counts"); n != "6" {
			t.Errorf("%s counts are kept after an hour", n)
		}
	})
}

// miscounting is a store that cannot count.
type miscounting struct{ web.Store }

func (miscounting) TakeLimits(context.Context, []app.LimitUse, time.Time) ([]string, time.Time, error) {
	return nil, time.Time{}, fmt.Errorf("%w: %w", app.Refuse(app.Unavailable, "database_away"), errors.New("no way"))
}

// A database that cannot count locks nobody out, and the fence in memory holds.
func TestLimitsMakeNoLockOutOfAnOutage(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.serve(func(c *web.Config) { limited(c); c.Store = miscounting{c.Store} })
	b := browser{p: p}.from("203.0.113.9")
	p.want(b.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
	link := p.link()
	p.want(b.post(link, p.filledIn(link, "nia@acme.example")), http.StatusSeeOther)
	if said := p.log.String(); !strings.Contains(said, "limit not counted") || strings.Contains(said, "sue@") {
		t.Errorf("the log says: %s", p.lately())
	}
	for range ofBlock(app.SignInLimit) {
		p.want(guess(p, "203.0.113.9", "sue@acme.example"), http.StatusUnprocessableEntity)
	}
	p.want(guess(p, "203.0.113.9", "sue@acme.example"), http.StatusTooManyRequests)
}
