package db_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
)

// password is good enough for every rule.
const password = "violet harbour 42 lanterns"

// portal is a store with the rules around it and one account with its Super User.
type portal struct {
	*db.Store
	sealer *app.Sealer
	hasher *app.Hasher
	now    time.Time
	super  app.Actor
}

// newPortal builds one the way an operator does: an account, an activation, a sign-in.
func newPortal(t testing.TB, s *db.Store) *portal {
	t.Helper()
	sealer, err := app.NewSealer(bytes.Repeat([]byte{7}, app.KeySize))
	check(t, err)
	p := &portal{
		Store: s, sealer: sealer, hasher: app.NewHasher(app.HashParams{Memory: 8, Time: 1, Lanes: 1}),
		now: time.Date(2026, 11, 3, 9, 30, 0, 123456000, time.UTC),
	}
	check(t, p.setUps().CheckKey(t.Context()))
	p.super = p.account(t, "Acme", "sue@acme.example")
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

// account makes another account and gives its signed-in Super User.
func (p *portal) account(t testing.TB, name, superUser string) app.Actor {
	t.Helper()
	token, err := p.setUps().CreateAccount(t.Context(), app.NewAccount{Name: name, CompanyID: name + "-1"}, superUser, "en")
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
	entry := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: email, Password: password}, app.Client{Address: "192.0.2.1"}))(t)
	actor := must(p.signIns().Actor(t.Context(), entry.Token))(t)
	actor.Address = "192.0.2.1"
	return actor
}

// link generates the account's link and gives its token.
func (p *portal) link(t testing.TB) string {
	t.Helper()
	return must(p.links().Generate(t.Context(), p.super))(t).Token
}

func form(email string) app.RegistrationForm {
	return app.RegistrationForm{
		FirstName: "Ann", LastName: "Bell", Email: email, Password: password, Topics: []string{"product_updates", "case_activity"},
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

func (p *portal) person(t testing.TB, email string) *app.Identity {
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
