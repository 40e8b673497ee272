package email

import "reglink/app"

// useSSO tells somebody who asked for another password that none is needed.
func (w writer) useSSO() letter {
	return w.framed(letter{
		subject: w.T("mail_use_sso_subject"),
		opening: []string{w.T("mail_use_sso_why")},
		action:  w.T("mail_use_sso_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_use_sso_not_you")},
	})
}

// activateForSSO asks for everything that an activation does but a password.
func (w writer) activateForSSO() letter {
	return w.framed(letter{
		subject: w.T("mail_activate_sso_subject"),
		opening: []string{w.T("mail_activate_sso_why", "Account", w.account()), w.T("mail_then_sso")},
		action:  w.T("mail_activate_sso_action"),
		address: w.baseURL + "/activate/" + w.due.Token,
		closing: []string{w.T("mail_activate_until", "Until", w.DateTime(w.due.Until)), w.T("mail_activate_not_you")},
	})
}

// throughSSO tells whether the account of the letter wants single sign-on.
func (w writer) throughSSO() bool {
	return w.due.Notice.Account != nil && w.due.Notice.Account.SignIn == app.SSOOnly
}

// ssoChanged says when and from where a login was joined to one at the provider, or separated from it. What to do about it is not in
// its reader's own hands: the two are separated by those who run the portal.
func (w writer) ssoChanged(change app.CredentialChange) letter {
	l := letter{
		subject: w.T("mail_sso_linked_subject"),
		opening: []string{w.T("mail_changed_by_" + string(change.Way)), w.T("mail_changed_nothing")},
		facts:   w.changedWhen(change),
		action:  w.T("mail_use_sso_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_sso_not_you")},
	}
	if change.Way == app.SSOForgotten {
		l.subject, l.closing = w.T("mail_sso_forgotten_subject"), []string{w.T("mail_sso_forgotten_not_you")}
	}
	return w.framed(l)
}
