package email

// invitation is the registration link, mailed to somebody of whom no more is known than the address.
func (w writer) invitation() (content, error) {
	account, actor := w.account(), w.mail.Notice.Subject
	if account == "" || actor == nil {
		return content{}, w.errIncomplete()
	}
	return w.finish(content{
		subject: w.T("mail_invitation_subject"),
		opening: []string{
			w.T("mail_invitation_why", "Account", account, "Actor", actor.Name()), w.T("mail_invitation_asked"),
		},
		action:  w.T("mail_invitation_action"),
		address: w.baseURL + "/register/" + w.mail.Token,
		closing: []string{w.T("mail_invitation_keep"), w.T("mail_invitation_not_you")},
	}), nil
}
