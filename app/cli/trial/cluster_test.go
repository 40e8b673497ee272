package trial_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// clusterTrial is a portal of three servers under load, on a Galera cluster of three nodes. Each server prefers
// another node.
type clusterTrial struct {
	*trial.Site
	t        *testing.T
	cluster  *dbtest.Cluster
	nodes    []*dbtest.Node
	database string
	seed     string
	monitor  *clusterMonitor
	servers  []*trial.Server
	load     *trial.Load
}

func newClusterTrial(t *testing.T) *clusterTrial {
	t.Helper()
	cluster := dbtest.Galera(t)
	c := &clusterTrial{t: t, cluster: cluster, nodes: cluster.Nodes, database: cluster.Database(t), seed: trial.Seed()}
	c.monitor = monitorCluster(t, cluster)
	var databases, hosts []string
	for _, n := range c.nodes {
		databases, hosts = append(databases, n.URL(c.database)), append(hosts, n.Address())
	}
	c.Site = trial.NewSite(t, databases...)
	for i, n := range c.nodes {
		order := append(append([]string{}, hosts[i:]...), hosts[:i]...)
		c.servers = append(c.servers, c.Start(strings.Replace(databases[i], n.Address(), strings.Join(order, ","), 1)))
	}
	c.CreateAccount(c.servers[0], 2)
	profile := trial.Profile{Registrants: 6, SuperUsers: 2, Retries: true, ThinkTime: time.Second, Seed: c.seed}
	c.load = c.StartLoad(profile, c.servers...)
	c.awaitRegistrations(6)
	return c
}

func (c *clusterTrial) awaitRegistrations(more int) {
	c.t.Helper()
	awaitRegistrations(c.t, c.load, more)
}

// finish stops the load, compares what was acknowledged with what each node has stored, and reports the verdict.
// faults is how often the database failed: as often a mail may have been sent and not marked.
func (c *clusterTrial) finish(what string, times, faults int) trial.Verdict {
	c.t.Helper()
	c.load.Stop()
	c.monitor.stop()
	c.StopAll() // for a server whose clock is ahead, the leases of those that run have expired
	c.servers[0].MustRestart(trial.ClockPastLeases(1))
	verdict := c.Check(c.load, c.servers[0], faults)
	c.cluster.RequireEqualNodes(c.t, c.database)
	c.t.Logf("%+v", verdict)
	c.t.Logf("the longest wait for one form: %v; the cluster's own stall: %v", c.longestWait(), c.monitor.worstStall())
	trial.Report(trial.Row{Run: what, Times: times, Seed: c.seed, Verdict: verdict})
	return verdict
}

// longestWait is how long one person waited at most, from when the form was first sent until its conclusive answer.
func (c *clusterTrial) longestWait() time.Duration {
	c.t.Helper()
	sent, longest := map[string]time.Time{}, time.Duration(0)
	for _, e := range c.load.Entries() {
		if e.Action != trial.Register {
			continue
		}
		if _, known := sent[e.Submission]; !known {
			sent[e.Submission] = e.At
		}
		if e.Answered && e.Outcome.Conclusive() {
			longest = max(longest, e.At.Sub(sent[e.Submission]))
		}
	}
	return longest
}

// failedAttempts lists the answers to forms that were not conclusive.
func (c *clusterTrial) failedAttempts() string {
	c.t.Helper()
	var lines []string
	for _, e := range c.load.Entries() {
		if e.Action == trial.Register && e.Answered && !e.Outcome.Conclusive() {
			at := e.At.Sub(c.monitor.start).Seconds()
			lines = append(lines, fmt.Sprintf("%6.1f s  %s  %s after %v %s", at, e.Server, e.Outcome, e.Took, e.Error))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// maxStall is what R-4 promises if one of three nodes is lost.
const maxStall = 10 * time.Second

// expectStallWithin checks a promise about stalls, whoever caused them. A failure also says how long the cluster itself
// stored nothing, so that a reader can tell the portal from the database.
func (c *clusterTrial) expectStallWithin(promise time.Duration, got trial.Verdict) {
	c.t.Helper()
	if got.WorstStall > promise {
		c.t.Errorf("a stall of %v; the cluster itself stalled for %v", got.WorstStall, c.monitor.worstStall())
		c.t.Logf("what the nodes said:\n%v\nwhat forms met:\n%s", c.monitor, c.failedAttempts())
	}
}

// G-1: a node is killed under load and restarted, each of the three in turn.
func TestG1_KilledNodeLosesNothingOnACluster(t *testing.T) {
	c := newClusterTrial(t)
	for _, n := range c.nodes {
		n.Kill(t)
		c.awaitRegistrations(6)
		n.Restart(t)
		c.awaitRegistrations(6)
	}
	got := c.finish("G-1: kill -9 of one of three nodes under load, and restart", len(c.nodes), len(c.nodes))
	c.expectStallWithin(maxStall, got)
}

// G-2: two nodes are killed. Nothing is acknowledged until an operator makes the third go on alone, and every server
// says so.
func TestG2_WithoutMajorityNothingIsAcknowledgedOnACluster(t *testing.T) {
	c := newClusterTrial(t)
	left := c.nodes[0]
	c.nodes[1].Kill(t)
	c.nodes[2].Kill(t)
	left.Await(t, func(s dbtest.Status) bool { return s.Cluster == "non-Primary" })
	from := time.Now()
	for range 5 { // looks for a while at what must not happen
		for _, server := range c.servers {
			c.expectUnavailable(server)
		}
		time.Sleep(time.Second)
	}
	until := time.Now()
	left.BecomePrimary(t)
	c.awaitRegistrations(6)
	t.Logf("registrations again %v after pc.bootstrap", time.Since(until))
	c.nodes[1].Restart(t)
	c.nodes[2].Restart(t)
	c.awaitRegistrations(6)
	for _, e := range c.load.Entries() {
		acknowledged := e.Answered && e.Outcome == trial.Succeeded && e.Action != trial.ViewLink
		if acknowledged && e.At.Add(-e.Took).After(from) && e.At.Before(until) {
			t.Errorf("%s was acknowledged without a majority", e.Action)
		}
	}
	c.finish("G-2: kill -9 of two nodes, pc.bootstrap on the third, restart", 1, 2)
}

// G-3: all nodes are killed. The one with the highest position starts the cluster again, and the others join it.
func TestG3_KillingAllNodesLosesNothingOnACluster(t *testing.T) {
	c := newClusterTrial(t)
	const times = 2
	for range times {
		for _, n := range c.nodes {
			n.Kill(t)
		}
		t.Log("the nodes had", c.cluster.Bootstrap(t))
		back := time.Now()
		c.awaitRegistrations(6)
		t.Logf("registrations again %v after the cluster", time.Since(back))
	}
	c.finish("G-3: kill -9 of all three nodes, the highest position begins anew", times, 3*times)
}

// G-4: a node hangs for a while and goes on. Those who wait for it get an answer in time, and no server stays stuck.
func TestG4_HungNodeStallsNobodyForLongOnACluster(t *testing.T) {
	c := newClusterTrial(t)
	pauses := []time.Duration{5 * time.Second, 30 * time.Second}
	for i, pause := range pauses {
		n := c.nodes[i]
		start := time.Now()
		n.Pause(t)
		c.awaitRegistrations(6)
		time.Sleep(time.Until(start.Add(pause)))
		n.Resume(t)
		c.cluster.AwaitSynced(t)
		c.awaitRegistrations(6)
		for _, server := range c.servers {
			got := c.request(server, http.MethodGet, "/readyz", nil)
			if got.status != http.StatusOK || got.took > 2*time.Second {
				t.Errorf("after a pause of %v a server answers %d within %v", pause, got.status, got.took)
			}
		}
	}
	got := c.finish("G-4: a node stopped for 5 s and for 30 s under load", len(pauses), len(pauses))
	c.expectStallWithin(maxStall, got)
}

// expectUnavailable checks that a server says that it cannot store a form now, and keeps what was typed.
func (c *clusterTrial) expectUnavailable(server *trial.Server) {
	c.t.Helper()
	const password = "orbit velvet canyon seven"
	form := url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {"nia@new.example"}, "password": {password},
		"eula": {app.EULAVersion}, "submission_id": {app.NewSubmissionID()},
	}
	got := c.request(server, http.MethodPost, "/register/"+app.NewToken(app.LinkToken), form)
	keeps := strings.Contains(got.text, `value="Okafor"`) && !strings.Contains(got.text, password)
	if got.status != http.StatusServiceUnavailable || !keeps {
		c.t.Errorf("without a majority a form is answered with %d: %.300s", got.status, got.text)
	}
	if got := c.request(server, http.MethodGet, "/readyz", nil); got.status != http.StatusServiceUnavailable {
		c.t.Errorf("without a majority a server says that it is ready: %d", got.status)
	}
}

// response is what a server answers.
type response struct {
	status int
	text   string
	took   time.Duration
}

func (c *clusterTrial) request(server *trial.Server, method, path string, form url.Values) response {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	start := time.Now()
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response{answer.StatusCode, string(text), time.Since(start)}
}

// K-7: of two servers one claims each notice. The claimer is killed while it sends three mails. The other server
// sends them when their lease has expired, and not before.
func TestK7_AnotherServerSendsAfterTheLeaseOnACluster(t *testing.T) {
	cluster := dbtest.Galera(t)
	name := cluster.Database(t)
	there, here := cluster.Nodes[0].URL(name), cluster.Nodes[1].URL(name)
	site := trial.NewSite(t, there, here)
	claimer := site.Start(there)
	site.CreateAccount(claimer, 2)
	site.DrainOutbox(time.Minute)
	site.StopAll()
	silent, connections := silentMailServer(t)
	claimer.MustRestart("SMTP_URL=" + silent)
	before := len(site.MailServer.Mails())
	one := trial.Profile{Registrants: 1, Forms: 1, Retries: true, Seed: "k7"}
	first := site.StartLoad(one, claimer)
	first.Finish()
	awaitZero(t, "mails to be begun", func() int { return 3 - connections() })
	other := site.Start(here)
	claimer.Kill()

	db := dbtest.Raw(t, here)
	const leased = "SELECT id FROM notices WHERE delivery = 'queued' AND lease_until IS NOT NULL ORDER BY id"
	left := column(t, db, leased)
	// The other server sends its own mails last, since they are the newest: then it has looked at those of the
	// claimer.
	second := site.StartLoad(one, other)
	second.Finish()
	queued := func() int { return count(t, db, "notices WHERE delivery = 'queued'") }
	awaitZero(t, "mails of the other server", func() int { return queued() - 3 })
	sent, still := len(site.MailServer.Mails())-before, column(t, db, leased)
	if sent != 3 || !slices.Equal(still, left) {
		t.Fatalf("before the leases of %v expired, %d mails were sent, and leased are %v", left, sent, still)
	}
	execSQL(t, db, "UPDATE notices SET lease_until = lease_until - INTERVAL 2 MINUTE WHERE lease_until IS NOT NULL")
	verdict := site.Check(first, other, 1).Then(site.Check(second, other, 1))
	if verdict.Acknowledged != 2 || verdict.Duplicates != 0 {
		t.Errorf("got %+v, want two registrations, and each of their mails once", verdict)
	}

	claimer.MustRestart("SMTP_URL=" + site.MailServer.URL())
	both := site.StartLoad(trial.Profile{Registrants: 6, Forms: 5, Retries: true, Seed: trial.Seed()}, claimer, other)
	both.Finish()
	verdict = verdict.Then(site.Check(both, other, 0))
	if verdict.Duplicates != 0 {
		t.Errorf("%d mails were sent by both servers", verdict.Duplicates)
	}
	cluster.RequireEqualNodes(t, name)
	what := "K-7: two servers share an outbox, and one is killed with mails in its hands"
	trial.Report(trial.Row{Run: what, Times: 1, Verdict: verdict})
}

// silentMailServer accepts connections and never says anything. It returns its address as in SMTP_URL, and how many
// connections it has accepted.
func silentMailServer(t *testing.T) (string, func() int) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepted atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer connection.Close()
			accepted.Add(1)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "smtp://" + listener.Addr().String(), func() int { return int(accepted.Load()) }
}
