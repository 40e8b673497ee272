package web_test

import (
	"net/http"
	"testing"

	"reglink/app"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

// A whole office that presses Continue while the provider is away has guessed nothing: it may sign in by password meanwhile, and
// through the provider afterwards. What the provider does not confirm counts as before.
func TestSSOThatIsAwayCountsAgainstNobody(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true
	forger := ssotest.NewForger(t)
	p.serve(func(c *web.Config) {
		limited(c)
		c.SSO = p.providerAt(forger.Issuer)
	})
	b, form := p.atForger()
	office := b.from("203.0.113.9")
	forger.Fail(http.StatusInternalServerError)
	for range ofBlock(app.SignInLimit) + 1 {
		p.want(office.post(web.SSOPath, form), http.StatusServiceUnavailable)
	}
	p.want(office.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
	forger.Fail(0)
	for range ofBlock(app.SignInLimit) {
		p.want(office.post(web.SSOPath, form), http.StatusForbidden) // another attempt's nonce
	}
	p.want(office.post(web.SSOPath, form), http.StatusTooManyRequests)
}
