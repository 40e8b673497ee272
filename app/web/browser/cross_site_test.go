package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

// serveOtherSite serves a page of another site, and gives its address: on another port, which is another
// origin to which browsers yet send the cookies of this one, and under another name, which is another site.
func serveOtherSite(t *testing.T, page string) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Evil</title><link rel=icon href='data:,'>" + page))
	}))
	t.Cleanup(server.Close)
	return []string{server.URL, strings.Replace(server.URL, "127.0.0.1", insecureHost, 1)}
}

// Another site's page can send no form here, in the name of whoever is signed in in the same browser: by a
// form, by a script without asking, as text or as a form, with cookies and without.
func TestT40_AnotherSiteSendsNoForm(t *testing.T) {
	t.Parallel()
	s := journeyWithSuperUser(t)
	b := s.sue
	b.expectStatuses(http.StatusForbidden)
	form := fmt.Sprintf("<form method=post action='%s/account/link/generate'><input name=theme value=dark><button "+
		"type=submit>Win</button></form>", s.base)
	for _, address := range serveOtherSite(t, form) {
		b.openPage(address, 200)
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded"} {
			for _, credentials := range []string{"include", "omit"} {
				b.runScript(fmt.Sprintf(`fetch("%s/account/link/generate", {
					method: "POST", mode: "no-cors", credentials: %q, headers: { "Content-Type": %q }, body: "a=1",
				}).catch(() => {})`, s.base, credentials, kind))
				b.wantComplaint("NotSameOrigin") // nor can it read what is answered
			}
		}
		if status := b.follow("[type=submit]"); status != http.StatusForbidden {
			t.Errorf("a form of %s is answered %d", address, status)
		}
		b.wantText("main", "another site")
		b.openPage("/account", 200)
		if b.has("#registration-link-url") {
			t.Errorf("a form of %s generated the link", address)
		}
	}
}

// No page stands in another site's frame, errors neither, so that nobody is made to press Disable.
func TestT41_NoPageIsFramed(t *testing.T) {
	t.Parallel()
	s := journeyWithSuperUser(t)
	s.generateLink()
	b := s.sue
	for _, address := range serveOtherSite(t, "<main></main>") {
		b.openPage(address, 200)
		for _, path := range []string{
			"/account", "/account/link/disable", "/sign-in", s.linkPath, "/members", "/nothing",
			"/help/registration-link",
		} {
			b.runScript(fmt.Sprintf(`document.querySelector("main").append(
				Object.assign(document.createElement("iframe"), { src: "%s%s" }))`, s.base, path))
			b.wantComplaint("frame-ancestors")
		}
	}
}

// After signing out nothing is left in the browser: the pages before are asked for again, and refused.
func TestT52_NothingIsLeftAfterSignOut(t *testing.T) {
	t.Parallel()
	s := journeyWithSuperUser(t)
	s.generateLink()
	b := s.sue
	b.openPage("/members", 200)
	b.openPage("/account", 200)
	b.openPage("/", 200)
	if !eval[bool](b, `sessionStorage.length === 0 && localStorage.length === 0`) {
		t.Error("the pages keep something in the browser")
	}
	b.openMenus()
	b.follow("form[action='/sign-out'] [type=submit]")
	b.wantPath("/")
	for range 3 {
		b.navigateBy(chromedp.NavigateBack())
		if text := b.text("body"); strings.Contains(text, "Acme Widgets") || strings.Contains(text, sueEmail) ||
			b.has("#registration-link-url") {
			t.Errorf("going back shows %s: %.200s", b.path(), text)
		}
	}
	b.waitUntil(`location.pathname === "/sign-in"`)
	if !eval[bool](b, `sessionStorage.length === 0 && localStorage.length === 0`) {
		t.Error("something is left in the browser")
	}
}

// What the policy keeps away, the browser tells the portal.
func TestCSPReport_BrowserReportsBlockedContent(t *testing.T) {
	t.Parallel()
	p := startWithMail(t, environment(dbtest.SQLite(t)))
	b := newTab(t, p.base)
	b.openPage("/sign-in", 200)
	b.runScript(`document.head.append(
		Object.assign(document.createElement("script"), { src: "https://evil.example/x.js" }))`)
	b.wantComplaint("Content Security Policy")
	const want = "directive=script-src-elem blocked=evil.example"
	for end := time.Now().Add(stepWithin); !strings.Contains(p.log.String(), want); b.has("html") {
		if time.Now().After(end) {
			t.Fatalf("nobody told of it: %s", p.log.String())
		}
	}
}

// refererRecorder is another site, which notes the Referer of whoever comes.
type refererRecorder struct {
	*httptest.Server
	mutex    sync.Mutex
	referers []string
}

// last is the Referer of whoever came last, and how many came.
func (e *refererRecorder) last() (string, int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.referers[len(e.referers)-1], len(e.referers)
}

func newRefererRecorder(t *testing.T) *refererRecorder {
	t.Helper()
	e := &refererRecorder{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			return
		}
		e.mutex.Lock()
		defer e.mutex.Unlock()
		e.referers = append(e.referers, r.Referer())
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><title>Elsewhere</title><h1>Elsewhere</h1><a id="on" href="/on">on</a>`)
	}))
	t.Cleanup(e.Close)
	return e
}

// Whoever goes on to another site from a form that has the link in its address takes nothing of it along: the
// Referer is empty. That site does hear where people come from within itself (T-05).
func TestT05_AnotherSiteGetsNoReferer(t *testing.T) {
	t.Parallel()
	d := newDemoPortal(t)
	e := newRefererRecorder(t)
	b := newTab(t, d.base)
	for i, path := range []string{d.linkPath, d.confirmPath, d.activatePath} {
		b.openPage(path, 200)
		b.runScript(fmt.Sprintf(`document.querySelector("main").prepend(
			Object.assign(document.createElement("a"), { id: "away", href: %q, textContent: "away" }))`, e.URL+"/"))
		b.follow("#away")
		b.wantText("h1", "Elsewhere")
		if referer, n := e.last(); referer != "" || n != 2*i+1 || eval[string](b, "document.referrer") != "" {
			t.Errorf("from %.12s… the other site hears %q from visitor %d", path, referer, n)
		}
		b.follow("#on")
		if referer, _ := e.last(); referer != e.URL+"/" {
			t.Errorf("within itself the other site hears %q: this test looks at nothing", referer)
		}
	}
}
