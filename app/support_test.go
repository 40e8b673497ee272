package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"reglink/app"
)

// noon is the time at which tests begin.
var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// fakeClock are a clock that stands still until a test moves them.
type fakeClock struct{ at time.Time }

func (h *fakeClock) now() time.Time { return h.at }

func (h *fakeClock) advance(d time.Duration) { h.at = h.at.Add(d) }

// cheapParams are far below what the product allows: these tests are about rules, not about cost.
var cheapParams = app.HashParams{Memory: 64, Time: 1, Lanes: 1}

func newSealer(tb testing.TB) *app.Sealer {
	tb.Helper()
	sealer, err := app.NewSealer(make([]byte, app.KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	return sealer
}

// newActor is somebody in the account acme.
func newActor(role app.Role, status app.Status) app.Actor {
	return app.Actor{
		Identity:   app.Identity{ID: "IDENTITY", FirstName: "Sue", LastName: "Perez", Email: "sue@acme.example"},
		Membership: app.Membership{ID: "MEMBERSHIP", IdentityID: "IDENTITY", AccountID: "ACME", Role: role, Status: status},
		Account:    app.Account{ID: "ACME", Name: "Acme Widgets"},
		Address:    "192.0.2.7",
	}
}

// actorCase is one of the people who may or may not act.
type actorCase struct {
	name        string
	actor       app.Actor
	isSuperUser bool // may do what Super Users do
	isMember    bool // may see the members
}

// actorCases is one person of each sort: the zero Actor too, who is in no account.
func actorCases() []actorCase {
	all := []actorCase{{name: "nobody"}}
	for _, role := range app.Roles() {
		for _, status := range app.Statuses() {
			active := status == app.Active
			all = append(all, actorCase{
				name: string(status) + " " + string(role), actor: newActor(role, status),
				isSuperUser: active && role == app.SuperUser, isMember: active,
			})
		}
	}
	homeless := newActor(app.SuperUser, app.Active)
	homeless.Account = app.Account{}
	return append(all, actorCase{name: "super without account", actor: homeless})
}

// wantRefusal wants an Error of that kind with that message.
func wantRefusal(t *testing.T, err error, kind app.Kind, id string) {
	t.Helper()
	if refusal, ok := errors.AsType[*app.Error](err); !errors.Is(err, kind) || !ok || refusal.Message.ID != id {
		t.Errorf("got error %v, want %s: %s", err, kind, id)
	}
}

// wantProblem wants Problems with that message beside the field.
func wantProblem(t *testing.T, err error, field, id string) {
	t.Helper()
	if problems, ok := errors.AsType[app.Problems](err); !ok || problems[field].ID != id {
		t.Errorf("got error %v, want problem %s at %q", err, id, field)
	}
}

func isProblems(err error) bool {
	_, ok := errors.AsType[app.Problems](err)
	return ok
}

func wantNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("got error %v, want none", err)
	}
}

// testClient is who fills in the forms.
func testClient() app.Client { return app.Client{Language: "de", Address: "192.0.2.9"} }

// expiredContext is a context whose end has come: the store in memory does not mind, the hasher answers
// Unavailable. So whoever is refused for another reason was refused before the password was hashed.
func expiredContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithDeadline(t.Context(), time.Time{})
	t.Cleanup(cancel)
	return ctx
}

var errBroken = errors.New("the disk is on fire")

const rightPassword = "pluck.stove.hinge.moth"

const anotherPassword = "gravel.onion.sextant.plum"
