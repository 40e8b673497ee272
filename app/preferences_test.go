package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// fakePreferenceStore is a PreferenceStore in memory.
type fakePreferenceStore struct {
	saved  []app.Identity
	topics []app.TopicChoice
}

func (c *fakePreferenceStore) Topics(context.Context, string) ([]app.Topic, error) { return nil, nil }

func (c *fakePreferenceStore) SavePreferences(_ context.Context, person app.Identity, topics []app.TopicChoice) error {
	c.saved, c.topics = append(c.saved, person), topics
	return nil
}

func (c *fakePreferenceStore) SaveLanguage(context.Context, string, string) error { return nil }

func validPreferences() app.Preferences {
	return app.Preferences{
		FirstName: " Susan ", LastName: "Pe\u0301rez", Profile: app.Profile{Phone: "+49 30 1234"}, Language: "de",
		Topics: []string{"case_activity", "product_updates", "case_activity"},
	}
}

func TestSavePreferences_TidiesAndStores(t *testing.T) {
	t.Parallel()
	store, by := &fakePreferenceStore{}, newActor(app.LimitedUser, app.Active)
	wantNoError(t, app.Profiles{Store: store}.Save(t.Context(), by, validPreferences(), []string{"en", "de"}))
	person := store.saved[0]
	if person.ID != by.Identity.ID || person.Email != by.Identity.Email || person.FirstName != "Susan" ||
		person.LastName != "P\u00e9rez" ||
		person.Language != "de" || person.SearchText != "susan p\u00e9rez sue@acme.example" {
		t.Errorf("got %+v", person)
	}
	want := []app.TopicChoice{
		{IdentityID: "IDENTITY", Topic: "product_updates"},
		{IdentityID: "IDENTITY", Topic: "case_activity"},
	}
	if !slices.Equal(store.topics, want) {
		t.Errorf("got %v, want %v", store.topics, want)
	}
}

func TestSavePreferences_RefusesInvalidFields(t *testing.T) {
	t.Parallel()
	store := &fakePreferenceStore{}
	for field, test := range map[string]struct {
		change func(*app.Preferences)
		id     string
	}{
		"first_name": {func(f *app.Preferences) { f.FirstName = "\u200b" }, "first_name_required"},
		"last_name":  {func(f *app.Preferences) { f.LastName = strings.Repeat("x", 81) }, "too_long"},
		"phone":      {func(f *app.Preferences) { f.Phone = "none" }, "phone_invalid"},
		"job_title":  {func(f *app.Preferences) { f.JobTitle = "\u202e" }, "text_control"},
		"topics":     {func(f *app.Preferences) { f.Topics = []string{"all"} }, "topic_unknown"},
		"language":   {func(f *app.Preferences) { f.Language = "xx\x00" }, "language_unknown"},
	} {
		form := validPreferences()
		test.change(&form)
		err := app.Profiles{Store: store}.Save(t.Context(), newActor(app.SuperUser, app.Active), form, []string{"en", "de"})
		wantProblem(t, err, field, test.id)
	}
	if len(store.saved) > 0 {
		t.Errorf("got %+v", store.saved)
	}
}
