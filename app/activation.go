package app

import "context"

// Activation is the form behind an activation mail.
type Activation struct {
	FirstName string // asked for where whoever created the login knew the address alone; empty keeps what is known
	LastName  string
	Password  string
	EULA      string // the version that the page showed: its button accepts it; empty stands for the one in force
	Language  string
}

// Tidied gives the form as it is checked and kept.
func (a Activation) Tidied() Activation {
	a.FirstName, a.LastName = tidy(a.FirstName), tidy(a.LastName)
	return a
}

// Problems of a tidied form for the person whose login it activates.
func (a Activation) Problems(person Identity) Problems {
	p := Problems{}
	p.Add("first_name", line(a.FirstName, MaxName))
	p.Add("last_name", line(a.LastName, MaxName))
	p.Add("password", PasswordProblem(a.Password, a.FirstName, a.LastName, person.FirstName, person.LastName, person.Email))
	if a.EULA != "" {
		p.Add("eula", eulaProblem(a.EULA))
	}
	return p
}

// Activate sets the first password, keeps the consent and confirms the address. Doing it twice is no error, but only the first
// password counts.
func (s Confirmations) Activate(ctx context.Context, token string, form Activation) error {
	c, err := s.Look(ctx, ToActivate, token)
	if err != nil || c.UsedAt != nil {
		return err
	}
	person := *c.Identity
	form = form.Tidied()
	if err := form.Problems(person).Err(); err != nil {
		return err
	}
	if person.PasswordHash, err = s.Hasher.Hash(ctx, form.Password); err != nil {
		return err
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
