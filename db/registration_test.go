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

func TestRegister_StoresEverything(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		sent := newRegistrationForm("Ann.Bell@New.example")
		sent.Phone, sent.JobTitle = "+49 30 1234", "Engineer"
		check(t, p.register(t, token, sent))

		ann := p.identity(t, "ann.bell@new.example")
		equal(t, "email", ann.Email, "Ann.Bell@New.example")
		equal(t, "name", ann.Name(), "Ann Bell")
		equal(t, "phone", ann.Phone, "+49 30 1234")
		equal(t, "job title", ann.JobTitle, "Engineer")
		equal(t, "language", ann.Language, "de")
		equal(t, "created", ann.CreatedAt, p.now)
		equal(t, "confirmed", ann.ConfirmedAt == nil, true)
		in := must(s.Memberships(t.Context(), ann.ID))(t)
		equal(t, "memberships", len(in), 1)
		equal(t, "account", in[0].Account.Name, "Acme")
		equal(t, "role", in[0].Role, app.StandardUser)
		equal(t, "joined", in[0].JoinedBy, app.ByLink)
		link := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t)
		equal(t, "by link", in[0].LinkID, link.ID)
		equal(t, "used", link.Used, 1)
		equal(t, "last used", *link.LastUsedAt, p.now)
		equal(t, "topics", len(must(s.Topics(t.Context(), ann.ID))(t)), 2)
		equal(t, "consent", p.count(t, "consents", "identity_id = ? AND eula_version = ? AND accepted_at = ?",
			ann.ID, app.EULAVersion, p.now), 1)
		equal(t, "confirmation", p.count(t, "confirmations", "identity_id = ? AND purpose = ?", ann.ID, app.ToConfirm), 1)
		equal(t, "activity", p.count(t, "activities", "event = ? AND subject_id = ?", app.PersonJoined, ann.ID), 1)
		equal(t, "mail to the new user", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ConfirmAddress, ann.ID),
			1)
		equal(t, "mail to the Super User", p.count(t, "notices", "letter = ? AND recipient_id = ? AND subject_id = ?",
			app.PersonRegistered, p.super.Identity.ID, ann.ID), 1)
		equal(t, "known", must(s.EmailHasLogin(t.Context(), "ann.bell@new.example"))(t), true)
		equal(t, "others known", must(s.EmailHasLogin(t.Context(), "bob@new.example"))(t), false)
	})
}

func TestRegister_NotifiesEverySuperUserWithAccess(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createAccount(t, "Other", "olga@other.example")
		for _, email := range []string{
			"two@acme.example", "expired@acme.example", "later@acme.example", "off@acme.example",
			"gone@acme.example",
		} {
			p.createMember(t, email, app.SuperUser)
		}
		p.createMember(t, "standard@acme.example", app.StandardUser)
		p.update(t, "memberships", "expires_on = ?", p.now, "expired@acme.example")
		p.update(t, "memberships", "expires_on = ?", p.now.Add(time.Microsecond), "later@acme.example")
		p.update(t, "memberships", "status = ?", app.Suspended, "off@acme.example")
		p.update(t, "identities", "suspended_at = ?", p.now, "gone@acme.example")

		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		told := map[string]bool{}
		for _, n := range must(s.Notices(t.Context(), 100))(t) {
			if n.Kind == app.PersonRegistered {
				told[n.Recipient.Email] = true
			}
		}
		equal(t, "how many", len(told), 3)
		for _, email := range []string{"sue@acme.example", "two@acme.example", "later@acme.example"} {
			equal(t, email, told[email], true)
		}
	})
}

func TestRegister_TakenEmailOrUnknownLinkStoresNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		refused(t, p.register(t, token, newRegistrationForm("SUE@acme.example")), app.Problems{"email": app.EmailTaken()})
		refused(t, p.register(t, app.NewToken(app.LinkToken), newRegistrationForm("a@new.example")), app.NotFound)
		equal(t, "nothing stored", p.count(t, "registrations", "1 = 1"), 0)
		equal(t, "not used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 0)
	})
}

// The look before the insert sees no login; the unique key does.
func TestRegister_UniqueKeysDecide(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.captureAdmission(t, "ann@new.example")
		check(t, s.Register(t.Context(), a))

		again := p.captureAdmission(t, "ann@new.example")
		refused(t, s.Register(t.Context(), again), app.Problems{"email": app.EmailTaken()})
		again = p.captureAdmission(t, "bob@new.example")
		again.Registration.SubmissionKey = a.Registration.SubmissionKey
		refused(t, s.Register(t.Context(), again), app.Conflict)
		again = p.captureAdmission(t, "cat@new.example")
		again.Membership.AccountID, again.Registration.AccountID = p.createAccount(t, "Other", "o@other.example").Account.ID,
			""
		refused(t, s.Register(t.Context(), again), app.Gone)

		equal(t, "registrations", p.count(t, "registrations", "1 = 1"), 1)
		equal(t, "half stored", p.count(t, "identities", "email LIKE '%@new.example'"), 1)
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 1)
	})
}

func TestRegister_EntitlementsAdmitAndAnAuthCodeOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().AddEntitlement(t.Context(), "acme-1", app.OrderSummary, "OS 100"))
		check(t, p.imports().AddEntitlement(t.Context(), "acme-1", app.SerialNumber, "SN-200"))
		check(t, p.imports().AddEntitlement(t.Context(), "acme-1", app.AuthCode, "AC-300"))

		check(t, p.registerEntitled(t, "order@new.example", func(f *app.RegistrationForm) {
			f.EntitlementKind, f.OrderSummary = app.OrderSummary, "os100"
		}))
		check(t, p.registerEntitled(t, "order2@new.example", func(f *app.RegistrationForm) {
			f.EntitlementKind, f.OrderSummary = app.OrderSummary, "os100"
		}))
		check(t, p.registerEntitled(t, "serial@new.example", func(f *app.RegistrationForm) {
			f.EntitlementKind, f.SerialNumber, f.CompanyID = app.SerialNumber, "sn200", "acme-1"
		}))
		code := func(f *app.RegistrationForm) { f.EntitlementKind, f.AuthCode = app.AuthCode, "ac300" }
		check(t, p.registerEntitled(t, "code@new.example", code))
		refused(t, p.registerEntitled(t, "code2@new.example", code), app.Problem("auth_code", "entitlement_unknown"))

		equal(t, "registrations", p.count(t, "registrations", "entitlement_id IS NOT NULL AND link_id IS NULL"), 4)
		equal(t, "used", p.count(t, "entitlements", "used_at = ?", p.now), 1)
		in := must(s.Memberships(t.Context(), p.identity(t, "code@new.example").ID))(t)
		equal(t, "joined", in[0].JoinedBy, app.ByEntitlement)
	})
}

func (p *portal) registerEntitled(t testing.TB, email string, fill func(*app.RegistrationForm)) error {
	t.Helper()
	f := newRegistrationForm(email)
	fill(&f)
	return p.registrations().RegisterEntitled(t.Context(), f, app.Client{Language: "en"})
}

func TestRegister_AuthCodeAdmitsOneOfMany(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().AddEntitlement(t.Context(), "acme-1", app.AuthCode, "AC-300"))
		in := 0
		for _, err := range parallel(16, func(i int) error {
			return p.registerEntitled(t, string(rune('a'+i))+"@new.example",
				func(f *app.RegistrationForm) { f.EntitlementKind, f.AuthCode = app.AuthCode, "ac300" })
		}) {
			if err == nil {
				in++
				continue
			}
			refused(t, err, app.Problem("auth_code", "entitlement_unknown"))
		}
		equal(t, "let in", in, 1)
		equal(t, "registered", p.count(t, "registrations", "1 = 1"), 1)
	})
}

// updateLinkRow changes the account's link as it is stored, without any rule.
func (p *portal) updateLinkRow(t testing.TB, what string, value ...any) {
	t.Helper()
	must(p.Bun().NewUpdate().Table("links").Set(what, value...).Where("active = ?", true).Exec(t.Context()))(t)
}

// messageID is the message of a refusal, or of the problem of the email.
func messageID(err error) string {
	if refusal, ok := errors.AsType[*app.Error](err); ok {
		return refusal.Message.ID
	}
	if problems, ok := errors.AsType[app.Problems](err); ok {
		return problems["email"].ID
	}
	return fmt.Sprint(err)
}

// What the rules saw before the transaction decides nothing: each of these changes after they looked, and the
// store refuses.
func TestT08_RegisterChecksTheLinkWhenItStores(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.generateLink(t)
		member := func(what string, bad, good any) ruleChange {
			return ruleChange{
				"link_stopped", func() { p.update(t, "memberships", what, bad, "sue@acme.example") },
				func() { p.update(t, "memberships", what, good, "sue@acme.example") },
			}
		}
		link := func(want, bad, good string, values ...any) ruleChange {
			return ruleChange{want, func() { p.updateLinkRow(t, bad, values...) }, func() { p.updateLinkRow(t, good) }}
		}
		for _, c := range []ruleChange{
			link("link_expired", "expires_at = ?", "expires_at = NULL", p.now),
			link("link_full", "max_uses = 1, used = 1", "max_uses = 1, used = 0"),
			link("link_stopped", "stopped_at = ?", "stopped_at = NULL", p.now),
			link("email_domain_not_allowed", "domains = 'acme.example'", "domains = '*.new.example'"),
			member("role = ?", app.StandardUser, app.SuperUser),
			member("status = ?", app.Suspended, app.Active),
			member("expires_on = ?", p.now, p.now.Add(time.Hour)),
			{
				"link_stopped", func() { p.update(t, "identities", "suspended_at = ?", p.now, "sue@acme.example") },
				func() { p.update(t, "identities", "suspended_at = ?", nil, "sue@acme.example") },
			},
		} {
			a := p.captureAdmission(t, "ann@new.example")
			c.apply()
			equal(t, "said", messageID(s.Register(t.Context(), a)), c.want)
			c.undo()
			equal(t, "nothing stored after "+c.want, p.count(t, "identities", "email_key = ?", "ann@new.example"), 0)
		}
		equal(t, "used", p.count(t, "links", "used > 0"), 0)
		check(t, s.Register(t.Context(), p.captureAdmission(t, "ann@new.example")))
	})
}

// ruleChange is something that happens after the rules looked and before the store stores.
type ruleChange struct {
	want        string
	apply, undo func()
}

// The installation's maximum holds for links that were generated before it was set.
func TestT10_MaxLinkAgeHoldsForOlderLinks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.captureAdmission(t, "ann@new.example")
		a.MaxLinkAge = 30
		p.updateLinkRow(t, "generated_at = ?", p.now.AddDate(0, 0, -30))
		equal(t, "said", messageID(s.Register(t.Context(), a)), "link_expired")
		p.updateLinkRow(t, "generated_at = ?", p.now.AddDate(0, 0, -30).Add(time.Microsecond))
		check(t, s.Register(t.Context(), a))
	})
}

// The role and the wait are those of the policy when the admission is stored.
func TestRegister_TakesRoleAndApprovalFromTheLink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		a := p.captureAdmission(t, "ann@new.example")
		p.updateLinkRow(t, "role = ?, requires_approval = ?", app.LimitedUser, true)
		check(t, s.Register(t.Context(), a))
		check(t, p.register(t, token, newRegistrationForm("bob@new.example")))
		p.updateLinkRow(t, "role = ?, requires_approval = ?", app.SuperUser, false)
		check(t, p.register(t, token, newRegistrationForm("cat@new.example")))
		for email, want := range map[string]string{
			"ann": "limited pending", "bob": "limited pending",
			"cat": "super active",
		} {
			in := must(s.Memberships(t.Context(), p.identity(t, email+"@new.example").ID))(t)
			equal(t, email, fmt.Sprintf("%s %s", in[0].Role, in[0].Status), want)
		}
		sue := p.super.Identity.ID
		equal(t, "asked to approve", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ApprovalNeeded, sue), 2)
		equal(t, "told", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.PersonRegistered, sue), 1)
	})
}

// Of two hundred at once exactly as many register as the link admits, and the others are told why.
func TestT09_ExactlyMaxUsesRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		p.updateLinkRow(t, "max_uses = 5")
		in := 0
		for _, err := range parallel(200,
			func(i int) error { return p.register(t, token, newRegistrationForm(fmt.Sprintf("p%d@new.example", i))) }) {
			if err == nil {
				in++
				continue
			}
			equal(t, "said", messageID(err), "link_full")
		}
		equal(t, "let in", in, 5)
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 5)
		equal(t, "registrations", p.count(t, "registrations", "1 = 1"), 5)
		equal(t, "logins", p.count(t, "identities", "email LIKE 'p%@new.example'"), 5)
	})
}

// One form sent fifty times at once, as by a nervous finger and a retrying proxy: one login, and every answer
// is success.
func TestT30_OneFormSentManyTimesRegistersOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "second@acme.example", app.SuperUser)
		token, sent := p.generateLink(t), newRegistrationForm("ann@new.example")
		for i, err := range parallel(50, func(int) error { return p.register(t, token, sent) }) {
			if err != nil {
				t.Errorf("copy %d: %v", i, err)
			}
		}
		id := p.identity(t, "ann@new.example").ID
		for table, column := range map[string]string{
			"memberships": "identity_id", "registrations": "identity_id", "consents": "identity_id",
			"confirmations": "identity_id",
		} {
			equal(t, table, p.count(t, table, column+" = ?", id), 1)
		}
		equal(t, "notices", p.count(t, "notices", "recipient_id = ? OR subject_id = ?", id, id), 1+2)
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 1)
	})
}

// The store alone, without the rule that settles: one is stored, and every other answer says that it was not.
func TestT30_OneAdmissionIsStoredOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.captureAdmission(t, "ann@new.example")
		copies := make([]app.Admission, 40)
		for i := range copies {
			copies[i] = p.captureAdmission(t, "ann@new.example")
			copies[i].Registration.SubmissionKey = a.Registration.SubmissionKey
		}
		stored := 0
		for _, err := range parallel(40, func(i int) error { return s.Register(t.Context(), copies[i]) }) {
			if err == nil {
				stored++
				continue
			}
			refused(t, err, app.Problems{"email": app.EmailTaken()})
		}
		equal(t, "stored", stored, 1)
		equal(t, "registered", must(s.IsRegistered(t.Context(), a.Registration.SubmissionKey))(t), true)
		equal(t, "rows", p.count(t, "registrations", "1 = 1"), 1)
	})
}

func TestRegister_ConcurrentPeopleAllRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		for i, err := range parallel(40,
			func(i int) error { return p.register(t, token, newRegistrationForm(fmt.Sprintf("p%d@new.example", i))) }) {
			if err != nil {
				t.Errorf("person %d: %v", i, err)
			}
		}
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 40)
		equal(t, "registrations", p.count(t, "registrations", "1 = 1"), 40)
		equal(t, "told", p.count(t, "notices", "letter = ?", app.PersonRegistered), 40)
	})
}
