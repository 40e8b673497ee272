package app

import (
	"context"
	"slices"
)

// Preferences is the form of a person's own page.
type Preferences struct {
	FirstName string
	LastName  string
	Profile
	Language string
	Topics   []string
}

// Tidied gives the form as it is checked and kept.
func (f Preferences) Tidied() Preferences {
	f.FirstName, f.LastName = tidy(f.FirstName), tidy(f.LastName)
	f.tidyProfile()
	return f
}

// Problems of a tidied form, where languages are the tags that the catalogues know.
func (f Preferences) Problems(languages []string) Problems {
	p := Problems{}
	addNameProblems(p, f.FirstName, f.LastName)
	f.addProfileProblems(p)
	p.Add("topics", topicsProblem(f.Topics))
	if !slices.Contains(languages, f.Language) {
		p.Add("language", Say("language_unknown"))
	}
	return p
}

// PreferenceStore keeps what a person chooses. Each method is one transaction.
type PreferenceStore interface {
	// Topics gives the notification topics that an identity chose.
	Topics(ctx context.Context, identityID string) ([]Topic, error)
	// SavePreferences stores FirstName, LastName, Profile, Language and SearchText of an identity and replaces its
	// topics.
	SavePreferences(ctx context.Context, person Identity, topics []TopicChoice) error
	// SaveLanguage stores an identity's language.
	SaveLanguage(ctx context.Context, identityID, language string) error
}

// Profiles are the rules by which people choose what concerns themselves.
type Profiles struct {
	Store PreferenceStore
}

// Own returns the acting person's preferences as they are stored.
func (s Profiles) Own(ctx context.Context, by Actor) (Preferences, error) {
	person := by.Identity
	own := Preferences{
		FirstName: person.FirstName, LastName: person.LastName, Profile: person.Profile,
		Language: person.Language,
	}
	topics, err := s.Store.Topics(ctx, person.ID)
	for _, topic := range topics {
		own.Topics = append(own.Topics, string(topic))
	}
	return own, err
}

// Save stores the acting person's own preferences, where languages are the tags that the catalogues know.
func (s Profiles) Save(ctx context.Context, by Actor, form Preferences, languages []string) error {
	form = form.Tidied()
	if err := form.Problems(languages).Err(); err != nil {
		return err
	}
	person := by.Identity.named(form.FirstName, form.LastName)
	person.Profile, person.Language = form.Profile, form.Language
	return s.Store.SavePreferences(ctx, person, topicChoices(person.ID, form.Topics))
}

// SaveLanguage stores the language of the acting person, which their mails are written in, too.
func (s Profiles) SaveLanguage(ctx context.Context, by Actor, language string) error {
	return s.Store.SaveLanguage(ctx, by.Identity.ID, language)
}
