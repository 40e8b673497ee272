package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli/trial"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// onCluster gives three servers of one portal, each on a node of its own of a Galera cluster, with a browser of Sue's that asks it. When
// the test ends, the nodes must hold the same.
func onCluster(t *testing.T) []*portal {
	t.Helper()
	cluster := dbtest.Galera(t)
	name := cluster.Database(t)
	p := newPortal(t, cluster.Nodes[0].URL(name))
	servers := []*portal{p}
	for _, node := range cluster.Nodes[1:] {
		beside := *p
		beside.store, beside.raw, beside.log = dbtest.Open(t, node.URL(name)), dbtest.Raw(t, node.URL(name)), &strings.Builder{}
		beside.sue.p = &beside
		beside.serve(func(*web.Config) {})
		t.Cleanup(beside.checkLog)
		servers = append(servers, &beside)
	}
	t.Cleanup(func() { cluster.Equal(t, name) })
	return servers
}

// regenerated is a new link, by the browser's owner; its path.
func (b browser) regenerated() string {
	b.p.t.Helper()
	answer := b.withHTMX().post("/account/link/regenerate", nil)
	b.p.want(answer, http.StatusOK)
	return strings.TrimPrefix(answer.value("#registration-link-url"), b.p.base)
}

// A link that was replaced lets nobody in from the moment that the answer is there, on whichever node the registration is stored: right
// after it, and where the registration had looked at the link before and is stored after.
func TestT07OnACluster(t *testing.T) {
	servers := onCluster(t)
	const times = 500
	path, accepted := servers[0].link(), 0
	old := servers[0].filledIn(path, "late@acme.example")
	for i := range times {
		there, here := servers[i%3], servers[(i+1)%3]
		var next string
		if i%2 == 0 {
			next = there.sue.regenerated()
		} else {
			here.rivalled(func(*portal) { next = there.sue.regenerated() })
		}
		old.Set("submission_id", app.NewSubmissionID())
		if late := (browser{p: here}).post(path, old); late.status != http.StatusGone {
			accepted++
			t.Errorf("round %d: status %d", i, late.status)
		}
		here.serve(func(*web.Config) {})
		path = next
	}
	servers[1].register(path, "nia@acme.example")
	if got := servers[2].one("SELECT COUNT(*) FROM registrations"); got != "1" {
		t.Errorf("%s registrations, want that by the link in force", got)
	}
	report(t, "T-07: registrations by a link that another node has just replaced", times, accepted)
}

// endings are what ends a link that Sam has generated while somebody fills in its form, with what is said of it.
func endings() map[string]struct {
	end    func(p *portal, sam, path string)
	reason string
} {
	return map[string]struct {
		end    func(p *portal, sam, path string)
		reason string
	}{
		"disabled":    {func(p *portal, _, _ string) { p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther) }, "link_dead"},
		"regenerated": {func(p *portal, _, _ string) { p.sue.regenerated() }, "link_dead"},
		"expired":     {func(p *portal, _, _ string) { p.run("UPDATE links SET expires_at = generated_at WHERE active = 1") }, "link_expired"},
		"full": {func(p *portal, sam, path string) {
			p.rule("max_uses", "1")
			p.register(path, "first."+sam)
		}, "link_full"},
		"its creator suspended": {func(p *portal, sam, _ string) {
			p.want(p.sue.post(p.memberPath(sam)+"/suspend", nil), http.StatusSeeOther)
		}, "link_stopped"},
		"its creator demoted": {func(p *portal, sam, _ string) {
			p.want(p.sue.post(p.memberPath(sam)+"/role", url.Values{"role": {"standard"}}), http.StatusSeeOther)
		}, "link_stopped"},
		"its creator removed": {func(p *portal, sam, _ string) {
			p.want(p.sue.post(p.memberPath(sam)+"/remove", nil), http.StatusSeeOther)
		}, "link_stopped"},
	}
}

// A form that was open when the link ended on another node stores nothing and says why, whether the link ended before the form was
// looked at or between that and the write.
func TestT08OnACluster(t *testing.T) {
	servers := onCluster(t)
	const times = 5
	people, accepted := 0, 0
	for name, ending := range endings() {
		for i := range 2 * times {
			there, here := servers[i%3], servers[(i+1)%3]
			there.sue = there.signIn("sue@acme.example") // the clock runs
			people++
			sam := fmt.Sprintf("sam%d@acme.example", people)
			path := there.member(sam, app.SuperUser).regenerated()
			form := here.filledIn(path, "late@acme.example")
			here.clock.pass(11 * time.Minute) // so that the denial is told in the activity
			var before map[string]string
			end := func() {
				ending.end(there, sam, path)
				before = here.stored()
			}
			if i%2 == 0 {
				end()
			} else {
				here.rivalled(func(*portal) { end() })
			}
			got := browser{p: here}.post(path, form)
			here.serve(func(*web.Config) {})
			if got.status != http.StatusGone || got.value("#last_name") != "Okafor" {
				accepted++
				t.Errorf("%s: status %d: %s", name, got.status, got.find("main"))
			}
			here.onlyDenied(name, ending.reason, before)
			there.want(there.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
			there.rule("max_uses", "")
		}
	}
	report(t, "T-08: forms that were open while another node ended the link", people, accepted)
}

// report has what was done be printed in the end: how often, and how often the answer or what is stored was wrong.
func report(t *testing.T, what string, times, wrong int) {
	t.Helper()
	trial.Report(trial.Row{Run: what, Times: times, Verdict: trial.Verdict{Lost: wrong}})
}
