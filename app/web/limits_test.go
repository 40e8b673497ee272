package web_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// thePeer is where requests of Fiber's test connection come from: a trusted proxy here, so that tests choose the client's address.
var thePeer = netip.MustParsePrefix("0.0.0.0/32")

func limitedPortal(t *testing.T) *portal {
	t.Helper()
	p := onePortal(t)
	p.serve(func(c *web.Config) { c.Limits, c.TrustedProxies = true, []netip.Prefix{thePeer} })
	return p
}

func (b browser) from(address string) browser { return b.with("X-Forwarded-For", address) }

// A client that asks too often is told to wait, in words and in seconds, while others are served (T-01, T-49).
func TestLimits(t *testing.T) {
	t.Parallel()
	for limit, ask := range map[string]func(p *portal, b browser) answer{
		"sign-ins":      func(p *portal, b browser) answer { return b.post("/sign-in", credentials("sue@acme.example", "wrong")) },
		"registrations": func(p *portal, b browser) answer { return b.post("/register/"+app.NewToken(app.LinkToken), nil) },
		"checks":        func(p *portal, b browser) answer { return b.post("/register/check/phone", nil) },
		"opens":         func(p *portal, b browser) answer { return b.get("/register/" + app.NewToken(app.LinkToken)) },
		"mails":         func(p *portal, b browser) answer { return b.post("/confirm", url.Values{"email": {"x@y.example"}}) },
	} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			p := limitedPortal(t)
			eve := browser{p: p}.from("203.0.113.9")
			served := ask(p, eve).status
			for range web.Rates()[limit] - 1 {
				if got := ask(p, eve); got.status != served {
					t.Fatalf("%s: status %d before the limit of %d", got.asked, got.status, web.Rates()[limit])
				}
			}
			got := ask(p, eve)
			wantRefusal(got, http.StatusTooManyRequests)
			seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
			if err != nil || seconds < 1 || seconds > 600 || !strings.Contains(got.text(), en("slow_down", "Seconds", seconds)) {
				t.Errorf("wait %q, said: %s", got.header.Get("Retry-After"), got.text())
			}
			if got := ask(p, eve.withHTMX()); got.isPage() || got.status != http.StatusTooManyRequests || got.header.Get("HX-Retarget") != "#alert" {
				t.Errorf("HTMX is answered %d: %.200s", got.status, got.body)
			}
			for who, b := range map[string]browser{
				"a neighbour": browser{p: p}.from("203.0.113.10"), "IPv6": browser{p: p}.from("2001:db8::1"),
				"one who is lied about": browser{p: p}.from("203.0.113.9, 203.0.113.11"),
			} {
				if got := ask(p, b); got.status != served {
					t.Errorf("%s is refused too: status %d", who, got.status)
				}
			}
			if got := ask(p, browser{p: p}.from("198.51.100.1, 203.0.113.9")); got.status != http.StatusTooManyRequests {
				t.Errorf("a made-up address in front passes the limit: status %d", got.status)
			}
		})
	}
}

func TestAHouseholdIsOneClient(t *testing.T) {
	t.Parallel()
	p := limitedPortal(t)
	for i := range web.Rates()["mails"] {
		p.want(browser{p: p}.from("2001:db8:0:1::"+strconv.Itoa(i+1)).post("/confirm", url.Values{"email": {"x@y.example"}}), http.StatusOK)
	}
	p.want(browser{p: p}.from("2001:db8:0:1::ffff").post("/confirm", url.Values{"email": {"x@y.example"}}), http.StatusTooManyRequests)
	p.want(browser{p: p}.from("2001:db8:0:2::1").post("/confirm", url.Values{"email": {"x@y.example"}}), http.StatusOK)
}

// Whoever is not signed in cannot make the portal hash passwords, look for secrets or send mails as often as they like.
func TestEveryOpenFormHasALimit(t *testing.T) {
	t.Parallel()
	harmless := []string{"/sign-out", "/theme", "/language"}
	for _, row := range web.Routes(onePortal(t).config()) {
		secret := strings.Contains(row.Path, ":token")
		open := row.Who == "anyone" && row.Method == http.MethodPost && !strings.Contains(strings.Join(harmless, " "), row.Path)
		if (secret || open) && web.Rates()[row.Limit] == 0 {
			t.Errorf("%s %s has no limit", row.Method, row.Path)
		}
	}
}

func TestLimitsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	for range 2 * web.Rates()["mails"] {
		p.want(browser{p: p}.post("/confirm", url.Values{"email": {"x@y.example"}}), http.StatusOK)
	}
}
