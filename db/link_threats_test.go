package db_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// Five hundred times a form that the rules have let pass is stored right after its link was replaced, and another is sent by the old link:
// neither registers anybody, and the new link works (T-07).
func TestT07OldLinkIsDeadAfterRegenerate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		open := p.admission(t, "ann@new.example")
		current := must(p.links().Current(t.Context(), p.super))(t)
		for range 500 {
			old := current
			open.Registration.LinkID, open.Membership.LinkID = old.Link.ID, old.Link.ID
			current = must(p.links().Regenerate(t.Context(), p.super))(t)
			refused(t, s.Register(t.Context(), open), app.Gone)
			refused(t, p.register(t, old.Token, form("bob@new.example")), app.Gone)
		}
		equal(t, "dead links with a sealed token", p.count(t, "links", "active IS NULL AND token_box IS NOT NULL"), 0)
		equal(t, "links", p.count(t, "links", "1 = 1"), 501)
		equal(t, "let in", p.count(t, "registrations", "1 = 1")+p.count(t, "identities", "email LIKE '%@new.example'"), 0)
		check(t, p.register(t, current.Token, form("bob@new.example")))
	})
}

// The hash of a token is taken for ever, by a dead link too and in another account, so that no token is ever given out twice (T-12).
func TestT12HashesAreTakenForEver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.link(t)
		other := p.account(t, "Other", "olga@other.example")
		for range 2 {
			old := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t)
			check(t, p.links().Disable(t.Context(), p.super))
			for _, by := range []app.Actor{p.super, other} {
				again := app.Link{
					ID: app.NewID(), AccountID: by.Account.ID, TokenHash: old.TokenHash, TokenBox: old.TokenBox, Active: old.Active,
					GeneratedAt: p.now, GeneratedByID: by.Identity.ID,
				}
				what := app.Activity{ID: app.NewID(), AccountID: by.Account.ID, At: p.now, Event: app.LinkGenerated}
				carry := func(policy app.LinkPolicy) app.LinkPolicy { policy.Role = app.StandardUser; return policy }
				if _, err := s.AddLink(t.Context(), again, carry, what); err == nil {
					t.Errorf("the hash of a dead link was taken again in %s", by.Account.Name)
				}
			}
			equal(t, "links of that hash", p.count(t, "links", "token_hash = ?", old.TokenHash), 1)
			p.link(t)
		}
	})
}

// A login has one name, the email's key: no other column of it is unique or could be signed in with (T-28).
func TestT28TheEmailIsTheOnlyName(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		engine := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
		var unique, columns []string
		for _, line := range schema(t, s, engine) {
			words := strings.Fields(line)
			if words[0] != "identities" {
				continue
			}
			if slices.Contains(words, "unique") {
				unique = append(unique, words[len(words)-1])
			}
			if len(words) > 2 && words[1] >= "1" && words[1] <= "99" {
				columns = append(columns, words[2])
			}
		}
		equal(t, "unique", fmt.Sprint(unique), "[email_key]")
		for _, name := range []string{"username", "user_name", "login", "name", "nickname", "handle", "alias"} {
			if slices.Contains(columns, name) {
				t.Errorf("there is a second name: %s", name)
			}
		}
		if !slices.Contains(columns, "email") {
			t.Errorf("these are no columns of a login: %q", columns)
		}
	})
}
