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
	v.CanSend, err = s.Invitations.CanInvite(c.UserContext(), currentActor(c))
	if err != nil {
		return v, err
	}
	v.List, err = s.Invitations.List(c.UserContext(), currentActor(c), v.After)
	return v, err
}

func (s *server) invitationsForm(c *fiber.Ctx) error {
	v, err := s.invitationsView(c, app.InvitationForm{Language: language(c)})
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, viewOf(v, views.InvitationsPage, views.InvitationList))
}

func (s *server) sendInvitations(c *fiber.Ctx) error {
	f, err := parseUploadForm(c)
	if err != nil {
		return err
	}
	return submitParsed(f, decodeInvitations, func(typed app.InvitationForm) error {
		done, err := s.Invitations.Send(c.UserContext(), currentActor(c), typed, languageTags())
		switch {
		case errors.Is(err, app.Conflict):
			return s.noLinkToSendError(c, err, typed)
		case err != nil:
			return err
		}
		s.setToast(c, invitedMessage(done))
		if done.BatchID == "" {
			return redirect(c, accountPath(c, invitationsPath))
		}
		return redirect(c, accountPath(c, invitationsPath+"/batches/"+done.BatchID))
	}, func(typed app.InvitationForm, problems app.Problems) (view, error) {
		v, err := s.invitationsView(c, typed)
		v.Problems = problems
		return viewOf(v, views.InvitationsPage, views.InvitationForm), err
	})
}

func decodeInvitations(f *form) app.InvitationForm {
	return app.InvitationForm{Addresses: f.one("addresses"), File: f.file("file"), Language: f.one("language")}
}

// noLinkToSendError shows the page that leads to a link.
func (s *server) noLinkToSendError(c *fiber.Ctx, err error, typed app.InvitationForm) error {
	v, lookErr := s.invitationsView(c, typed)
	if lookErr != nil {
		return lookErr
	}
	v.CanSend = false
	return shownError{err, pageOf(v, views.InvitationsPage)}
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
	p, err := s.Invitations.Progress(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	return s.show(c, http.StatusOK, view{
		page:     func(page views.Page) templ.Component { return views.InvitationBatchPage(page, p, now) },
		fragment: func() templ.Component { return views.InvitationBatchProgress(p, now) },
	})
}

func (s *server) resendInvitation(c *fiber.Ctx) error {
	i, err := s.Invitations.Resend(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	return s.showDone(c, accountPath(c, invitationsPath), app.Say("done_invited_again", "Email", i.Email),
		func() (templ.Component, error) { return views.InvitationRow(*i), nil })
}

// printedInvitationView gives the account's link as it is handed out, or NotFound where there is none to hand out.
func (s *server) printedInvitationView(c *fiber.Ctx) (views.PrintedInvitationView, error) {
	v := views.PrintedInvitationView{Account: currentActor(c).Account, Language: messages.Match(c.Query("language"),
		language(c))}
	current, err := s.Links.Current(c.UserContext(), currentActor(c))
	if err != nil {
		return v, err
	}
	if current.Token == "" || current.Link.State(s.Clock.Now(), s.MaxLinkAge) != app.LinkActive {
		return v, app.Refuse(app.NotFound, "invitations_no_link")
	}
	v.Until, v.Address = current.Link.EndsAt(s.MaxLinkAge), s.BaseURL+registrationPath(current.Token)
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
	return s.show(c, http.StatusOK, pageOf(v, views.PrintedInvitationPage))
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
