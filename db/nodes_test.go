package db_test

import (
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// withHosts is the address of a database with these hosts.
func withHosts(databaseURL string, hosts ...string) string {
	begin, end := strings.Index(databaseURL, "@")+1, strings.LastIndex(databaseURL, "/")
	return databaseURL[:begin] + strings.Join(hosts, ",") + databaseURL[end:]
}

func TestMySQLURL_ParsesEveryHost(t *testing.T) {
	t.Parallel()
	for databaseURL, want := range map[string]string{
		"mysql://u:p@h/db":                      "h:3306",
		"mysql://u:p@h1,h2:3307,h3/db":          "h1:3306 h2:3307 h3:3306",
		"mysql://u:p,%40@h1:1,[::1],[::2]:2/db": "h1:1 [::1]:3306 [::2]:2",
		"mysql://u:p@h1,/db":                    "",
		"mysql://u:p@,h1/db":                    "",
		"mysql://u:p@h1,h2:x/db":                "",
		"mysql://u:p@h1,h2/x/db":                "",
		"mysql://u:p@h1,h2:99999999/db":         "",
	} {
		hosts, err := db.MySQLHosts(databaseURL)
		equal(t, databaseURL, strings.Join(hosts, " "), want)
		equal(t, databaseURL+" is refused", err != nil, want == "")
	}
}

// Nobody waits long for nodes of which none answers, and is told of each in one line.
func TestOpen_UnreachableNodesAreNamedInOneLine(t *testing.T) {
	t.Parallel()
	dead := []string{dbtest.UnusedAddress(t), dbtest.UnusedAddress(t)}
	_, err := db.Open(t.Context(), "mysql://u:secret@"+strings.Join(dead, ",")+"/reglink")
	for _, said := range append(dead, "cannot use the database reglink on ", "; ") {
		if err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("got %v, want %q in it", err, said)
		}
	}
	equal(t, "in one line", strings.ContainsAny(err.Error(), "\n"), false)
}

// twoNodes are two servers with the same tables, which stand for two nodes: which one a store used is told by
// what is there. The second has an account.
func twoNodes(t *testing.T) (*dbtest.Process, *dbtest.Process) {
	t.Helper()
	first, second := dbtest.NewProcess(t), dbtest.NewProcess(t)
	for _, server := range []*dbtest.Process{first, second} {
		s := dbtest.Open(t, server.URL())
		check(t, s.Migrate(t.Context()))
		if server == second {
			newPortal(t, s)
		}
	}
	return first, second
}

func TestNodes_FailOverAndBack(t *testing.T) {
	t.Parallel()
	first, second := twoNodes(t)
	s := dbtest.Open(t, withHosts(first.URL(), first.Host(), second.Host()))
	write := func(s *db.Store) error { return s.ReturnLimits(t.Context(), []string{"nobody's"}, time.Now()) }
	on := func() string {
		if must(s.HasAccounts(t.Context()))(t) {
			return "second"
		}
		return "first"
	}
	equal(t, "the first is used first", on(), "first")
	first.Kill()
	check(t, write(s))
	equal(t, "after a kill", on(), "second")
	first.Start()
	equal(t, "connections that work are kept", on(), "second")
	second.Stop()
	check(t, write(s))
	equal(t, "back to the first", on(), "first")

	second.Start()
	first.Exec("SET GLOBAL read_only = ON")
	check(t, write(s))
	equal(t, "a node that takes no writes is left", on(), "second")
}

// countOnSecond is how many of so many connections, all in use at once, lead to the node with an account.
func countOnSecond(t *testing.T, s *db.Store, connections int) int {
	t.Helper()
	there := 0
	for range connections {
		conn := must(s.Bun().Conn(t.Context()))(t)
		defer conn.Close()
		var accounts int
		check(t, conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM accounts").Scan(&accounts))
		there += accounts
	}
	return there
}

// A node that answers and is out of sync does not make the portal unready while another one is synced, and
// nobody uses it any more, though no statement fails on it.
func TestNodes_OutOfSyncNodeIsAvoided(t *testing.T) {
	t.Parallel()
	first, second := twoNodes(t)
	one, two := newHostProxy(t, first.Host()), newHostProxy(t, second.Host())
	s := dbtest.Open(t, withHosts(first.URL(), one.address, two.address))
	const connections = 5
	equal(t, "the first is used first", countOnSecond(t, s, connections), 0)
	one.outOfSync.Store(true)
	expectReady(t, "the first is out of sync", s, nil)
	check(t, s.EndCooldown(t.Context()))
	equal(t, "connections that lay idle have moved, too", countOnSecond(t, s, connections), connections)
	two.outOfSync.Store(true)
	expectReady(t, "both are out of sync", s, app.NodeNotSynced)
	one.outOfSync.Store(false)
	expectReady(t, "the first is synced again", s, nil)
	equal(t, "back on the first", countOnSecond(t, s, connections), 0)
}
