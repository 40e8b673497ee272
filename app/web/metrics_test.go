package web_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"reglink/app/web"
)

const metricsToken = "a token of the tests"

// metrics gives the numbers by their names with labels, as a Prometheus elsewhere reads them.
func (p *portal) metrics() map[string]string {
	p.t.Helper()
	got := browser{p: p}.withHeader("Authorization", "Bearer "+metricsToken).get("/metrics")
	p.wantStatus(got, http.StatusOK)
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		p.t.Errorf("the numbers are %q", kind)
	}
	all := map[string]string{}
	for line := range strings.Lines(got.body) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			all[name] = value
		}
	}
	return all
}

func TestMetrics_CountRequestsAndTransactions(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.restartWith(func(*portalConfig) {})
		before := p.metrics()
		p.register(path, "nia@acme.example")
		p.wantStatus(browser{p: p}.post(path, url.Values{}), http.StatusUnprocessableEntity)
		p.wantStatus(browser{p: p}.get("/sign-ni"), http.StatusNotFound)
		after := p.metrics()
		for name, want := range map[string]string{
			`reglink_http_requests_total{method="GET",route="/register/:token",status="200"}`:     "1",
			`reglink_http_requests_total{method="POST",route="/register/:token",status="303"}`:    "1",
			`reglink_http_requests_total{method="POST",route="/register/:token",status="422"}`:    "1",
			`reglink_http_requests_total{method="GET",route="none",status="404"}`:                 "1",
			`reglink_http_request_duration_seconds_count{method="POST",route="/register/:token"}`: "2",
			`reglink_outbox_notices{state="due"}`:                                                 "3",
			`reglink_outbox_dead_letters`:                                                         "0",
			`reglink_database_up`:                                                                 "1",
			`reglink_hashes{state="running"}`:                                                     "0",
			`reglink_mails_total{outcome="sent"}`:                                                 "0",
			`reglink_tx_retries_total{class="busy"}`:                                              "0",
		} {
			if after[name] != want {
				p.t.Errorf("%s: got %q, want %s", name, after[name], want)
			}
		}
		committed := `reglink_transactions_total{outcome="committed"}`
		if before[committed] == "" || before[committed] == after[committed] {
			p.t.Errorf("%s: %q before and %q after a registration", committed, before[committed], after[committed])
		}
		for _, name := range []string{
			"go_goroutines", "process_resident_memory_bytes",
			`reglink_database_connections{state="idle"}`,
		} {
			if after[name] == "" {
				p.t.Errorf("%s is missing", name)
			}
		}
	})
}

// Whoever watches gets an answer while the database is away.
func TestMetrics_AnswerWithoutADatabase(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.check(p.store.Close())
	got := p.metrics()
	if got["reglink_database_up"] != "0" || got["go_goroutines"] == "" {
		t.Errorf("got %v", got)
	}
}

// TestT04_NothingSecretIsMeasured: what people and attackers write ends in no name and no label.
func TestT04_NothingSecretIsMeasured(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.restartWith(func(*portalConfig) {})
	path := p.generateLink()
	p.register(path, "nia@acme.example")
	confirm := p.mailedPath("nia@acme.example")
	nobody := browser{p: p}
	p.wantStatus(nobody.post(confirm, nil), http.StatusOK)
	p.wantStatus(nobody.post("/sign-in", credentials("nia@acme.example", "quartz meadow lantern nine")),
		http.StatusUnprocessableEntity)
	for _, odd := range []string{
		path + "/check/quartz", path + "?quartz", "/quartz", "/assets/quartz", "/operator/notices/quartz",
		"/register/rl1_quartz", "/%0aquartz",
		"/confirm/" + strings.Repeat("quartz", 20), "/help/registration-link/quartz",
	} {
		nobody.get(odd)
		nobody.do("QUARTZ", odd, "", "")
		p.sue.withHeader("User-Agent", "quartz").withHeader("Host", "quartz.example").
			post(odd, url.Values{"quartz": {"quartz"}})
	}
	text := ""
	routes := map[string]bool{"none": true}
	for _, row := range web.Routes(p.config().web()) {
		routes[row.Path] = true
	}
	label := regexp.MustCompile(`route="([^"]*)"`)
	for name, value := range p.metrics() {
		text += name + " " + value + "\n"
		if got := label.FindStringSubmatch(name); got != nil && !routes[got[1]] {
			t.Errorf("%q is no route", got[1])
		}
	}
	for _, secret := range []string{
		path[len("/register/"):], confirm[len("/confirm/"):], p.sue.cookie, "quartz", "QUARTZ", password, "acme", "@",
		metricsToken, "Sue", "Nia",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the metrics", secret)
		}
	}
	if tokenStartPattern.MatchString(text) {
		t.Errorf("a token is in the metrics: %s", tokenStartPattern.FindString(text))
	}
}

type metricsVisitor struct {
	what    string
	base    string
	proxies []netip.Prefix
	header  [2]string
	status  int
}

// metricsVisitors are those who ask for the metrics, with what their request and the settings say of them.
func metricsVisitors() []metricsVisitor {
	const here = "http://127.0.0.1:3000"
	own := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	return []metricsVisitor{
		{"a program here", here, nil, [2]string{}, http.StatusOK},
		{"a name for here", "http://localhost:3000", nil, [2]string{"Host", "localhost:3000"}, http.StatusOK},
		{"a program beside a proxy that says who asks", baseURL, own, [2]string{}, http.StatusOK},
		{"perhaps a proxy that hides who asks", baseURL, nil, [2]string{}, http.StatusNotFound},
		{"the name of the portal", baseURL, own, [2]string{"Host", "portal.example"}, http.StatusNotFound},
		{"a name that leads here", here, nil, [2]string{"Host", "evil.example"}, http.StatusNotFound},
		{"a proxy", baseURL, own, [2]string{"X-Forwarded-For", "203.0.113.9"}, http.StatusNotFound},
		{
			"a client that writes the header itself", baseURL, own,
			[2]string{"X-Forwarded-For", "127.0.0.1"},
			http.StatusNotFound,
		},
		{"a proxy that is not trusted", here, nil, [2]string{"X-Forwarded-For", "127.0.0.1"}, http.StatusNotFound},
		{"another header", here, nil, [2]string{"X-Forwarded-Proto", "https"}, http.StatusNotFound},
		{"the standard one", here, nil, [2]string{"Forwarded", "for=127.0.0.1"}, http.StatusNotFound},
		{"an older one", here, nil, [2]string{"X-Real-Ip", "127.0.0.1"}, http.StatusNotFound},
		{"a tunnel", here, nil, [2]string{"Cf-Connecting-Ip", "127.0.0.1"}, http.StatusNotFound},
		{"a cache", here, nil, [2]string{"Via", "1.1 cache"}, http.StatusNotFound},
		{"the token", baseURL, nil, [2]string{"Authorization", "Bearer " + metricsToken}, http.StatusOK},
		{"half of it", baseURL, nil, [2]string{"Authorization", "Bearer a token"}, http.StatusNotFound},
		{"more than it", baseURL, nil, [2]string{"Authorization", "Bearer " + metricsToken + "s"}, http.StatusNotFound},
		{"as a password", baseURL, nil, [2]string{"Authorization", "Basic " + metricsToken}, http.StatusNotFound},
		{"none", baseURL, nil, [2]string{"Authorization", "Bearer "}, http.StatusNotFound},
	}
}

// The numbers are for programs on the same machine and for whoever has the token. A proxy on the same machine
// asks for somebody else.
func TestMetrics_AreForThisMachineAndTheToken(t *testing.T) {
	t.Parallel()
	for _, row := range metricsVisitors() {
		p := sqlitePortal(t)
		p.restartWith(func(c *portalConfig) { c.BaseURL, c.TrustedProxies = row.base, row.proxies })
		l := p.listen()
		p.base = "http://" + l.address
		asking := browser{p: p}
		if row.header[0] != "" {
			asking = asking.withHeader(row.header[0], row.header[1])
		}
		if got := l.send(asking, asking.newRequest(http.MethodGet, "/metrics", "", "")); got.status != row.status {
			t.Errorf("%s: status %d, want %d", row.what, got.status, row.status)
		}
	}
	p := sqlitePortal(t)
	p.restartWith(func(c *portalConfig) { c.MetricsToken = "" })
	p.wantStatus(browser{p: p}.withHeader("Authorization", "Bearer ").get("/metrics"), http.StatusNotFound)
	p.wantStatus(browser{p: p}.withHeader("X-Forwarded-For", "127.0.0.1").get("/metrics"), http.StatusNotFound)
}
