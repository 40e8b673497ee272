package email

import "reglink/app"

// useSSO tells somebody who asked for another password that none is needed.
func (w writer) useSSO() content {
	return w.finish(content{
		subject: w.T("mail_use_sso_subject"),
		opening: []string{w.T("mail_use_sso_why")},
		action:  w.T("mail_use_sso_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_use_sso_not_you")},
	})
}

// activateForSSO asks for everything that an activation does but a password.
func (w writer) activateForSSO() content {
	return w.finish(content{
		subject: w.T("mail_activate_sso_subject"),
		opening: []string{w.T("mail_activate_sso_why", "Account", w.account()), w.T("mail_then_sso")},
		action:  w.T("mail_activate_sso_action"),
		address: w.baseURL + "/activate/" + w.mail.Token,
		closing: []string{w.T("mail_activate_until", "Until", w.DateTime(w.mail.Until)), w.T("mail_activate_not_you")},
	})
}

// signsInBySSO tells whether the account of the letter wants single sign-on.
func (w writer) signsInBySSO() bool {
	return w.mail.Notice.Account != nil && w.mail.Notice.Account.SignInMethod == app.SSOOnly
}

// ssoChanged says when and from where a login was joined to one at the provider, or separated from it. What
// to do about it is not in its reader's own hands: the two are separated by those who run the portal.
func (w writer) ssoChanged(change app.CredentialChange) content {
	l := content{
		subject: w.T("mail_sso_linked_subject"),
		opening: []string{w.T("mail_changed_by_" + string(change.Event)), w.T("mail_changed_nothing")},
		facts:   w.changeFacts(change),
		action:  w.T("mail_use_sso_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_sso_not_you")},
	}
	if change.Event == app.SSOUnlinked {
		l.subject, l.closing = w.T("mail_sso_forgotten_subject"), []string{w.T("mail_sso_forgotten_not_you")}
	}
	return w.finish(l)
}
