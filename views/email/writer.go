package email

import (
	"fmt"
	"slices"
	"strings"

	"reglink/app"
	"reglink/views/messages"
)

// writer writes the letter of one notice in one language.
type writer struct {
	messages.Printer
	reader  app.Identity
	due     app.Due
	baseURL string
}

func (w writer) letter() (letter, error) {
	if len(w.due.Notice.Others) > 0 {
		return w.together()
	}
	switch w.due.Notice.Letter {
	case app.ConfirmAddress:
		return w.confirm(), nil
	case app.ActivateLogin:
		return w.activate(), nil
	case app.AddedToAccount:
		return w.added()
	case app.JoinAccount:
		return w.join()
	case app.PersonRegistered:
		return w.registered()
	case app.ApprovalNeeded:
		return w.approvalNeeded()
	case app.RefusalAlert:
		return w.refusals()
	case app.Invite:
		return w.invitation()
	case app.ResetPassword:
		return w.reset(), nil
	case app.PasswordWasChanged, app.FactorWasChanged, app.SSOWasChanged:
		return w.credentialChanged()
	case app.UseSSO:
		return w.useSSO(), nil
	case app.JoinAccepted, app.JoinRejected, app.JoinExpired, app.MemberDecided, app.ApprovalReminder, app.MembershipEnding:
		return w.aboutPending()
	}
	return letter{}, fmt.Errorf("there are no words for the letter %q", w.due.Notice.Letter)
}

// framed adds what all letters share.
func (w writer) framed(l letter) letter {
	l.language = w.Tag()
	l.opening = slices.Insert(l.opening, 0, w.greeting())
	l.full = w.T("mail_address_in_full")
	l.footer = w.T("mail_footer", "Portal", w.baseURL)
	return l
}

func (w writer) greeting() string {
	name := harmless(strings.TrimSpace(w.reader.FirstName + " " + w.reader.LastName))
	if name == "" {
		return w.T("mail_greeting_plain")
	}
	return w.T("mail_greeting", "Name", name)
}

func (w writer) account() string {
	if w.due.Notice.Account == nil {
		return ""
	}
	return w.due.Notice.Account.Name
}

func (w writer) incomplete() error {
	return fmt.Errorf("notice %s does not say whom or what it is about", w.due.Notice.ID)
}
