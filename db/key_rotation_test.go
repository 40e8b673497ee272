package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// keyRing gives a Sealer with these keys, the newest first; fixtures begin with 7.
func keyRing(t testing.TB, keys ...byte) *app.Sealer {
	t.Helper()
	raw := make([][]byte, len(keys))
	for i, k := range keys {
		raw[i] = bytes.Repeat([]byte{k}, app.KeySize)
	}
	return must(app.NewSealer(raw[0], raw[1:]...))(t)
}

// server gives the portal as another server of it sees it, with its own keys.
func (p *portal) server(t testing.TB, keys ...byte) *portal {
	t.Helper()
	other := *p
	other.sealer = keyRing(t, keys...)
	check(t, other.setUps().CheckKey(t.Context()))
	return &other
}

func rotation(store app.RotationStore, sealer *app.Sealer) app.Rotation {
	return app.Rotation{Store: store, Sealer: sealer, Wait: func(context.Context) error { return nil }, Said: func(app.Rotated) {}}
}

// kept is what somebody still has to be able to use after a rotation.
type kept struct {
	link string // its token
	app  string // the secret of the Super User's authenticator app
}

// withSecrets leaves one of everything that is sealed in the portal.
func withSecrets(t testing.TB, p *portal) kept {
	t.Helper()
	secret, _ := p.withApp(t)
	link := p.link(t)
	check(t, p.register(t, link, form("ann@new.example")))
	p.create(t, "lee@acme.example", app.StandardUser)
	p.account(t, "Birch", "bo@birch.example")
	opened := must(p.registrations().Open(t.Context(), link))(t)
	check(t, p.joinRequests().Ask(t.Context(), *opened, "bo@birch.example"))
	for _, in := range app.SealedPlaces() {
		equal(t, "something is sealed in "+in.Table, p.count(t, in.Table, in.Column+" IS NOT NULL") > 0, true)
	}
	return kept{link: link, app: secret}
}

// reads wants everything that withSecrets left to be readable by a server.
func (p *portal) reads(t testing.TB, want kept) {
	t.Helper()
	p.copies(t, want.link)
	p.opensApp(t, want.app)
	for _, email := range []string{"ann@new.example", "lee@acme.example", "bo@birch.example"} {
		found := false
		for _, n := range must(p.Notices(t.Context(), 100))(t) {
			due, holds, err := p.outbox().Read(t.Context(), n)
			check(t, err)
			found = found || holds && due.Token != "" && n.Recipient.Email == email
		}
		equal(t, "mail to "+email, found, true)
	}
}

// opensApp wants the one authenticator app to have that secret for a server.
func (p *portal) opensApp(t testing.TB, secret string) {
	t.Helper()
	for _, f := range must(p.Factors(t.Context(), p.super.Identity.ID))(t) {
		if f.Kind == app.CodeApp {
			equal(t, "secret of the app", must(p.sealer.Open("factor|"+f.ID, f.SecretBox))(t), secret)
			return
		}
	}
	t.Error("there is no app")
}

// entersBy wants a code of the Super User's app to be what a server takes.
func (p *portal) entersBy(t testing.TB, secret string) {
	t.Helper()
	_, err := p.factors().SignIn(t.Context(), p.steps(t, 1)[0], app.Answer{Code: p.code(t, secret)}, app.Client{})
	check(t, err)
}

func TestRotationKeepsEverything(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := withSecrets(t, p)
		derived := p.sealer.Derived("", "limit|somebody")

		next := p.server(t, 8, 7) // knows the new key, which nobody uses yet
		equal(t, "derived", next.sealer.Derived("", "limit|somebody"), derived)
		before := must(rotation(s, next.sealer).Unfinished(t.Context()))(t)
		equal(t, "unfinished", before, true)
		done := must(rotation(s, next.sealer).Rotate(t.Context(), false))(t)
		equal(t, "sealed", fmt.Sprint(done.Sealed), "map[confirmations:2 factors:1 join_requests:1 links:1]")
		equal(t, "lost", done.Lost, 0)
		equal(t, "unfinished", must(rotation(s, next.sealer).Unfinished(t.Context()))(t), false)

		last := p.server(t, 8) // the old key is gone
		last.reads(t, all)
		last.entersBy(t, all.app)
		equal(t, "derived", last.sealer.Derived("", "limit|somebody"), derived)
		again := must(rotation(s, last.sealer).Rotate(t.Context(), false))(t)
		equal(t, "nothing left", fmt.Sprint(again.Sealed), "map[]")
		refused(t, p.setUps().CheckKey(t.Context()), app.Conflict)
	})
}

// Nothing is sealed with a key before the database names it, so servers may get it one after the other.
func TestANewKeyWaitsForTheRotation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		old := newPortal(t, s)
		next := old.server(t, 8, 7)
		link := next.link(t)
		equal(t, "the old server reads it", must(old.links().Current(t.Context(), old.super))(t).Token, link)
		refused(t, (&portal{Store: s, sealer: keyRing(t, 8)}).setUps().CheckKey(t.Context()), app.Conflict)

		must(rotation(s, keyRing(t, 8, 7)).Rotate(t.Context(), false))(t)
		check(t, next.setUps().CheckKey(t.Context())) // as running servers do every few seconds
		link = must(next.links().Regenerate(t.Context(), next.super))(t).Token
		old.server(t, 8).copies(t, link)
	})
}

// copies wants the link to be what a server's Super User copies.
func (p *portal) copies(t testing.TB, link string) {
	t.Helper()
	equal(t, "link", must(p.links().Current(t.Context(), p.super))(t).Token, link)
}

// breaking is a store that fails at one of its writes.
type breaking struct {
	app.RotationStore
	after int
}

var errBroken = errors.New("interrupted")

func (b *breaking) one() error {
	b.after--
	if b.after < 0 {
		return errBroken
	}
	return nil
}

func (b *breaking) TurnKey(ctx context.Context, was, is app.Installation) (bool, error) {
	if err := b.one(); err != nil {
		return false, err
	}
	return b.RotationStore.TurnKey(ctx, was, is)
}

func (b *breaking) Reseal(ctx context.Context, in app.SealedIn, boxes []app.Resealed) (int, error) {
	if err := b.one(); err != nil {
		return 0, err
	}
	return b.RotationStore.Reseal(ctx, in, boxes)
}

func TestAnInterruptedRotationIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := withSecrets(t, p)
		key := byte(7)
		for after := range 20 {
			_, err := rotation(&breaking{s, after}, keyRing(t, key+1, key)).Rotate(t.Context(), false)
			if err == nil {
				equal(t, "writes of a rotation", after, 6)
				return
			}
			if !errors.Is(err, errBroken) {
				t.Fatal(err)
			}
			p.server(t, key+1, key).reads(t, all)
			if alone := (&portal{Store: s, sealer: keyRing(t, key+1)}).setUps().CheckKey(t.Context()); !errors.Is(alone, app.Conflict) {
				t.Errorf("after %d writes the old key is not missed: %v", after, alone)
			}
			must(rotation(s, keyRing(t, key+1, key)).Rotate(t.Context(), false))(t)
			key++
			p.server(t, key).reads(t, all)
		}
		t.Error("a rotation has no end")
	})
}

func TestRotationsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := withSecrets(t, p)
		for _, err := range parallel(4, func(int) error {
			_, err := rotation(s, keyRing(t, 8, 7)).Rotate(t.Context(), false)
			return err
		}) {
			check(t, err)
		}
		p.server(t, 8).reads(t, all)
	})
}

// A link that dies while its box is sealed anew stays without one.
func TestAWipedBoxStaysWiped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.link(t)
		in := app.SealedPlaces()[0]
		boxes := must(s.Boxes(t.Context(), in, []byte{0}, "", 10))(t)
		equal(t, "boxes", len(boxes), 1)
		check(t, p.links().Disable(t.Context(), p.super))
		n := must(s.Reseal(t.Context(), in, []app.Resealed{{ID: boxes[0].ID, Was: boxes[0].Box, Is: []byte("new")}}))(t)
		equal(t, "replaced", n, 0)
		equal(t, "boxes of dead links", p.count(t, "links", "token_box IS NOT NULL"), 0)
	})
}

func TestALostKeyIsGivenUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := withSecrets(t, p)
		_, err := rotation(s, keyRing(t, 9)).Rotate(t.Context(), false)
		refused(t, err, app.Conflict)
		done := must(rotation(s, keyRing(t, 9)).Rotate(t.Context(), true))(t)
		equal(t, "lost", done.Lost, 5)
		next := p.server(t, 9)
		equal(t, "cannot be copied", must(next.links().Current(t.Context(), p.super))(t).Token, "")
		must(next.registrations().Open(t.Context(), all.link))(t)
		next.copies(t, must(next.links().Regenerate(t.Context(), p.super))(t).Token)
	})
}

// A column with boxes that a rotation does not know would be unreadable after it.
func TestEverySealedColumnIsRotated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		newPortal(t, s)
		var want []string
		for _, in := range app.SealedPlaces() {
			want = append(want, in.Table+" "+in.Column)
		}
		want = append(want, "installations mac_box") // beside key_check, which is its own proof
		var got []string
		for _, line := range schema(t, s, path.Base(t.Name())) {
			words := strings.Fields(line)
			if len(words) > 3 && strings.HasSuffix(words[2], "_box") {
				got = append(got, words[0]+" "+words[2])
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		equal(t, "columns", strings.Join(got, ", "), strings.Join(want, ", "))
	})
}
