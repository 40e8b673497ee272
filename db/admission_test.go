package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// setLink changes the account's link as it is stored, without any rule.
func (p *portal) setLink(t testing.TB, what string, value ...any) {
	t.Helper()
	must(p.Bun().NewUpdate().Table("links").Set(what, value...).Where("active = ?", true).Exec(t.Context()))(t)
}

// said is the message of a refusal, or of the problem of the email.
func said(err error) string {
	var refusal *app.Error
	var problems app.Problems
	switch {
	case errors.As(err, &refusal):
		return refusal.Message.ID
	case errors.As(err, &problems):
		return problems["email"].ID
	}
	return fmt.Sprint(err)
}

// What the rules saw before the transaction decides nothing: each of these changes after they looked, and the store refuses.
func TestT08TheLinksRulesAreThoseOfTheMoment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.link(t)
		member := func(what string, bad, good any) change {
			return change{
				"link_stopped", func() { p.set(t, "memberships", what, bad, "sue@acme.example") },
				func() { p.set(t, "memberships", what, good, "sue@acme.example") },
			}
		}
		link := func(want, bad, good string, values ...any) change {
			return change{want, func() { p.setLink(t, bad, values...) }, func() { p.setLink(t, good) }}
		}
		for _, c := range []change{
			link("link_expired", "expires_at = ?", "expires_at = NULL", p.now),
			link("link_full", "max_uses = 1, used = 1", "max_uses = 1, used = 0"),
			link("link_stopped", "stopped_at = ?", "stopped_at = NULL", p.now),
			link("email_domain_not_allowed", "domains = 'acme.example'", "domains = '*.new.example'"),
			member("role = ?", app.StandardUser, app.SuperUser),
			member("status = ?", app.Suspended, app.Active),
			member("expires_on = ?", p.now, p.now.Add(time.Hour)),
			{
				"link_stopped", func() { p.set(t, "identities", "suspended_at = ?", p.now, "sue@acme.example") },
				func() { p.set(t, "identities", "suspended_at = ?", nil, "sue@acme.example") },
			},
		} {
			a := p.admission(t, "ann@new.example")
			c.meanwhile()
			equal(t, "said", said(s.Register(t.Context(), a)), c.want)
			c.mend()
			equal(t, "nothing stored after "+c.want, p.count(t, "identities", "email_key = ?", "ann@new.example"), 0)
		}
		equal(t, "used", p.count(t, "links", "used > 0"), 0)
		check(t, s.Register(t.Context(), p.admission(t, "ann@new.example")))
	})
}

// change is something that happens after the rules looked and before the store stores.
type change struct {
	want            string
	meanwhile, mend func()
}

// The installation's maximum holds for links that were generated before it was set.
func TestT10NoLinkIsOlderThanTheInstallationAllows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.admission(t, "ann@new.example")
		a.Most = 30
		p.setLink(t, "generated_at = ?", p.now.AddDate(0, 0, -30))
		equal(t, "said", said(s.Register(t.Context(), a)), "link_expired")
		p.setLink(t, "generated_at = ?", p.now.AddDate(0, 0, -30).Add(time.Microsecond))
		check(t, s.Register(t.Context(), a))
	})
}

// The role and the wait are those of the policy when the admission is stored.
func TestNewcomersAreWhatTheLinkSays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.link(t)
		a := p.admission(t, "ann@new.example")
		p.setLink(t, "role = ?, requires_approval = ?", app.LimitedUser, true)
		check(t, s.Register(t.Context(), a))
		check(t, p.register(t, token, form("bob@new.example")))
		p.setLink(t, "role = ?, requires_approval = ?", app.SuperUser, false)
		check(t, p.register(t, token, form("cat@new.example")))
		for email, want := range map[string]string{"ann": "limited pending", "bob": "limited pending", "cat": "super active"} {
			in := must(s.Memberships(t.Context(), p.person(t, email+"@new.example").ID))(t)
			equal(t, email, fmt.Sprintf("%s %s", in[0].Role, in[0].Status), want)
		}
		sue := p.super.Identity.ID
		equal(t, "asked to approve", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ApprovalNeeded, sue), 2)
		equal(t, "told", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.PersonRegistered, sue), 1)
	})
}

// Of two hundred at once exactly as many register as the link admits, and the others are told why.
func TestT09ExactlyAsManyAsTheLinkAdmits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.link(t)
		p.setLink(t, "max_uses = 5")
		in := 0
		for _, err := range parallel(200, func(i int) error { return p.register(t, token, form(fmt.Sprintf("p%d@new.example", i))) }) {
			if err == nil {
				in++
				continue
			}
			equal(t, "said", said(err), "link_full")
		}
		equal(t, "let in", in, 5)
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 5)
		equal(t, "registrations", p.count(t, "registrations", "1 = 1"), 5)
		equal(t, "logins", p.count(t, "identities", "email LIKE 'p%@new.example'"), 5)
	})
}
