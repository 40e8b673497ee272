package trial_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli/trial"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// clustered is a portal of three servers on a Galera cluster, and people at work on it. Each server asks
// another node first.
type clustered struct {
	*trial.Site
	t        *testing.T
	nodes    []*dbtest.Node
	cluster  *dbtest.Cluster
	database string
	seed     string
	servers  []*trial.Server
	crowd    *trial.Load
}

func onCluster(t *testing.T) *clustered {
	t.Helper()
	cluster := dbtest.Galera(t)
	c := &clustered{t: t, nodes: cluster.Nodes, cluster: cluster, database: cluster.Database(t), seed: trial.Seed()}
	var addresses, hosts []string
	for _, n := range c.nodes {
		addresses, hosts = append(addresses, n.URL(c.database)), append(hosts, n.Address())
	}
	c.Site = trial.NewSite(t, addresses...)
	for i, n := range c.nodes {
		order := append(append([]string{}, hosts[i:]...), hosts[:i]...)
		c.servers = append(c.servers, c.Start(strings.Replace(addresses[i], n.Address(), strings.Join(order, ","), 1)))
	}
	c.Settle(c.servers[0], 2)
	c.crowd = c.Load(trial.Mix{Registrants: 6, Supers: 2, Retries: true, Pause: time.Second, Seed: c.seed}, c.servers...)
	c.more(6)
	return c
}

// more waits until so many more people are registered.
func (c *clustered) more(people int) {
	c.t.Helper()
	want := c.crowd.Acknowledged() + people
	for end := time.Now().Add(time.Minute); c.crowd.Acknowledged() < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("%d registrations within a minute, want %d", c.crowd.Acknowledged()-want+people, people)
		}
	}
}

// judge ends the load and holds what was told against what each node has. Faults is how often the database
// failed: as often a mail may have been sent and not be marked.
func (c *clustered) judge(what string, times, faults int) trial.Verdict {
	c.t.Helper()
	c.crowd.Stop()
	if err := c.servers[0].Stop(); err != nil {
		c.t.Errorf("stopping: %v", err)
	}
	c.servers[0].MustRestart(trial.LeasesOver()) // a claim whose Commit was cut off is nobody's until then
	verdict := c.Check(c.crowd, c.servers[0], faults)
	c.cluster.RequireEqualNodes(c.t, c.database)
	c.t.Logf("%+v; the longest wait for one form: %v", verdict, c.longest())
	trial.Report(trial.Row{Run: what, Times: times, Seed: c.seed, Verdict: verdict})
	return verdict
}

// longest is how long somebody had to wait at most, from the first sending of a form until it was known what
// became of it.
func (c *clustered) longest() time.Duration {
	c.t.Helper()
	began, longest := map[string]time.Time{}, time.Duration(0)
	for _, e := range c.crowd.Entries() {
		if e.Act != trial.Register {
			continue
		}
		if _, known := began[e.Submission]; !known {
			began[e.Submission] = e.At
		}
		if e.Answer && e.Outcome.Settled() {
			longest = max(longest, e.At.Sub(began[e.Submission]))
		}
	}
	return longest
}

// stallLimit is what R-4 promises where one of three nodes is lost.
const stallLimit = 10 * time.Second

// G-1: a node is killed under load and comes back, each of the three in turn.
func TestG1OnACluster(t *testing.T) {
	c := onCluster(t)
	for _, n := range c.nodes {
		n.Kill(t)
		c.more(6)
		n.Restart(t)
		c.more(6)
	}
	if got := c.judge("G-1: kill -9 of one of three nodes under load, and restart", len(c.nodes),
		len(c.nodes)); got.Stall > stallLimit {
		t.Errorf("a stall of %v", got.Stall)
	}
}

// G-2: two nodes are killed. Nothing is acknowledged until an operator tells the third to go on alone, and
// every server says so.
func TestG2OnACluster(t *testing.T) {
	c := onCluster(t)
	left := c.nodes[0]
	c.nodes[1].Kill(t)
	c.nodes[2].Kill(t)
	left.Await(t, func(s dbtest.Status) bool { return s.Cluster == "non-Primary" })
	from := time.Now()
	for range 5 {
		for _, server := range c.servers {
			c.wantTryAgain(server)
		}
		time.Sleep(time.Second)
	}
	until := time.Now()
	left.BecomePrimary(t)
	c.more(6)
	t.Logf("registrations again %v after pc.bootstrap", time.Since(until))
	c.nodes[1].Restart(t)
	c.nodes[2].Restart(t)
	c.more(6)
	for _, e := range c.crowd.Entries() {
		if e.Answer && e.Outcome == trial.Stored && e.At.Add(-e.Took).After(from) && e.At.Before(until) &&
			e.Act != trial.Look {
			t.Errorf("%s was acknowledged without a majority", e.Act)
		}
	}
	c.judge("G-2: kill -9 of two nodes, pc.bootstrap on the third, restart", 1, 2)
}

// G-3: all nodes are killed. The one with the highest position begins anew, and the others join it.
func TestG3OnACluster(t *testing.T) {
	c := onCluster(t)
	const times = 2
	for range times {
		for _, n := range c.nodes {
			n.Kill(t)
		}
		t.Log("the nodes had", c.cluster.Bootstrap(t))
		back := time.Now()
		c.more(6)
		t.Logf("registrations again %v after the cluster", time.Since(back))
	}
	c.judge("G-3: kill -9 of all three nodes, the highest position begins anew", times, 3*times)
}

// G-4: a node hangs for a while and goes on. Those who wait for it are told within the time of an answer, and
// nobody stays stuck.
func TestG4OnACluster(t *testing.T) {
	c := onCluster(t)
	pauses := []time.Duration{5 * time.Second, 30 * time.Second}
	for i, pause := range pauses {
		n := c.nodes[i]
		began := time.Now()
		n.Pause(t)
		c.more(6)
		time.Sleep(time.Until(began.Add(pause)))
		n.Resume(t)
		c.cluster.AwaitSynced(t)
		c.more(6)
		for _, server := range c.servers {
			if got := c.ask(server, http.MethodGet, "/readyz", nil); got.status != http.StatusOK || got.took > 2*time.Second {
				t.Errorf("after a pause of %v a server answers %d within %v", pause, got.status, got.took)
			}
		}
	}
	if got := c.judge("G-4: a node stopped for 5 s and for 30 s under load", len(pauses),
		len(pauses)); got.Stall > stallLimit {
		t.Errorf("a stall of %v", got.Stall)
	}
}

// wantTryAgain wants a server to say that it cannot store a form now, and to keep what was typed.
func (c *clustered) wantTryAgain(server *trial.Server) {
	c.t.Helper()
	form := url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {"nia@new.example"},
		"password": {"orbit velvet canyon seven"},
		"eula":     {app.EULAVersion}, "submission_id": {app.NewSubmissionID()},
	}
	got := c.ask(server, http.MethodPost, "/register/"+app.NewToken(app.LinkToken), form)
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.text, `value="Okafor"`) ||
		strings.Contains(got.text, "orbit velvet") {
		c.t.Errorf("without a majority a form is answered with %d: %.300s", got.status, got.text)
	}
	if got := c.ask(server, http.MethodGet, "/readyz", nil); got.status != http.StatusServiceUnavailable {
		c.t.Errorf("without a majority a server says that it is ready: %d", got.status)
	}
}

// answer is what a server says.
type answer struct {
	status int
	text   string
	took   time.Duration
}

func (c *clustered) ask(server *trial.Server, method, path string, form url.Values) answer {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, server.Address+path,
		strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	began := time.Now()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{response.StatusCode, string(text), time.Since(began)}
}

// K-7: of two servers each notice is claimed by one. The claimer is killed with mails in its hands, and the
// other one sends them when the lease is over, and not before.
func TestK7OnACluster(t *testing.T) {
	cluster := dbtest.Galera(t)
	name := cluster.Database(t)
	there, here := cluster.Nodes[0].URL(name), cluster.Nodes[1].URL(name)
	site := trial.NewSite(t, there, here)
	claimer := site.Start(there)
	site.Settle(claimer, 2)
	site.Drain(time.Minute)
	crowd := site.Crowd(trial.Mix{Registrants: 1, Forms: 1, Retries: true, Seed: "k7"}, claimer)
	before := len(site.Post.Mails())
	site.Post.Script(mailtest.OnHello, slices.Repeat([]mailtest.Answer{mailtest.Stall}, 3)...)
	crowd.Begin()
	crowd.Finish()
	raw := dbtest.Raw(t, here)
	held := func() int { return count(t, raw, "notices WHERE delivery = 'queued' AND lease_until IS NOT NULL") }
	for end := time.Now().Add(time.Minute); held() < 3 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	other := site.Start(here)
	claimer.Kill()
	time.Sleep(6 * time.Second) // the other one looks every five
	if got := len(site.Post.Mails()) - before; got != 0 || held() != 3 {
		t.Errorf("%d mails were sent and %d are held before the lease is over", got, held())
	}
	if _, err := raw.ExecContext(t.Context(),
		"UPDATE notices SET lease_until = lease_until - INTERVAL 2 MINUTE WHERE delivery = 'queued'"); err != nil {
		t.Fatal(err)
	}
	verdict := site.Check(crowd, other, 1)
	if verdict.Acknowledged != 1 || verdict.Twice != 0 {
		t.Errorf("got %+v, want one registration, and each of its mails once", verdict)
	}
	claimer.MustRestart()
	both := site.Load(trial.Mix{Registrants: 6, Forms: 5, Retries: true, Seed: trial.Seed()}, claimer, other)
	both.Finish()
	shared := site.Check(both, other, 0)
	if shared.Twice != 0 {
		t.Errorf("%d mails were sent by both servers", shared.Twice)
	}
	cluster.RequireEqualNodes(t, name)
	trial.Report(trial.Row{
		Run: "K-7: two servers share an outbox, and one is killed with mails in its hands", Times: 1,
		Verdict: verdict.And(shared),
	})
}
