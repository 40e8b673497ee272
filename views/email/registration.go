package email

import (
	"reglink/app"
)

func (w writer) confirm() content {
	why := w.T("mail_confirm_why_plain")
	if account := w.account(); account != "" {
		why = w.T("mail_confirm_why", "Account", account)
	}
	opening := []string{why}
	if w.signsInBySSO() {
		opening = append(opening, w.T("mail_then_sso"))
	}
	return w.finish(content{
		subject: w.T("mail_confirm_subject"),
		opening: opening,
		action:  w.T("mail_confirm_action"),
		address: w.baseURL + "/confirm/" + w.mail.Token,
		closing: []string{w.T("mail_confirm_until", "Until", w.DateTime(w.mail.Until)), w.T("mail_confirm_not_you")},
	})
}

func (w writer) activate() content {
	if w.signsInBySSO() {
		return w.activateForSSO()
	}
	return w.finish(content{
		subject: w.T("mail_activate_subject"),
		opening: []string{w.whyActivate()},
		action:  w.T("mail_activate_action"),
		address: w.baseURL + "/activate/" + w.mail.Token,
		closing: []string{w.T("mail_activate_until", "Until", w.DateTime(w.mail.Until)), w.T("mail_activate_not_you")},
	})
}

// whyActivate names the account and who created the login as far as they are known: a person who asked for
// another mail did so without either, and the command line is nobody.
func (w writer) whyActivate() string {
	account, actor := w.account(), w.mail.Notice.Subject
	switch {
	case account == "":
		return w.T("mail_activate_why_plain")
	case actor == nil:
		return w.T("mail_activate_why_account", "Account", account)
	}
	return w.T("mail_activate_why", "Account", account, "Actor", actor.Name())
}

func (w writer) registered() (content, error) {
	account, person := w.account(), w.mail.Notice.Subject
	if account == "" || person == nil {
		return content{}, w.errIncomplete()
	}
	return w.finish(content{
		subject: w.T("mail_registered_subject"),
		opening: []string{w.T("mail_registered_why", "Account", account, "Subject", person.Name())},
		facts:   w.registrant(*person),
		action:  w.T("mail_registered_action"),
		address: w.accountAddress("/members"),
		closing: []string{w.T("mail_registered_not_known"), w.T("mail_registered_reason", "Account", account)},
	}), nil
}

// registrant is what a Super User is told of somebody who registered.
func (w writer) registrant(person app.Identity) []fact {
	return []fact{
		{w.T("mail_registered_name"), person.Name()},
		{w.T("mail_registered_email"), person.Email},
		{w.T("mail_registered_when"), w.DateTime(w.mail.Notice.CreatedAt)},
	}
}

// refusals tells a Super User that many forms were refused because their addresses have a login. It names
// none of them: whoever typed them may have made them up.
func (w writer) refusals() (content, error) {
	if w.account() == "" {
		return content{}, w.errIncomplete()
	}
	return w.finish(content{
		subject: w.T("mail_refusals_subject"),
		opening: []string{
			w.T("mail_refusals_why", "Count", app.MaxTakenEmailsPerHour, "Account", w.account()), w.T("mail_refusals_means"),
		},
		facts:   []fact{{w.T("mail_refusals_when"), w.DateTime(w.mail.Notice.CreatedAt)}},
		action:  w.T("mail_refusals_action"),
		address: w.accountAddress("/details"),
		closing: []string{w.T("mail_refusals_then"), w.T("mail_registered_reason", "Account", w.account())},
	}), nil
}
