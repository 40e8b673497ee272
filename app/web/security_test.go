package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func securityVisits() map[string]visit {
	return map[string]visit{
		"GET /account/security": {who: "super user", status: http.StatusOK},
	}
}

func TestSecurityPageSaysHowPeopleSignIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		page := p.sue.get("/account/security")
		p.want(page, http.StatusOK)
		said := page.text()
		for _, want := range []string{"At least 15 characters", "After 30 minutes", "After 12 hours"} {
			if !strings.Contains(said, want) {
				p.t.Errorf("it does not say %q: %.300s", want, said)
			}
		}
	})
}
