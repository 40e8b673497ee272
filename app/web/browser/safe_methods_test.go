package browser_test

import (
	"testing"
)

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
