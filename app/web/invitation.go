package web

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
	"reglink/views/messages"
)

// invitationsPath is where invitations are sent, below the account.
const invitationsPath = "/link/invitations"

// invitationsView gathers what the page shows around its form.
func (s *server) invitationsView(c *fiber.Ctx, form app.InvitationForm) (views.InvitationsView, error) {
	v := views.InvitationsView{Account: currentActor(c).Account, Form: form}
	if isSafeMethod(c) {
		after, err := app.ParseCursor(c.Query("after"))
		if err != nil {
			return v, err
		}
		v.After = after
	}
	var err error
	v.CanSend, err = s.invitations.CanInvite(c.UserContext(), currentActor(c))
	if err != nil {
		return v, err
	}
	v.List, err = s.invitations.List(c.UserContext(), currentActor(c), v.After)
	return v, err
}

func (s *server) invitationsForm(c *fiber.Ctx) error {
	v, err := s.invitationsView(c, app.InvitationForm{Language: language(c)})
	if err != nil {
		return err
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.InvitationList(v))
	}
	return write(c, http.StatusOK, views.InvitationsPage(s.page(c), v))
}

func (s *server) sendInvitations(c *fiber.Ctx) error {
	f, err := parseUploadForm(c)
	if err != nil {
		return err
	}
	typed := app.InvitationForm{Addresses: f.one("addresses"), File: f.file("file"), Language: f.one("language")}
	var done app.InvitationResult
	err = f.err()
	if err == nil {
		done, err = s.invitations.Send(c.UserContext(), currentActor(c), typed, languageTags())
	}
	if err != nil {
		return s.writeInvitationProblems(c, typed, err)
	}
	s.setToast(c, invitedMessage(done))
	if done.BatchID == "" {
		return redirect(c, accountPath(c, invitationsPath))
	}
	s.wakeMailer()
	return redirect(c, accountPath(c, invitationsPath+"/batches/"+done.BatchID))
}

// writeInvitationProblems answers a form that was refused; where there is no link to send, the page that leads to one.
func (s *server) writeInvitationProblems(c *fiber.Ctx, typed app.InvitationForm, err error) error {
	gone := errors.Is(err, app.Conflict)
	if _, refusedForm := errors.AsType[app.Problems](err); !refusedForm && !gone {
		return err
	}
	v, failed := s.invitationsView(c, typed)
	if failed != nil {
		return failed
	}
	if gone && !isFragment(c) {
		v.CanSend = false
		return write(c, http.StatusConflict, views.InvitationsPage(s.page(c), v))
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v.Problems = problems
		return views.InvitationsPage(s.page(c), v), views.InvitationForm(v)
	})
}

// invitedMessage says how many were mailed and why others were not.
func invitedMessage(done app.InvitationResult) app.Message {
	id := "done_invited_some"
	switch {
	case done.Queued == 0:
		id = "done_invited_nobody"
	case done.AlreadyInvited+done.AlreadyMembers == 0:
		id = "done_invited"
	}
	return app.Say(id, "Count", strconv.Itoa(done.Queued), "Before", strconv.Itoa(done.AlreadyInvited), "Members",
		strconv.Itoa(done.AlreadyMembers))
}

func (s *server) invitationBatch(c *fiber.Ctx) error {
	p, err := s.invitations.Progress(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	if isFragment(c) {
		return write(c, http.StatusOK, views.InvitationBatchProgress(p, now))
	}
	return write(c, http.StatusOK, views.InvitationBatchPage(s.page(c), p, now))
}

func (s *server) resendInvitation(c *fiber.Ctx) error {
	i, err := s.invitations.Resend(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	s.wakeMailer()
	path, said := accountPath(c, invitationsPath), app.Say("done_invited_again", "Email", i.Email)
	return s.writeDone(c, path, said, views.InvitationRow(*i))
}

// printedInvitationView gives the account's link as it is handed out, or NotFound where there is none to hand out.
func (s *server) printedInvitationView(c *fiber.Ctx) (views.PrintedInvitationView, error) {
	v := views.PrintedInvitationView{Account: currentActor(c).Account, Language: messages.Match(c.Query("language"),
		language(c))}
	current, err := s.links.Current(c.UserContext(), currentActor(c))
	if err != nil {
		return v, err
	}
	if current.Token == "" || current.Link.State(s.Clock.Now(), s.invitations.MaxLinkAge) != app.LinkActive {
		return v, app.Refuse(app.NotFound, "invitations_no_link")
	}
	v.Until, v.Address = current.Link.EndsAt(s.invitations.MaxLinkAge), s.BaseURL+registrationPath(current.Token)
	v.Code, err = views.NewQRCode(v.Address)
	return v, err
}

// printedInvitation is the link on paper.
func (s *server) printedInvitation(c *fiber.Ctx) error {
	v, err := s.printedInvitationView(c)
	if errors.Is(err, app.NotFound) {
		return redirect(c, accountPath(c, "/details"))
	}
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.PrintedInvitationPage(s.page(c), v))
}

// linkQRCode is the QR code as a file.
func (s *server) linkQRCode(c *fiber.Ctx) error {
	v, err := s.printedInvitationView(c)
	if err != nil {
		return err
	}
	if err := write(c, http.StatusOK, views.QRImage(v.Code, messages.From(c.UserContext()).T("qr_title", "Account",
		v.Account.Name))); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml")
	return nil
}
