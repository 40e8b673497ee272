package email

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

// passwordChanged says when and from where a password was changed. It carries no secret: what to do starts at a page that anybody
// can open.
func (w writer) passwordChanged() (letter, error) {
	change := w.due.Change
	if change == nil {
		return letter{}, w.incomplete()
	}
	return w.framed(letter{
		subject: w.T("mail_changed_subject"),
		opening: []string{w.T("mail_changed_by_" + string(change.Way)), w.T("mail_changed_nothing")},
		facts: []fact{
			{w.T("mail_changed_when"), w.DateTime(change.At)},
			{w.T("mail_changed_address"), change.Address},
		},
		action:  w.T("mail_changed_action"),
		address: w.baseURL + "/forgot-password",
		closing: []string{w.T("mail_changed_not_you")},
	}), nil
}
