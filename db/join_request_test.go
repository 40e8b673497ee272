package db_test

import (
	"errors"
	"fmt"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// A request to be added and the end of its link at the same time: the request counts, or the end does, and a
// link that has ended admits nobody afterwards.
func TestConsumeJoinRequest_EndedLinkAdmitsNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for round := range 6 {
			email := fmt.Sprintf("lena%d@learn.example", round)
			check(t, p.imports().AddIdentity(t.Context(), email, "Lena", "Fischer", "de"))
			must(p.links().Generate(t.Context(), p.super))(t)
			token := p.requestToJoin(t, email)
			answers := parallel(2, func(i int) error {
				if i == 0 {
					return p.linkEndings(t)[round%2]()
				}
				_, err := p.joinRequests().Join(t.Context(), token, app.Client{})
				return err
			})
			check(t, answers[0])
			joined := p.count(t, "memberships", "identity_id = ?", p.identity(t, email).ID)
			if answers[1] != nil && !errors.Is(answers[1], app.Gone) {
				t.Errorf("refused with %v", answers[1])
			}
			equal(t, "memberships", joined == 1, answers[1] == nil)
			if joined == 0 {
				_, err := p.joinRequests().Join(t.Context(), token, app.Client{})
				refused(t, err, app.Gone)
			}
		}
	})
}

func (p *portal) joinRequests() app.JoinRequests {
	return app.JoinRequests{Store: p, Sealer: p.sealer, Clock: p.clock}
}

// requestToJoin asks by the current link for somebody, and gives the token of the mail.
func (p *portal) requestToJoin(t testing.TB, email string) string {
	t.Helper()
	current := must(p.links().Current(t.Context(), p.super))(t)
	link := must(p.registrations().OpenLink(t.Context(), current.Token))(t)
	check(t, p.joinRequests().Send(t.Context(), *link, email))
	for _, due := range must(p.outbox().Claim(t.Context(), 100))(t) {
		if due.Notice.Kind == app.JoinAccount && due.Notice.Recipient.Email == email {
			return due.Token
		}
	}
	t.Fatalf("%s was not mailed", email)
	return ""
}

// The role is that of the link at the moment of pressing, and the person is found by name from then on.
func TestConsumeJoinRequest_TakesTheLinksRoleAndIndexesTheMember(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().AddIdentity(t.Context(), "lena@learn.example", "Lena", "Fischer", "de"))
		p.generateLink(t)
		token := p.requestToJoin(t, "lena@learn.example")
		must(s.Bun().NewUpdate().Table("links").Set("role = ?", app.LimitedUser).Where("active = ?", true).Exec(t.Context()))(
			t)
		must(p.joinRequests().Join(t.Context(), token, app.Client{}))(t)
		found := must(s.Members(t.Context(), p.super.Account.ID, app.MemberQuery{Search: "fisch", Status: app.Pending}, 10))(
			t)
		equal(t, "found", len(found), 1)
		equal(t, "role", found[0].Role, app.LimitedUser)
	})
}
