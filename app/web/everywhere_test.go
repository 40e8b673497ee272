package web_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

// Who loses access is out at the next request on every server, in every browser; whoever signs in to one is known to all (T-45).
func TestT45EveryServerIsTold(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"/suspend", "/remove"} {
		t.Run(act[1:], func(t *testing.T) {
			t.Parallel()
			eachInstallation(t, func(p *portal, servers []*portal) {
				p.member("sam@acme.example", app.SuperUser)
				var browsers []browser
				for _, server := range servers {
					browsers = append(browsers, server.signIn("sam@acme.example"))
				}
				on := func(server *portal, b browser) browser { b.p = server; return b }
				for _, server := range servers {
					for _, b := range browsers {
						p.want(on(server, b).get("/account"), http.StatusOK)
					}
				}
				p.want(p.sue.post(p.memberPath("sam@acme.example")+act, nil), http.StatusSeeOther)
				before := p.stored()
				for _, server := range servers {
					for _, b := range browsers {
						if got := on(server, b).get("/account"); !strings.HasPrefix(got.leadsTo(), "/sign-in") {
							t.Errorf("%s after %s: status %d", got.asked, act, got.status)
						}
						p.want(on(server, b).post("/account/link/generate", nil), http.StatusUnauthorized)
					}
				}
				p.unchanged("a Super User who is out", before)
			})
		})
	}
}

var letterInSource = regexp.MustCompile(`(?m)^\t\w+ +Letter += "(\w+)"`)

// letters are all that the source knows.
func letters(t testing.TB) []string {
	t.Helper()
	source, err := os.ReadFile("../notice.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, found := range letterInSource.FindAllStringSubmatch(string(source), -1) {
		all = append(all, found[1])
	}
	return all
}

// Every mail that there is, caused by requests that name another host wherever one can be named, leads to the configured address and
// nowhere else (T-48). The requests are those of the scripted day and of what was not part of it.
func TestT48EveryMailNamesTheConfiguredHost(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.lies = true
		d := newDay(p)
		var link string
		d.morning(&link)
		d.deliver()
		d.noon()
		d.deliver()
		d.afternoon(&link)
		d.evening(&link)
		d.deliver()
		d.laterOn()
		d.alsoMailed()
		d.deliver()
		sent := p.column("SELECT DISTINCT letter FROM notices WHERE delivery = 'sent'")
		for _, letter := range letters(t) {
			if !slices.Contains(sent, letter) {
				t.Errorf("no mail of the letter %q was sent: it is not looked at", letter)
			}
		}
		for _, m := range p.mails {
			text := strings.ReplaceAll(m.Text+m.HTML, baseURL, "")
			if strings.Contains(text, "evil.example") || strings.Contains(text, "http://") || strings.Contains(text, "https://") {
				t.Errorf("%q leads elsewhere: %s", m.Subject, m.Text)
			}
		}
	})
}

// alsoMailed causes the mails that the day has not.
func (d *day) alsoMailed() {
	d.t.Helper()
	d.sue = browser{p: d.portal, cookie: d.signIn("sue@acme.example").cookie}
	keep := func(days int) {
		d.clock.now = d.clock.now.AddDate(0, 0, days)
		_, err := app.Deadlines{Store: d.store, Clock: d.clock.tell}.Keep(context.Background())
		d.check(err)
		d.deliver()
		d.sue = browser{p: d.portal, cookie: d.signIn("sue@acme.example").cookie}
	}
	d.forgot("sue@acme.example")
	una := d.portal.member("una@acme.example", app.StandardUser)
	d.want(una.post("/preferences/password", url.Values{"current_password": {password}, "password": {another}}), http.StatusSeeOther)
	d.want(d.sue.post(d.memberPath("una@acme.example")+"/expiry", url.Values{"expires": {d.clock.now.AddDate(0, 0, 20).Format(time.DateOnly)}}), http.StatusSeeOther)
	d.portal.member("sam@acme.example", app.SuperUser)
	d.want(d.sue.post("/account/link/generate", nil), http.StatusSeeOther)
	d.rule("requires_approval", "1")
	path := strings.TrimPrefix(d.sue.get("/account").value("#registration-link-url"), d.base)
	d.register(path, "ida@acme.example")
	d.want(d.sue.post("/members/pending/accept", url.Values{"member": {d.membership("ida@acme.example", "Acme Widgets")}}), http.StatusSeeOther)
	d.register(path, "wim@acme.example")
	d.want(browser{p: d.portal}.post(d.mailed("wim@acme.example"), nil), http.StatusOK)
	olga := d.portal.member("olga@acme.example", app.StandardUser)
	form, _ := d.appForm(olga.get(appPath))
	d.want(olga.post(appPath, form), http.StatusOK)
	keep(3)
	keep(14)
	d.run("UPDATE accounts SET sign_in = 'sso'")
	d.want(browser{p: d.portal}.post("/forgot-password", url.Values{"email": {"sam@acme.example"}}), http.StatusOK)
	provider := ssotest.NewProvider(d.t, d.base+web.SSOPath)
	d.serve(func(c *web.Config) { c.SSO = d.providerAt(provider.Issuer) })
	provider.Add("sam", "sam@acme.example", true)
	d.signedInBySSO(provider, "sam")
}

// A client that names addresses of its own choice is written down under its real one, with a proxy in front and without: in the list of
// sessions, and in what happened (T-49).
func TestT49TheAuditHasTheRealAddress(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		for name, test := range map[string]struct {
			trusted   []netip.Prefix
			forwarded string
			want      string
		}{
			"no proxy":                  {nil, "198.51.100.1", "0.0.0.0"},
			"a stranger's proxy":        {ourProxies(), "198.51.100.1, 10.0.0.1", "0.0.0.0"},
			"our proxy":                 {[]netip.Prefix{thePeer}, "203.0.113.9", "203.0.113.9"},
			"our proxy and a lie":       {[]netip.Prefix{thePeer}, "198.51.100.1, 203.0.113.9", "203.0.113.9"},
			"our proxies and a lie":     {append(ourProxies(), thePeer), "198.51.100.1, 203.0.113.9, 10.1.1.1", "203.0.113.9"},
			"our proxy and nonsense":    {[]netip.Prefix{thePeer}, "198.51.100.1, <script>", "0.0.0.0"},
			"our proxy and a long lie":  {[]netip.Prefix{thePeer}, strings.Repeat("198.51.100.1, ", 200) + "203.0.113.9", "203.0.113.9"},
			"our proxy, which is alone": {[]netip.Prefix{thePeer}, "", "0.0.0.0"},
		} {
			p.serve(func(c *web.Config) { c.TrustedProxies = test.trusted })
			p.run("DELETE FROM sessions")
			p.run("DELETE FROM activities")
			b := browser{p: p}.from(test.forwarded).with("X-Real-Ip", "198.51.100.2").with("Forwarded", "for=198.51.100.3").with("True-Client-Ip", "198.51.100.4")
			in := b.post("/sign-in", credentials("sue@acme.example", password))
			p.want(in, http.StatusSeeOther)
			b.cookie = in.cookie("session")
			p.want(b.post("/account/link/generate", nil), http.StatusSeeOther)
			p.want(b.post("/account/link/disable", nil), http.StatusSeeOther)
			for _, query := range []string{"SELECT address FROM sessions", "SELECT DISTINCT address FROM activities"} {
				if got := p.one(query); got != test.want {
					p.t.Errorf("%s: %s gives %q, want %s", name, query, got, test.want)
				}
			}
		}
	})
}
