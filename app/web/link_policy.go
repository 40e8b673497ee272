package web

import (
	"net/http"

	"github.com/a-h/templ"
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
	current, err := s.links.Current(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	if current.Link == nil {
		return redirect(c, accountPath(c, "/details"))
	}
	v := views.PolicyView{
		Account: currentActor(c).Account, Form: current.Link.PolicyForm(), MaxAge: s.MaxLinkDays, Focus: isFragment(c),
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.PolicyPanel(v))
	}
	return write(c, http.StatusOK, views.PolicyPage(s.page(c), v))
}

func (s *server) savePolicy(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	typed := decodePolicy(f)
	err = f.err()
	if err == nil {
		err = s.links.ChangePolicy(c.UserContext(), currentActor(c), typed)
	}
	if err != nil {
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v := views.PolicyView{Account: currentActor(c).Account, Form: typed, Problems: problems, MaxAge: s.MaxLinkDays}
			_, v.Domains = app.ParseDomains(typed.Domains)
			return views.PolicyPage(s.page(c), v), views.PolicyPanel(v)
		})
	}
	current, err := s.links.Current(c.UserContext(), currentActor(c))
	return s.writeLinkDone(c, current, err, "done_policy")
}
