package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"reglink/app"
)

// story tells the sample data of the demo by the same rules by which real data come to be, with a clock of its own.
type story struct {
	*portal
	at       time.Time // the present of the tale
	password string    // of Sue
	link     string    // the token of the link, once it is generated
}

// event is something that happened so long ago.
type event struct {
	ago  time.Duration
	does func(ctx context.Context) error
	// ignored leaves the mails of the event as their people left them, who did not confirm or activate.
	ignored bool
}

// mailboxReaches is how old the mails are that the demo's mailbox begins with. Those of older events count as
// delivered.
const mailboxReaches = 3 * 24 * time.Hour

// seed tells the whole story and gives the token of the registration link.
func seed(ctx context.Context, to *portal, password string) (string, error) {
	s := &story{portal: to, password: password}
	now := app.Clock(nil).Now()
	for _, e := range s.events() {
		s.at = now.Add(-e.ago)
		if err := e.does(ctx); err != nil {
			return "", fmt.Errorf("the sample data of %v ago: %w", e.ago, err)
		}
		if err := s.answerMails(ctx, e); err != nil {
			return "", fmt.Errorf("the sample mails of %v ago: %w", e.ago, err)
		}
	}
	return s.link, nil
}

func (s *story) clock() time.Time { return s.at }

func (s *story) rules() *app.Rules { return app.New(s.deps(s.clock)) }

// answerMails does what the people who were mailed did.
func (s *story) answerMails(ctx context.Context, e event) error {
	outbox := s.rules().Outbox
	due, err := outbox.Claim(ctx, 100)
	if err != nil {
		return err
	}
	for _, mail := range due {
		if !e.ignored {
			err = s.follow(ctx, mail)
		}
		switch {
		case err != nil:
		case mail.Notice.To() == movedOn:
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

// follow presses the button behind the address in a mail.
func (s *story) follow(ctx context.Context, mail app.OutgoingMail) error {
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
		if person.Email == sue {
			form.Password = s.password
		}
		return confirmations.Activate(ctx, mail.Token, form)
	}
	return nil
}

// known puts a login into the single sign-on directory.
func (s *story) known(email, first, last, language string) func(context.Context) error {
	return func(ctx context.Context) error {
		return s.rules().Imports.AddIdentity(ctx, email, first, last, language)
	}
}

func (s *story) account(name, companyID, superUser string) func(context.Context) error {
	return func(ctx context.Context) error {
		input := app.NewAccount{Name: name, CompanyID: companyID}
		_, err := s.rules().SetUps.CreateAccount(ctx, input, superUser, "en")
		return err
	}
}

func (s *story) entitlement(companyID string, proof app.EntitlementKind, code string) func(context.Context) error {
	return func(ctx context.Context) error {
		return s.rules().Imports.AddEntitlement(ctx, companyID, proof, code)
	}
}

// adds has a Super User create a user in the account of that company ID.
func (s *story) adds(superUser, companyID string, who app.NewUser) func(context.Context) error {
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
func (s *story) actor(ctx context.Context, email, companyID string) (app.Actor, error) {
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

// signsIn has a person whose password is the demo's sign in with a browser that says so of itself.
func (s *story) signsIn(email, agent string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := s.rules().SignIns.SignIn(ctx, app.Credentials{Email: email, Password: s.password}, app.Client{
			Address:   "203.0.113.80",
			UserAgent: agent,
		})
		return err
	}
}
