package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// memberView gathers what a member's page shows.
func (s *server) memberView(c *fiber.Ctx) (views.MembershipView, error) {
	details, err := s.members.Details(c.UserContext(), currentActor(c), c.Params("id"))
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
	return s.showMember(c, http.StatusOK, v)
}

func (s *server) showMember(c *fiber.Ctx, status int, v views.MembershipView) error {
	if isFragment(c) {
		return write(c, status, views.MemberPanel(v))
	}
	return write(c, status, views.MemberPage(s.page(c), v))
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
	if isFragment(c) {
		return write(c, http.StatusOK, views.ConfirmMemberPanel(v, step))
	}
	return write(c, http.StatusOK, views.ConfirmMemberPage(s.page(c), v, step))
}

func (s *server) changeRole(c *fiber.Ctx) error {
	return s.saveMemberField(c, "role", "done_role", func(ctx context.Context, role string) (*app.Membership, error) {
		return s.members.ChangeRole(ctx, currentActor(c), c.Params("id"), app.Role(role))
	})
}

func (s *server) setExpiry(c *fiber.Ctx) error {
	return s.saveMemberField(c, "expires", "done_expiry", func(ctx context.Context, day string) (*app.Membership, error) {
		return s.members.SetExpiry(ctx, currentActor(c), c.Params("id"), day)
	})
}

// saveMemberField takes a form of the member's page, which has one field.
func (s *server) saveMemberField(c *fiber.Ctx, field, said string, do func(context.Context, string) (*app.Membership,
	error),
) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	typed := f.one(field)
	var m *app.Membership
	if err = f.err(); err == nil {
		m, err = do(c.UserContext(), typed)
	}
	var problems app.Problems
	if !errors.As(err, &problems) {
		return s.writeMemberDone(c, m, err, said)
	}
	v, err := s.memberView(c)
	if err != nil {
		return err
	}
	v.Problems, v.Focus = problems, false
	if field == "role" {
		v.Form.Role = typed
	} else {
		v.Form.Expires = typed
	}
	return s.showMember(c, http.StatusUnprocessableEntity, v)
}

func (s *server) suspendMember(c *fiber.Ctx) error {
	m, err := s.members.Suspend(c.UserContext(), currentActor(c), c.Params("id"))
	return s.writeMemberDone(c, m, err, "done_suspended")
}

func (s *server) reinstateMember(c *fiber.Ctx) error {
	m, err := s.members.Reinstate(c.UserContext(), currentActor(c), c.Params("id"))
	return s.writeMemberDone(c, m, err, "done_reinstated")
}

func (s *server) removeMember(c *fiber.Ctx) error {
	m, err := s.members.Remove(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	s.setToast(c, app.Say("done_removed", "Name", m.Identity.Name()))
	if m.IdentityID == currentActor(c).Identity.ID {
		return redirect(c, "/")
	}
	return redirect(c, accountPath(c, "/members"))
}

// writeMemberDone shows the member as they are now. Whoever took the page from themselves is led where they
// still may be.
func (s *server) writeMemberDone(c *fiber.Ctx, m *app.Membership, err error, said string) error {
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
	if !isFragment(c) {
		s.setToast(c, done)
		return redirect(c, views.MemberPath(c.UserContext(), *m))
	}
	v, err := s.memberView(c)
	if err != nil {
		return err
	}
	return s.writeDone(c, "", done, views.MemberPanel(v))
}

// sendActivation mails a member who cannot sign in yet once more, from the list or from the member's page.
func (s *server) sendActivation(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	m, err := s.members.SendActivation(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	s.wakeMailer()
	if f.one("next") == views.MemberPath(c.UserContext(), *m) {
		return s.writeMemberDone(c, m, nil, "done_resent")
	}
	path, said := accountPath(c, "/members"), app.Say("done_resent", "Name", m.Identity.Name())
	return s.writeDone(c, path, said, views.MemberRow(*m, true))
}
