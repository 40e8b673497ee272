package email

import (
	"slices"

	"reglink/app"
)

// digest writes one letter about all who registered, or wait to be accepted, in the order in which they came.
func (w writer) digest() (content, error) {
	all := append([]app.Notice{w.mail.Notice}, w.mail.Notice.Others...)
	slices.SortStableFunc(all, func(a, b app.Notice) int { return a.CreatedAt.Compare(b.CreatedAt) })
	facts := make([]fact, len(all))
	for i, n := range all {
		if n.Subject == nil {
			return content{}, w.errIncomplete()
		}
		facts[i] = fact{n.Subject.Name(), w.T("mail_together_fact", "Email", n.Subject.Email, "When",
			w.DateTime(n.CreatedAt))}
	}
	if w.account() == "" {
		return content{}, w.errIncomplete()
	}
	l := content{
		subject: w.T("mail_together_subject"),
		opening: []string{w.T("mail_together_why", "Count", len(all), "Account", w.account())},
		facts:   facts,
		action:  w.T("mail_registered_action"),
		address: w.accountAddress("/members"),
		closing: []string{
			w.T("mail_together_many"), w.T("mail_registered_not_known"), w.T("mail_registered_reason", "Account", w.account()),
		},
	}
	if w.mail.Notice.Kind == app.ApprovalNeeded {
		l.subject = w.T("mail_together_wait_subject")
		l.opening = []string{
			w.T("mail_together_wait_why", "Count", len(all), "Account", w.account()),
			w.T("mail_approval_wait"),
		}
		l.action, l.address = w.T("mail_approval_action"), w.accountAddress("/members/pending")
	}
	return w.finish(l), nil
}
