package web_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// hostHeaders are headers by which a client or a proxy may name another host (T-48).
func hostHeaders() []string {
	return []string{
		"Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host", "X-Original-Url",
		"X-Rewrite-Url", "Forwarded", "Origin", "Referer",
	}
}

// Links in pages and mails begin with the configured address, whatever a request says.
func TestT48_LinksNameTheConfiguredHost(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.restartWith(func(c *portalConfig) { c.TrustedProxies = append(trustedProxies(), testPeer) })
	spoof := func(b browser) browser {
		for _, name := range hostHeaders() {
			b = b.withHeader(name,
				map[string]string{"Forwarded": "host=evil.example", "Origin": baseURL, "Referer": "https://evil.example/"}[name])
			if name != "Forwarded" && name != "Origin" && name != "Referer" {
				b.header.Set(name, "evil.example")
			}
		}
		return b.withHeader("X-Forwarded-Proto", "https")
	}
	sue := spoof(p.sue)
	panel := sue.withHTMX().post("/account/link/generate", nil)
	address := panel.value("#registration-link-url")
	if !strings.HasPrefix(address, baseURL+"/register/rl1_") {
		t.Errorf("the panel gives out %s", address)
	}
	path := strings.TrimPrefix(address, baseURL)
	form := p.registrationForm(path, "nia@acme.example")
	answers := []testResponse{
		panel, sue.get("/account"), sue.get("/help/registration-link"), sue.get("/"), sue.get("/members/new"),
		sue.get("/nothing"),
		spoof(browser{p: p}).get("/account"), spoof(browser{p: p}).get(path), spoof(browser{p: p}).post(path, form),
		sue.post("/members", newUserForm("ada@acme.example", app.StandardUser)), spoof(browser{p: p}).post("/confirm",
			map[string][]string{"email": {"nia@acme.example"}}),
	}
	p.deliverMails()
	for _, m := range p.mails {
		answers = append(answers, testResponse{t: t, request: m.Subject, body: m.Text + m.HTML})
	}
	for _, got := range answers {
		if strings.Contains(got.body, "evil.example") || strings.Contains(got.location(), "//") {
			t.Errorf("%s leads to the host of the request: %s", got.request, got.location())
		}
	}
	if n := len(p.mailsTo("nia@acme.example")); n == 0 ||
		!slices.ContainsFunc(answers, func(a testResponse) bool {
			return strings.Contains(a.body, baseURL+"/confirm/rc1_")
		}) {
		t.Errorf("no mail leads to the configured host; %d mails", n)
	}
}

var noticeKindPattern = regexp.MustCompile(`(?m)^\t\w+ +Letter += "(\w+)"`)

// noticeKinds are all that the source knows.
func noticeKinds(t testing.TB) []string {
	t.Helper()
	source, err := os.ReadFile("../notice.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, found := range noticeKindPattern.FindAllStringSubmatch(string(source), -1) {
		all = append(all, found[1])
	}
	return all
}

// Every mail that there is, caused by requests that name another host wherever one can be named, leads to the
// configured address and nowhere else (T-48). The requests are those of the scripted day and of what was not
// part of it.
func TestT48_EveryMailNamesTheConfiguredHost(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.spoofHosts = true
		d := newActivityScript(p)
		var link string
		d.linkAndRegistrations(&link)
		d.deliverMails()
		d.memberChanges()
		d.deliverMails()
		d.approvals(&link)
		d.linkEndsAndExports(&link)
		d.deliverMails()
		d.expiriesAndKill()
		d.remainingMails()
		d.deliverMails()
		sent := p.queryColumn("SELECT DISTINCT letter FROM notices WHERE delivery = 'sent'")
		for _, letter := range noticeKinds(t) {
			if !slices.Contains(sent, letter) {
				t.Errorf("no mail of the letter %q was sent: it is not looked at", letter)
			}
		}
		for _, m := range p.mails {
			text := strings.ReplaceAll(m.Text+m.HTML, baseURL, "")
			if strings.Contains(text, "evil.example") || strings.Contains(text, "http://") ||
				strings.Contains(text, "https://") {
				t.Errorf("%q leads elsewhere: %s", m.Subject, m.Text)
			}
		}
	})
}
