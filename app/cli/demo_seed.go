package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"reglink/app"
)

// demoSeeder makes the sample data of the demo by the same rules by which real data come to be, with a clock of its
// own.
type demoSeeder struct {
	*portal
	at       time.Time // the present of the tale
	password string    // of Sue
	link     string    // the token of the link, once it is generated
}

// demoEvent is something that happened so long ago.
type demoEvent struct {
	ago  time.Duration
	does func(ctx context.Context) error
	// ignored leaves the mails of the event as their people left them, who did not confirm or activate.
	ignored bool
}

// mailboxReaches is how old the mails are that the demo's mailbox begins with. Those of older events count as
// delivered.
const mailboxReaches = 3 * 24 * time.Hour

// seedDemo makes all sample data and returns the token of the registration link.
func seedDemo(ctx context.Context, to *portal, password string) (string, error) {
	s := &demoSeeder{portal: to, password: password}
	now := app.Clock(nil).Now()
	for _, e := range s.events() {
		s.at = now.Add(-e.ago)
		if err := e.does(ctx); err != nil {
			return "", fmt.Errorf("the sample data of %v ago: %w", e.ago, err)
		}
		if err := s.actOnMails(ctx, e); err != nil {
			return "", fmt.Errorf("the sample mails of %v ago: %w", e.ago, err)
		}
	}
	return s.link, nil
}

func (s *demoSeeder) clock() time.Time { return s.at }

// rules makes the rules with the clock of the tale.
func (s *demoSeeder) rules() *app.Rules {
	deps := s.deps()
	deps.Clock = s.clock
	return app.New(deps)
}

// actOnMails does what the people who were mailed did.
func (s *demoSeeder) actOnMails(ctx context.Context, e demoEvent) error {
	outbox := s.rules().Outbox
	due, err := outbox.Claim(ctx, 100)
	if err != nil {
		return err
	}
	for _, mail := range due {
		if !e.ignored {
			err = s.openMailedLink(ctx, mail)
		}
		switch {
		case err != nil:
		case mail.Notice.To() == henrikEmail:
			err = outbox.NotDelivered(ctx, mail.Notice, "recipient: 550 5.1.1 no such mailbox", true)
		case e.ago > mailboxReaches:
			err = outbox.Delivered(ctx, mail.Notice)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openMailedLink presses the button behind the address in a mail.
func (s *demoSeeder) openMailedLink(ctx context.Context, mail app.OutgoingMail) error {
	confirmations := s.rules().Confirmations
	person := mail.Notice.Recipient
	switch mail.Notice.Kind {
	case app.ConfirmAddress:
		return confirmations.Confirm(ctx, mail.Token)
	case app.JoinAccount:
		_, err := s.rules().JoinRequests.Join(ctx, mail.Token, app.Client{Language: person.Language, Address: "198.51.100.7"})
		return err
	case app.ActivateLogin:
		form := app.Activation{
			FirstName: person.FirstName, LastName: person.LastName, Password: rand.Text(),
			EULA: app.EULAVersion, Language: person.Language,
		}
		if person.Email == sueEmail {
			form.Password = s.password
		}
		return confirmations.Activate(ctx, mail.Token, form)
	}
	return nil
}

// importIdentity puts a login into the single sign-on directory.
func (s *demoSeeder) importIdentity(email, first, last, language string) func(context.Context) error {
	return func(ctx context.Context) error {
		return s.rules().Imports.AddIdentity(ctx, email, first, last, language)
	}
}

func (s *demoSeeder) createAccount(name, companyID, superUser string) func(context.Context) error {
	return func(ctx context.Context) error {
		input := app.NewAccount{Name: name, CompanyID: companyID}
		_, err := s.rules().SetUps.CreateAccount(ctx, input, superUser, "en")
		return err
	}
}

func (s *demoSeeder) importEntitlement(companyID string, proof app.EntitlementKind,
	code string,
) func(context.Context) error {
	return func(ctx context.Context) error {
		return s.rules().Imports.AddEntitlement(ctx, companyID, proof, code)
	}
}

// createUser has a Super User create a user in the account of that company ID.
func (s *demoSeeder) createUser(superUser, companyID string, who app.NewUser) func(context.Context) error {
	return func(ctx context.Context) error {
		by, err := s.actor(ctx, superUser, companyID)
		if err != nil {
			return err
		}
		_, err = s.rules().Members.Create(ctx, by, who)
		return err
	}
}

// actor is a member at work in an account.
func (s *demoSeeder) actor(ctx context.Context, email, companyID string) (app.Actor, error) {
	person, err := s.store.IdentityByEmail(ctx, email)
	if err != nil {
		return app.Actor{}, err
	}
	memberships, err := s.store.Memberships(ctx, person.ID)
	if err != nil {
		return app.Actor{}, err
	}
	for _, m := range memberships {
		if m.Account.CompanyID == companyID {
			return app.Actor{Identity: *person, Membership: m, Account: *m.Account, Address: "203.0.113.24"}, nil
		}
	}
	return app.Actor{}, fmt.Errorf("%s is not a member of %s", email, companyID)
}

// signIn has a person whose password is the demo's sign in with a browser that says so of itself.
func (s *demoSeeder) signIn(email, agent string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := s.rules().SignIns.SignIn(ctx, app.Credentials{Email: email, Password: s.password},
			app.Client{Address: "203.0.113.80", UserAgent: agent})
		return err
	}
}
