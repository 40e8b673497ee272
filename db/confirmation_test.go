package db_test

import (
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestConfirmEmail_ConfirmsTheAddressAndWipesTheToken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		token, mails := p.deliverMail(t, "ann@new.example")
		equal(t, "mails", mails, 1)
		hash, _ := app.HashToken(app.ConfirmationToken, token)
		c := must(s.ConfirmationByToken(t.Context(), app.ToConfirm, hash))(t)
		equal(t, "whose", c.Identity.Email, "ann@new.example")
		equal(t, "until", c.ExpiresAt, p.now.Add(app.ConfirmWithin))
		_, err := s.ConfirmationByToken(t.Context(), app.ToActivate, hash)
		refused(t, err, app.NotFound)

		p.now = p.now.Add(time.Hour)
		for i, err := range parallel(8, func(int) error { return p.confirmations().Confirm(t.Context(), token) }) {
			if err != nil {
				t.Errorf("click %d: %v", i, err)
			}
		}
		equal(t, "confirmed", *p.identity(t, "ann@new.example").ConfirmedAt, p.now)
		refused(t, s.ConfirmEmail(t.Context(), c.ID, p.now), app.Gone)
		refused(t, s.ConfirmEmail(t.Context(), app.NewID(), p.now), app.NotFound)
		used := must(s.ConfirmationByID(t.Context(), c.ID))(t)
		equal(t, "used", *used.UsedAt, p.now)
		equal(t, "wiped", len(used.TokenBox), 0)
		p.signIn(t, "ann@new.example")
	})
}

func TestConfirmEmail_ExpiredConfirmationIsGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		id := must(s.Notices(t.Context(), 100))(t)
		var event string
		for _, n := range id {
			if n.Kind == app.ConfirmAddress {
				event = n.EventID
			}
		}
		refused(t, s.ConfirmEmail(t.Context(), event, p.now.Add(app.ConfirmWithin)), app.Gone)
		equal(t, "not confirmed", p.identity(t, "ann@new.example").ConfirmedAt == nil, true)
		check(t, s.ConfirmEmail(t.Context(), event, p.now.Add(app.ConfirmWithin-time.Microsecond)))
	})
}

func TestActivateIdentity_StoresNamePasswordAndConsentOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "lee@acme.example", app.StandardUser)
		token, _ := p.deliverMail(t, "lee@acme.example")
		second := newRegistrationForm("x@y.example")
		for i, err := range parallel(8, func(int) error {
			return p.confirmations().Activate(t.Context(), token, app.Activation{
				FirstName: "Lee", LastName: "Ng", Password: second.Password, EULA: app.EULAVersion, Language: "de",
			})
		}) {
			if err != nil {
				t.Errorf("click %d: %v", i, err)
			}
		}
		lee := p.identity(t, "lee@acme.example")
		equal(t, "name", lee.Name(), "Lee Ng")
		equal(t, "confirmed", *lee.ConfirmedAt, p.now)
		equal(t, "consents", p.count(t, "consents", "identity_id = ? AND language = ? AND topics = ?", lee.ID, "de", ""), 1)
		equal(t, "open", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", lee.ID), 0)
		p.signIn(t, "lee@acme.example")
		equal(t, "found by name",
			len(must(p.members().List(t.Context(), p.super, app.MemberQuery{Search: "lee ng"}))(t).Entries), 1)
	})
}

// An address that was confirmed before keeps its date, and every other open mail is worthless once one was used.
func TestActivateIdentity_EndsOtherConfirmations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().AddIdentity(t.Context(), "lea@school.example", "Lea", "Rner", "en"))
		imported := p.now
		lea := p.identity(t, "lea@school.example")
		p.createMember(t, "lea@school.example", app.StandardUser)
		token, _ := p.deliverMail(t, "lea@school.example")
		other := app.Confirmation{
			ID: app.NewID(), IdentityID: lea.ID, Purpose: app.ToActivate, TokenHash: make([]byte, 32), TokenBox: []byte{1},
			CreatedAt: p.now, ExpiresAt: p.now.Add(time.Hour),
		}
		must(s.Bun().NewInsert().Model(&other).Exec(t.Context()))(t)
		p.now = p.now.Add(time.Minute)
		p.activate(t, token)
		equal(t, "confirmed when imported", *p.identity(t, "lea@school.example").ConfirmedAt, imported)
		refused(t, s.ActivateIdentity(t.Context(), other.ID, *lea, app.Consent{AcceptedAt: p.now}), app.Gone)
	})
}

func TestIssueConfirmation_ReplacesTheOlderOneButNotTooSoon(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		first, _ := p.deliverMail(t, "ann@new.example")
		check(t, p.confirmations().Resend(t.Context(), "ann@new.example"))
		equal(t, "too soon", p.count(t, "confirmations", "purpose = ?", app.ToConfirm), 1)

		p.now = p.now.Add(app.ResendAfter + time.Second)
		for i, err := range parallel(8, func(int) error { return p.confirmations().Resend(t.Context(), "ann@new.example") }) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		next, mails := p.deliverMail(t, "ann@new.example")
		equal(t, "mails", mails, 1)
		refused(t, p.confirmations().Confirm(t.Context(), first), app.Gone)
		check(t, p.confirmations().Confirm(t.Context(), next))
		check(t, p.confirmations().Resend(t.Context(), "nobody@new.example"))
		equal(t, "in all", p.count(t, "confirmations", "purpose = ?", app.ToConfirm), 2)
	})
}
