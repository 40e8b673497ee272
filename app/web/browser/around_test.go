package browser_test

import (
	"strings"
	"testing"

	"reglink/db/dbtest"
)

// visitor is somebody of the story around the link, with a browser and what it knows.
type visitor struct {
	*tab
	email string
}

// TestAroundTheLink tells what happens around the link, with scripts on both databases.
func TestAroundTheLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *portal) { (&story{portal: p, scripts: true}).aroundTheLink() })
}

// TestAroundTheLinkWithoutJavaScript tells it to browsers that run no script.
func TestAroundTheLinkWithoutJavaScript(t *testing.T) {
	t.Parallel()
	(&story{portal: serve(t, on(dbtest.SQLite(t)))}).aroundTheLink()
}

func (s *story) aroundTheLink() {
	s.begin()
	s.generate()
	s.rules()
	waits := s.registersAndWaits()
	s.accepts(waits)
	s.asksToBeAdded()
	s.invites()
	s.suspends(waits)
	s.hasLeaked()
	s.looksBack()
}

// rules has newcomers wait for a Super User, and lets in two people of two domains only. The address stays.
func (s *story) rules() {
	s.t.Helper()
	b := s.sue
	b.act("#registration-link a[href='/account/link/policy']", "#policy-form")
	b.fill(map[string]string{"max_uses": "0.5"})
	b.act("#policy-form [type=submit]", invalid)
	b.reads("#problem-max_uses", "whole number")
	if s.scripts {
		b.rewrite("#max_uses", "2")
	} else {
		b.opens("/account/link/policy", 200)
		b.fill(map[string]string{"max_uses": "2"})
	}
	b.fill(map[string]string{"domains": "acme.example, *.learning.example"})
	b.press("[name=requires_approval]")
	b.act("#policy-form [type=submit]", "#registration-link-url")
	b.reads("#toast", "Rules saved")
	if address := b.value("#registration-link-url"); !strings.HasSuffix(address, s.link) {
		s.t.Errorf("the address changed to %s", address)
	}
	b.reads("#registration-link", "0 of 2 used")
}

// registersAndWaits is Nia's part: the form says beforehand whom it is for, and after her confirmation she sees that she waits.
func (s *story) registersAndWaits() visitor {
	s.t.Helper()
	v := visitor{s.somebody(), nia}
	v.opens(s.link, 200)
	v.reads("main", "acme.example")
	if s.scripts {
		v.write("#email", "nia@elsewhere.example\t")
		v.see("#problem-email")
	} else {
		v.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "email": "nia@elsewhere.example", "password": password})
		v.press("#eula")
		v.follow("#registration-form [type=submit]")
	}
	v.reads("#problem-email", "acme.example")
	if s.scripts {
		v.rewrite("#email", nia+"\t")
		v.gone("#problem-email")
	} else {
		v.opens(s.link, 200)
		v.fill(map[string]string{"email": nia})
	}
	v.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "password": password})
	v.press("#eula")
	v.follow("#registration-form [type=submit]")
	v.at("/registered")
	v.opens(s.inside(s.mails.WaitForMail(nia, "Acme Widgets").Link("/confirm/")), 200)
	v.follow("main form [type=submit]")
	v.signIn(nia, password)
	v.reads("main", "Acme Widgets")
	if v.has(bar + "[href='/members']") {
		s.t.Error("somebody who waits is shown the way to the members")
	}
	v.expects(403)
	v.opens("/members", 403)
	return v
}

// accepts follows the mail to those who wait; Nia is told and comes in.
func (s *story) accepts(v visitor) {
	s.t.Helper()
	b := s.sue
	b.opens(s.inside(s.mails.WaitForMail(sue, "Nia Okafor").Link("/members/pending")), 200)
	b.reads("tbody tr", "Nia Okafor")
	b.opens("/dashboard", 200)
	b.reads("main", "1 membership pending review")
	b.follow("main a[href='/members/pending']")
	b.act("tbody form [type=submit]", "[data-toast]")
	b.reads("#pending-list", "Nobody is waiting")
	s.mails.WaitForMail(nia, "accepted")
	v.opens("/dashboard", 200)
	v.reads("h1", "Acme Widgets")
	v.opens("/members", 200)
}

// asksToBeAdded is the part of somebody whom the directory knows: refused, she asks, and waits.
func (s *story) asksToBeAdded() {
	s.t.Helper()
	s.addAccount("Learning Center", "300400", lena)
	b := s.somebody()
	b.opens(s.link, 200)
	if s.scripts {
		b.write("#email", lena+"\t")
		b.press("button[form=ask-form]")
		b.see("#field-email [role=status]")
	} else {
		b.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lena, "password": password})
		b.follow("#registration-form [type=submit]")
		b.follow("button[form=ask-form]")
		b.at("/asked")
	}
	b.opens(s.inside(s.mails.WaitForMail(lena, "If you want to be added").Link("/join/")), 200)
	b.follow("main form [type=submit]")
	b.reads("main", "Acme Widgets")
	sue := s.sue
	sue.opens("/members/pending", 200)
	sue.reads("tbody tr", lena)
	sue.act("tbody a[href*='/members/pending/reject']", "#reject-title")
}

// invites has the portal mail the link, to one address that is none first.
func (s *story) invites() {
	s.t.Helper()
	b := s.sue
	b.opens("/account/link/invitations", 200)
	b.fill(map[string]string{"addresses": "ada@acme.example\nnobody"})
	b.follow("#invitation-form [type=submit]")
	b.see(invalid)
	b.rewrite("#addresses", "Ada <ada@acme.example>\nbea@acme.example")
	b.follow("#invitation-form [type=submit]")
	b.see("#batch progress")
	for _, email := range []string{"ada@acme.example", "bea@acme.example"} {
		if got := s.inside(s.mails.WaitForMail(email, "Acme Widgets").Link("/register/")); got != s.link {
			s.t.Errorf("%s is mailed %s", email, got)
		}
	}
	if s.scripts {
		b.until(`document.querySelector("#batch:not(:has([hx-trigger])) progress[value='2']") !== null`)
	} else {
		b.untilReload(`document.querySelector("#batch progress[value='2']") !== null`)
	}
	b.follow("#batch a[href='/account/link/invitations']")
	b.reads("#invitation-list tbody", "ada@acme.example")
	b.opens("/account/link/invitation", 200)
	b.see("#printed svg, #printed img")
}

// suspends takes the account from Nia: her open browser is signed out with it.
func (s *story) suspends(v visitor) {
	s.t.Helper()
	b := s.sue
	b.opens("/members?q=okafor", 200)
	b.follow("tbody a[href^='/members/']")
	b.reads("h1", "Nia Okafor")
	b.act("#membership a[href$='/suspend']", "#confirm-title")
	b.act("#membership form [type=submit]", "#membership form[action$='/reinstate']")
	b.reads("#membership", "Suspended")
	v.opens("/members", 200)
	v.at("/sign-in?next=/members")
	b.act("#membership form[action$='/reinstate'] [type=submit]", "[data-toast]")
	v.signIn(v.email, password)
}

// hasLeaked regenerates and suspends everybody who came by the old link, in one step.
func (s *story) hasLeaked() {
	s.t.Helper()
	b := s.sue
	b.opens("/account/link/regenerate", 200)
	b.act("#registration-link form [type=submit]", "[role=alert] a[href^='/account/links/']")
	b.follow("[role=alert] a[href^='/account/links/']")
	b.reads("#came-by", "Nia Okafor")
	b.follow("#came-by a[href*='/suspend']")
	b.reads("main", "Nia Okafor")
	b.follow("main section form [type=submit]")
	b.opens("/members?status=suspended", 200)
	b.reads("tbody", "Nia Okafor")
	other := s.somebody()
	other.opens(s.link, 410)
}

// looksBack finds all of it in the activity.
func (s *story) looksBack() {
	s.t.Helper()
	b := s.sue
	b.opens("/activity", 200)
	for _, happened := range []string{
		"changed the rules", "accepted Nia Okafor", "asked to be added", "had 2 invitations mailed", "suspended Nia Okafor", "reinstated Nia Okafor",
	} {
		b.reads("#activity-list", happened)
	}
}
