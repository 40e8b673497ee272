package cli

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"reglink/app"
)

// generateLink has Sue generate the link and copy it into an email.
func (s *demoSeeder) generateLink(ctx context.Context) error {
	by, err := s.actor(ctx, sueEmail, acmeID)
	if err != nil {
		return err
	}
	links := s.rules().Links
	current, err := links.Generate(ctx, by)
	if err != nil {
		return err
	}
	s.link = current.Token
	return links.RecordCopy(ctx, by)
}

// regenerateLink has Sue regenerate the link.
func (s *demoSeeder) regenerateLink(ctx context.Context) error {
	by, err := s.actor(ctx, sueEmail, acmeID)
	if err != nil {
		return err
	}
	current, err := s.rules().Links.Regenerate(ctx, by)
	s.link = current.Token
	return err
}

// setLinkRules has Sue say how long the link works, and for how many.
func (s *demoSeeder) setLinkRules(ctx context.Context) error {
	by, err := s.actor(ctx, sueEmail, acmeID)
	if err != nil {
		return err
	}
	links := s.rules().Links
	current, err := links.Current(ctx, by)
	if err != nil {
		return err
	}
	form := current.Link.PolicyForm()
	form.Expiry, form.Days, form.MaxUses = app.ExpiryByAge, "60", "50"
	return links.ChangePolicy(ctx, by, form)
}

// register has a person fill in the form, through the link or, where the form names a proof, without one.
func (s *demoSeeder) register(language string, form app.RegistrationForm) func(context.Context) error {
	return func(ctx context.Context) error {
		form.Password, form.EULA, form.SubmissionID = rand.Text(), app.EULAVersion, app.NewSubmissionID()
		registrations := s.rules().Registrations
		by := app.Client{Language: language, Address: "198.51.100.7"}
		if form.EntitlementKind != "" {
			return registrations.RegisterEntitled(ctx, form, by)
		}
		return registrations.Register(ctx, s.link, form, by)
	}
}

// invite has Sue mail the link.
func (s *demoSeeder) invite(addresses ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		by, err := s.actor(ctx, sueEmail, acmeID)
		if err != nil {
			return err
		}
		form := app.InvitationForm{Addresses: strings.Join(addresses, "\n"), Language: "en"}
		_, err = s.rules().Invitations.Send(ctx, by, form, []string{"en"})
		return err
	}
}

// setMembershipEnd has Sue set the end of a membership, so long after the present of the tale.
func (s *demoSeeder) setMembershipEnd(email string, after time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		by, err := s.actor(ctx, sueEmail, acmeID)
		if err != nil {
			return err
		}
		whose, err := s.actor(ctx, email, acmeID)
		if err != nil {
			return err
		}
		_, err = s.rules().Members.SetExpiry(ctx, by, whose.Membership.ID, s.at.Add(after).Format(time.DateOnly))
		return err
	}
}

// requestToJoin has somebody who has a login open the link and ask to be added.
func (s *demoSeeder) requestToJoin(email string) func(context.Context) error {
	return func(ctx context.Context) error {
		link, err := s.rules().Registrations.OpenLink(ctx, s.link)
		if err != nil {
			return err
		}
		return s.rules().JoinRequests.Send(ctx, *link, email)
	}
}
