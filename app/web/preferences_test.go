package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

// signInNia registers Nia and signs her in with a browser that has a language.
func (p *portal) signInNia() browser {
	p.t.Helper()
	p.register(p.generateLink(), "nia@acme.example")
	p.wantStatus(browser{p: p}.post(p.mailedPath("nia@acme.example"), nil), http.StatusOK)
	nia := p.signIn("nia@acme.example")
	nia.cookies = map[string]string{"language": "en"} // chosen in this browser before
	return nia
}

func TestPreferences_ShowWhatIsStored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		page := p.signInNia().get("/preferences")
		if page.value("#first_name") != "Nia" || !page.has("[name=topics][value=security_advisories][checked]") ||
			page.has("[name=topics][value=case_activity][checked]") {
			p.t.Errorf("the page does not show what was chosen: %s", page.textAt("main"))
		}
		if page.attribute("#language option[selected]", "value") != "en" ||
			!strings.Contains(page.textAt("main"), "nia@acme.example") {
			p.t.Error("language or address are not shown")
		}
	})
}

func TestPreferences_AreSavedAndChangeNothingElse(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		nia := p.signInNia()
		others := p.snapshot()["memberships"]
		form := url.Values{
			"first_name": {" Nia-Marie "}, "last_name": {"O'Kafor"}, "phone": {"+44 20 1"}, "job_title": {"CTO"},
			"language": {"de"}, "topics": {"product_updates", "case_activity"},
		}
		saved := nia.post("/preferences", form)
		p.wantStatus(saved, http.StatusSeeOther)
		again := nia.withCookies(saved).get(saved.location())
		if again.attribute("html", "lang") != "de" || again.textAt("#toast") == "" ||
			again.value("#first_name") != "Nia-Marie" || again.value("#job_title") != "CTO" {
			p.t.Errorf("after saving: %s", again.textAt("main"))
		}
		if !again.has("[name=topics][value=product_updates][checked]") ||
			again.has("[name=topics][value=security_advisories][checked]") {
			p.t.Error("the topics were not saved")
		}
		if got := p.sue.get("/members?q=o%27kafor").textAt("tbody"); !strings.Contains(got, "Nia-Marie O'Kafor") {
			p.t.Errorf("the new name is not found: %s", got)
		}
		if p.snapshot()["memberships"] != others {
			p.t.Error("preferences changed a membership")
		}
		got := p.queryOne("SELECT topics FROM consents WHERE eula_version = ? AND topics <> ''", app.EULAVersion)
		if got != "security_advisories" {
			p.t.Errorf("what was consented to at the registration is now %q", got)
		}
		form.Del("topics")
		p.wantStatus(nia.post("/preferences", form), http.StatusSeeOther)
		if got := p.queryOne("SELECT COUNT(*) FROM topic_choices"); got != "0" {
			p.t.Errorf("%s topics are left of none", got)
		}
		p.signIn("nia@acme.example")
	})
}

// What a person says on the registration form can be changed in the preferences and is on the member's page.
func TestProfile_EveryLineIsAskedForKeptAndShown(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		lines := app.ProfileFields()
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		for i, line := range lines {
			form.Set(line, fmt.Sprintf("555 010%d", i))
		}
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		p.wantStatus(browser{p: p}.post(p.mailedPath("nia@acme.example"), nil), http.StatusOK)
		nia := p.signIn("nia@acme.example")
		changed := url.Values{"first_name": {"Nia"}, "last_name": {"Okafor"}, "language": {"en"}}
		for i, line := range lines {
			if got := nia.get("/preferences").value("#" + line); got != form.Get(line) {
				p.t.Errorf("%s: the preferences show %q, want %q", line, got, form.Get(line))
			}
			changed.Set(line, fmt.Sprintf("555 020%d", i))
		}
		p.wantStatus(nia.post("/preferences", changed), http.StatusSeeOther)
		shown := p.sue.get(p.memberPath("nia@acme.example")).textAt("dl")
		for _, line := range lines {
			if !strings.Contains(shown, en(line)) || !strings.Contains(shown, changed.Get(line)) {
				p.t.Errorf("%s: the member's page does not show %q: %s", line, changed.Get(line), shown)
			}
			form.Set(line, strings.Repeat("1", 1000))
			refused := browser{p: p}.post(path+"/check/"+line, form)
			if refused.textAt("#problem-"+line) == "" {
				p.t.Errorf("%s: a text of 1000 characters passes the check", line)
			}
		}
	})
}

func TestPreferences_InvalidValuesAreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		good := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}, "language": {"en"}}
		before := p.snapshot()
		for field, value := range map[string]string{
			"topics": "gossip", "language": "xx", "phone": "call me",
			"first_name": " ",
		} {
			form := mergeValues(good)
			form[field] = []string{value}
			got := p.sue.post("/preferences", form)
			p.wantStatus(got, http.StatusUnprocessableEntity)
			if said := got.problems(); said[field] == "" || len(said) != 1 {
				p.t.Errorf("%s: said is %q", field, said)
			}
		}
		p.wantUnchanged("refused preferences", before)
	})
}
