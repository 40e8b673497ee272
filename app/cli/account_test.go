package cli

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/config"
	"reglink/db"
)

func accountArgs(name, companyID, superUser string, more ...string) []string {
	return append([]string{"account", "add", "--name", name, "--company-id", companyID, "--super-user", superUser},
		more...)
}

var activation = regexp.MustCompile(`^https://portal\.example/activate/(rc1_[A-Za-z0-9_-]{43})$`)

// opened opens the installation of an environment, as the commands do.
func opened(t *testing.T, e env) *portal {
	t.Helper()
	settings, err := config.Parse(e.get)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Program{Stderr: t.Output()}.open(t.Context(), settings, db.Open)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.store.Close() })
	return o
}

// activate sets the password of the person for whom the activation address was printed.
func (o *portal) activate(ctx context.Context, address string) error {
	form := app.Activation{
		FirstName: "Sue", LastName: "Perez", Password: newPassword(), EULA: app.EULAVersion,
		Language: "en",
	}
	token := activation.FindStringSubmatch(address)[1]
	return app.Confirmations{Store: o.store, Hasher: o.hasher, Sealer: o.sealer}.Activate(ctx, token, form)
}

func TestAccountAdd_PrintsTheAddressAtWhichTheSuperUserBegins(t *testing.T) {
	t.Parallel()
	addsAccounts(t, created(t))
}

// addsAccounts is what has to hold on every database.
func addsAccounts(t *testing.T, e env) {
	t.Helper()
	first := reglink(t, e, accountArgs("Acme Widgets", "100200", "sue@acme.example", "--language", "de")...).done(t)
	if !activation.MatchString(first.lastLine()) {
		t.Fatalf("got %q, want the activation address", first.lastLine())
	}
	o := opened(t, e)
	person, err := o.store.IdentityByEmail(t.Context(), "sue@acme.example")
	if err != nil || person.Language != "de" {
		t.Errorf("got %+v, %v, want a Super User who reads German", person, err)
	}
	if err := o.activate(t.Context(), first.lastLine()); err != nil {
		t.Fatal(err)
	}
	second := reglink(t, e, accountArgs("Borealis", "200300", "Sue@ACME.example")...).done(t)
	if !strings.Contains(first.out, "in the database ") {
		t.Errorf("got %q, want the database named", first.out)
	}
	const want = "Sue@ACME.example already has a login and signs in at https://portal.example/sign-in"
	if second.lastLine() != want {
		t.Errorf("got %q, want %q", second.lastLine(), want)
	}
	memberships, err := o.store.Memberships(t.Context(), person.ID)
	if err != nil || len(memberships) != 2 || memberships[1].Role != app.SuperUser {
		t.Errorf("got %v, %v, want two memberships as a Super User", memberships, err)
	}
}

func TestAccountAdd_RefusesWrongValues(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme Widgets", "abc-1", "sue@acme.example")...).done(t)
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"a company ID that is taken": {accountArgs("Other", " ABC-1 ", "x@acme.example"), []string{"--company-id: "}},
		"two wrong values": {
			accountArgs(strings.Repeat("n", 121), "2", "x@"),
			[]string{"--name: ", "--super-user: "},
		},
		"an unknown language": {
			accountArgs("Other", "2", "x@acme.example", "--language", "tlh"),
			[]string{"--language: ", "en, de"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reglink(t, e, c.args...)
			if got.code != exitFailed || got.out != "" || strings.Count(got.err, "\n") != 1 {
				t.Errorf("got exit %d, %q, %q, want %d and one line", got.code, got.out, got.err, exitFailed)
			}
			for _, want := range c.want {
				if !strings.Contains(got.err, want) {
					t.Errorf("got %q, want %q", got.err, want)
				}
			}
		})
	}
}

// The password of a login that was never confirmed may be a stranger's, who waits for the owner of the address (T-25).
func TestAccountAdd_ForgetsAPasswordThatWasNeverConfirmed(t *testing.T) {
	t.Parallel()
	e := created(t)
	begin := reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t).lastLine()
	o := opened(t, e)
	if err := o.activate(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	registerByLink(t, o, "new@acme.example")
	begin = reglink(t, e, accountArgs("Borealis", "2", "new@acme.example")...).done(t).lastLine()
	if err := o.activate(t.Context(), begin); err != nil {
		t.Errorf("%s: %v, want an address that sets a new password", begin, err)
	}
}

func registerByLink(t *testing.T, o *portal, email string) {
	t.Helper()
	s := &demoSeeder{portal: o, at: app.Clock(nil).Now()}
	by, err := s.actor(t.Context(), "sue@acme.example", "1")
	if err != nil {
		t.Fatal(err)
	}
	link, err := app.Links{Store: o.store, Sealer: o.sealer}.Generate(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	s.link = link.Token
	register := s.register("en", app.RegistrationForm{FirstName: "New", LastName: "User", Email: email})
	if err := register(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRun_RefusesAnotherKey(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	e[config.SecretKey] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for _, args := range [][]string{{"serve"}, accountArgs("Other", "2", "sue@acme.example")} {
		got := reglink(t, e, args...)
		if got.code != exitFailed || !strings.Contains(got.err, "is the key with which this database is sealed") ||
			strings.Contains(got.err, "AAAA") {
			t.Errorf("%v: got exit %d, %q, want the key refused", args, got.code, got.err)
		}
	}
}
