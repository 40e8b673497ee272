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

// registerMany registers so many people within the hour, several at a time.
func (p *portal) registerMany(t *testing.T, n int) {
	t.Helper()
	queue := make([]app.Admission, n)
	for i := range queue {
		queue[i] = p.captureAdmission(t, fmt.Sprintf("p%d@new.example", i))
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

// mailCounts is what a Super User was mailed: how many mails, and how often each of those who registered is in them.
type mailCounts struct {
	mails  int
	people map[string]int
}

// deliverRegistrationMails has some workers at once deliver what is due, and gives what each Super User was told.
func (p *portal) deliverRegistrationMails(t *testing.T, workers int) map[string]*mailCounts {
	t.Helper()
	var mu sync.Mutex
	all := map[string]*mailCounts{}
	for _, err := range parallel(workers, func(int) error {
		for {
			due, err := p.outbox().Claim(t.Context(), 4)
			if err != nil || len(due) == 0 {
				return err
			}
			for _, d := range due {
				mu.Lock()
				countMail(all, d.Notice)
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

func countMail(all map[string]*mailCounts, n app.Notice) {
	if n.Kind != app.PersonRegistered {
		return
	}
	if all[n.RecipientID] == nil {
		all[n.RecipientID] = &mailCounts{people: map[string]int{}}
	}
	all[n.RecipientID].mails++
	for _, each := range append([]app.Notice{n}, n.Others...) {
		all[n.RecipientID].people[each.Subject.Email]++
	}
}

// A thousand register within an hour: each has a notice for each Super User, who is mailed ten times at once
// and then about all others together, and nobody is left out or told of twice, however many workers deliver
// (T-54).
func TestT54_AThousandRegistrationsAreDigested(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		const n = 1000
		p := newPortal(t, s)
		p.createMember(t, "second@acme.example", app.SuperUser)
		p.generateLink(t)
		p.registerMany(t, n)
		equal(t, "notices", p.count(t, "notices", "letter = ?", app.PersonRegistered), 2*n)
		must(p.Bun().NewUpdate().Table("notices").Set("delivery = ?", app.Sent).Where("letter = ?", app.ConfirmAddress).Exec(
			t.Context()))(t)
		singly := p.deliverRegistrationMails(t, 4)
		equal(t, "Super Users", len(singly), 2)
		p.now = p.now.Truncate(time.Hour).Add(time.Hour)
		later := p.deliverRegistrationMails(t, 4)
		for id, at := range singly {
			equal(t, "mails at once", at.mails, app.DigestThreshold)
			equal(t, "mails about many", later[id].mails, 2) // a mail has room for 500
			equal(t, "told of at once", len(at.people), app.DigestThreshold)
			for email, times := range later[id].people {
				equal(t, email, times+at.people[email], 1)
			}
			equal(t, "told of together", len(later[id].people), n-app.DigestThreshold)
		}
		equal(t, "still to be sent", p.count(t, "notices", "delivery = ?", app.Queued), 0)
	})
}

// Notices that are sent together fail, wait and are tried again together.
func TestT54_FailedDigestIsRetriedWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.generateLink(t)
		p.registerMany(t, app.DigestThreshold+5)
		p.deliverRegistrationMails(t, 1)
		p.now = p.now.Truncate(time.Hour).Add(time.Hour)
		first := must(p.outbox().Claim(t.Context(), 4))(t)
		equal(t, "mails", len(first), 1)
		equal(t, "claimed twice", len(must(p.outbox().Claim(t.Context(), 4))(t)), 0)
		check(t, p.outbox().NotDelivered(t.Context(), first[0].Notice, "451 later", false))
		equal(t, "too early", len(must(p.outbox().Claim(t.Context(), 4))(t)), 0)
		p.now = p.now.Add(time.Minute)
		again := must(p.outbox().Claim(t.Context(), 4))(t)
		equal(t, "mails again", len(again), 1)
		equal(t, "Message-ID", again[0].Notice.MessageID(), first[0].Notice.MessageID())
		equal(t, "people", len(again[0].Notice.Others)+1, 5)
		equal(t, "attempts", again[0].Notice.Attempts, 1)
		p.update(t, "memberships", "role = ?", app.StandardUser, "sue@acme.example")
		p.now = p.now.Add(app.Lease)
		equal(t, "to whom is no Super User any more", len(must(p.outbox().Claim(t.Context(), 4))(t)), 0)
		equal(t, "skipped", p.count(t, "notices", "delivery = ? AND together_at IS NOT NULL", app.Skipped), 5)
	})
}
