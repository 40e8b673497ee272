package web_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// clusterPortals gives three servers of one portal, each on a node of its own of a Galera cluster, with a
// browser of Sue's that asks it. When the test ends, the nodes must hold the same.
func clusterPortals(t *testing.T) []*portal {
	t.Helper()
	cluster := dbtest.Galera(t)
	name := cluster.Database(t)
	p := newPortal(t, cluster.Nodes[0].URL(name))
	servers := []*portal{p}
	for _, node := range cluster.Nodes[1:] {
		beside := *p
		beside.store, beside.rawDB, beside.log = dbtest.Open(t, node.URL(name)), dbtest.Raw(t, node.URL(name)),
			&strings.Builder{}
		beside.sue.p = &beside
		beside.restartWith(func(*portalConfig) {})
		t.Cleanup(beside.wantNoSecretsInLog)
		servers = append(servers, &beside)
	}
	t.Cleanup(func() { cluster.RequireEqualNodes(t, name) })
	return servers
}

// A link that was replaced lets nobody in from the moment that the answer is there, on whichever node the
// registration is stored: right after it, and where the registration had looked at the link before and is
// stored after.
func TestT07_ReplacedLinkLetsNobodyInOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	const times = 500
	path, accepted := servers[0].generateLink(), 0
	old := servers[0].registrationForm(path, "late@acme.example")
	for i := range times {
		there, here := servers[i%3], servers[(i+1)%3]
		var next string
		if i%2 == 0 {
			next = there.sue.regenerateLink()
		} else {
			here.interceptWrites(func(*portal) { next = there.sue.regenerateLink() })
		}
		old.Set("submission_id", app.NewSubmissionID())
		if late := (browser{p: here}).post(path, old); late.status != http.StatusGone {
			accepted++
			t.Errorf("round %d: status %d", i, late.status)
		}
		here.restartWith(func(*portalConfig) {})
		path = next
	}
	servers[1].register(path, "nia@acme.example")
	if got := servers[2].queryOne("SELECT COUNT(*) FROM registrations"); got != "1" {
		t.Errorf("%s registrations, want that by the link in force", got)
	}
	reportTrial(t, "T-07: registrations by a link that another node has just replaced", times, accepted)
}

// linkEndings are what ends a link that Sam has generated while somebody fills in its form, with what is said of it.
func linkEndings() map[string]struct {
	end    func(p *portal, sam, path string)
	reason string
} {
	return map[string]struct {
		end    func(p *portal, sam, path string)
		reason string
	}{
		"disabled": {func(p *portal, _, _ string) {
			p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		}, "link_dead"},
		"regenerated": {func(p *portal, _, _ string) { p.sue.regenerateLink() }, "link_dead"},
		"expired": {
			func(p *portal, _, _ string) { p.exec("UPDATE links SET expires_at = generated_at WHERE active = 1") },
			"link_expired",
		},
		"full": {func(p *portal, sam, path string) {
			p.setLinkRule("max_uses", "1")
			p.register(path, "first."+sam)
		}, "link_full"},
		"its creator suspended": {func(p *portal, sam, _ string) {
			p.wantStatus(p.sue.post(p.memberPath(sam)+"/suspend", nil), http.StatusSeeOther)
		}, "link_stopped"},
		"its creator demoted": {func(p *portal, sam, _ string) {
			p.wantStatus(p.sue.post(p.memberPath(sam)+"/role", url.Values{"role": {"standard"}}), http.StatusSeeOther)
		}, "link_stopped"},
		"its creator removed": {func(p *portal, sam, _ string) {
			p.wantStatus(p.sue.post(p.memberPath(sam)+"/remove", nil), http.StatusSeeOther)
		}, "link_stopped"},
	}
}

// A form that was open when the link ended on another node stores nothing and says why, whether the link
// ended before the form was looked at or between that and the write.
func TestT08_FormOfAnEndedLinkIsDeniedOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	const times = 5
	people, accepted := 0, 0
	for name, ending := range linkEndings() {
		for i := range 2 * times {
			there, here := servers[i%3], servers[(i+1)%3]
			there.sue = there.signIn("sue@acme.example") // the clock runs
			people++
			sam := fmt.Sprintf("sam%d@acme.example", people)
			path := there.addMember(sam, app.SuperUser).regenerateLink()
			form := here.registrationForm(path, "late@acme.example")
			here.clock.advance(11 * time.Minute) // so that the denial is told in the activity
			var before map[string]string
			end := func() {
				ending.end(there, sam, path)
				before = here.snapshot()
			}
			if i%2 == 0 {
				end()
			} else {
				here.interceptWrites(func(*portal) { end() })
			}
			got := browser{p: here}.post(path, form)
			here.restartWith(func(*portalConfig) {})
			if got.status != http.StatusGone || got.value("#last_name") != "Okafor" {
				accepted++
				t.Errorf("%s: status %d: %s", name, got.status, got.textAt("main"))
			}
			here.wantOnlyDenialRecorded(name, ending.reason, before)
			there.wantStatus(there.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
			there.setLinkRule("max_uses", "")
		}
	}
	reportTrial(t, "T-08: forms that were open while another node ended the link", people, accepted)
}

// reportTrial has what was done be printed in the end: how often, and how often the answer or what is stored was wrong.
func reportTrial(t *testing.T, what string, times, wrong int) {
	t.Helper()
	trial.Report(trial.Row{Run: what, Times: times, Verdict: trial.Verdict{Lost: wrong}})
}

// retryWhileUnavailable asks again as long as the portal says that it cannot answer now.
func retryWhileUnavailable(ask func() testResponse) testResponse {
	for away := 0; ; away++ {
		if got := ask(); got.status != http.StatusServiceUnavailable || away == 100 {
			return got
		}
	}
}

// Of two hundred who register at once on three nodes by a link for five, five are let in (T-09).
func TestT09_MaximumUsesHoldOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	const rounds, people, places = 3, 200, 5
	wrong := 0
	for _, p := range servers {
		p.allowServerErrors = true // where too many want one row, some are told to try again
	}
	for round := range rounds {
		path := servers[round%3].sue.regenerateLink()
		servers[round%3].setLinkRule("max_uses", fmt.Sprint(places))
		form := servers[0].registrationForm(path, "")
		got := servers[0].concurrently(people, func(i int) testResponse {
			typed := maps.Clone(form)
			typed.Set("email", fmt.Sprintf("p%d.%d@acme.example", round, i))
			typed.Set("submission_id", app.NewSubmissionID())
			return retryWhileUnavailable(func() testResponse { return browser{p: servers[i%3]}.post(path, typed) })
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
			used, rows := p.queryOne("SELECT used FROM links WHERE active = 1"), p.queryOne("SELECT COUNT(*) FROM registrations")
			if in != places || used != fmt.Sprint(places) || rows != fmt.Sprint(places*(round+1)) {
				wrong++
				t.Errorf("%d were told that they are in, %s counted, %s registrations in all", in, used, rows)
			}
		}
	}
	reportTrial(t, "T-09: people who register at once on three nodes by a link for five", rounds*people, wrong)
}

// Who is suspended on one node is out on every other at the next request, with all sessions (T-45).
func TestT45_SuspendedMemberIsSignedOutOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	const times = 50
	wrong := 0
	servers[0].addMember("sam@acme.example", app.StandardUser)
	path := servers[0].memberPath("sam@acme.example")
	for i := range times {
		there := servers[i%3]
		var sessions []browser
		for _, p := range servers {
			sam := p.signIn("sam@acme.example")
			p.wantStatus(sam.get("/members"), http.StatusOK)
			sessions = append(sessions, sam)
		}
		there.wantStatus(there.sue.post(path+"/suspend", nil), http.StatusSeeOther)
		for n, p := range []*portal{servers[(i+1)%3], servers[(i+2)%3], there} {
			sam := sessions[n]
			sam.p = p // any session on any server
			got := sam.get("/members")
			if got.status != http.StatusSeeOther || !strings.HasPrefix(got.location(), "/sign-in") {
				wrong++
				t.Errorf("round %d: status %d", i, got.status)
			}
			p.wantStatus(sam.post("/preferences", nil), http.StatusUnauthorized)
		}
		there.wantStatus(there.sue.post(path+"/reinstate", nil), http.StatusSeeOther)
	}
	reportTrial(t, "T-45: sessions that another node has just ended", 3*times, wrong)
}

// A limit counts what comes to all servers, whichever node each is on, and forgets nothing when all restart (T-50).
func TestT50_SignInLimitCountsOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	wrong := 0
	for _, p := range servers {
		p.restartWith(enableLimits)
	}
	const rounds, tries = 5, 60
	for round := range rounds {
		block := fmt.Sprintf("203.0.%d.9", round)
		got := servers[0].concurrently(tries, func(i int) testResponse {
			return guessPassword(servers[i%3], block, fmt.Sprintf("sue%d@acme.example", round))
		})
		guessed := 0
		for _, a := range got {
			if a.status == http.StatusUnprocessableEntity {
				guessed++
			}
		}
		if guessed != guessesPerBlockAndEmail {
			wrong++
			t.Errorf("%d guesses, want %d", guessed, guessesPerBlockAndEmail)
		}
		for _, p := range servers {
			p.restartWith(enableLimits) // as after a restart: the memory is empty
			if got := guessPassword(p, block, fmt.Sprintf("sue%d@acme.example",
				round)); got.status != http.StatusTooManyRequests {
				wrong++
				t.Errorf("after a restart: status %d", got.status)
			}
		}
	}
	reportTrial(t, "T-50: guesses of a password at once on three nodes", rounds*tries, wrong)
}

// Three servers keep the deadlines at the same moment: everything that is due is done once, and told once.
func TestDeadlines_AreKeptOnceOnACluster(t *testing.T) {
	servers := clusterPortals(t)
	const people = 40
	servers[0].addPendingMembers(people)
	wrong := 0
	for _, due := range []struct {
		after  time.Duration
		letter app.NoticeKind
	}{{app.ReminderDelays()[0], app.ApprovalReminder}, {app.PendingFor, app.JoinExpired}} {
		servers[0].clock.advance(due.after)
		kept := make([]error, len(servers))
		servers[0].concurrently(len(servers), func(i int) testResponse {
			for range 20 { // one that met the others too often keeps them at its next minute
				kept[i] = app.Deadlines{Store: servers[i].store, Clock: servers[i].clock.Now}.Run(t.Context())
				if !errors.Is(kept[i], app.Unavailable) {
					break
				}
			}
			return testResponse{}
		})
		for i, err := range kept {
			if err != nil {
				t.Errorf("server %d: %v", i, err)
			}
		}
		if got := servers[1].queryOne("SELECT COUNT(*) FROM notices WHERE letter = ?", due.letter); got != strconv.Itoa(
			people) {
			wrong++
			t.Errorf("%s: %s notices, want %d", due.letter, got, people)
		}
	}
	reportTrial(t, "deadlines that three servers keep at once", 2*people, wrong)
}

// portalsOnAllNodes gives so many servers of one portal that all name the nodes in the same order, as an
// operator is told to.
func portalsOnAllNodes(t *testing.T, cluster *dbtest.Cluster, name string, servers int) []*portal {
	t.Helper()
	var hosts []string
	for _, node := range cluster.Nodes {
		hosts = append(hosts, node.Address())
	}
	first := cluster.Nodes[0]
	p := newPortal(t, first.URL(name))
	var all []*portal
	for range servers {
		beside := *p
		beside.store = dbtest.Open(t, strings.Replace(first.URL(name), first.Address(), strings.Join(hosts, ","), 1))
		beside.log, beside.allowServerErrors, beside.sue.p = &strings.Builder{}, true, &beside
		beside.restartWith(func(*portalConfig) {})
		t.Cleanup(beside.wantNoSecretsInLog)
		all = append(all, &beside)
	}
	return all
}

// hasConnections tells whether a node has connections to the database.
func hasConnections(t *testing.T, node *dbtest.Node, database string) bool {
	t.Helper()
	var connections int
	err := dbtest.Raw(t, node.URL("mysql")).QueryRowContext(t.Context(),
		"SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?", database).Scan(&connections)
	if err != nil {
		t.Fatal(err)
	}
	return connections > 0
}

// eventually asks again until something holds: an answer about readiness serves for a second.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// A node that is out of sync makes no server unready while another one is synced, although all of them use it
// and it goes on answering; with none synced, all say so, and are ready again with the first that is.
func TestReady_OneSyncedNodeIsEnoughOnACluster(t *testing.T) {
	cluster := dbtest.Galera(t)
	name, nodes := cluster.Database(t), cluster.Nodes
	servers := portalsOnAllNodes(t, cluster, name, 3)
	looks, wrong := 0, 0
	all := func(status int, said string) bool {
		alike := true
		for _, p := range servers {
			looks++
			got := (browser{p: p}).get("/readyz")
			alike = alike && got.status == status && got.body == said
		}
		return alike
	}
	pages := func(status int) {
		for _, p := range servers {
			p.wantStatus(p.sue.get("/members"), status)
		}
	}
	pages(http.StatusOK)
	for i, next := range nodes[1:] {
		if hasConnections(t, next, name) {
			t.Errorf("%s is used before its turn", next.Name)
		}
		nodes[i].Desync(t)
		eventually(t, next.Name+" is used while "+nodes[i].Name+" is out of sync", func() bool {
			if !all(http.StatusOK, "ready\n") {
				wrong++
				t.Errorf("not ready while %s is synced: %s", next.Name, servers[0].logTail())
			}
			return hasConnections(t, next, name)
		})
		pages(http.StatusOK)
	}
	nodes[2].Desync(t)
	eventually(t, "not ready with no node synced", func() bool {
		return all(http.StatusServiceUnavailable, "not ready: "+app.NodeNotSynced.Error()+"\n")
	})
	pages(http.StatusServiceUnavailable)
	nodes[1].Resync(t)
	eventually(t, "ready again with one node synced", func() bool { return all(http.StatusOK, "ready\n") })
	pages(http.StatusOK)
	reportTrial(t, "readiness of three servers while one node after the other is out of sync", looks, wrong)
}
