package email

import (
	"time"

	"reglink/app"
)

// aboutMembership writes the letters about who waits for a Super User, and about memberships that end.
func (w writer) aboutMembership() (content, error) {
	if w.account() == "" {
		return content{}, w.errIncomplete()
	}
	switch w.mail.Notice.Kind {
	case app.JoinAccepted:
		return w.accepted(), nil
	case app.JoinRejected:
		return w.notAdded("mail_rejected_subject", w.T("mail_rejected_why", "Account", w.account()), "mail_rejected_mistake"),
			nil
	case app.JoinExpired:
		why := w.T("mail_expired_why", "Account", w.account(), "Days", wholeDays(app.PendingFor))
		return w.notAdded("mail_expired_subject", why, "mail_expired_mistake"), nil
	case app.MemberDecided:
		return w.decided()
	}
	if w.mail.Member == nil || w.mail.Member.Identity == nil {
		return content{}, w.errIncomplete()
	}
	if w.mail.Notice.Kind == app.ApprovalReminder {
		return w.reminder(), nil
	}
	return w.expiring(), nil
}

func wholeDays(d time.Duration) int { return int(d / (24 * time.Hour)) }

func (w writer) accepted() content {
	l := content{
		subject: w.T("mail_accepted_subject"),
		opening: []string{w.T("mail_accepted_why", "Account", w.account())},
		action:  w.T("mail_accepted_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_accepted_not_you", "Account", w.account())},
	}
	if w.mail.Notice.Recipient.PendingConfirmation() != "" {
		l.opening = append(l.opening, w.T("mail_accepted_waiting"))
	}
	return w.finish(l)
}

// notAdded names nobody: who decided is not for whom it was decided against.
func (w writer) notAdded(subject, why, mistake string) content {
	return w.finish(content{
		subject: w.T(subject),
		opening: []string{why, w.T("mail_rejected_login")},
		action:  w.T("mail_rejected_action"),
		address: w.baseURL + "/",
		closing: []string{w.T(mistake, "Account", w.account())},
	})
}

func (w writer) decided() (content, error) {
	what := w.mail.Decided
	if what == nil || what.Actor == nil || what.Subject == nil {
		return content{}, w.errIncomplete()
	}
	why := "mail_decided_rejected"
	if what.Event == app.MemberAccepted {
		why = "mail_decided_accepted"
	}
	return w.finish(content{
		subject: w.T("mail_decided_subject"),
		opening: []string{w.T(why, "Actor", what.Actor.Name(), "Subject", what.Subject.Name(), "Account", w.account())},
		facts: []fact{
			{w.T("mail_decided_name"), what.Subject.Name()},
			{w.T("mail_decided_email"), what.Subject.Email},
			{w.T("mail_decided_when"), w.DateTime(what.At)},
		},
		action:  w.T("mail_decided_action"),
		address: w.accountAddress("/members"),
		closing: []string{w.T("mail_decided_nothing"), w.T("mail_registered_reason", "Account", w.account())},
	}), nil
}

func (w writer) reminder() content {
	m := w.mail.Member
	l := content{
		subject: w.T("mail_reminder_subject"),
		opening: []string{w.T("mail_reminder_why", "Subject", m.Identity.Name(), "Since", w.Date(m.JoinedAt), "Account",
			w.account())},
		facts: []fact{
			{w.T("mail_reminder_name"), m.Identity.Name()},
			{w.T("mail_reminder_email"), m.Identity.Email},
			{w.T("mail_reminder_until"), w.Date(m.PendingUntil())},
		},
		action:  w.T("mail_reminder_action"),
		address: w.accountAddress("/members/pending"),
		closing: []string{w.T("mail_reminder_then"), w.T("mail_registered_reason", "Account", w.account())},
	}
	if w.mail.Operator {
		l.action, l.address = w.T("mail_rejected_action"), w.baseURL+"/operator"
		l.closing[1] = w.T("mail_reminder_operator", "Account", w.account(), "CompanyID", w.mail.Notice.Account.CompanyID)
	}
	return w.finish(l)
}

// expiring tells the very moment: a day would leave open whether it counts.
func (w writer) expiring() content {
	m := w.mail.Member
	date := ""
	if m.ExpiresOn != nil {
		date = w.DateTime(*m.ExpiresOn)
	}
	l := content{
		subject: w.T("mail_expiring_subject"),
		opening: []string{
			w.T("mail_expiring_why", "Subject", m.Identity.Name(), "Account", w.account(), "Date", date),
			w.T("mail_expiring_then"),
		},
		action:  w.T("mail_expiring_action"),
		address: w.baseURL + "/",
		closing: []string{w.T("mail_expiring_super"), w.T("mail_registered_reason", "Account", w.account())},
	}
	if w.mail.Notice.RecipientID == m.IdentityID {
		l.opening[0] = w.T("mail_expiring_why_own", "Account", w.account(), "Date", date)
		l.closing = []string{w.T("mail_expiring_own", "Account", w.account())}
	}
	return w.finish(l)
}

func (w writer) added() (content, error) {
	account, actor := w.account(), w.mail.Notice.Subject
	if account == "" {
		return content{}, w.errIncomplete()
	}
	why := w.T("mail_added_why_account", "Account", account)
	if actor != nil {
		why = w.T("mail_added_why", "Account", account, "Actor", actor.Name())
	}
	l := content{
		subject: w.T("mail_added_subject"),
		opening: []string{why},
		action:  w.T("mail_added_action"),
		address: w.baseURL + "/sign-in",
		closing: []string{w.T("mail_added_not_you", "Account", account)},
	}
	if w.reader.PendingConfirmation() != "" {
		l.opening = append(l.opening, w.T("mail_added_waiting"))
	}
	return w.finish(l), nil
}

// joinRequest is for whoever owns an address that somebody entered behind a link. It names nobody but the account.
func (w writer) joinRequest() (content, error) {
	account := w.account()
	if account == "" {
		return content{}, w.errIncomplete()
	}
	return w.finish(content{
		subject: w.T("mail_join_subject"),
		opening: []string{w.T("mail_join_why", "Account", account)},
		action:  w.T("mail_join_action"),
		address: w.baseURL + "/join/" + w.mail.Token,
		closing: []string{w.T("mail_join_until", "Until", w.DateTime(w.mail.Until)), w.T("mail_join_not_you")},
	}), nil
}

func (w writer) approvalNeeded() (content, error) {
	account, person := w.account(), w.mail.Notice.Subject
	if account == "" || person == nil {
		return content{}, w.errIncomplete()
	}
	return w.finish(content{
		subject: w.T("mail_approval_subject"),
		opening: []string{w.T("mail_approval_why", "Account", account, "Subject", person.Name()), w.T("mail_approval_wait")},
		facts:   w.registrant(*person),
		action:  w.T("mail_approval_action"),
		address: w.accountAddress("/members/pending"),
		closing: []string{w.T("mail_registered_not_known"), w.T("mail_registered_reason", "Account", account)},
	}), nil
}
