package web_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// until asks again as long as the portal says that it cannot answer now.
func until(ask func() answer) answer {
	for away := 0; ; away++ {
		if got := ask(); got.status != http.StatusServiceUnavailable || away == 100 {
			return got
		}
	}
}

// Of two hundred who register at once on three nodes by a link for five, five are let in (T-09).
func TestT09OnACluster(t *testing.T) {
	servers := onCluster(t)
	const rounds, people, places = 3, 200, 5
	wrong := 0
	for _, p := range servers {
		p.faults = true // where too many want one row, some are told to try again
	}
	for round := range rounds {
		path := servers[round%3].sue.regenerated()
		servers[round%3].rule("max_uses", fmt.Sprint(places))
		form := servers[0].filledIn(path, "")
		got := servers[0].atOnce(people, func(i int) answer {
			typed := maps.Clone(form)
			typed.Set("email", fmt.Sprintf("p%d.%d@acme.example", round, i))
			typed.Set("submission_id", app.NewSubmissionID())
			return until(func() answer { return browser{p: servers[i%3]}.post(path, typed) })
		})
		in := 0
		for _, a := range got {
			switch a.status {
			case http.StatusSeeOther:
				in++
			case http.StatusGone:
			default:
				wrong++
				t.Errorf("status %d", a.status)
			}
		}
		for _, p := range servers {
			used, rows := p.one("SELECT used FROM links WHERE active = 1"), p.one("SELECT COUNT(*) FROM registrations")
			if in != places || used != fmt.Sprint(places) || rows != fmt.Sprint(places*(round+1)) {
				wrong++
				t.Errorf("%d were told that they are in, %s counted, %s registrations in all", in, used, rows)
			}
		}
	}
	report(t, "T-09: people who register at once on three nodes by a link for five", rounds*people, wrong)
}

// Who is suspended on one node is out on every other at the next request, with all sessions (T-45).
func TestT45OnACluster(t *testing.T) {
	servers := onCluster(t)
	const times = 50
	wrong := 0
	servers[0].member("sam@acme.example", app.StandardUser)
	path := servers[0].memberPath("sam@acme.example")
	for i := range times {
		there := servers[i%3]
		var sessions []browser
		for _, p := range servers {
			sam := p.signIn("sam@acme.example")
			p.want(sam.get("/members"), http.StatusOK)
			sessions = append(sessions, sam)
		}
		there.want(there.sue.post(path+"/suspend", nil), http.StatusSeeOther)
		for n, p := range []*portal{servers[(i+1)%3], servers[(i+2)%3], there} {
			sam := sessions[n]
			sam.p = p // any session on any server
			got := sam.get("/members")
			if got.status != http.StatusSeeOther || !strings.HasPrefix(got.leadsTo(), "/sign-in") {
				wrong++
				t.Errorf("round %d: status %d", i, got.status)
			}
			p.want(sam.post("/preferences", nil), http.StatusUnauthorized)
		}
		there.want(there.sue.post(path+"/reinstate", nil), http.StatusSeeOther)
	}
	report(t, "T-45: sessions that another node has just ended", 3*times, wrong)
}

// A limit counts what comes to all servers, whichever node each is on, and forgets nothing when all restart (T-50).
func TestT50OnACluster(t *testing.T) {
	servers := onCluster(t)
	wrong := 0
	for _, p := range servers {
		p.serve(limited)
	}
	const rounds, tries = 5, 60
	for round := range rounds {
		block := fmt.Sprintf("203.0.%d.9", round)
		got := servers[0].atOnce(tries, func(i int) answer {
			return guess(servers[i%3], block, fmt.Sprintf("sue%d@acme.example", round))
		})
		guessed := 0
		for _, a := range got {
			if a.status == http.StatusUnprocessableEntity {
				guessed++
			}
		}
		if guessed != perEmail {
			wrong++
			t.Errorf("%d guesses, want %d", guessed, perEmail)
		}
		for _, p := range servers {
			p.serve(limited) // as after a restart: the memory is empty
			if got := guess(p, block, fmt.Sprintf("sue%d@acme.example", round)); got.status != http.StatusTooManyRequests {
				wrong++
				t.Errorf("after a restart: status %d", got.status)
			}
		}
	}
	report(t, "T-50: guesses of a password at once on three nodes", rounds*tries, wrong)
}

// Three servers keep the deadlines at the same moment: everything that is due is done once, and told once.
func TestDeadlinesOnACluster(t *testing.T) {
	servers := onCluster(t)
	const people = 40
	servers[0].crowd(people)
	wrong := 0
	for _, due := range []struct {
		after  time.Duration
		letter app.Letter
	}{{app.Reminders()[0], app.ApprovalReminder}, {app.PendingFor, app.JoinExpired}} {
		servers[0].clock.pass(due.after)
		kept := make([]error, len(servers))
		servers[0].atOnce(len(servers), func(i int) answer {
			for range 20 { // one that met the others too often keeps them at its next minute
				_, kept[i] = app.Deadlines{Store: servers[i].store, Clock: servers[i].clock.tell}.Keep(t.Context())
				if !errors.Is(kept[i], app.Unavailable) {
					break
				}
			}
			return answer{}
		})
		for i, err := range kept {
			if err != nil {
				t.Errorf("server %d: %v", i, err)
			}
		}
		if got := servers[1].one("SELECT COUNT(*) FROM notices WHERE letter = ?", due.letter); got != strconv.Itoa(people) {
			wrong++
			t.Errorf("%s: %s notices, want %d", due.letter, got, people)
		}
	}
	report(t, "deadlines that three servers keep at once", 2*people, wrong)
}
