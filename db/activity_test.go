package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// seedActivities stores activities of Sue and a colleague, a minute apart, some of them at the same moment,
// and gives the colleague and their ids, newest first.
func (p *portal) seedActivities(t *testing.T, n int) (string, []string) {
	t.Helper()
	p.createMember(t, "colin@acme.example", app.StandardUser)
	colleague := p.identity(t, "colin@acme.example").ID
	_, err := p.Bun().NewDelete().Table("activities").Where("1 = 1").Exec(t.Context())
	check(t, err)
	for i := range n {
		what := app.Activity{
			ID: app.NewID(), AccountID: p.super.Account.ID, At: p.now.Add(time.Duration(i/2) * time.Minute),
			Event:   app.LinkCopied,
			ActorID: p.super.Identity.ID,
		}
		if i%3 == 0 {
			what.Event, what.SubjectID = app.RoleChanged, colleague
			what.Details = app.Details{"Role": "super", "OldRole": "limited"}
		}
		check(t, p.RecordActivity(t.Context(), what))
	}
	var ids []string
	for _, a := range must(p.Activities(t.Context(), p.super.Account.ID, app.ActivityQuery{}, n+1))(t) {
		ids = append(ids, a.ID)
	}
	equal(t, "stored", len(ids), n)
	return colleague, ids
}

// activityIDs gives the ids of everything that the query finds, read in pages of two.
func (p *portal) activityIDs(t *testing.T, q app.ActivityQuery) []string {
	t.Helper()
	var ids []string
	for {
		page := must(p.Activities(t.Context(), p.super.Account.ID, q, 2))(t)
		for _, a := range page {
			ids = append(ids, a.ID)
			q.After = app.Cursor{At: a.At, ID: a.ID}
		}
		if len(page) < 2 {
			return ids
		}
	}
}

func TestActivities_AreFilteredAndPagedNewestFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		colleague, all := p.seedActivities(t, 12)
		changed := p.activityIDs(t, app.ActivityQuery{Events: []app.Event{app.RoleChanged}})
		equal(t, "pages", fmt.Sprint(p.activityIDs(t, app.ActivityQuery{})), fmt.Sprint(all))
		equal(t, "of Sue", fmt.Sprint(p.activityIDs(t, app.ActivityQuery{PersonID: p.super.Identity.ID})), fmt.Sprint(all))
		equal(t, "role changes", len(changed), 4)
		equal(t, "of the colleague", fmt.Sprint(p.activityIDs(t, app.ActivityQuery{PersonID: colleague})),
			fmt.Sprint(changed))
		equal(t, "of nobody", len(p.activityIDs(t, app.ActivityQuery{PersonID: app.NewID()})), 0)
		equal(t, "copies of the colleague",
			len(p.activityIDs(t, app.ActivityQuery{PersonID: colleague, Events: []app.Event{app.LinkCopied}})), 0)
		within := app.ActivityQuery{Since: p.now.Add(time.Minute), Until: p.now.Add(3 * time.Minute)}
		equal(t, "within two minutes", fmt.Sprint(p.activityIDs(t, within)), fmt.Sprint(all[6:10]))
		within.PersonID = p.super.Identity.ID
		equal(t, "of Sue within them", fmt.Sprint(p.activityIDs(t, within)), fmt.Sprint(all[6:10]))

		told := must(s.Activities(t.Context(), p.super.Account.ID, app.ActivityQuery{PersonID: colleague}, 1))(t)[0]
		equal(t, "details", fmt.Sprint(told.Details), "map[OldRole:limited Role:super]")
		equal(t, "names", told.Actor.Email+" "+told.Subject.Email, "sue@acme.example colin@acme.example")
		equal(t, "elsewhere", len(must(s.Activities(t.Context(), app.NewID(), app.ActivityQuery{PersonID: colleague}, 9))(t)),
			0)
	})
}

// A person is named to an account only where it has to do with them; who was removed keeps the name.
func TestActivityPerson_IsNamedOnlyWhereTheAccountKnowsIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		colleague, _ := p.seedActivities(t, 1)
		other := p.createAccount(t, "Other", "olga@other.example")
		for _, id := range []string{p.super.Identity.ID, colleague} {
			equal(t, "person", must(s.ActivityPerson(t.Context(), p.super.Account.ID, id))(t).ID, id)
			_, err := s.ActivityPerson(t.Context(), other.Account.ID, id)
			refused(t, err, app.NotFound)
		}
		_, err := p.Bun().NewDelete().Table("memberships").Where("identity_id = ?", colleague).Exec(t.Context())
		check(t, err)
		equal(t, "removed", must(s.ActivityPerson(t.Context(), p.super.Account.ID, colleague))(t).Email, "colin@acme.example")
		_, err = s.ActivityPerson(t.Context(), p.super.Account.ID, other.Identity.ID)
		refused(t, err, app.NotFound)
	})
}
