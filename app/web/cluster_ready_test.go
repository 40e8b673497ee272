package web_test

import (
	"net/http"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// besides gives so many servers of one portal that all name the nodes in the same order, as an operator is told to.
func besides(t *testing.T, cluster *dbtest.Cluster, name string, servers int) []*portal {
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
		beside.log, beside.faults, beside.sue.p = &strings.Builder{}, true, &beside
		beside.serve(func(*web.Config) {})
		t.Cleanup(beside.checkLog)
		all = append(all, &beside)
	}
	return all
}

// used tells whether a node has connections to the database.
func used(t *testing.T, node *dbtest.Node, database string) bool {
	t.Helper()
	var connections int
	err := dbtest.Raw(t, node.URL("mysql")).QueryRowContext(t.Context(),
		"SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?", database).Scan(&connections)
	if err != nil {
		t.Fatal(err)
	}
	return connections > 0
}

// A node that is out of sync makes no server unready while another one is synced, although all of them use it and it goes on answering; with
// none synced, all say so, and are ready again with the first that is.
func TestReadyOnACluster(t *testing.T) {
	cluster := dbtest.Galera(t)
	name, nodes := cluster.Database(t), cluster.Nodes
	servers := besides(t, cluster, name, 3)
	looks, wrong := 0, 0
	look := func(when string, status int, said string) {
		for _, p := range servers {
			looks++
			if got := (browser{p: p}).get("/readyz"); got.status != status || got.body != said {
				wrong++
				t.Errorf("%s: status %d: %s%s", when, got.status, got.body, p.lately())
			}
		}
	}
	pages := func(status int) {
		for _, p := range servers {
			p.want(p.sue.get("/members"), status)
		}
	}
	pages(http.StatusOK)
	for i, next := range nodes[1:] {
		nodes[i].Desync(t)
		if used(t, next, name) {
			t.Errorf("%s is used before its turn", next.Name)
		}
		look(nodes[i].Name+" is out of sync", http.StatusOK, "ready\n")
		pages(http.StatusOK)
		if !used(t, next, name) {
			t.Errorf("%s is not used", next.Name)
		}
	}
	nodes[2].Desync(t)
	look("none is synced", http.StatusServiceUnavailable, "not ready: "+app.NodeNotSynced.Error()+"\n")
	pages(http.StatusServiceUnavailable)
	nodes[1].Resync(t)
	look("one is synced again", http.StatusOK, "ready\n")
	pages(http.StatusOK)
	report(t, "readiness of three servers while one node after the other is out of sync", looks, wrong)
}
