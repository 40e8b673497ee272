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

func (w writer) confirm() letter {
	why := w.T("mail_confirm_why_plain")
	if account := w.account(); account != "" {
		why = w.T("mail_confirm_why", "Account", account)
	}
	opening := []string{why}
	if w.throughSSO() {
		opening = append(opening, w.T("mail_then_sso"))
	}
	return w.framed(letter{
		subject: w.T("mail_confirm_subject"),
		opening: opening,
		action:  w.T("mail_confirm_action"),
		address: w.baseURL + "/confirm/" + w.due.Token,
		closing: []string{w.T("mail_confirm_until", "Until", w.DateTime(w.due.Until)), w.T("mail_confirm_not_you")},
	})
}

func (w writer) activate() letter {
	if w.throughSSO() {
		return w.activateForSSO()
	}
	return w.framed(letter{
		subject: w.T("mail_activate_subject"),
		opening: []string{w.whyActivate()},
		action:  w.T("mail_activate_action"),
		address: w.baseURL + "/activate/" + w.due.Token,
		closing: []string{w.T("mail_activate_until", "Until", w.DateTime(w.due.Until)), w.T("mail_activate_not_you")},
	})
}

// whyActivate names the account and who created the login as far as they are known: a person who asked for another mail did
// so without either, and the command line is nobody.
func (w writer) whyActivate() string {
	account, actor := w.account(), w.due.Notice.Subject
	switch {
	case account == "":
		return w.T("mail_activate_why_plain")
	case actor == nil:
		return w.T("mail_activate_why_account", "Account", account)
	}
	return w.T("mail_activate_why", "Account", account, "Actor", actor.Name())
}

func (w writer) added() (letter, error) {
	account, actor := w.account(), w.due.Notice.Subject
	if account == "" {
		return letter{}, w.incomplete()
	}
	why := w.T("mail_added_why_account", "Account", account)
	if actor != nil {
		why = w.T("mail_added_why", "Account", account, "Actor", actor.Name())
	}
	l := letter{
		subject: w.T("mail_added_subject"),
		opening: []string{why},
		action:  w.T("mail_added_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_added_not_you", "Account", account)},
	}
	if w.reader.Waiting() != "" {
		l.opening = append(l.opening, w.T("mail_added_waiting"))
	}
	return w.framed(l), nil
}

// join is for whoever owns an address that somebody entered behind a link. It names nobody but the account.
func (w writer) join() (letter, error) {
	account := w.account()
	if account == "" {
		return letter{}, w.incomplete()
	}
	return w.framed(letter{
		subject: w.T("mail_join_subject"),
		opening: []string{w.T("mail_join_why", "Account", account)},
		action:  w.T("mail_join_action"),
		address: w.baseURL + "/join/" + w.due.Token,
		closing: []string{w.T("mail_join_until", "Until", w.DateTime(w.due.Until)), w.T("mail_join_not_you")},
	}), nil
}

func (w writer) registered() (letter, error) {
	account, person := w.account(), w.due.Notice.Subject
	if account == "" || person == nil {
		return letter{}, w.incomplete()
	}
	return w.framed(letter{
		subject: w.T("mail_registered_subject"),
		opening: []string{w.T("mail_registered_why", "Account", account, "Subject", person.Name())},
		facts:   w.registrant(*person),
		action:  w.T("mail_registered_action"),
		address: w.baseURL + "/members",
		closing: []string{w.T("mail_registered_not_known"), w.T("mail_registered_reason", "Account", account)},
	}), nil
}

func (w writer) approvalNeeded() (letter, error) {
	account, person := w.account(), w.due.Notice.Subject
	if account == "" || person == nil {
		return letter{}, w.incomplete()
	}
	return w.framed(letter{
		subject: w.T("mail_approval_subject"),
		opening: []string{w.T("mail_approval_why", "Account", account, "Subject", person.Name()), w.T("mail_approval_wait")},
		facts:   w.registrant(*person),
		action:  w.T("mail_approval_action"),
		address: w.baseURL + "/members/pending",
		closing: []string{w.T("mail_registered_not_known"), w.T("mail_registered_reason", "Account", account)},
	}), nil
}

// registrant is what a Super User is told of somebody who registered.
func (w writer) registrant(person app.Identity) []fact {
	return []fact{
		{w.T("mail_registered_name"), person.Name()},
		{w.T("mail_registered_email"), person.Email},
		{w.T("mail_registered_when"), w.DateTime(w.due.Notice.CreatedAt)},
	}
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
