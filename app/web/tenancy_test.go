package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// neighbours is a portal with a second account whose every id is known to the first one's Super User.
type neighbours struct {
	*portal
	bob              browser
	link, member, id string // of Beta Works: link id, membership id, account id
}

func newNeighbours(p *portal) neighbours {
	p.t.Helper()
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	n := neighbours{portal: p, bob: p.signIn("bob@beta.example")}
	link := n.bob.withHTMX().post("/account/link/generate", nil)
	p.want(link, http.StatusOK)
	p.register(strings.TrimPrefix(link.value("#registration-link-url"), baseURL), "zoe@beta.example")
	n.id = p.account("Beta Works")
	n.link = p.one("SELECT id FROM links WHERE account_id = ?", n.id)
	n.member = p.membership("zoe@beta.example", "Beta Works")
	return n
}

// hidden wants nothing of the neighbours on a page.
func (n neighbours) hidden(got answer) {
	n.t.Helper()
	for _, theirs := range []string{"zoe@beta.example", "Beta Works", "bob@beta.example", "300400"} {
		if strings.Contains(got.body, theirs) {
			n.t.Errorf("%s shows %q of another account", got.asked, theirs)
		}
	}
}

// What belongs to another account does not exist: an id of theirs answers as an id that was never given (T-43).
func TestT43OtherAccountsDoNotExist(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		n := newNeighbours(p)
		before := p.stored()
		cursor := app.Cursor{At: p.clock.now.Add(time.Hour), ID: n.member}.String()
		for _, path := range []string{
			"/members", "/members?link=" + n.link, "/members?q=zoe", "/members?q=beta", "/members?after=" + cursor, "/account", "/dashboard",
			"/members/new", "/preferences", "/help/registration-link",
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get(path)
				p.want(got, http.StatusOK)
				n.hidden(got)
			}
		}
		unknown := p.sue.post("/members/"+app.NewID()+"/activation", nil)
		theirs := p.sue.post("/members/"+n.member+"/activation", nil)
		p.want(unknown, http.StatusNotFound)
		p.want(theirs, http.StatusNotFound)
		if unknown.text() != theirs.text() {
			p.t.Errorf("an id of another account is told apart: %q, %q", theirs.text(), unknown.text())
		}
		p.want(p.sue.post("/account/switch", url.Values{"account": {n.id}}), http.StatusNotFound)
		p.want(p.sue.post("/account/switch", url.Values{"account": {""}}), http.StatusNotFound)
		p.unchanged("asking for what is another account's", before)
	})
}

// One account's link lets nobody into another, and what one does to its link does nothing to another's.
func TestT43LinksOfAccountsAreApart(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		n := newNeighbours(p)
		path := p.link()
		p.register(path, "nia@acme.example")
		if got := p.one("SELECT a.name FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN identities i ON i.id = m.identity_id "+
			"WHERE i.email = ?", "nia@acme.example"); got != "Acme Widgets" {
			p.t.Errorf("registered in %q", got)
		}
		for _, end := range []string{"regenerate", "disable"} {
			p.want(p.sue.post("/account/link/"+end, nil), http.StatusSeeOther)
		}
		if got := n.bob.get("/account").find("#registration-link"); !strings.Contains(got, en("people", "Count", 1)) {
			p.t.Errorf("the other account's link suffered: %s", got)
		}
		if got := p.one("SELECT COUNT(*) FROM links WHERE account_id = ? AND active = 1", n.id); got != "1" {
			p.t.Errorf("the other account has %s links", got)
		}
		for _, m := range p.mailsTo("bob@beta.example") {
			if strings.Contains(m.Text, "nia@acme.example") {
				p.t.Error("another account's Super User was told of the registration")
			}
		}
	})
}

// What a person may do is asked at each request: it ends with the next one after it was taken away (T-45, 8.3.2).
func TestT45WhatWasTakenAwayIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	members := "UPDATE memberships SET %s WHERE identity_id = (SELECT id FROM identities WHERE email = 'sam@acme.example')"
	for name, test := range map[string]struct {
		change  string
		account int // status of GET /account afterwards
		members int // and of GET /members; 0: not asked, its page has no words for that
	}{
		"demoted":              {strings.Replace(members, "%s", "role = 'standard'", 1), http.StatusForbidden, http.StatusOK},
		"limited":              {strings.Replace(members, "%s", "role = 'limited'", 1), http.StatusForbidden, http.StatusOK},
		"membership suspended": {strings.Replace(members, "%s", "status = 'suspended'", 1), http.StatusForbidden, http.StatusForbidden},
		"membership pending":   {strings.Replace(members, "%s", "status = 'pending'", 1), http.StatusForbidden, http.StatusForbidden},
		"role unknown":         {strings.Replace(members, "%s", "role = 'owner'", 1), http.StatusForbidden, 0},
		"membership over":      {strings.Replace(members, "%s", "expires_on = '2026-11-22 09:30:00'", 1), http.StatusForbidden, http.StatusForbidden},
		"identity suspended":   {"UPDATE identities SET suspended_at = '2026-11-22 09:30:00' WHERE email = 'sam@acme.example'", http.StatusSeeOther, http.StatusSeeOther},
		"session ended":        {"DELETE FROM sessions", http.StatusSeeOther, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachPortal(t, func(p *portal) {
				sam := p.member("sam@acme.example", app.SuperUser)
				p.want(sam.get("/account"), http.StatusOK)
				p.run(test.change)
				p.want(sam.get("/account"), test.account)
				if test.members != 0 {
					p.want(sam.get("/members"), test.members)
				}
				before := p.stored()
				post := sam.post("/account/link/generate", nil)
				if post.status != http.StatusForbidden && post.status != http.StatusUnauthorized {
					p.t.Errorf("%s: status %d", post.asked, post.status)
				}
				p.unchanged("a Super User who is none any more", before)
			})
		})
	}
}
