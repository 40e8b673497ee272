package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

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

// eventually asks again until something holds: an answer about readiness serves for a second.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// A node that is out of sync makes no server unready while another one is synced, although all of them use it and it goes on answering; with
// none synced, all say so, and are ready again with the first that is.
func TestReadyOnACluster(t *testing.T) {
	cluster := dbtest.Galera(t)
	name, nodes := cluster.Database(t), cluster.Nodes
	servers := besides(t, cluster, name, 3)
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
			p.want(p.sue.get("/members"), status)
		}
	}
	pages(http.StatusOK)
	for i, next := range nodes[1:] {
		if used(t, next, name) {
			t.Errorf("%s is used before its turn", next.Name)
		}
		nodes[i].Desync(t)
		eventually(t, next.Name+" is used while "+nodes[i].Name+" is out of sync", func() bool {
			if !all(http.StatusOK, "ready\n") {
				wrong++
				t.Errorf("not ready while %s is synced: %s", next.Name, servers[0].lately())
			}
			return used(t, next, name)
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
	report(t, "readiness of three servers while one node after the other is out of sync", looks, wrong)
}
