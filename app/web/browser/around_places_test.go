package browser_test

import "strings"

// around is what a Super User comes to around the link. It leaves somebody waiting, and the link with rules.
func (d *tour) around() []place {
	return []place{
		page("/account/link/policy", 200),
		sent("/account/link/policy", "#policy-form", invalid, map[string]string{"max_uses": "x", "domains": "no domain"}),
		{"rules changed", func(b *tab) {
			b.opens("/account/link/policy", 200)
			b.fill(map[string]string{"max_uses": "60", "domains": "acme.example"})
			b.press("[name=requires_approval]")
			b.act("#policy-form [type=submit]", "[data-toast]")
		}},
		{"form with rules", func(b *tab) { b.opens(d.link, 200) }},
		{"waiting", func(b *tab) { d.registers(b, "Ana"); b.opens("/members/pending", 200) }},
		{"rejecting", func(b *tab) {
			b.opens("/members/pending", 200)
			b.act("tbody a[href*='/pending/reject']", "#reject-title")
		}},
		{"rejecting, as a page", func(b *tab) {
			b.opens("/members/pending", 200)
			b.opens(b.attribute("tbody a[href*='/pending/reject']", "href"), 200)
		}},
		{"accepted", func(b *tab) { b.opens("/members/pending", 200); b.act("tbody form [type=submit]", "[data-toast]") }},
	}
}

// managing is what a Super User comes to who looks after members, and looks back.
func (d *tour) managing() []place {
	return []place{
		page("/members?q=fatima", 200),
		{"a member", func(b *tab) { b.opens(d.member(b), 200) }},
		{"a member's end refused", func(b *tab) {
			b.expects(422)
			b.opens(d.member(b), 200)
			b.script(`document.querySelector("#expires").value = "2020-01-01"`)
			b.press("#expiry-form [type=submit]")
			b.see(invalid)
		}},
		{"suspending", func(b *tab) { b.opens(d.member(b)+"/suspend", 200) }},
		{"removing", func(b *tab) { b.opens(d.member(b)+"/remove", 200) }},
		page("/members?show=expiring", 200),
		page("/members?show=idle", 200),
		page("/account/security", 200),
		page("/activity", 200),
		page("/activity?from=2026-01-01&to=2026-01-02", 200),
	}
}

// inviting is what a Super User comes to who has the portal mail the link, and who looks back at links.
func (d *tour) inviting() []place {
	return []place{
		page("/account/link/invitations", 200),
		sent("/account/link/invitations", "#invitation-form", invalid, map[string]string{"addresses": "nobody"}),
		{"invited", func(b *tab) {
			b.opens("/account/link/invitations", 200)
			b.fill(map[string]string{"addresses": "ada@acme.example"})
			b.follow("#invitation-form [type=submit]")
			b.until(`document.querySelector("#batch:not(:has([hx-trigger]))") !== null`)
		}},
		page("/account/link/invitations", 200),
		page("/account/link/invitation", 200),
		page("/account/links", 200),
		{"one of the links", func(b *tab) { b.opens("/account/links", 200); b.follow("#link-list tbody a") }},
		{"suspending who came by it", func(b *tab) {
			b.opens("/account/links", 200)
			b.follow("#link-list tbody a")
			b.follow("#came-by a[href*='/suspend']")
		}},
		page("/dashboard", 200),
	}
}

// asking is what somebody comes to who has a login already.
func (d *tour) asking() []place {
	return []place{
		{"asked", func(b *tab) {
			b.opens(d.link, 200)
			b.write("#email", "lena.fischer@acme.example\t")
			b.see("button[form=ask-form]")
			b.press("button[form=ask-form]")
			b.see("#field-email [role=status]")
		}},
		page("/asked", 200),
		{"asking", func(b *tab) { b.opens(d.mailed(b, "/join/"), 200) }},
		{"waits", func(b *tab) { b.opens(d.mailed(b, "/join/"), 200); b.follow("main form [type=submit]") }},
		page("/join/rj1_unknown", 404),
	}
}

// registers has somebody register by the link.
func (d *tour) registers(b *tab, name string) {
	b.opens(d.link, 200)
	b.fill(map[string]string{
		"first_name": name, "last_name": "Ruiz", "email": strings.ToLower(name) + ".ruiz@acme.example", "password": password,
	})
	b.press("#eula")
	b.follow("#registration-form [type=submit]")
	b.at("/registered")
}

// member is the path of a member's page.
func (d *tour) member(b *tab) string {
	b.opens("/members?q=okonkwo", 200)
	return b.attribute("tbody a[href^='/members/']", "href")
}

// mailed is the path that the mailbox shows last in a mail of that kind.
func (d *tour) mailed(b *tab, kind string) string {
	b.opens("/mailbox", 200)
	link := "article a[href*='" + kind + "']"
	b.untilReload(`document.querySelector("` + link + `") !== null`)
	return d.inside(b.attribute(link, "href"))
}
