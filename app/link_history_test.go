package app_test

import (
	"context"
	"testing"
	"time"

	"reglink/app"
)

func TestParseSince_RoundTripsAndRefusesOtherText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"":                            {},
		app.SinceLastDay:              noon.AddDate(0, 0, -1),
		app.SinceLastWeek:             noon.AddDate(0, 0, -7),
		"2026-11-01":                  time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"2026-11-01T09:30":            time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC),
		"2026-11-01T09:30:15":         time.Date(2026, 11, 1, 9, 30, 15, 0, time.UTC),
		"2026-11-01T09:30:15.123456":  time.Date(2026, 11, 1, 9, 30, 15, 123456000, time.UTC),
		"0000-01-01":                  time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59.9999999": time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
	} {
		got, err := app.ParseSince(text, noon)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
		again, err := app.ParseSince(got.Format(app.SinceLayout), noon)
		if err != nil || !again.Equal(got) {
			t.Errorf("%q: written and read it is %v, %v", text, again, err)
		}
	}
	for _, bad := range []string{
		"x", "\x00", " ", "24H", "yesterday", "2026-13-01", "2026-02-30", "10000-01-01",
		"2026-11-01T25:00", "2026-11-01T09:30Z", "2026-11-01 09:30", "-1",
	} {
		_, err := app.ParseSince(bad, noon)
		wantProblem(t, err, "since", "since_invalid")
	}
}

// fakeLinkHistoryStore is a LinkHistoryStore that knows one link and notes what it is asked.
type fakeLinkHistoryStore struct {
	links  []app.Link
	query  app.MemberQuery
	who    app.LinkJoiners
	what   app.Activity
	people []app.Membership
}

func (a *fakeLinkHistoryStore) Links(_ context.Context, _ string, _ app.Cursor, limit int) ([]app.Link, error) {
	return a.links[:min(limit, len(a.links))], nil
}

func (a *fakeLinkHistoryStore) Link(_ context.Context, accountID, linkID string) (*app.Link, error) {
	for _, link := range a.links {
		if link.ID == linkID && link.AccountID == accountID {
			return &link, nil
		}
	}
	return nil, app.Refuse(app.NotFound, "link_unknown")
}

func (a *fakeLinkHistoryStore) Members(_ context.Context, _ string, q app.MemberQuery, limit int) ([]app.Membership,
	error,
) {
	a.query = q
	return a.people[:min(limit, len(a.people))], nil
}

func (a *fakeLinkHistoryStore) PreviewLinkSuspend(_ context.Context, n app.LinkJoiners, _ int) (app.SuspendPreview,
	error,
) {
	a.who = n
	return app.SuspendPreview{Count: 3}, nil
}

func (a *fakeLinkHistoryStore) SuspendLinkJoiners(_ context.Context, n app.LinkJoiners, what app.Activity) (int,
	error,
) {
	a.who, a.what = n, what
	return 3, nil
}

func newLinkHistory() (app.LinkHistory, *fakeLinkHistoryStore) {
	store := &fakeLinkHistoryStore{}
	return app.LinkHistory{Store: store, Clock: (&fakeClock{noon}).now}, store
}

func TestLinkHistory_OnlyForSuperUsers(t *testing.T) {
	t.Parallel()
	rules, store := newLinkHistory()
	link := app.Link{ID: app.NewID(), AccountID: "ACME", GeneratedAt: noon}
	store.links = []app.Link{link}
	for _, who := range actorCases() {
		asks := map[string]func() error{
			"list": func() error { _, err := rules.List(t.Context(), who.actor, app.Cursor{}); return err },
			"link": func() error { _, err := rules.Link(t.Context(), who.actor, link.ID); return err },
			"came by": func() error {
				_, err := rules.MembersByLink(t.Context(), who.actor, link, noon, app.Cursor{})
				return err
			},
			"newest":   func() error { _, err := rules.Newest(t.Context(), who.actor, link, 5); return err },
			"affected": func() error { _, err := rules.PreviewSuspend(t.Context(), who.actor, link, noon); return err },
			"suspend":  func() error { _, err := rules.Suspend(t.Context(), who.actor, link, noon); return err },
		}
		for _, ask := range asks {
			err := ask()
			if who.isSuperUser {
				wantNoError(t, err)
				continue
			}
			wantRefusal(t, err, app.Forbidden, "super_users_only")
		}
	}
}

func TestLinkHistory_HidesLinksOfOtherAccounts(t *testing.T) {
	t.Parallel()
	rules, store := newLinkHistory()
	theirs := app.Link{ID: app.NewID(), AccountID: "BETA"}
	store.links = []app.Link{theirs}
	for _, id := range []string{theirs.ID, app.NewID(), "", "x", "\x00"} {
		_, err := rules.Link(t.Context(), newActor(app.SuperUser, app.Active), id)
		wantRefusal(t, err, app.NotFound, "past_link_unknown")
	}
}

// Nobody came by a link before it was generated, so an earlier moment is that one: no database is asked for the year 0.
func TestLinkHistory_SinceIsNotBeforeGeneration(t *testing.T) {
	t.Parallel()
	rules, store := newLinkHistory()
	by, link := newActor(app.SuperUser, app.Active), app.Link{ID: "LINK", AccountID: "ACME", GeneratedAt: noon}
	for since, want := range map[time.Time]time.Time{
		{}: noon, noon.Add(-time.Hour): noon, noon: noon, noon.Add(time.Hour): noon.Add(time.Hour),
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC): noon,
	} {
		_, err := rules.MembersByLink(t.Context(), by, link, since, app.Cursor{})
		wantNoError(t, err)
		affected, err := rules.PreviewSuspend(t.Context(), by, link, since)
		wantNoError(t, err)
		seen := store.who
		n, err := rules.Suspend(t.Context(), by, link, since)
		wantNoError(t, err)
		for _, got := range []time.Time{store.query.Since, affected.Since, seen.Since, store.who.Since} {
			if !got.Equal(want) {
				t.Errorf("since %v: got %v, want %v", since, got, want)
			}
		}
		if store.query.LinkID != "LINK" || store.who.LinkID != "LINK" || store.who.By.Identity.ID != by.Identity.ID ||
			n != 3 {
			t.Errorf("got %+v, %+v", store.query, store.who)
		}
		if a := store.what; a.Event != app.LinkJoinersSuspended || a.ActorID != by.Identity.ID || !a.At.Equal(noon) ||
			a.AccountID != "ACME" {
			t.Errorf("got %+v", a)
		}
	}
	all := store.what.WithCount(3)
	each := all.ForSubject(app.MemberSuspended, "LENA")
	if all.Details["Count"] != "3" || each.Details != nil || each.SubjectID != "LENA" || each.ID == all.ID ||
		each.Event != app.MemberSuspended || each.ActorID != all.ActorID {
		t.Errorf("got %+v and %+v", all, each)
	}
}

func TestLinkHistory_IsPaged(t *testing.T) {
	t.Parallel()
	rules, store := newLinkHistory()
	by := newActor(app.SuperUser, app.Active)
	for i := range app.PageSize + 1 {
		at := noon.Add(-time.Duration(i) * time.Hour)
		store.links = append(store.links, app.Link{ID: app.NewID(), GeneratedAt: at})
		store.people = append(store.people, app.Membership{ID: app.NewID(), JoinedAt: at})
		links, err := rules.List(t.Context(), by, app.Cursor{})
		wantNoError(t, err)
		came, err := rules.MembersByLink(t.Context(), by, app.Link{}, noon, app.Cursor{})
		wantNoError(t, err)
		full := i == app.PageSize
		if (links.Next.ID != "") != full || (came.Next.ID != "") != full {
			t.Fatalf("with %d: next is %v and %v", i+1, links.Next, came.Next)
		}
		if full && (links.Next.ID != store.links[i-1].ID || came.Next.ID != store.people[i-1].ID ||
			len(links.Entries) != app.PageSize || len(came.Entries) != app.PageSize) {
			t.Errorf("got %v and %v", links.Next, came.Next)
		}
	}
}
