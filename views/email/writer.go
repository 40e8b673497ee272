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
	mail    app.OutgoingMail
	baseURL string
}

func (w writer) content() (content, error) {
	if len(w.mail.Notice.Others) > 0 {
		return w.digest()
	}
	switch w.mail.Notice.Kind {
	case app.ConfirmAddress:
		return w.confirm(), nil
	case app.ActivateLogin:
		return w.activate(), nil
	case app.AddedToAccount:
		return w.added()
	case app.JoinAccount:
		return w.joinRequest()
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
	case app.JoinAccepted, app.JoinRejected, app.JoinExpired, app.MemberDecided, app.ApprovalReminder,
		app.MembershipEnding:
		return w.aboutMembership()
	}
	return content{}, fmt.Errorf("there are no words for the letter %q", w.mail.Notice.Kind)
}

// finish adds what all letters share.
func (w writer) finish(l content) content {
	l.language = w.Tag()
	l.opening = slices.Insert(l.opening, 0, w.greeting())
	l.addressIntro = w.T("mail_address_in_full")
	l.footer = w.T("mail_footer", "Portal", w.baseURL)
	return l
}

func (w writer) greeting() string {
	name := safeName(strings.TrimSpace(w.reader.FirstName + " " + w.reader.LastName))
	if name == "" {
		return w.T("mail_greeting_plain")
	}
	return w.T("mail_greeting", "Name", name)
}

func (w writer) account() string {
	if w.mail.Notice.Account == nil {
		return ""
	}
	return w.mail.Notice.Account.Name
}

// accountAddress is the address of a page of the notice's account; below as in views.AccountPath.
func (w writer) accountAddress(below string) string {
	if below == "/details" {
		below = "/account"
	}
	return w.baseURL + below // issue 10, 2a: w.baseURL + "/accounts/" + w.mail.Notice.AccountID + below, and no if
}

func (w writer) errIncomplete() error {
	return fmt.Errorf("notice %s does not say whom or what it is about", w.mail.Notice.ID)
}
