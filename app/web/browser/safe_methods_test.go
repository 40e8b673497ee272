package browser_test

import (
	"testing"
)

// A browser that opens the link and the mailed addresses, and stays for a while, as scanners do, registers
// and confirms nobody: no script of ours sends a form by itself. On both databases (T-06).
func TestT06_OpeningAndWaitingChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, p *portal) {
		s := &userJourney{portal: p, scripts: true}
		s.activateSuperUser()
		s.generateLink()
		scanner := newTab(t, p.base)
		for range 3 {
			scanner.openPage(s.linkPath, 200)
			scanner.waitUntil(`performance.now() > 1000 && document.readyState === "complete"`)
		}
		s.sue.openPage("/account", 200)
		s.sue.wantText("#registration-link", "0 people")
		s.registerByLink()
		confirm := s.pathOf(p.mails.WaitForMail(niaEmail, "").Link("/confirm/"))
		scanner.openPage(confirm, 200)
		scanner.waitUntil(`performance.now() > 1000 && document.readyState === "complete"`)
		scanner.expectStatuses(422)
		scanner.openPage("/sign-in", 200)
		scanner.fill(map[string]string{"email": niaEmail, "password": password})
		scanner.click("#sign-in-form [type=submit]")
		scanner.waitVisible("#sign-in-form [role=alert] a[href='/confirm']") // she has not confirmed her address herself
	})
}
