package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestRegistrationStoresEverything(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.link(t)
		sent := form("Ann.Bell@New.example")
		sent.Phone, sent.JobTitle = "+49 30 1234", "Engineer"
		check(t, p.register(t, token, sent))

		ann := p.person(t, "ann.bell@new.example")
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
		equal(t, "mail to the new user", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ConfirmAddress, ann.ID), 1)
		equal(t, "mail to the Super User", p.count(t, "notices", "letter = ? AND recipient_id = ? AND subject_id = ?",
			app.PersonRegistered, p.super.Identity.ID, ann.ID), 1)
		equal(t, "known", must(s.EmailHasLogin(t.Context(), "ann.bell@new.example"))(t), true)
		equal(t, "others known", must(s.EmailHasLogin(t.Context(), "bob@new.example"))(t), false)
	})
}

func TestEverySuperUserIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.account(t, "Other", "olga@other.example")
		for _, email := range []string{"two@acme.example", "expired@acme.example", "later@acme.example", "off@acme.example", "gone@acme.example"} {
			p.create(t, email, app.SuperUser)
		}
		p.create(t, "standard@acme.example", app.StandardUser)
		p.set(t, "memberships", "expires_on = ?", p.now, "expired@acme.example")
		p.set(t, "memberships", "expires_on = ?", p.now.Add(time.Microsecond), "later@acme.example")
		p.set(t, "memberships", "status = ?", app.Suspended, "off@acme.example")
		p.set(t, "identities", "suspended_at = ?", p.now, "gone@acme.example")

		check(t, p.register(t, p.link(t), form("ann@new.example")))
		told := map[string]bool{}
		for _, n := range must(s.Notices(t.Context(), 100))(t) {
			if n.Letter == app.PersonRegistered {
				told[n.Recipient.Email] = true
			}
		}
		equal(t, "how many", len(told), 3)
		for _, email := range []string{"sue@acme.example", "two@acme.example", "later@acme.example"} {
			equal(t, email, told[email], true)
		}
	})
}

// create adds somebody to the Super User's account.
func (p *portal) create(t testing.TB, email string, role app.Role) {
	t.Helper()
	must(p.members().Create(t.Context(), p.super, app.NewUser{FirstName: "N", LastName: "N", Email: email, Role: role, Language: "en"}))(t)
}

// set changes what no rule changes yet, on the identity of an address or its memberships.
func (p *portal) set(t testing.TB, table, what string, value any, email string) {
	t.Helper()
	column := map[string]string{"identities": "id", "memberships": "identity_id"}[table]
	must(p.Bun().NewUpdate().Table(table).Set(what, value).Where("? = ?", bun.Ident(column), p.person(t, email).ID).Exec(t.Context()))(t)
}

func TestRegistrationIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.link(t)
		refused(t, p.register(t, token, form("SUE@acme.example")), app.Problems{"email": app.EmailTaken()})
		refused(t, p.register(t, app.NewToken(app.LinkToken), form("a@new.example")), app.NotFound)
		equal(t, "nothing stored", p.count(t, "registrations", "1 = 1"), 0)
		equal(t, "not used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 0)
	})
}

// The look before the insert sees no login; the unique key does.
func TestUniqueKeysDecideRegistrations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.admission(t, "ann@new.example")
		check(t, s.Register(t.Context(), a))

		again := p.admission(t, "ann@new.example")
		refused(t, s.Register(t.Context(), again), app.Problems{"email": app.EmailTaken()})
		again = p.admission(t, "bob@new.example")
		again.Registration.SubmissionKey = a.Registration.SubmissionKey
		refused(t, s.Register(t.Context(), again), app.Conflict)
		again = p.admission(t, "cat@new.example")
		again.Membership.AccountID, again.Registration.AccountID = p.account(t, "Other", "o@other.example").Account.ID, ""
		refused(t, s.Register(t.Context(), again), app.Gone)

		equal(t, "registrations", p.count(t, "registrations", "1 = 1"), 1)
		equal(t, "half stored", p.count(t, "identities", "email LIKE '%@new.example'"), 1)
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 1)
	})
}

// admission catches what the rules would store.
func (p *portal) admission(t testing.TB, email string) app.Admission {
	t.Helper()
	into := &catcher{Store: p.Store}
	rules := p.registrations()
	rules.Store = into
	_ = rules.Register(t.Context(), p.link(t), form(email), app.Client{Language: "en", Address: "198.51.100.7"})
	if into.caught.Identity.ID == "" {
		t.Fatal("no admission was made")
	}
	return into.caught
}

type catcher struct {
	*db.Store
	caught app.Admission
}

var errCaught = errors.New("caught")

func (c *catcher) Register(_ context.Context, a app.Admission) error {
	c.caught = a
	return errCaught
}

func (c *catcher) EmailHasLogin(context.Context, string) (bool, error) { return false, nil }

func TestEntitlements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().Entitlement(t.Context(), "acme-1", app.OrderSummary, "OS 100"))
		check(t, p.imports().Entitlement(t.Context(), "acme-1", app.SerialNumber, "SN-200"))
		check(t, p.imports().Entitlement(t.Context(), "acme-1", app.AuthCode, "AC-300"))

		check(t, p.entitled(t, "order@new.example", func(f *app.RegistrationForm) { f.Proof, f.OrderSummary = app.OrderSummary, "os100" }))
		check(t, p.entitled(t, "order2@new.example", func(f *app.RegistrationForm) { f.Proof, f.OrderSummary = app.OrderSummary, "os100" }))
		check(t, p.entitled(t, "serial@new.example", func(f *app.RegistrationForm) {
			f.Proof, f.SerialNumber, f.CompanyID = app.SerialNumber, "sn200", "acme-1"
		}))
		code := func(f *app.RegistrationForm) { f.Proof, f.AuthCode = app.AuthCode, "ac300" }
		check(t, p.entitled(t, "code@new.example", code))
		refused(t, p.entitled(t, "code2@new.example", code), app.Problem("auth_code", "entitlement_unknown"))

		equal(t, "registrations", p.count(t, "registrations", "entitlement_id IS NOT NULL AND link_id IS NULL"), 4)
		equal(t, "used", p.count(t, "entitlements", "used_at = ?", p.now), 1)
		in := must(s.Memberships(t.Context(), p.person(t, "code@new.example").ID))(t)
		equal(t, "joined", in[0].JoinedBy, app.ByEntitlement)
	})
}

func (p *portal) entitled(t testing.TB, email string, fill func(*app.RegistrationForm)) error {
	t.Helper()
	f := form(email)
	fill(&f)
	return p.registrations().RegisterEntitled(t.Context(), f, app.Client{Language: "en"})
}

func TestOneAuthCodeForManyAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().Entitlement(t.Context(), "acme-1", app.AuthCode, "AC-300"))
		in := 0
		for _, err := range parallel(16, func(i int) error {
			return p.entitled(t, string(rune('a'+i))+"@new.example", func(f *app.RegistrationForm) { f.Proof, f.AuthCode = app.AuthCode, "ac300" })
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
