package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// otherSite is another site, which notes the Referer of whoever comes.
type otherSite struct {
	*httptest.Server
	mutex    sync.Mutex
	referers []string
}

func newOtherSite(t *testing.T) *otherSite {
	t.Helper()
	e := &otherSite{}
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

// last is the Referer of whoever came last, and how many came.
func (e *otherSite) last() (string, int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.referers[len(e.referers)-1], len(e.referers)
}

// Whoever goes on to another site from a form that has the link in its address takes nothing of it along: the Referer is empty. That site
// does hear where people come from within itself (T-05).
func TestT05AnotherSiteHearsNoReferer(t *testing.T) {
	t.Parallel()
	d := newTour(t)
	e := newOtherSite(t)
	b := newTab(t, d.base)
	for i, path := range []string{d.link, d.confirm, d.activate} {
		b.opens(path, 200)
		b.script(fmt.Sprintf(`document.querySelector("main").prepend(Object.assign(document.createElement("a"), { id: "away", href: %q, textContent: "away" }))`, e.URL+"/"))
		b.follow("#away")
		b.reads("h1", "Elsewhere")
		if referer, n := e.last(); referer != "" || n != 2*i+1 || eval[string](b, "document.referrer") != "" {
			t.Errorf("from %.12s… the other site hears %q from visitor %d", path, referer, n)
		}
		b.follow("#on")
		if referer, _ := e.last(); referer != e.URL+"/" {
			t.Errorf("within itself the other site hears %q: this test looks at nothing", referer)
		}
	}
}

// A browser that opens the link and the mailed addresses, and stays for a while, as scanners do, registers and confirms nobody: no script
// of ours sends a form by itself. On both databases (T-06).
func TestT06OpeningAndWaitingChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *portal) {
		s := &story{portal: p, scripts: true}
		s.begin()
		s.generate()
		scanner := newTab(t, p.base)
		for range 3 {
			scanner.opens(s.link, 200)
			scanner.until(`performance.now() > 1000 && document.readyState === "complete"`)
		}
		s.sue.opens("/account", 200)
		s.sue.reads("#registration-link", "0 people")
		s.register()
		confirm := s.inside(p.mails.WaitForMail(nia, "").Link("/confirm/"))
		scanner.opens(confirm, 200)
		scanner.until(`performance.now() > 1000 && document.readyState === "complete"`)
		scanner.expects(422)
		scanner.opens("/sign-in", 200)
		scanner.fill(map[string]string{"email": nia, "password": password})
		scanner.press("#sign-in-form [type=submit]")
		scanner.see("#sign-in-form [role=alert] a[href='/confirm']") // she has not confirmed her address herself
	})
}

// payloads are sixty names that would run a script where a page takes one for markup.
func payloads() []string {
	var all []string
	for _, out := range []string{"", `">`, `'>`, "</title>", "</script>"} {
		for _, script := range []string{
			"<script>pwned=1</script>", "<img src=x onerror=pwned=1>", "<svg onload=pwned=1>", "<svg/onload=pwned=1//", "<body onload=pwned=1>",
			"<iframe src=javascript:pwned=1>", "<details open ontoggle=pwned=1>", "<input autofocus onfocus=pwned=1>", "<video src=x onerror=pwned=1>",
			"<style>*{color:red}</style>", "<a href=javascript:pwned=1>x</a>", "<form><button formaction=//evil>x",
		} {
			all = append(all, out+script)
		}
	}
	return all
}

// Sixty people register with such names. On every page that shows them they are text: no script runs, nothing is loaded, and the browser
// has nothing to report against the content security policy – any complaint of a page fails the test (T-31).
func TestT31NamesRunNothing(t *testing.T) {
	t.Parallel()
	s := &story{portal: serve(t, on(dbtest.SQLite(t)).with(config.Limits, "off")), scripts: true}
	s.begin()
	s.generate()
	names := payloads()
	if len(names) != 60 {
		t.Fatalf("there are %d payloads", len(names))
	}
	visitor := newTab(t, s.base)
	visitor.opens(s.link, 200)
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	refused := eval[string](visitor, `(async () => {
		for (const [i, name] of `+string(list)+`.entries()) {
			const page = await (await fetch(location.href)).text();
			const id = page.match(/name="submission_id"[^>]*value="([A-Z0-9]+)"|value="([A-Z0-9]+)"[^>]*name="submission_id"/);
			const eula = page.match(/name="eula"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="eula"/);
			const body = new URLSearchParams({
				first_name: name, last_name: name, job_title: name, email: "eve" + i + "@evil.example",
				password: "orbit velvet canyon seven", eula: eula[1] || eula[2], submission_id: id[1] || id[2],
			});
			const answer = await fetch(location.href, { method: "POST", body });
			if (!answer.url.endsWith("/registered")) return i + ": " + answer.status + " " + answer.url.length;
		}
		return "";
	})()`)
	if refused != "" {
		t.Fatalf("payload %s", refused)
	}
	sue := s.sue
	shown := 0
	for _, path := range []string{"/members", "/members?q=eve", "/account", "/dashboard", "/activity", "/account/links", "/members/pending"} {
		sue.opens(path, 200)
		for _, name := range names {
			if strings.Contains(eval[string](sue, "document.body.innerText"), name) {
				shown++
			}
		}
		sue.ranNothing(path)
	}
	if shown < 60 {
		t.Errorf("the names were shown %d times: this test looks at nothing", shown)
	}
	sue.opens("/members?q=eve0", 200)
	sue.opens(strings.TrimPrefix(eval[string](sue, `document.querySelector("tbody a[href^='/members/']").href`), s.base), 200)
	sue.ranNothing("the page of a member")
}

// ranNothing wants no script to have run that came by a name, and nothing to complain about.
func (b *tab) ranNothing(where string) {
	b.t.Helper()
	if eval[bool](b, `"pwned" in window || document.querySelector("[onerror], [onload], [onfocus], [ontoggle], [formaction], a[href^='javascript:']") !== null`) {
		b.t.Errorf("%s: a name became markup", where)
	}
	b.complaints()
}
