package web_test

import (
	"net/http"
	"net/url"
	"strings"

	"reglink/app"
)

// withFactor has Sue set up a second factor, require one of the Super Users, leave it to them again, and lose hers.
func (d *day) withFactor() {
	d.at("09:00", func() {
		form, secret := d.appForm(d.sue.get(appPath))
		done := d.sue.post(appPath, form)
		d.want(done, http.StatusOK)
		d.sue.cookie = done.cookie("session")
		d.secrets = append(d.secrets, strings.Fields(done.page().Find("#codes-text").Text())...)
		d.secrets = append(d.secrets, secret, d.sue.cookie)
	})
	d.at("09:01", d.sends(requirePath, url.Values{"required": {"yes"}}), bySue(app.SecondFactorRequired, "made a second factor a must for Super Users", ""))
	d.at("09:02", d.sends(requirePath, url.Values{"required": {"no"}}),
		bySue(app.SecondFactorOptional, "left it to Super Users whether they have a second factor", ""))
	d.at("09:03", func() {
		d.check(app.FactorRemovals{Store: d.store, Clock: d.clock.tell}.Remove(d.t.Context(), "sue@acme.example"))
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}, line{event: app.SecondFactorRemoved, said: "An operator removed the second factor of Sue Perez", about: "sue@acme.example"})
}

// separated has Sue's login joined to one at the provider, and separated from it again by those who run the portal.
func (d *day) separated() {
	d.at("09:04", func() {
		d.run("INSERT INTO sso_logins (key_hash, identity_id, issuer, subject, created_at) VALUES (?, ?, 'https://login.example', '7731', ?)",
			make([]byte, 32), d.identity("sue@acme.example"), d.clock.now)
		d.check(app.SSORemovals{Store: d.store, Clock: d.clock.tell}.Forget(d.t.Context(), "sue@acme.example"))
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}, line{event: app.SSOSeparated, said: "An operator separated the login of Sue Perez from the one at single sign-on", about: "sue@acme.example"})
}
