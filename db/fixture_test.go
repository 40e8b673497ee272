package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
)

// password is good enough for every rule.
const password = "violet harbour 42 lanterns"

// portal is a store with the rules around it and one account with its Super User.
type portal struct {
	*db.Store
	sealer *app.Sealer
	hasher *app.PasswordHasher
	now    time.Time
	super  app.Actor
}

// newPortal builds one the way an operator does: an account, an activation, a sign-in.
func newPortal(t testing.TB, s *db.Store) *portal {
	t.Helper()
	sealer, err := app.NewSealer(bytes.Repeat([]byte{7}, app.KeySize))
	check(t, err)
	p := &portal{
		Store: s, sealer: sealer, hasher: app.NewPasswordHasher(app.HashParams{Memory: 8, Time: 1, Lanes: 1}),
		now: time.Date(2026, 11, 3, 9, 30, 0, 123456000, time.UTC),
	}
	check(t, p.setUps().CheckKey(t.Context()))
	p.super = p.createAccount(t, "Acme", "sue@acme.example")
	p.now = p.now.Add(time.Minute)
	return p
}

func (p *portal) clock() time.Time { return p.now }

func (p *portal) links() app.Links { return app.Links{Store: p, Sealer: p.sealer, Clock: p.clock} }

func (p *portal) members() app.Members {
	return app.Members{Store: p, Sealer: p.sealer, Clock: p.clock}
}

func (p *portal) outbox() app.Outbox { return app.Outbox{Store: p, Sealer: p.sealer, Clock: p.clock} }

func (p *portal) signIns() app.SignIns {
	return app.SignIns{Store: p, Hasher: p.hasher, Clock: p.clock}
}

func (p *portal) registrations() app.Registrations {
	return app.Registrations{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
}

func (p *portal) confirmations() app.Confirmations {
	return app.Confirmations{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
}

func (p *portal) setUps() app.SetUps {
	return app.SetUps{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
}

func (p *portal) imports() app.Imports { return app.Imports{Store: p, Clock: p.clock} }

// createAccount makes another account and gives its signed-in Super User.
func (p *portal) createAccount(t testing.TB, name, superUser string) app.Actor {
	t.Helper()
	token, err := p.setUps().CreateAccount(t.Context(), app.NewAccount{Name: name, CompanyID: name + "-1"}, superUser,
		"en")
	check(t, err)
	if token != "" {
		p.activate(t, token)
	}
	actor := p.signIn(t, superUser)
	for _, m := range must(p.Memberships(t.Context(), actor.Identity.ID))(t) {
		if m.Account.Name == name {
			actor.Membership, actor.Account = m, *m.Account
		}
	}
	return actor
}

func (p *portal) activate(t testing.TB, token string) {
	t.Helper()
	form := app.Activation{FirstName: "Sue", LastName: "Perez", Password: password, EULA: app.EULAVersion, Language: "en"}
	check(t, p.confirmations().Activate(t.Context(), token, form))
}

func (p *portal) signIn(t testing.TB, email string) app.Actor {
	t.Helper()
	entry := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: email, Password: password},
		app.Client{Address: "192.0.2.1"}))(t)
	actor := must(p.signIns().Actor(t.Context(), entry.Token))(t)
	actor.Address = "192.0.2.1"
	return actor
}

// generateLink generates the account's link and gives its token.
func (p *portal) generateLink(t testing.TB) string {
	t.Helper()
	return must(p.links().Generate(t.Context(), p.super))(t).Token
}

func newRegistrationForm(email string) app.RegistrationForm {
	return app.RegistrationForm{
		FirstName: "Ann", LastName: "Bell", Email: email, Password: password, Topics: []string{
			"product_updates",
			"case_activity",
		},
		EULA: app.EULAVersion, SubmissionID: app.NewSubmissionID(),
	}
}

func (p *portal) register(t testing.TB, token string, form app.RegistrationForm) error {
	t.Helper()
	return p.registrations().Register(t.Context(), token, form, app.Client{Language: "de", Address: "198.51.100.7"})
}

// count counts the rows of a table that meet a condition.
func (p *portal) count(t testing.TB, table, where string, args ...any) int {
	t.Helper()
	n := must(p.Bun().NewSelect().Table(table).Where(where, args...).Count(t.Context()))(t)
	return int(n)
}

func (p *portal) identity(t testing.TB, email string) *app.Identity {
	t.Helper()
	return must(p.IdentityByEmail(t.Context(), email))(t)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must gives the value of a call that has to succeed.
func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		check(t, err)
		return v
	}
}

func equal[V comparable](t testing.TB, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// refused wants an error of a kind, or Problems written as "field=message".
func refused(t testing.TB, err, want error) {
	t.Helper()
	if kind, ok := errors.AsType[app.Kind](want); ok {
		if !errors.Is(err, kind) {
			t.Errorf("got %v, want %v", err, kind)
		}
		return
	}
	if fmt.Sprint(err) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// parallel runs do n times at once and gives what each answered.
func parallel(n int, do func(i int) error) []error {
	answers := make([]error, n)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return answers
}

// fillBatchSize is how many rows one statement stores.
const fillBatchSize = 1000

// names of the crowd. Each is as common as the others, but for the first: all begin with an A.
func memberNames() ([]string, []string) {
	return []string{"Anna", "Alan", "Amir", "Aiko", "Abel", "Asta", "Ava"}, []string{
		"Stone", "Brook", "Hill", "Wood",
		"Field",
	}
}

// fillMembers gives an account so many members besides, one a minute, the newest now. Member i has the word
// "numberI", which is rare, and one of a few names, which are not.
func (p *portal) fillMembers(t testing.TB, n int) {
	t.Helper()
	firsts, lasts := memberNames()
	begin := p.now.Add(-time.Duration(n) * time.Minute)
	for from := 0; from < n; from += fillBatchSize {
		var people []app.Identity
		var members []app.Membership
		var words []db.MemberWord
		for i := from; i < min(from+fillBatchSize, n); i++ {
			at := begin.Add(time.Duration(i) * time.Minute)
			person := app.Identity{
				ID: app.NewID(), Email: fmt.Sprintf("number%d@crowd.example", i), FirstName: firsts[i%len(firsts)],
				LastName: lasts[i%len(lasts)],
				Language: "en", CreatedAt: at, ConfirmedAt: &at, PasswordHash: "x",
			}
			person.EmailKey = person.Email
			person.SearchText = app.SearchText(person.FirstName, person.LastName, person.Email)
			m := app.Membership{
				ID: app.NewID(), IdentityID: person.ID, AccountID: p.super.Account.ID, Role: app.StandardUser, Status: app.Active,
				JoinedBy: app.ByCreation, JoinedAt: at,
			}
			switch i % 1000 {
			case 1:
				m.Role = app.LimitedUser
			case 2:
				m.Status = app.Suspended
			}
			people, members = append(people, person), append(members, m)
			words = append(words, db.MemberWords(m, person)...)
		}
		p.insertRows(t, &people, &members, &words)
	}
}

func (p *portal) insertRows(t testing.TB, rows ...any) {
	t.Helper()
	tx := must(p.Bun().BeginTx(t.Context(), nil))(t)
	for _, all := range rows {
		must(tx.NewInsert().Model(all).Exec(t.Context()))(t)
	}
	check(t, tx.Commit())
}

// createMember adds somebody to the Super User's account.
func (p *portal) createMember(t testing.TB, email string, role app.Role) {
	t.Helper()
	must(p.members().Create(t.Context(), p.super, app.NewUser{
		FirstName: "N", LastName: "N", Email: email, Role: role,
		Language: "en",
	}))(t)
}

// update changes what no rule changes yet, on the identity of an address or its memberships.
func (p *portal) update(t testing.TB, table, what string, value any, email string) {
	t.Helper()
	column := map[string]string{"identities": "id", "memberships": "identity_id"}[table]
	must(p.Bun().NewUpdate().Table(table).Set(what, value).Where("? = ?", bun.Ident(column), p.identity(t, email).ID).Exec(
		t.Context()))(t)
}

// createSuperUser makes another Super User of Acme, who is signed in.
func (p *portal) createSuperUser(t testing.TB, email string) app.Actor {
	t.Helper()
	p.createMember(t, email, app.SuperUser)
	token, _ := p.deliverMail(t, email)
	p.activate(t, token)
	return p.signIn(t, email)
}

func newIdentity(email string) app.Identity {
	key, _ := app.EmailKey(email)
	return app.Identity{ID: app.NewID(), Email: email, EmailKey: key, CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0,
		time.UTC)}
}

// captureAdmission catches what the rules would store.
func (p *portal) captureAdmission(t testing.TB, email string) app.Admission {
	t.Helper()
	into := &capturingStore{Store: p.Store}
	rules := p.registrations()
	rules.Store = into
	_ = rules.Register(t.Context(), p.generateLink(t), newRegistrationForm(email),
		app.Client{Language: "en", Address: "198.51.100.7"})
	if into.captured.Identity.ID == "" {
		t.Fatal("no admission was made")
	}
	return into.captured
}

type capturingStore struct {
	*db.Store
	captured app.Admission
}

func (c *capturingStore) Register(_ context.Context, a app.Admission) error {
	c.captured = a
	return errCaptured
}

func (c *capturingStore) EmailHasLogin(context.Context, string) (bool, error) { return false, nil }

var errCaptured = errors.New("caught")

// deliverMail delivers what is due. It gives the token that an address is mailed, and how many mails went there.
func (p *portal) deliverMail(t testing.TB, email string) (string, int) {
	t.Helper()
	token, mails := "", 0
	for _, due := range must(p.outbox().Claim(t.Context(), 100))(t) {
		if due.Notice.Recipient.Email == email {
			token, mails = token+due.Token, mails+1 // at most one of them carries a token
		}
		check(t, p.outbox().Delivered(t.Context(), due.Notice))
	}
	return token, mails
}

func (p *portal) membershipID(t testing.TB, email string) string {
	t.Helper()
	var id string
	check(t, p.Bun().NewSelect().Table("memberships").Column("id").Where("identity_id = ?", p.identity(t, email).ID).
		Where("account_id = ?", p.super.Account.ID).Scan(t.Context(), &id))
	return id
}

func touchIdentity(ctx context.Context, tx bun.Tx, id string) error {
	_, err := tx.NewUpdate().Model((*app.Identity)(nil)).Set("phone = ?", id).Where("id = ?", id).Exec(ctx)
	return err
}

func engineName(databaseURL string) string {
	name, _, _ := strings.Cut(databaseURL, ":")
	return name
}
