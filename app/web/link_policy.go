package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func decodePolicy(f *form) app.LinkPolicyForm {
	return app.LinkPolicyForm{
		LinkID: f.hidden("link"), Expiry: app.LinkExpiry(f.one("expiry")), Day: f.one("expires_on"),
		Days:    f.one("expire_days"),
		MaxUses: f.one("max_uses"), Role: app.Role(f.one("role")), Domains: f.one("domains"),
		Approval: f.one("requires_approval"),
	}
}

// policyForm is the form of the link's rules. Where there is no link, there are none.
func (s *server) policyForm(c *fiber.Ctx) error {
	current, err := s.Links.Current(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	if current.Link == nil {
		return redirect(c, accountPath(c, "/details"))
	}
	v := views.PolicyView{
		Account: currentActor(c).Account, Form: current.Link.PolicyForm(), MaxAge: s.MaxLinkAge, Focus: isFragment(c),
	}
	return s.show(c, http.StatusOK, viewOf(v, views.PolicyPage, views.PolicyPanel))
}

func (s *server) savePolicy(c *fiber.Ctx) error {
	return submit(c, decodePolicy, func(typed app.LinkPolicyForm) error {
		if err := s.Links.ChangePolicy(c.UserContext(), currentActor(c), typed); err != nil {
			return err
		}
		current, err := s.Links.Current(c.UserContext(), currentActor(c))
		return s.showLinkDone(c, current, err, "done_policy")
	}, func(typed app.LinkPolicyForm, problems app.Problems) (view, error) {
		v := views.PolicyView{Account: currentActor(c).Account, Form: typed, Problems: problems, MaxAge: s.MaxLinkAge}
		_, v.Domains = app.ParseDomains(typed.Domains)
		return viewOf(v, views.PolicyPage, views.PolicyPanel), nil
	})
}
