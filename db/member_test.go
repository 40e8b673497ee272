package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestCreateMember_NewLoginIsMailedAnActivation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "Lee@acme.example", app.LimitedUser)
		lee := p.identity(t, "lee@acme.example")
		in := must(s.Memberships(t.Context(), lee.ID))(t)
		m := must(s.Member(t.Context(), p.super.Account.ID, in[0].ID))(t)
		equal(t, "role", m.Role, app.LimitedUser)
		equal(t, "joined", m.JoinedBy, app.ByCreation)
		equal(t, "at", m.JoinedAt, p.now)
		equal(t, "creator", m.CreatedByID, p.super.Identity.ID)
		equal(t, "identity", m.Identity.Email, "Lee@acme.example")
		equal(t, "no expiry", m.ExpiresOn == nil, true)
		equal(t, "mail", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ActivateLogin, lee.ID), 1)
		equal(t, "activity", p.count(t, "activities", "event = ? AND subject_id = ?", app.UserCreated, lee.ID), 1)

		other := p.createAccount(t, "Other", "olga@other.example")
		_, err := s.Member(t.Context(), other.Account.ID, m.ID)
		refused(t, err, app.NotFound)
	})
}

func TestCreateMember_ExistingLoginIsAddedAndNotified(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		olga := p.createAccount(t, "Other", "olga@other.example")
		p.createMember(t, "OLGA@other.example", app.StandardUser)
		equal(t, "one login", p.count(t, "identities", "email_key = ?", "olga@other.example"), 1)
		equal(t, "her own spelling", p.identity(t, "olga@other.example").Email, "olga@other.example")
		equal(t, "accounts", len(must(s.Memberships(t.Context(), olga.Identity.ID))(t)), 2)
		equal(t, "told", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.AddedToAccount, olga.Identity.ID), 1)
		equal(t, "activity", p.count(t, "activities", "event = ?", app.UserAdded), 1)

		_, err := p.members().Create(t.Context(), p.super,
			app.NewUser{FirstName: "O", LastName: "O", Email: "olga@other.example", Role: app.SuperUser, Language: "en"})
		refused(t, err, app.Problem("email", "already_member"))
		equal(t, "told once", p.count(t, "notices", "letter = ?", app.AddedToAccount), 1)
	})
}

// Somebody who learns here only has no password yet: adding them mails an activation too.
func TestCreateMember_LoginWithoutPasswordIsMailedAnActivation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().AddIdentity(t.Context(), "learner@school.example", "Lea", "Rner", "de"))
		lea := p.identity(t, "learner@school.example")
		p.createMember(t, "learner@school.example", app.StandardUser)
		equal(t, "mails", p.count(t, "notices", "recipient_id = ?", lea.ID), 2)
		equal(t, "activation", p.count(t, "confirmations", "identity_id = ? AND purpose = ?", lea.ID, app.ToActivate), 1)
		equal(t, "still one login", p.count(t, "identities", "email_key = ?", "learner@school.example"), 1)
	})
}

func TestCreateMember_ConcurrentCallsCreateOneLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		supers := []app.Actor{p.super}
		for i := range 5 {
			supers = append(supers, p.createAccount(t, fmt.Sprint("Acc", i), fmt.Sprintf("s%d@acc.example", i)))
		}
		for round := range 12 {
			createConcurrently(t, p, supers, fmt.Sprintf("new%d@acme.example", round))
		}
	})
}

func createConcurrently(t *testing.T, p *portal, supers []app.Actor, email string) {
	t.Helper()
	taken := 0
	for _, err := range parallel(2*len(supers), func(i int) error {
		_, err := p.members().Create(t.Context(), supers[i%len(supers)],
			app.NewUser{FirstName: "N", LastName: "N", Email: email, Role: app.StandardUser, Language: "en"})
		return err
	}) {
		if err != nil {
			refused(t, err, app.Problem("email", "already_member"))
			taken++
		}
	}
	equal(t, "refused", taken, len(supers))
	id := p.identity(t, email).ID
	equal(t, "memberships", p.count(t, "memberships", "identity_id = ?", id), len(supers))
	equal(t, "open activations", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", id), 1)
}

func TestSendActivation_EndsTheOlderConfirmation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "lee@acme.example", app.StandardUser)
		lee := p.identity(t, "lee@acme.example")
		member := must(s.Memberships(t.Context(), lee.ID))(t)[0]
		p.now = p.now.Add(time.Hour)
		for i, err := range parallel(6, func(int) error {
			_, err := p.members().SendActivation(t.Context(), p.super, member.ID)
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		equal(t, "open", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", lee.ID), 1)
		equal(t, "open ones can be mailed", p.count(t, "confirmations", "used_at IS NULL AND token_box IS NULL"), 0)
		equal(t, "ended ones are wiped", p.count(t, "confirmations", "used_at IS NOT NULL AND token_box IS NOT NULL"), 0)
		equal(t, "activities", p.count(t, "activities", "event = ?", app.ActivationSent), 6)
		equal(t, "notices", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ActivateLogin, lee.ID), 7)
	})
}

// A stranger who holds a link registers somebody else's address and waits. When a Super User adds that
// address, or it becomes an operator's, the stranger's password must not come with it (T-25).
func TestT25_UnconfirmedPasswordIsCleared(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		other := p.createAccount(t, "Other", "boss@other.example")
		link := p.generateLink(t)
		add := map[string]func(email string) error{
			"victim@other.example": func(email string) error {
				_, err := p.members().Create(t.Context(), other,
					app.NewUser{FirstName: "V", LastName: "T", Email: email, Role: app.SuperUser})
				return err
			},
			"ops@other.example": func(email string) error {
				_, err := app.Operators{Store: s, Sealer: p.sealer, Clock: p.clock}.Add(t.Context(), email, "en")
				return err
			},
		}
		for email, add := range add {
			check(t, p.register(t, link, newRegistrationForm(email)))
			check(t, add(email))
			equal(t, email+": passwords left", p.count(t, "identities", "password_hash <> '' AND email_key = ?", email), 0)
			equal(t, email+": waits for", p.identity(t, email).PendingConfirmation(), app.ToActivate)
		}
		check(t, add["ops@other.example"]("boss@other.example"))
		equal(t, "a proven address keeps its password", p.identity(t, "boss@other.example").PendingConfirmation(),
			app.ConfirmationPurpose(""))
	})
}
