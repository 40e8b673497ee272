package email

// invitation is the registration link, mailed to somebody of whom no more is known than the address.
func (w writer) invitation() (letter, error) {
	account, actor := w.account(), w.due.Notice.Subject
	if account == "" || actor == nil {
		return letter{}, w.incomplete()
	}
	return w.framed(letter{
		subject: w.T("mail_invitation_subject"),
		opening: []string{w.T("mail_invitation_why", "Account", account, "Actor", actor.Name()), w.T("mail_invitation_asked")},
		action:  w.T("mail_invitation_action"),
		address: w.baseURL + "/register/" + w.due.Token,
		closing: []string{w.T("mail_invitation_keep"), w.T("mail_invitation_not_you")},
	}), nil
}
