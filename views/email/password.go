package email

import "reglink/app"

// reset leads somebody who has forgotten the password to a new one.
func (w writer) reset() content {
	return w.finish(content{
		subject: w.T("mail_reset_subject"),
		opening: []string{w.T("mail_reset_why")},
		action:  w.T("mail_reset_action"),
		address: w.baseURL + "/reset-password/" + w.mail.Token,
		closing: []string{w.T("mail_reset_until", "Until", w.DateTime(w.mail.Until)), w.T("mail_reset_not_you")},
	})
}

// credentialChanged says when and from where something was changed that a person signs in with. It carries no
// secret: what to do starts at a page that anybody can open.
func (w writer) credentialChanged() (content, error) {
	change := w.mail.Change
	if change == nil {
		return content{}, w.errIncomplete()
	}
	if w.mail.Notice.Kind == app.SSOWasChanged {
		return w.ssoChanged(*change), nil
	}
	return w.finish(content{
		subject: w.T(changedSubject(change.Event)),
		opening: []string{w.T("mail_changed_by_" + string(change.Event)), w.T("mail_changed_nothing")},
		facts:   w.changeFacts(*change),
		action:  w.T("mail_changed_action"),
		address: w.baseURL + "/forgot-password",
		closing: []string{w.T(notYou(change.Event))},
	}), nil
}

func changedSubject(way app.CredentialEvent) string {
	if way == app.PasswordReset || way == app.PasswordChanged {
		return "mail_changed_subject"
	}
	return "mail_factor_subject"
}

// notYou is what to do if it was somebody else. A new password alone leaves a second factor that they hold,
// and locks the owner out.
func notYou(way app.CredentialEvent) string {
	switch way {
	case app.AppAdded, app.PasskeyAdded, app.RecoveryCodesRenewed, app.RecoveryCodeUsed:
		return "mail_factor_not_you"
	}
	return "mail_changed_not_you"
}

// changeFacts says when something was changed, and from where: the command line has no address.
func (w writer) changeFacts(change app.CredentialChange) []fact {
	facts := []fact{{w.T("mail_changed_when"), w.DateTime(change.At)}}
	if change.Address != "" {
		facts = append(facts, fact{w.T("mail_changed_address"), change.Address})
	}
	return facts
}
