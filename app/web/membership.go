package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// memberView gathers what a member's page shows.
func (s *server) memberView(c *fiber.Ctx) (views.MembershipView, error) {
	details, err := s.Members.Details(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return views.MembershipView{}, err
	}
	return views.MembershipView{
		MemberDetails: details, IsSelf: details.Member.IdentityID == currentActor(c).Identity.ID,
		Form: views.NewMembershipForm(details.Member), Focus: isFragment(c),
	}, nil
}

func (s *server) memberPage(c *fiber.Ctx) error {
	v, err := s.memberView(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, viewOf(v, views.MemberPage, views.MemberPanel))
}

func (s *server) confirmSuspend(c *fiber.Ctx) error {
	return s.confirmMemberPage(c, views.SuspendMember)
}

func (s *server) confirmRemove(c *fiber.Ctx) error { return s.confirmMemberPage(c, views.RemoveMember) }

// confirmMemberPage is the step before something is taken from a member.
func (s *server) confirmMemberPage(c *fiber.Ctx, step views.MembershipAction) error {
	v, err := s.memberView(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view{
		page:     func(p views.Page) templ.Component { return views.ConfirmMemberPage(p, v, step) },
		fragment: func() templ.Component { return views.ConfirmMemberPanel(v, step) },
	})
}

func (s *server) changeRole(c *fiber.Ctx) error {
	return s.saveMemberField(c, "role", "done_role", func(ctx context.Context, role string) (*app.Membership, error) {
		return s.Members.ChangeRole(ctx, currentActor(c), c.Params("id"), app.Role(role))
	})
}

func (s *server) setExpiry(c *fiber.Ctx) error {
	return s.saveMemberField(c, "expires", "done_expiry", func(ctx context.Context, day string) (*app.Membership, error) {
		return s.Members.SetExpiry(ctx, currentActor(c), c.Params("id"), day)
	})
}

// saveMemberField takes a form of the member's page, which has one field.
func (s *server) saveMemberField(c *fiber.Ctx, field, said string, do func(context.Context, string) (*app.Membership,
	error),
) error {
	return submit(c, func(f *form) string { return f.one(field) }, func(typed string) error {
		m, err := do(c.UserContext(), typed)
		return s.showMemberDone(c, m, err, said)
	}, func(typed string, problems app.Problems) (view, error) {
		v, err := s.memberView(c)
		v.Problems, v.Focus = problems, false
		if field == "role" {
			v.Form.Role = typed
		} else {
			v.Form.Expires = typed
		}
		return viewOf(v, views.MemberPage, views.MemberPanel), err
	})
}

func (s *server) suspendMember(c *fiber.Ctx) error {
	m, err := s.Members.Suspend(c.UserContext(), currentActor(c), c.Params("id"))
	return s.showMemberDone(c, m, err, "done_suspended")
}

func (s *server) reinstateMember(c *fiber.Ctx) error {
	m, err := s.Members.Reinstate(c.UserContext(), currentActor(c), c.Params("id"))
	return s.showMemberDone(c, m, err, "done_reinstated")
}

func (s *server) removeMember(c *fiber.Ctx) error {
	m, err := s.Members.Remove(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	s.setToast(c, app.Say("done_removed", "Name", m.Identity.Name()))
	if m.IdentityID == currentActor(c).Identity.ID {
		return redirect(c, "/")
	}
	return redirect(c, accountPath(c, "/members"))
}

// showMemberDone shows the member as they are now. Whoever took the page from themselves is led where they
// still may be.
func (s *server) showMemberDone(c *fiber.Ctx, m *app.Membership, err error, said string) error {
	if err != nil {
		return err
	}
	done := app.Say(said, "Name", m.Identity.Name())
	left := currentActor(c)
	left.Membership = *m
	if m.IdentityID == left.Identity.ID && !left.SuperUser() {
		s.setToast(c, done)
		return redirect(c, "/")
	}
	return s.showDone(c, views.MemberPath(c.UserContext(), *m), done, func() (templ.Component, error) {
		v, err := s.memberView(c)
		return views.MemberPanel(v), err
	})
}

// sendActivation mails a member who cannot sign in yet once more, from the list or from the member's page.
func (s *server) sendActivation(c *fiber.Ctx) error {
	return submit(c, func(f *form) string { return f.one("next") }, func(next string) error {
		m, err := s.Members.SendActivation(c.UserContext(), currentActor(c), c.Params("id"))
		if err != nil {
			return err
		}
		if next == views.MemberPath(c.UserContext(), *m) {
			return s.showMemberDone(c, m, nil, "done_resent")
		}
		return s.showDone(c, accountPath(c, "/members"), app.Say("done_resent", "Name", m.Identity.Name()),
			func() (templ.Component, error) { return views.MemberRow(*m, true), nil })
	}, nil)
}
