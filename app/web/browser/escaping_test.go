package browser_test

import (
	"encoding/json"
	"strings"
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// scriptPayloads are sixty names that would run a script where a page takes one for markup.
func scriptPayloads() []string {
	var all []string
	for _, out := range []string{"", `">`, `'>`, "</title>", "</script>"} {
		for _, script := range []string{
			"<script>pwned=1</script>", "<img src=x onerror=pwned=1>", "<svg onload=pwned=1>", "<svg/onload=pwned=1//",
			"<body onload=pwned=1>",
			"<iframe src=javascript:pwned=1>", "<details open ontoggle=pwned=1>", "<input autofocus onfocus=pwned=1>",
			"<video src=x onerror=pwned=1>",
			"<style>*{color:red}</style>", "<a href=javascript:pwned=1>x</a>", "<form><button formaction=//evil>x",
		} {
			all = append(all, out+script)
		}
	}
	return all
}

// registerEach registers a person of each of the names, by the form but without typing it.
func (s *userJourney) registerEach(names []string) {
	s.t.Helper()
	visitor := newTab(s.t, s.base)
	visitor.openPage(s.linkPath, 200)
	list, err := json.Marshal(names)
	if err != nil {
		s.t.Fatal(err)
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
		s.t.Fatalf("payload %s", refused)
	}
}

// Sixty people register with such names. On every page that shows them they are text: no script runs, nothing
// is loaded, and the browser has nothing to report against the content security policy – any complaint of a
// page fails the test (T-31).
func TestT31_NamesRunNoScript(t *testing.T) {
	t.Parallel()
	s := &userJourney{portal: startWithMail(t, environment(dbtest.SQLite(t)).with(config.Limits, "off")), scripts: true}
	s.activateSuperUser()
	s.generateLink()
	names := scriptPayloads()
	if len(names) != 60 {
		t.Fatalf("there are %d payloads", len(names))
	}
	s.registerEach(names)
	sue := s.sue
	shown := 0
	for _, path := range []string{
		"/members", "/members?q=eve", "/account", "/dashboard", "/activity", "/account/links", "/members/pending",
	} {
		sue.openPage(path, 200)
		for _, name := range names {
			if strings.Contains(eval[string](sue, "document.body.innerText"), name) {
				shown++
			}
		}
		sue.wantNoScriptRun(path)
	}
	if shown < 60 {
		t.Errorf("the names were shown %d times: this test looks at nothing", shown)
	}
	sue.openPage("/members?q=eve0", 200)
	member := eval[string](sue, `document.querySelector("tbody a[href^='/members/']").href`)
	sue.openPage(strings.TrimPrefix(member, s.base), 200)
	sue.wantNoScriptRun("the page of a member")
}

// wantNoScriptRun wants no script to have run that came by a name, and nothing to complain about.
func (b *tab) wantNoScriptRun(where string) {
	b.t.Helper()
	if eval[bool](b, `"pwned" in window || document.querySelector(
		"[onerror], [onload], [onfocus], [ontoggle], [formaction], a[href^='javascript:']") !== null`) {
		b.t.Errorf("%s: a name became markup", where)
	}
	b.wantNoComplaints()
}
