package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"reglink/app"
	"reglink/views/email"
)

// deliver does what the mail worker does: it writes every letter that is due, and keeps it.
func (p *portal) deliver() {
	p.t.Helper()
	outbox := app.Outbox{Store: p.store, Sealer: p.sealer, Clock: p.clock.tell}
	due, err := outbox.Claim(context.Background(), 1000)
	p.check(err)
	for _, d := range due {
		mail, err := email.Compose(context.Background(), d, p.base)
		p.check(err)
		p.mails = append(p.mails, mail)
		p.check(outbox.Delivered(context.Background(), d.Notice))
	}
}

// mailsTo gives what an address received, oldest first.
func (p *portal) mailsTo(address string) []email.Mail {
	p.t.Helper()
	p.deliver()
	var theirs []email.Mail
	for _, m := range p.mails {
		if m.To == address {
			theirs = append(theirs, m)
		}
	}
	return theirs
}

var mailedLink = regexp.MustCompile(`\S+/(?:confirm|activate|join|reset-password)/\S+`)

// mailed gives the path of the link in the newest mail to an address that has one.
func (p *portal) mailed(address string) string {
	p.t.Helper()
	mails := p.mailsTo(address)
	for i := len(mails) - 1; i >= 0; i-- {
		link := mailedLink.FindString(mails[i].Text)
		if link == "" {
			continue
		}
		path, ours := strings.CutPrefix(link, p.base)
		if !ours {
			p.t.Fatalf("the link of a mail does not begin with the base URL: %s", link)
		}
		return path
	}
	p.t.Fatalf("nobody has mailed a link to %s; its mails: %d", address, len(mails))
	return ""
}

// newUser is a form of Create New User that will do.
func newUser(email string, role app.Role) url.Values {
	return url.Values{"first_name": {"Ada"}, "last_name": {"Stone"}, "email": {email}, "role": {string(role)}}
}

// create creates a user as the Super User of Acme Widgets does.
func (p *portal) create(email string, role app.Role) {
	p.t.Helper()
	p.want(p.sue.post("/members", newUser(email, role)), http.StatusSeeOther)
}

// member creates a user who follows the mail and signs in.
func (p *portal) member(email string, role app.Role) browser {
	p.t.Helper()
	p.create(email, role)
	p.activate(p.mailed(email), "Ada", "Stone")
	return p.signIn(email)
}

// homeless makes a login that is in no account, such as one for the Learning Center alone, and signs it in.
func (p *portal) homeless(email string) browser {
	p.t.Helper()
	p.imported(email)
	p.want(browser{p: p}.post("/confirm", url.Values{"email": {email}}), http.StatusOK)
	p.activate(p.mailed(email), "Lea", "Center")
	return p.signIn(email)
}

// waiting makes a login that waits for the Super Users of Acme Widgets, and signs it in.
func (p *portal) waiting(email string) browser {
	p.t.Helper()
	p.create(email, app.StandardUser)
	p.run("UPDATE memberships SET status = 'pending' WHERE id = ?", p.membership(email, "Acme Widgets"))
	p.activate(p.mailed(email), "Penny", "Dent")
	return p.signIn(email)
}

// imported adds a login without a password.
func (p *portal) imported(email string) {
	p.t.Helper()
	p.check(app.Imports{Store: p.store, Clock: p.clock.tell}.Identity(context.Background(), email, "Lea", "Center", "en"))
}

// operator makes a login of the portal's staff, and signs it in.
func (p *portal) operator(email string) browser {
	p.t.Helper()
	b := p.homeless(email)
	p.run("UPDATE identities SET operator = 1 WHERE email = ?", email)
	return b
}

// membership gives the id of an address's membership in the account of that name.
func (p *portal) membership(email, account string) string {
	p.t.Helper()
	return p.one("SELECT m.id FROM memberships m JOIN identities i ON i.id = m.identity_id JOIN accounts a ON a.id = m.account_id "+
		"WHERE i.email = ? AND a.name = ?", email, account)
}

func (p *portal) account(name string) string {
	p.t.Helper()
	return p.one("SELECT id FROM accounts WHERE name = ?", name)
}
