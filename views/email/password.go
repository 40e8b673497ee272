package email

import "reglink/app"

// reset leads somebody who has forgotten the password to a new one.
func (w writer) reset() letter {
	return w.framed(letter{
		subject: w.T("mail_reset_subject"),
		opening: []string{w.T("mail_reset_why")},
		action:  w.T("mail_reset_action"),
		address: w.baseURL + "/reset-password/" + w.due.Token,
		closing: []string{w.T("mail_reset_until", "Until", w.DateTime(w.due.Until)), w.T("mail_reset_not_you")},
	})
}

// credentialChanged says when and from where something was changed that a person signs in with. It carries no secret: what to do starts
// at a page that anybody can open.
func (w writer) credentialChanged() (letter, error) {
	change := w.due.Change
	if change == nil {
		return letter{}, w.incomplete()
	}
	if w.due.Notice.Letter == app.SSOWasChanged {
		return w.ssoChanged(*change), nil
	}
	return w.framed(letter{
		subject: w.T(changedSubject(change.Way)),
		opening: []string{w.T("mail_changed_by_" + string(change.Way)), w.T("mail_changed_nothing")},
		facts:   w.changedWhen(*change),
		action:  w.T("mail_changed_action"),
		address: w.baseURL + "/forgot-password",
		closing: []string{w.T(changedByOthers(change.Way))},
	}), nil
}

func changedSubject(way app.Way) string {
	if way == app.ByReset || way == app.ByChange {
		return "mail_changed_subject"
	}
	return "mail_factor_subject"
}

// changedByOthers is what to do if it was somebody else. A new password alone leaves a second factor that they hold, and locks the owner out.
func changedByOthers(way app.Way) string {
	switch way {
	case app.AppAdded, app.PasskeyAdded, app.CodesRenewed, app.CodeUsed:
		return "mail_factor_not_you"
	}
	return "mail_changed_not_you"
}

// changedWhen says when something was changed, and from where: the command line has no address.
func (w writer) changedWhen(change app.CredentialChange) []fact {
	facts := []fact{{w.T("mail_changed_when"), w.DateTime(change.At)}}
	if change.Address != "" {
		facts = append(facts, fact{w.T("mail_changed_address"), change.Address})
	}
	return facts
}
