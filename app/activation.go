package app

import "context"

// Activation is the form behind an activation mail.
type Activation struct {
	FirstName string // asked for where whoever created the login knew the address alone; empty keeps what is known
	LastName  string
	Password  string
	EULA      string // the version that the page showed: its button accepts it
	Language  string
}

// Tidied gives the form as it is checked and kept.
func (a Activation) Tidied() Activation {
	a.FirstName, a.LastName = tidy(a.FirstName), tidy(a.LastName)
	return a
}

// Problems of a tidied form for the person whose login it activates. A password is asked for unless the person needs none.
func (a Activation) Problems(person Identity) Problems {
	p := Problems{}
	p.Add("first_name", line(a.FirstName, MaxName))
	p.Add("last_name", line(a.LastName, MaxName))
	if person.PasswordHash != NoPassword {
		p.Add("password", PasswordProblem(a.Password, a.FirstName, a.LastName, person.FirstName, person.LastName, person.Email))
	}
	p.Add("eula", eulaProblem(a.EULA))
	return p
}

// LookToActivate gives the confirmation that a mailed address names, as Look does, and whether the form behind it asks for a password: it
// does not where every account of the person wants single sign-on.
func (s Confirmations) LookToActivate(ctx context.Context, token string) (*Confirmation, bool, error) {
	c, err := s.Look(ctx, ToActivate, token)
	if err != nil || c.UsedAt != nil {
		return c, false, err
	}
	hash, err := s.needed(ctx, *c.Identity)
	return c, hash == "", err
}

// needed gives NoPassword for a person who needs none, and nothing for others.
func (s Confirmations) needed(ctx context.Context, person Identity) (string, error) {
	only, err := onlyThroughSSO(ctx, s.Store, person)
	if err != nil || !only {
		return "", err
	}
	return NoPassword, nil
}

// Activate sets the first password, where the person needs one, keeps the consent and confirms the address. Doing it twice is no error, but only the first
// password counts.
func (s Confirmations) Activate(ctx context.Context, token string, form Activation) error {
	c, err := s.Look(ctx, ToActivate, token)
	if err != nil || c.UsedAt != nil {
		return err
	}
	person := *c.Identity
	if person.PasswordHash, err = s.needed(ctx, person); err != nil {
		return err
	}
	form = form.Tidied()
	if err := form.Problems(person).Err(); err != nil {
		return err
	}
	if person.PasswordHash == "" {
		if person.PasswordHash, err = s.Hasher.HashNew(ctx, form.Password); err != nil {
			return err
		}
	}
	if form.FirstName != "" || form.LastName != "" {
		person.FirstName, person.LastName = form.FirstName, form.LastName
	}
	person.SearchText = SearchText(person.FirstName, person.LastName, person.Email)
	consent := Consent{
		ID: NewID(), IdentityID: c.IdentityID, EULAVersion: EULAVersion, Language: form.Language, AcceptedAt: s.Clock.Now(),
	}
	return s.settled(ctx, ToActivate, token, s.Store.Activate(ctx, c.ID, person, consent))
}
