package app_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"

	"reglink/app"
)

// declaredEvents are all that the source knows.
func declaredEvents(t *testing.T) []app.Event {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "activity.go", nil, parser.SkipObjectResolution)
	wantNoError(t, err)
	var all []app.Event
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Event" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			wantNoError(t, err)
			all = append(all, app.Event(value))
		}
		return true
	})
	return all
}

func TestEvents_AreEachInOneGroup(t *testing.T) {
	t.Parallel()
	all := declaredEvents(t)
	if len(all) < 20 {
		t.Fatalf("only %d events found", len(all))
	}
	var grouped []app.Event
	for _, group := range app.EventGroups() {
		if len(group.Events()) == 0 {
			t.Errorf("%s is empty", group)
		}
		grouped = append(grouped, group.Events()...)
	}
	slices.Sort(all)
	slices.Sort(grouped)
	if !slices.Equal(all, grouped) {
		t.Errorf("events %q, in groups %q", all, grouped)
	}
}

// fakeActivityStore is an ActivityStore of so many activities, and remembers what it was asked.
type fakeActivityStore struct {
	stored   int
	knownID  string // the identity that the account knows
	queries  []app.ActivityQuery
	recorded []app.Activity
	err      error
}

func (d *fakeActivityStore) Activities(_ context.Context, _ string, q app.ActivityQuery, limit int) ([]app.Activity,
	error,
) {
	d.queries = append(d.queries, q)
	begin := 0
	if q.After.ID != "" {
		begin = int(noon.Sub(q.After.At)/time.Second) + 1
	}
	var all []app.Activity
	for i := begin; i < min(begin+limit, d.stored); i++ {
		all = append(all, app.Activity{ID: app.NewID(), At: noon.Add(-time.Duration(i) * time.Second)})
	}
	return all, d.err
}

func (d *fakeActivityStore) ActivityPerson(_ context.Context, _, identityID string) (*app.Identity, error) {
	if identityID != d.knownID {
		return nil, app.Refuse(app.NotFound, "identity_unknown")
	}
	return &app.Identity{ID: identityID}, nil
}

func (d *fakeActivityStore) RecordActivity(_ context.Context, what app.Activity) error {
	d.recorded = append(d.recorded, what)
	return nil
}

func TestActivities_OnlyForSuperUsers(t *testing.T) {
	t.Parallel()
	for _, person := range actorCases() {
		store := &fakeActivityStore{stored: 3}
		activities := app.Activities{Store: store, Clock: (&fakeClock{noon}).now}
		page, err := activities.List(t.Context(), person.actor, app.ActivityFilter{}, app.Cursor{})
		written := 0
		exportErr := activities.Export(t.Context(), person.actor, app.ActivityFilter{}, func(app.Activity) { written++ })
		if !person.isSuperUser {
			wantRefusal(t, err, app.Forbidden, "super_users_only")
			wantRefusal(t, exportErr, app.Forbidden, "super_users_only")
			if len(store.queries)+len(store.recorded)+written > 0 {
				t.Errorf("%s: the store was asked", person.name)
			}
			continue
		}
		wantNoError(t, errors.Join(err, exportErr))
		if len(page.Entries) != 3 || written != 3 || page.Next != (app.Cursor{}) {
			t.Errorf("%s: %d listed, %d written, next %v", person.name, len(page.Entries), written, page.Next)
		}
	}
}

func TestActivityFilter_BecomesQueryOrFindsNothing(t *testing.T) {
	t.Parallel()
	someone, day := app.NewID(), func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	for name, test := range map[string]struct {
		filter app.ActivityFilter
		want   *app.ActivityQuery // nil: nothing is asked for
	}{
		"none":  {app.ActivityFilter{}, &app.ActivityQuery{}},
		"group": {app.ActivityFilter{Group: app.LinkEvents}, &app.ActivityQuery{Events: app.LinkEvents.Events()}},
		"days":  {app.ActivityFilter{From: "2026-11-02", To: "2026-11-03"}, &app.ActivityQuery{Since: day(2), Until: day(4)}},
		"one day": {
			app.ActivityFilter{From: "2026-11-30", To: "2026-11-30"}, &app.ActivityQuery{Since: day(30), Until: day(31)},
		},
		"person":       {app.ActivityFilter{PersonID: someone}, &app.ActivityQuery{PersonID: someone}},
		"nobody here":  {app.ActivityFilter{PersonID: app.NewID()}, nil},
		"no id":        {app.ActivityFilter{PersonID: "x"}, nil},
		"no group":     {app.ActivityFilter{Group: "gossip"}, nil},
		"no day":       {app.ActivityFilter{From: "2026-02-30"}, nil},
		"other days":   {app.ActivityFilter{To: "3.11.2026"}, nil},
		"NUL":          {app.ActivityFilter{From: "2026-11-02\x00"}, nil},
		"the year 0":   {app.ActivityFilter{From: "0000-01-01"}, nil},
		"the last day": {app.ActivityFilter{To: "9999-12-31"}, nil},
	} {
		store := &fakeActivityStore{stored: 1, knownID: someone}
		activities := app.Activities{Store: store, Clock: (&fakeClock{noon}).now}
		page, err := activities.List(t.Context(), newActor(app.SuperUser, app.Active), test.filter, app.Cursor{})
		wantNoError(t, err)
		if test.want == nil {
			if len(store.queries) != 0 || len(page.Entries) != 0 {
				t.Errorf("%s: asked %+v", name, store.queries)
			}
			continue
		}
		if len(store.queries) != 1 || !sameQuery(store.queries[0], *test.want) ||
			(page.Person != nil) != (test.filter.PersonID != "") {
			t.Errorf("%s: asked %+v, want %+v; person %v", name, store.queries, *test.want, page.Person)
		}
	}
}

func sameQuery(a, b app.ActivityQuery) bool {
	return slices.Equal(a.Events, b.Events) && a.Since.Equal(b.Since) && a.Until.Equal(b.Until) &&
		a.PersonID == b.PersonID && a.After == b.After
}

func TestActivities_ArePagedToTheEnd(t *testing.T) {
	t.Parallel()
	activities := app.Activities{Store: &fakeActivityStore{stored: 2*app.PageSize + 1}, Clock: (&fakeClock{noon}).now}
	var sizes []int
	after := app.Cursor{}
	for range 4 {
		page, err := activities.List(t.Context(), newActor(app.SuperUser, app.Active), app.ActivityFilter{}, after)
		wantNoError(t, err)
		sizes = append(sizes, len(page.Entries))
		if after = page.Next; after.ID == "" {
			break
		}
	}
	if !slices.Equal(sizes, []int{app.PageSize, app.PageSize, 1}) {
		t.Errorf("got pages of %d", sizes)
	}
}

// The download reads in steps, has a bound, and is recorded once it was read, not where it failed.
func TestActivityExport_IsBoundedAndRecorded(t *testing.T) {
	t.Parallel()
	for entries, want := range map[int]int{0: 0, 1: 1, 1000: 1000, 2500: 2500, app.MaxExport + 5000: app.MaxExport} {
		store, written := &fakeActivityStore{stored: entries}, 0
		activities := app.Activities{Store: store, Clock: (&fakeClock{noon}).now}
		by := newActor(app.SuperUser, app.Active)
		wantNoError(t, activities.Export(t.Context(), by, app.ActivityFilter{}, func(app.Activity) { written++ }))
		if written != want {
			t.Errorf("of %d, %d were written, want %d", entries, written, want)
		}
		if len(store.recorded) != 1 || store.recorded[0].Event != app.ActivityExported ||
			store.recorded[0].ActorID != by.Identity.ID {
			t.Errorf("recorded %+v", store.recorded)
		}
	}
	broken := &fakeActivityStore{stored: 3, err: app.Refuse(app.Unavailable, "busy")}
	err := app.Activities{Store: broken}.Export(t.Context(), newActor(app.SuperUser, app.Active), app.ActivityFilter{},
		func(app.Activity) {})
	if !errors.Is(err, app.Unavailable) || len(broken.recorded) != 0 {
		t.Errorf("got %v, recorded %+v", err, broken.recorded)
	}
}
