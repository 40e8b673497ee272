package browser_test

// passwords is what somebody comes to who has forgotten the password, and what a person does about it at any time.
func (d *tour) passwords() []place {
	return []place{
		page("/forgot-password", 200),
		sent("/forgot-password", "#forgot-form", invalid, nil),
		sent("/forgot-password", "#forgot-form", "[data-focus]", map[string]string{"email": d.sue}),
		{"reset", func(b *tab) { b.opens(d.mailedReset(b), 200) }},
		{"reset sent", func(b *tab) {
			b.expects(422)
			b.opens(d.mailedReset(b), 200)
			b.press("#reset-form [type=submit]")
			b.see(invalid)
		}},
		{"password reset", func(b *tab) {
			b.opens(d.mailedReset(b), 200)
			b.write("#password", password)
			b.follow("#reset-form [type=submit]")
			b.see("[data-toast]")
		}},
		{"signed in twice", func(b *tab) {
			b.signIn(d.sue, password)
			other := newTab(d.t, d.base)
			other.signIn(d.sue, password)
			b.opens("/preferences", 200)
			b.see("#sessions form")
		}},
		sent("/preferences", "#password-form", "#password-form "+invalid, nil),
		{"signed out elsewhere", func(b *tab) {
			b.opens("/preferences", 200)
			b.act("#sessions li form [type=submit]", "[data-toast]")
		}},
	}
}

// mailedReset is the path that the mailbox shows in a reset.
func (d *tour) mailedReset(b *tab) string {
	b.opens("/mailbox", 200)
	b.untilReload(`document.querySelector("article a[href*='/reset-password/']") !== null`)
	return d.inside(eval[string](b, `document.querySelector("article a[href*='/reset-password/']").href`))
}
