package cli

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"reglink/app"
)

// generatesLink has Sue generate the link and copy it into an email.
func (s *story) generatesLink(ctx context.Context) error {
	by, err := s.actor(ctx, sue, acme)
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

// replacesLink has Sue regenerate the link.
func (s *story) replacesLink(ctx context.Context) error {
	by, err := s.actor(ctx, sue, acme)
	if err != nil {
		return err
	}
	current, err := s.rules().Links.Regenerate(ctx, by)
	s.link = current.Token
	return err
}

// setsRules has Sue say how long the link works, and for how many.
func (s *story) setsRules(ctx context.Context) error {
	by, err := s.actor(ctx, sue, acme)
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

// registers has a person fill in the form, through the link or, where the form names a proof, without one.
func (s *story) registers(language string, form app.RegistrationForm) func(context.Context) error {
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

// invites has Sue mail the link.
func (s *story) invites(addresses ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		by, err := s.actor(ctx, sue, acme)
		if err != nil {
			return err
		}
		form := app.InvitationForm{Addresses: strings.Join(addresses, "\n"), Language: "en"}
		_, err = s.rules().Invitations.Send(ctx, by, form, []string{"en"})
		return err
	}
}

// ends has Sue set the end of a membership, so long after the present of the tale.
func (s *story) ends(email string, after time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		by, err := s.actor(ctx, sue, acme)
		if err != nil {
			return err
		}
		whose, err := s.actor(ctx, email, acme)
		if err != nil {
			return err
		}
		_, err = s.rules().Members.SetExpiry(ctx, by, whose.Membership.ID, s.at.Add(after).Format(time.DateOnly))
		return err
	}
}
