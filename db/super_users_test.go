package db_test

import (
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// Whoever is no Super User any more when the write comes changes nothing, although their request began as one.
func TestSuperUser_DemotedActorChangesNothing(t *testing.T) {
	t.Parallel()
	for what, act := range map[string]func(t *testing.T, p *portal) error{
		"generating": func(t *testing.T, p *portal) error { _, err := p.links().Generate(t.Context(), p.super); return err },
		"regenerating": func(t *testing.T, p *portal) error {
			_, err := p.links().Regenerate(t.Context(), p.super)
			return err
		},
		"disabling": func(t *testing.T, p *portal) error { _, err := p.links().Disable(t.Context(), p.super); return err },
		"changing the rules": func(t *testing.T, p *portal) error {
			return p.links().ChangePolicy(t.Context(), p.super,
				p.newPolicyForm(t, func(f *app.LinkPolicyForm) { f.Role = app.SuperUser }))
		},
		"creating a user": func(t *testing.T, p *portal) error {
			_, err := p.members().Create(t.Context(), p.super, app.NewUser{
				FirstName: "Eve", LastName: "Stone", Email: "eve@acme.example", Role: app.SuperUser, Language: "en",
			})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, s *db.Store) {
				p := newPortal(t, s)
				p.generateLink(t)
				if what == "generating" {
					must(p.links().Disable(t.Context(), p.super))(t)
				}
				activities, links := p.count(t, "activities", "1 = 1"), p.count(t, "links", "active = ?", true)
				p.update(t, "memberships", "role = ?", app.StandardUser, "sue@acme.example")
				refused(t, act(t, p), app.Forbidden)
				equal(t, "activities", p.count(t, "activities", "1 = 1"), activities)
				equal(t, "working links", p.count(t, "links", "active = ?", true), links)
				equal(t, "Super Users", p.count(t, "memberships", "role = ?", app.SuperUser), 0)
				equal(t, "links for Super Users", p.count(t, "links", "role = ?", app.SuperUser), 0)
			})
		})
	}
}

func TestIsSuperUser_OnlyActiveSuperUsersOfTheAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		other := p.createAccount(t, "Other", "olga@other.example")
		p.createMember(t, "std@acme.example", app.StandardUser)
		p.createMember(t, "old@acme.example", app.SuperUser)
		p.update(t, "memberships", "expires_on = ?", p.now, "old@acme.example")
		for email, want := range map[string]bool{
			"sue@acme.example": true, "std@acme.example": false, "old@acme.example": false, "olga@other.example": false,
		} {
			equal(t, email, must(s.IsSuperUser(t.Context(), p.identity(t, email).ID, p.super.Account.ID, p.now))(t), want)
		}
		equal(t, "in her own", must(s.IsSuperUser(t.Context(), other.Identity.ID, other.Account.ID, p.now))(t), true)
	})
}
