package app_test

import (
	"regexp"
	"testing"
	"time"

	"reglink/app"
)

func TestName(t *testing.T) {
	t.Parallel()
	for want, person := range map[string]app.Identity{
		"Ann Lee":         {FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"},
		"Ann":             {FirstName: "Ann", Email: "ann@example.com"},
		"Lee":             {LastName: "Lee", Email: "ann@example.com"},
		"ann@example.com": {Email: "ann@example.com"},
	} {
		if got := person.Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMembershipOpens(t *testing.T) {
	t.Parallel()
	now, later := noon, noon.Add(time.Microsecond)
	tests := []struct {
		m    app.Membership
		want bool
	}{
		{app.Membership{}, false},
		{app.Membership{Status: app.Active}, true},
		{app.Membership{Status: app.Pending}, false},
		{app.Membership{Status: app.Suspended}, false},
		{app.Membership{Status: "Active"}, false},
		{app.Membership{Status: app.Active, ExpiresOn: &later}, true},
		{app.Membership{Status: app.Active, ExpiresOn: &now}, false},
	}
	for _, test := range tests {
		if got := test.m.Opens(noon); got != test.want {
			t.Errorf("%s until %v: got %t, want %t", test.m.Status, test.m.ExpiresOn, got, test.want)
		}
	}
}

// TestWordsOfTheDatabase: the lists and what counts as valid agree, and nothing is valid by being empty.
func TestWordsOfTheDatabase(t *testing.T) {
	t.Parallel()
	for _, role := range append(app.Roles(), "", "Super", "owner") {
		if got, want := role.Valid(), role == app.SuperUser || role == app.StandardUser || role == app.LimitedUser; got != want {
			t.Errorf("role %q: got %t", role, got)
		}
	}
	for _, status := range append(app.Statuses(), "", "ACTIVE", "gone") {
		if got, want := status.Valid(), status == app.Pending || status == app.Active || status == app.Suspended; got != want {
			t.Errorf("status %q: got %t", status, got)
		}
	}
	for _, proof := range append(app.Proofs(), "", "friend") {
		want := proof == app.OrderSummary || proof == app.SerialNumber || proof == app.AuthCode
		if got := proof.Valid(); got != want {
			t.Errorf("proof %q: got %t", proof, got)
		}
	}
	if len(app.Roles()) != 3 || len(app.Statuses()) != 3 || len(app.Proofs()) != 3 {
		t.Error("a list lost one of its words")
	}
}

func TestSearchText(t *testing.T) {
	t.Parallel()
	if got, want := app.SearchText("Zoe\u0308", "ÅNGSTRÖM", "Zoe@Example.com"), "zo\u00eb ångström zoe@example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	stored := app.SearchText("Zoë", "Ångström")
	if again := app.SearchText(stored); again != stored {
		t.Errorf("got %q, want %q: words are searched in the form in which they are kept", again, stored)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 5*3600)
	clock := app.Clock(func() time.Time { return time.Date(2026, 11, 3, 17, 0, 0, 123_456_789, east) })
	if got, want := clock.Now(), noon.Add(123_456*time.Microsecond); got != want {
		t.Errorf("got %v, want %v: UTC, to the microsecond", got, want)
	}
	var present app.Clock
	before := time.Now().UTC().Truncate(time.Microsecond)
	if got := present.Now(); got.Before(before) || got.Location() != time.UTC || got.Nanosecond()%1000 != 0 {
		t.Errorf("got %v, want the present after %v", got, before)
	}
}

func TestNewID(t *testing.T) {
	t.Parallel()
	shape, seen := regexp.MustCompile(`^[A-Z2-7]{26}$`), map[string]bool{}
	for range 10_000 {
		id := app.NewID()
		if !shape.MatchString(id) || seen[id] {
			t.Fatalf("got %q", id)
		}
		seen[id] = true
	}
}
