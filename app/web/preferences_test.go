package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

func TestPreferences(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		p.register(path, "nia@acme.example")
		p.want(browser{p: p}.post(p.mailed("nia@acme.example"), nil), http.StatusOK)
		nia := p.signIn("nia@acme.example")
		nia.cookies = map[string]string{"language": "en"} // chosen in this browser before
		page := nia.get("/preferences")
		if page.value("#first_name") != "Nia" || !page.has("[name=topics][value=security_advisories][checked]") || page.has("[name=topics][value=case_activity][checked]") {
			p.t.Errorf("the page does not show what was chosen: %s", page.find("main"))
		}
		if page.attribute("#language option[selected]", "value") != "en" || !strings.Contains(page.find("main"), "nia@acme.example") {
			p.t.Error("language or address are not shown")
		}
		others := p.stored()["memberships"]
		form := url.Values{
			"first_name": {" Nia-Marie "}, "last_name": {"O'Kafor"}, "phone": {"+44 20 1"}, "job_title": {"CTO"}, "language": {"de"},
			"topics": {"product_updates", "case_activity"},
		}
		saved := nia.post("/preferences", form)
		p.want(saved, http.StatusSeeOther)
		again := nia.keeping(saved).get(saved.leadsTo())
		if again.attribute("html", "lang") != "de" || again.find("#toast") == "" || again.value("#first_name") != "Nia-Marie" || again.value("#job_title") != "CTO" {
			p.t.Errorf("after saving: %s", again.find("main"))
		}
		if !again.has("[name=topics][value=product_updates][checked]") || again.has("[name=topics][value=security_advisories][checked]") {
			p.t.Error("the topics were not saved")
		}
		if got := p.sue.get("/members?q=o%27kafor").find("tbody"); !strings.Contains(got, "Nia-Marie O'Kafor") {
			p.t.Errorf("the new name is not found: %s", got)
		}
		if p.stored()["memberships"] != others {
			p.t.Error("preferences changed a membership")
		}
		if got := p.one("SELECT topics FROM consents WHERE eula_version = ? AND topics <> ''", app.EULAVersion); got != "security_advisories" {
			p.t.Errorf("what was consented to at the registration is now %q", got)
		}
		form.Del("topics")
		p.want(nia.post("/preferences", form), http.StatusSeeOther)
		if got := p.one("SELECT COUNT(*) FROM topic_choices"); got != "0" {
			p.t.Errorf("%s topics are left of none", got)
		}
		p.signIn("nia@acme.example")
	})
}

func TestPreferencesRefused(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		good := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}, "language": {"en"}}
		before := p.stored()
		for field, value := range map[string]string{"topics": "gossip", "language": "xx", "phone": "call me", "first_name": " "} {
			form := joined(good)
			form[field] = []string{value}
			got := p.sue.post("/preferences", form)
			p.want(got, http.StatusUnprocessableEntity)
			if said := got.problems(); said[field] == "" || len(said) != 1 {
				p.t.Errorf("%s: said is %q", field, said)
			}
		}
		p.unchanged("refused preferences", before)
	})
}
