package app_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// fakeInstallationStore is an InstallationStore in memory.
type fakeInstallationStore struct {
	installation *app.Installation
	accounts     []app.Account
	people       []app.Identity
	members      []app.Membership
	trail        []app.Activity
	created      []app.NewMember
	login        *app.Identity // whom the next account's Super User turns out to be; nil: a new login
	broken       error
}

func (g *fakeInstallationStore) EnsureInstallation(_ context.Context, fresh app.Installation) (*app.Installation,
	error,
) {
	if g.broken != nil {
		return nil, g.broken
	}
	if g.installation == nil {
		g.installation = &fresh
	}
	return g.installation, nil
}

func (g *fakeInstallationStore) HasAccounts(context.Context) (bool, error) {
	return len(g.accounts) > 0, nil
}

func (g *fakeInstallationStore) SetUp(_ context.Context, account app.Account, person app.Identity, m app.Membership,
	what app.Activity,
) error {
	if len(g.accounts) > 0 {
		return app.Refuse(app.Gone, "set_up_done")
	}
	g.accounts, g.people = append(g.accounts, account), append(g.people, person)
	g.members, g.trail = append(g.members, m), append(g.trail, what)
	return nil
}

func (g *fakeInstallationStore) CreateAccount(_ context.Context, account app.Account, creation app.NewMember) (
	app.NewMember, error,
) {
	if g.login != nil {
		creation = creation.ForExisting(*g.login)
	}
	g.accounts, g.created = append(g.accounts, account), append(g.created, creation)
	return creation, nil
}

func newSetUps(t *testing.T) (app.SetUps, *fakeInstallationStore) {
	t.Helper()
	clock, store := &fakeClock{noon}, &fakeInstallationStore{}
	return app.SetUps{Store: store, Hasher: app.NewPasswordHasher(cheapParams), Sealer: newSealer(t), Clock: clock.now},
		store
}

func validSetUp() app.SetUp {
	return app.SetUp{
		Account:   app.NewAccount{Name: " Acme Widgets ", CompanyID: "acme-7"},
		FirstName: "Sue", LastName: "Perez", Email: "Sue@Acme.example", Password: rightPassword,
	}
}

func TestCheckKey_RefusesAnotherKey(t *testing.T) {
	t.Parallel()
	setUps, _ := newSetUps(t)
	wantNoError(t, setUps.CheckKey(t.Context()))
	wantNoError(t, setUps.CheckKey(t.Context()))
	other, err := app.NewSealer(bytes.Repeat([]byte{1}, app.KeySize))
	wantNoError(t, err)
	setUps.Sealer = other
	wantRefusal(t, setUps.CheckKey(t.Context()), app.Conflict, "key_mismatch")
}

// TestSetUpToken_CreatesAWholeInstallationRow: whichever asks first, the installation's row is a whole one.
func TestSetUpToken_CreatesAWholeInstallationRow(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	_, err := setUps.Token(t.Context())
	wantNoError(t, err)
	wantNoError(t, setUps.CheckKey(t.Context()))
	if store.installation.ID != 1 || !store.installation.CreatedAt.Equal(noon) {
		t.Errorf("got %+v", store.installation)
	}
}

func TestSetUpToken_IsOnePerInstallation(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	token, err := setUps.Token(t.Context())
	wantNoError(t, err)
	again, err := setUps.Token(t.Context())
	wantNoError(t, err)
	if token != again {
		t.Errorf("two servers print %q and %q", token, again)
	}
	wantNoError(t, setUps.CheckToken(t.Context(), token))
	for _, wrong := range []string{"", token[:46], token + "A", strings.ToUpper(token), app.NewToken(app.SetupToken)} {
		wantRefusal(t, setUps.CheckToken(t.Context(), wrong), app.NotFound, "page_unknown")
		wantRefusal(t, setUps.SetUp(expiredContext(t), wrong, validSetUp(), testClient()), app.NotFound, "page_unknown")
	}
	other, elsewhere := newSetUps(t)
	theirs, err := other.Token(t.Context())
	wantNoError(t, err)
	if theirs == token {
		t.Error("two installations with one key share the token")
	}
	at := noon
	elsewhere.installation.SetUpAt = &at
	wantRefusal(t, other.CheckToken(t.Context(), theirs), app.Gone, "set_up_done")
	if len(store.accounts) > 0 {
		t.Errorf("got accounts %+v", store.accounts)
	}
}

func TestSetUp_CreatesTheFirstAccountOnce(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	token, err := setUps.Token(t.Context())
	wantNoError(t, err)
	wantNoError(t, setUps.SetUp(t.Context(), token, validSetUp(), testClient()))
	account, person, m, what := store.accounts[0], store.people[0], store.members[0], store.trail[0]
	if account.Name != "Acme Widgets" || account.CompanyID != "ACME-7" {
		t.Errorf("got account %+v", account)
	}
	if person.EmailKey != "sue@acme.example" || !person.Operator || person.ConfirmedAt == nil || person.Language != "de" {
		t.Errorf("got person %+v", person)
	}
	if ok, _ := mustVerify(t, setUps.Hasher, person.PasswordHash, rightPassword); !ok {
		t.Error("the stored hash is not of the password")
	}
	if m.AccountID != account.ID || m.IdentityID != person.ID || m.Role != app.SuperUser || !m.GrantsAccess(noon) ||
		m.JoinedBy != app.BySetUp {
		t.Errorf("got membership %+v", m)
	}
	if what.Event != app.AccountCreated || what.AccountID != account.ID || what.ActorID != person.ID {
		t.Errorf("got activity %+v", what)
	}
	_, err = setUps.Token(t.Context())
	wantRefusal(t, err, app.Gone, "set_up_done")
	wantRefusal(t, setUps.SetUp(t.Context(), token, validSetUp(), testClient()), app.Gone, "set_up_done")
}

func TestSetUp_RefusesInvalidForms(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	token, err := setUps.Token(t.Context())
	wantNoError(t, err)
	for field, test := range map[string]struct {
		change func(*app.SetUp)
		id     string
	}{
		"account_name": {func(f *app.SetUp) { f.Account.Name = strings.Repeat("x", 121) }, "too_long"},
		"company_id":   {func(f *app.SetUp) { f.Account.CompanyID = " " }, "company_id_required"},
		"first_name":   {func(f *app.SetUp) { f.FirstName = "" }, "first_name_required"},
		"last_name":    {func(f *app.SetUp) { f.LastName = "P\x00" }, "text_control"},
		"email":        {func(f *app.SetUp) { f.Email = "sue@localhost" }, "email_domain_invalid"},
		"password":     {func(f *app.SetUp) { f.Password = "acme.widgets.99" }, "password_guessable"},
	} {
		form := validSetUp()
		test.change(&form)
		wantProblem(t, setUps.SetUp(expiredContext(t), token, form, testClient()), field, test.id)
	}
	if len(store.accounts) > 0 {
		t.Errorf("got accounts %+v", store.accounts)
	}
}

func TestSetUp_StoreFaultCreatesNothing(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	token, err := setUps.Token(t.Context())
	wantNoError(t, err)
	wantRefusal(t, setUps.SetUp(expiredContext(t), token, validSetUp(), testClient()), app.Unavailable, "busy")
	store.broken = errBroken
	for name, err := range map[string]error{
		"key": setUps.CheckKey(t.Context()), "look": setUps.CheckToken(t.Context(), token),
		"set up": setUps.SetUp(t.Context(), token, validSetUp(), testClient()),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v, want the fault", name, err)
		}
	}
	if len(store.accounts) > 0 {
		t.Errorf("got accounts %+v", store.accounts)
	}
}

func TestCreateAccount_GivesAnActivationToken(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	input := app.NewAccount{Name: "Acme Widgets", CompanyID: " acme-7 "}
	token, err := setUps.CreateAccount(t.Context(), input, " Sue@Acme.example ", "de")
	wantNoError(t, err)
	c := store.created[0]
	hash, ok := app.HashToken(app.ConfirmationToken, token)
	if !ok || !bytes.Equal(c.Activation.TokenHash, hash) || !c.Activation.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("got token %q for %+v", token, c.Activation)
	}
	if c.Membership.Role != app.SuperUser || c.Membership.AccountID != store.accounts[0].ID || c.Identity.Operator ||
		c.Activity.ActorID != "" || c.Identity.Email != "Sue@Acme.example" || store.accounts[0].CompanyID != "ACME-7" {
		t.Errorf("got %+v and %+v", store.accounts[0], c)
	}
}

// TestCreateAccount_ReadyLoginGetsNoToken: who can sign in gets no activation, who cannot does.
func TestCreateAccount_ReadyLoginGetsNoToken(t *testing.T) {
	t.Parallel()
	at := noon
	for _, login := range []app.Identity{
		{ID: "SUE", PasswordHash: "x", ConfirmedAt: &at},
		{ID: "SUE", ConfirmedAt: &at},
	} {
		setUps, store := newSetUps(t)
		store.login = &login
		token, err := setUps.CreateAccount(t.Context(), app.NewAccount{Name: "A", CompanyID: "B"}, "sue@acme.example", "en")
		wantNoError(t, err)
		if waits := login.PendingConfirmation() != ""; (token != "") != waits ||
			store.created[0].Membership.IdentityID != "SUE" {
			t.Errorf("%+v: got token %q", login, token)
		}
	}
}

func TestCreateAccount_RefusesInvalidInput(t *testing.T) {
	t.Parallel()
	setUps, store := newSetUps(t)
	_, err := setUps.CreateAccount(t.Context(), app.NewAccount{Name: " ", CompanyID: strings.Repeat("x", 41)}, "sue", "en")
	wantProblem(t, err, "account_name", "account_name_required")
	wantProblem(t, err, "company_id", "too_long")
	wantProblem(t, err, "super_user", "email_invalid")
	if len(store.created) > 0 {
		t.Errorf("got %+v", store.created)
	}
}
