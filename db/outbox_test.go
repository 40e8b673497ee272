package db_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestClaimNotices_LeasesUntilSettled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.deliverMail(t, "")
		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		claimed := must(s.ClaimNotices(t.Context(), p.now, 10))(t)
		equal(t, "due", len(claimed), 2)
		for _, n := range claimed {
			equal(t, "leased until", *n.LeaseUntil, p.now.Add(app.Lease))
			if n.Kind == app.PersonRegistered {
				equal(t, "recipient", n.Recipient.Email, "sue@acme.example")
				equal(t, "account", n.Account.Name, "Acme")
				equal(t, "subject", n.Subject.Email, "ann@new.example")
			}
		}
		equal(t, "leased", len(must(s.ClaimNotices(t.Context(), p.now.Add(app.Lease-time.Microsecond), 10))(t)), 0)
		again := must(s.ClaimNotices(t.Context(), p.now.Add(app.Lease), 1))(t)
		equal(t, "the lease ran out", len(again), 1)

		check(t, p.outbox().NotDelivered(t.Context(), again[0], "451 later", false))
		n := must(s.Notice(t.Context(), again[0].ID))(t)
		equal(t, "still due", n.Delivery, app.Queued)
		equal(t, "tried", n.Attempts, 1)
		equal(t, "reason", n.LastError, "451 later")
		equal(t, "free", n.LeaseUntil == nil, true)
		equal(t, "pauses", n.NextTryAt.After(p.now), true)

		check(t, p.outbox().Delivered(t.Context(), again[0]))
		check(t, p.outbox().NotDelivered(t.Context(), again[0], "421 a slow worker speaks last", false))
		n = must(s.Notice(t.Context(), again[0].ID))(t)
		equal(t, "delivered stays delivered", n.Delivery, app.Sent)
		equal(t, "when", *n.SentAt, p.now)
		_, err := s.Notice(t.Context(), app.NewID())
		refused(t, err, app.NotFound)
	})
}

// A worker that was away from the database for longer than its lease leaves the lease of the one that took
// over, so that there is no third.
func TestSettleNotice_LateWorkerLeavesTheNewLease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.deliverMail(t, "")
		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		claim := func() app.Notice { return must(s.ClaimNotices(t.Context(), p.now, 1))(t)[0] }
		late := claim()
		p.now = p.now.Add(app.Lease)
		other := claim()
		equal(t, "the same", other.ID, late.ID)
		check(t, p.outbox().NotDelivered(t.Context(), late, "451 later", false))
		check(t, p.outbox().NotDelivered(t.Context(), late, "550 never", true))
		n := must(s.Notice(t.Context(), late.ID))(t)
		equal(t, "still leased", n.LeaseUntil != nil && n.LeaseUntil.Equal(*other.LeaseUntil), true)
		equal(t, "undecided", n.Delivery, app.Queued)
		equal(t, "tries", n.Attempts, 0)
		check(t, p.outbox().Delivered(t.Context(), late))
		check(t, p.outbox().NotDelivered(t.Context(), other, "451 later", false))
		equal(t, "sent is sent", must(s.Notice(t.Context(), late.ID))(t).Delivery, app.Sent)
	})
}

func TestNotices_NewestFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		for i := range 3 {
			p.now = p.now.Add(time.Second)
			check(t, p.register(t, token, newRegistrationForm(fmt.Sprintf("p%d@new.example", i))))
		}
		newest := must(s.Notices(t.Context(), 4))(t)
		equal(t, "how many", len(newest), 4)
		for i, at := range []time.Time{p.now, p.now, p.now.Add(-time.Second), p.now.Add(-time.Second)} {
			equal(t, fmt.Sprint("at ", i), newest[i].CreatedAt, at)
		}
	})
}

// Several workers on several servers share one outbox: everything is claimed, nothing twice.
func TestClaimNotices_ConcurrentWorkersNeverShare(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		p.deliverMail(t, "")
		token := p.generateLink(t)
		for i := range 30 {
			check(t, p.register(t, token, newRegistrationForm(fmt.Sprintf("p%d@new.example", i))))
		}
		servers := []*db.Store{s, dbtest.Open(t, databaseURL)}
		var mu sync.Mutex
		seen := map[string]int{}
		for _, err := range parallel(6, func(i int) error { return claimAll(t, servers[i%2], p.now, &mu, seen) }) {
			check(t, err)
		}
		equal(t, "claimed", len(seen), 60)
		for id, n := range seen {
			equal(t, id, n, 1)
		}
	})
}

func claimAll(t *testing.T, s *db.Store, at time.Time, mu *sync.Mutex, seen map[string]int) error {
	for {
		claimed, err := s.ClaimNotices(t.Context(), at, 7)
		if err != nil {
			return err
		}
		mu.Lock()
		for _, n := range claimed {
			seen[n.ID]++
		}
		done := len(seen) >= 60
		mu.Unlock()
		if done {
			return nil
		}
	}
}
