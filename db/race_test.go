package db_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// One form sent fifty times at once, as by a nervous finger and a retrying proxy: one login, and every answer is success.
func TestT30OneFormSentManyTimes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.create(t, "second@acme.example", app.SuperUser)
		token, sent := p.link(t), form("ann@new.example")
		for i, err := range parallel(50, func(int) error { return p.register(t, token, sent) }) {
			if err != nil {
				t.Errorf("copy %d: %v", i, err)
			}
		}
		id := p.person(t, "ann@new.example").ID
		for table, column := range map[string]string{
			"memberships": "identity_id", "registrations": "identity_id", "consents": "identity_id", "confirmations": "identity_id",
		} {
			equal(t, table, p.count(t, table, column+" = ?", id), 1)
		}
		equal(t, "notices", p.count(t, "notices", "recipient_id = ? OR subject_id = ?", id, id), 1+2)
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 1)
	})
}

// The store alone, without the rule that settles: one is stored, and every other answer says that it was not.
func TestT30OneAdmissionStoredManyTimes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		a := p.admission(t, "ann@new.example")
		copies := make([]app.Admission, 40)
		for i := range copies {
			copies[i] = p.admission(t, "ann@new.example")
			copies[i].Registration.SubmissionKey = a.Registration.SubmissionKey
		}
		stored := 0
		for _, err := range parallel(40, func(i int) error { return s.Register(t.Context(), copies[i]) }) {
			if err == nil {
				stored++
				continue
			}
			refused(t, err, app.Problems{"email": app.EmailTaken()})
		}
		equal(t, "stored", stored, 1)
		equal(t, "registered", must(s.Registered(t.Context(), a.Registration.SubmissionKey))(t), true)
		equal(t, "rows", p.count(t, "registrations", "1 = 1"), 1)
	})
}

func TestManyPeopleRegisterAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.link(t)
		for i, err := range parallel(40, func(i int) error { return p.register(t, token, form(fmt.Sprintf("p%d@new.example", i))) }) {
			if err != nil {
				t.Errorf("person %d: %v", i, err)
			}
		}
		equal(t, "used", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 40)
		equal(t, "registrations", p.count(t, "registrations", "1 = 1"), 40)
		equal(t, "told", p.count(t, "notices", "letter = ?", app.PersonRegistered), 40)
	})
}

// The rules looked before the link died and the store stores after it: the store decides.
func TestT07DeadLinkLetsNobodyIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for _, end := range p.ends(t) {
			a := p.admission(t, "ann@new.example")
			check(t, end())
			refused(t, s.Register(t.Context(), a), app.Gone)
		}
		equal(t, "stored", p.count(t, "identities", "email_key = ?", "ann@new.example"), 0)
		equal(t, "used", p.count(t, "links", "used > 0"), 0)
	})
}

// ends are the ways to end a link.
func (p *portal) ends(t *testing.T) []func() error {
	return []func() error{
		func() error { return p.links().Disable(t.Context(), p.super) },
		func() error { _, err := p.links().Regenerate(t.Context(), p.super); return err },
	}
}

// Once a link's end is acknowledged, nobody gets in by it, however the requests lie.
func TestT07NobodyGetsInAfterTheEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for round := range 8 {
			raceForTheLink(t, p, round)
		}
	})
}

func raceForTheLink(t *testing.T, p *portal, round int) {
	t.Helper()
	var queue []app.Admission
	for i := range 60 {
		queue = append(queue, p.admission(t, fmt.Sprintf("r%d-%d@new.example", round, i)))
	}
	var dead atomic.Bool
	var next, late, in atomic.Int64
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(queue)); i = next.Add(1) - 1 {
				began := dead.Load()
				err := p.Register(t.Context(), queue[i])
				switch {
				case err == nil && began:
					late.Add(1)
				case err == nil:
					in.Add(1)
				case !errors.Is(err, app.Gone):
					t.Errorf("refused with %v", err)
				}
			}
		})
	}
	for in.Load() < 5 && !t.Failed() { // until the race is on
		check(t, p.Ping(t.Context()))
	}
	check(t, p.ends(t)[round%2]())
	dead.Store(true)
	all.Wait()
	equal(t, "let in after the end", late.Load(), 0)
	used := must(p.LinkByToken(t.Context(), p.hashOf(t, queue[0].Registration.LinkID)))(t).Used
	equal(t, "use count", int64(used), in.Load())
}

func (p *portal) hashOf(t *testing.T, linkID string) []byte {
	t.Helper()
	var hash []byte
	check(t, p.Bun().NewSelect().Table("links").Column("token_hash").Where("id = ?", linkID).Scan(t.Context(), &hash))
	return hash
}

// Two servers, or a server and a command, share one database. Transactions that read first and then write wait for each other too.
func TestTwoServersWrite(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		servers := []app.Members{p.members(), p.members()}
		servers[1].Store = dbtest.Open(t, databaseURL)
		for i, err := range parallel(40, func(i int) error {
			_, err := servers[i%2].Create(t.Context(), p.super,
				app.NewUser{FirstName: "N", LastName: "N", Email: fmt.Sprintf("n%d@acme.example", i), Role: app.StandardUser, Language: "en"})
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		equal(t, "members", p.count(t, "memberships", "1 = 1"), 41)
	})
}
