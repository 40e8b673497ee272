//go:build cluster

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// onCluster gives three servers of one portal, each on a node of its own of a Galera cluster, and each with its own Super User's browser.
func onCluster(t *testing.T) []*portal {
	t.Helper()
	cluster := dbtest.Galera(t)
	name := cluster.Database(t)
	p := newPortal(t, cluster.Nodes[0].URL(name))
	servers := []*portal{p}
	for _, node := range cluster.Nodes[1:] {
		beside := *p
		beside.store, beside.log = dbtest.Open(t, node.URL(name)), &strings.Builder{}
		beside.sue.p = &beside
		beside.serve(func(*web.Config) {})
		t.Cleanup(beside.checkLog)
		servers = append(servers, &beside)
	}
	t.Cleanup(func() { cluster.Equal(t, name) })
	return servers
}

// The old link lets nobody in from the moment that a node has answered, on every other node (T-07).
func TestT07OnACluster(t *testing.T) {
	servers := onCluster(t)
	const times = 500
	path, accepted := servers[0].link(), 0
	old := servers[0].filledIn(path, "late@acme.example")
	for i := range times {
		there, here := servers[i%3], servers[(i+1)%3]
		answer := there.sue.withHTMX().post("/account/link/regenerate", nil)
		there.want(answer, http.StatusOK)
		old.Set("submission_id", app.NewSubmissionID())
		if late := (browser{p: here}).post(path, old); late.status != http.StatusGone {
			accepted++
			t.Errorf("round %d: status %d", i, late.status)
		}
		path = strings.TrimPrefix(answer.value("#registration-link-url"), there.base)
	}
	servers[1].register(path, "nia@acme.example")
	if got := servers[2].one("SELECT COUNT(*) FROM registrations"); got != "1" {
		t.Errorf("%s registrations, want that by the link in force", got)
	}
	t.Logf("%d registrations right after a regenerate on another node, %d accepted", times, accepted)
}
