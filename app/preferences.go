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

// SavePreferences stores the acting person's own preferences.
func SavePreferences(ctx context.Context, store PreferenceStore, by Actor, form Preferences, languages []string) error {
	form = form.Tidied()
	if err := form.Problems(languages).Err(); err != nil {
		return err
	}
	person := by.Identity.named(form.FirstName, form.LastName)
	person.Profile, person.Language = form.Profile, form.Language
	return store.SavePreferences(ctx, person, topicChoices(person.ID, form.Topics))
}
