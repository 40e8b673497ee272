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

// newSealer gives a Sealer with these keys, the newest first; fixtures begin with 7.
func newSealer(t testing.TB, keys ...byte) *app.Sealer {
	t.Helper()
	raw := make([][]byte, len(keys))
	for i, k := range keys {
		raw[i] = bytes.Repeat([]byte{k}, app.KeySize)
	}
	return must(app.NewSealer(raw[0], raw[1:]...))(t)
}

// withKeys gives the portal as another server of it sees it, with its own keys.
func (p *portal) withKeys(t testing.TB, keys ...byte) *portal {
	t.Helper()
	other := *p
	other.sealer = newSealer(t, keys...)
	check(t, other.setUps().CheckKey(t.Context()))
	return &other
}

func newRotation(store app.KeyRotationStore, sealer *app.Sealer) app.KeyRotation {
	return app.KeyRotation{
		Store: store, Sealer: sealer, Wait: func(context.Context) error { return nil },
		OnProgress: func(app.KeyRotationProgress) {},
	}
}

// sealedFixture is what somebody still has to be able to use after a rotation.
type sealedFixture struct {
	link string // its token
	app  string // the secret of the Super User's authenticator app
}

// sealEverything leaves one of everything that is sealed in the portal.
func sealEverything(t testing.TB, p *portal) sealedFixture {
	t.Helper()
	secret, _ := p.addCodeApp(t)
	link := p.generateLink(t)
	check(t, p.register(t, link, newRegistrationForm("ann@new.example")))
	p.createMember(t, "lee@acme.example", app.StandardUser)
	p.createAccount(t, "Birch", "bo@birch.example")
	opened := must(p.registrations().OpenLink(t.Context(), link))(t)
	check(t, p.joinRequests().Send(t.Context(), *opened, "bo@birch.example"))
	for _, in := range app.SealedColumns() {
		equal(t, "something is sealed in "+in.Table, p.count(t, in.Table, in.Column+" IS NOT NULL") > 0, true)
	}
	return sealedFixture{link: link, app: secret}
}

// requireReadable wants everything that sealEverything left to be readable by a server.
func (p *portal) requireReadable(t testing.TB, want sealedFixture) {
	t.Helper()
	p.requireLinkToken(t, want.link)
	p.requireAppSecret(t, want.app)
	for _, email := range []string{"ann@new.example", "lee@acme.example", "bo@birch.example"} {
		found := false
		for _, n := range must(p.Notices(t.Context(), 100))(t) {
			due, holds, err := p.outbox().Prepare(t.Context(), n)
			check(t, err)
			found = found || holds && due.Token != "" && n.Recipient.Email == email
		}
		equal(t, "mail to "+email, found, true)
	}
}

// requireAppSecret wants the one authenticator app to have that secret for a server.
func (p *portal) requireAppSecret(t testing.TB, secret string) {
	t.Helper()
	for _, f := range must(p.Factors(t.Context(), p.super.Identity.ID))(t) {
		if f.Kind == app.AuthenticatorApp {
			equal(t, "secret of the app", must(p.sealer.Open("factor|"+f.ID, f.SecretBox))(t), secret)
			return
		}
	}
	t.Error("there is no app")
}

// requireCodeSignIn wants a code of the Super User's app to be what a server takes.
func (p *portal) requireCodeSignIn(t testing.TB, secret string) {
	t.Helper()
	_, err := p.factors().FinishStep(t.Context(), p.startSteps(t, 1)[0], app.FactorProof{Code: p.totpCode(t, secret)},
		app.Client{})
	check(t, err)
}

func TestRotate_KeepsEverythingReadable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := sealEverything(t, p)
		derived := p.sealer.DeriveToken("", "limit|somebody")

		next := p.withKeys(t, 8, 7) // knows the new key, which nobody uses yet
		equal(t, "derived", next.sealer.DeriveToken("", "limit|somebody"), derived)
		before := must(newRotation(s, next.sealer).Unfinished(t.Context()))(t)
		equal(t, "unfinished", before, true)
		done := must(newRotation(s, next.sealer).Rotate(t.Context(), false))(t)
		equal(t, "sealed", fmt.Sprint(done.Sealed), "map[confirmations:2 factors:1 join_requests:1 links:1]")
		equal(t, "lost", done.Unreadable, 0)
		equal(t, "unfinished", must(newRotation(s, next.sealer).Unfinished(t.Context()))(t), false)

		last := p.withKeys(t, 8) // the old key is gone
		last.requireReadable(t, all)
		last.requireCodeSignIn(t, all.app)
		equal(t, "derived", last.sealer.DeriveToken("", "limit|somebody"), derived)
		again := must(newRotation(s, last.sealer).Rotate(t.Context(), false))(t)
		equal(t, "nothing left", fmt.Sprint(again.Sealed), "map[]")
		refused(t, p.setUps().CheckKey(t.Context()), app.Conflict)
	})
}

// Nothing is sealed with a key before the database names it, so servers may get it one after the other.
func TestRotate_NewKeyIsUnusedBeforeTheRotation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		old := newPortal(t, s)
		next := old.withKeys(t, 8, 7)
		link := next.generateLink(t)
		equal(t, "the old server reads it", must(old.links().Current(t.Context(), old.super))(t).Token, link)
		refused(t, (&portal{Store: s, sealer: newSealer(t, 8)}).setUps().CheckKey(t.Context()), app.Conflict)

		must(newRotation(s, newSealer(t, 8, 7)).Rotate(t.Context(), false))(t)
		check(t, next.setUps().CheckKey(t.Context())) // as running servers do every few seconds
		link = must(next.links().Regenerate(t.Context(), next.super))(t).Token
		old.withKeys(t, 8).requireLinkToken(t, link)
	})
}

// requireLinkToken wants the link to be what a server's Super User copies.
func (p *portal) requireLinkToken(t testing.TB, link string) {
	t.Helper()
	equal(t, "link", must(p.links().Current(t.Context(), p.super))(t).Token, link)
}

// failingRotationStore is a store that fails at one of its writes.
type failingRotationStore struct {
	app.KeyRotationStore
	after int
}

var errInterrupted = errors.New("interrupted")

func (b *failingRotationStore) countWrite() error {
	b.after--
	if b.after < 0 {
		return errInterrupted
	}
	return nil
}

func (b *failingRotationStore) ReplaceInstallationKey(ctx context.Context, was, is app.Installation) (bool, error) {
	if err := b.countWrite(); err != nil {
		return false, err
	}
	return b.KeyRotationStore.ReplaceInstallationKey(ctx, was, is)
}

func (b *failingRotationStore) ReplaceSealedValues(ctx context.Context, in app.SealedColumn,
	boxes []app.ResealedValue,
) (int, error) {
	if err := b.countWrite(); err != nil {
		return 0, err
	}
	return b.KeyRotationStore.ReplaceSealedValues(ctx, in, boxes)
}

func TestRotate_InterruptedRotationIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := sealEverything(t, p)
		key := byte(7)
		for after := range 20 {
			_, err := newRotation(&failingRotationStore{s, after}, newSealer(t, key+1, key)).Rotate(t.Context(), false)
			if err == nil {
				equal(t, "writes of a rotation", after, 6)
				return
			}
			if !errors.Is(err, errInterrupted) {
				t.Fatal(err)
			}
			p.withKeys(t, key+1, key).requireReadable(t, all)
			if alone := (&portal{Store: s, sealer: newSealer(t, key+1)}).setUps().CheckKey(t.Context()); !errors.Is(alone,
				app.Conflict) {
				t.Errorf("after %d writes the old key is not missed: %v", after, alone)
			}
			must(newRotation(s, newSealer(t, key+1, key)).Rotate(t.Context(), false))(t)
			key++
			p.withKeys(t, key).requireReadable(t, all)
		}
		t.Error("a rotation has no end")
	})
}

func TestRotate_ConcurrentRotationsKeepEverythingReadable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := sealEverything(t, p)
		for _, err := range parallel(4, func(int) error {
			_, err := newRotation(s, newSealer(t, 8, 7)).Rotate(t.Context(), false)
			return err
		}) {
			check(t, err)
		}
		p.withKeys(t, 8).requireReadable(t, all)
	})
}

// A link that dies while its box is sealed anew stays without one.
func TestReplaceSealedValues_WipedValueStaysWiped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.generateLink(t)
		in := app.SealedColumns()[0]
		boxes := must(s.SealedValues(t.Context(), in, []byte{0}, "", 10))(t)
		equal(t, "boxes", len(boxes), 1)
		must(p.links().Disable(t.Context(), p.super))(t)
		n := must(s.ReplaceSealedValues(t.Context(), in,
			[]app.ResealedValue{{ID: boxes[0].ID, Before: boxes[0].Box, After: []byte("new")}}))(t)
		equal(t, "replaced", n, 0)
		equal(t, "boxes of dead links", p.count(t, "links", "token_box IS NOT NULL"), 0)
	})
}

func TestRotate_LostKeyIsGivenUpOnRequest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := sealEverything(t, p)
		_, err := newRotation(s, newSealer(t, 9)).Rotate(t.Context(), false)
		refused(t, err, app.Conflict)
		done := must(newRotation(s, newSealer(t, 9)).Rotate(t.Context(), true))(t)
		equal(t, "lost", done.Unreadable, 5)
		next := p.withKeys(t, 9)
		equal(t, "cannot be copied", must(next.links().Current(t.Context(), p.super))(t).Token, "")
		must(next.registrations().OpenLink(t.Context(), all.link))(t)
		next.requireLinkToken(t, must(next.links().Regenerate(t.Context(), p.super))(t).Token)
	})
}

// A column with boxes that a rotation does not know would be unreadable after it.
func TestRotate_CoversEverySealedColumn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		newPortal(t, s)
		var want []string
		for _, in := range app.SealedColumns() {
			want = append(want, in.Table+" "+in.Column)
		}
		want = append(want, "installations mac_box") // beside key_check, which is its own proof
		var got []string
		for _, line := range describeSchema(t, s, path.Base(t.Name())) {
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
