package browser_test

import (
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// factors is one's own second factor. It stays set up: whoever signs in later needs it.
func (d *tour) factors(password string) []place {
	const own = "/preferences/second-factor"
	return []place{
		page(own, 200),
		page(own+"/passkey", 409), // the throw-away portal has an IP address
		sent(own+"/app", "#app-form", invalid, nil),
		{"recovery codes", func(b *tab) {
			b.opens(own+"/app", 200)
			code, err := totp.GenerateCode(strings.Join(strings.Fields(b.text("#app-secret")), ""), time.Now())
			if err != nil {
				b.fatal(err)
			}
			b.fill(map[string]string{"app_code": code, "current_password": password})
			b.follow("#app-form [type=submit]")
			b.see("#codes")
		}},
		{"second factor set up", func(b *tab) { b.opens(own, 200) }},
		page(own+"/codes", 200),
		{"a factor about to be removed", func(b *tab) {
			b.opens(own, 200)
			b.opens(b.attribute("main a[href$='/remove']", "href"), 200)
		}},
		{"between password and second factor", func(b *tab) {
			b.script(`document.querySelector("form[action='/sign-out']").requestSubmit()`)
			b.see("a[href='/sign-in']")
			b.opens("/sign-in", 200)
			b.fill(map[string]string{"email": d.sue, "password": password})
			b.follow("#sign-in-form [type=submit]")
			b.at("/sign-in/second-factor")
		}},
	}
}
