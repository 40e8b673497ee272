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

// crowdOf registers so many people within the hour, several at a time.
func (p *portal) crowdOf(t *testing.T, n int) {
	t.Helper()
	queue := make([]app.Admission, n)
	for i := range queue {
		queue[i] = p.admission(t, fmt.Sprintf("p%d@new.example", i))
		queue[i].Digest = true
	}
	for i, err := range parallel(8, func(worker int) error {
		for i := worker; i < n; i += 8 {
			if err := p.Register(t.Context(), queue[i]); err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("worker %d: %v", i, err)
		}
	}
}

// told is what a Super User was mailed: how many mails, and how often each of those who registered is in them.
type told struct {
	mails  int
	people map[string]int
}

// deliver has some workers at once deliver what is due, and gives what each Super User was told.
func (p *portal) deliver(t *testing.T, workers int) map[string]*told {
	t.Helper()
	var mu sync.Mutex
	all := map[string]*told{}
	for _, err := range parallel(workers, func(int) error {
		for {
			due, err := p.outbox().Claim(t.Context(), 4)
			if err != nil || len(due) == 0 {
				return err
			}
			for _, d := range due {
				mu.Lock()
				note(all, d.Notice)
				mu.Unlock()
				if err := p.outbox().Delivered(t.Context(), d.Notice); err != nil {
					return err
				}
			}
		}
	}) {
		check(t, err)
	}
	return all
}

func note(all map[string]*told, n app.Notice) {
	if n.Letter != app.PersonRegistered {
		return
	}
	if all[n.RecipientID] == nil {
		all[n.RecipientID] = &told{people: map[string]int{}}
	}
	all[n.RecipientID].mails++
	for _, each := range append([]app.Notice{n}, n.Others...) {
		all[n.RecipientID].people[each.Subject.Email]++
	}
}

// A thousand register within an hour: each has a notice for each Super User, who is mailed ten times at once and then about all others
// together, and nobody is left out or told of twice, however many workers deliver (T-54).
func TestT54AThousandRegistrations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		const n = 1000
		p := newPortal(t, s)
		p.create(t, "second@acme.example", app.SuperUser)
		p.link(t)
		p.crowdOf(t, n)
		equal(t, "notices", p.count(t, "notices", "letter = ?", app.PersonRegistered), 2*n)
		must(p.Bun().NewUpdate().Table("notices").Set("delivery = ?", app.Sent).Where("letter = ?", app.ConfirmAddress).Exec(t.Context()))(t)
		singly := p.deliver(t, 4)
		equal(t, "Super Users", len(singly), 2)
		p.now = p.now.Truncate(time.Hour).Add(time.Hour)
		later := p.deliver(t, 4)
		for id, at := range singly {
			equal(t, "mails at once", at.mails, app.ToldSingly)
			equal(t, "mails about many", later[id].mails, 2) // a mail has room for 500
			equal(t, "told of at once", len(at.people), app.ToldSingly)
			for email, times := range later[id].people {
				equal(t, email, times+at.people[email], 1)
			}
			equal(t, "told of together", len(later[id].people), n-app.ToldSingly)
		}
		equal(t, "still to be sent", p.count(t, "notices", "delivery = ?", app.Queued), 0)
	})
}

// Notices that are sent together fail, wait and are tried again together.
func TestT54ADigestIsTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.link(t)
		p.crowdOf(t, app.ToldSingly+5)
		p.deliver(t, 1)
		p.now = p.now.Truncate(time.Hour).Add(time.Hour)
		first := must(p.outbox().Claim(t.Context(), 4))(t)
		equal(t, "mails", len(first), 1)
		equal(t, "claimed twice", len(must(p.outbox().Claim(t.Context(), 4))(t)), 0)
		check(t, p.outbox().NotDelivered(t.Context(), first[0].Notice, "451 later", false))
		equal(t, "too early", len(must(p.outbox().Claim(t.Context(), 4))(t)), 0)
		p.now = p.now.Add(time.Minute)
		again := must(p.outbox().Claim(t.Context(), 4))(t)
		equal(t, "mails again", len(again), 1)
		equal(t, "Message-ID", again[0].Notice.MailID(), first[0].Notice.MailID())
		equal(t, "people", len(again[0].Notice.Others)+1, 5)
		equal(t, "attempts", again[0].Notice.Attempts, 1)
		p.set(t, "memberships", "role = ?", app.StandardUser, "sue@acme.example")
		p.now = p.now.Add(app.Lease)
		equal(t, "to whom is no Super User any more", len(must(p.outbox().Claim(t.Context(), 4))(t)), 0)
		equal(t, "skipped", p.count(t, "notices", "delivery = ? AND together_at IS NOT NULL", app.Skipped), 5)
	})
}
