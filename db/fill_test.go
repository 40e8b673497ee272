package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
)

// fillAtOnce is how many rows one statement stores.
const fillAtOnce = 1000

// names of the crowd. Each is as common as the others, but for the first: all begin with an A.
func crowdNames() ([]string, []string) {
	return []string{"Anna", "Alan", "Amir", "Aiko", "Abel", "Asta", "Ava"}, []string{"Stone", "Brook", "Hill", "Wood", "Field"}
}

// fill gives an account so many members besides, one a minute, the newest now. Member i has the word "numberI", which is rare, and one of a
// few names, which are not.
func (p *portal) fill(t testing.TB, n int) {
	t.Helper()
	firsts, lasts := crowdNames()
	begin := p.now.Add(-time.Duration(n) * time.Minute)
	for from := 0; from < n; from += fillAtOnce {
		var people []app.Identity
		var members []app.Membership
		var words []db.MemberWord
		for i := from; i < min(from+fillAtOnce, n); i++ {
			at := begin.Add(time.Duration(i) * time.Minute)
			person := app.Identity{
				ID: app.NewID(), Email: fmt.Sprintf("number%d@crowd.example", i), FirstName: firsts[i%len(firsts)], LastName: lasts[i%len(lasts)],
				Language: "en", CreatedAt: at, ConfirmedAt: &at, PasswordHash: "x",
			}
			person.EmailKey = person.Email
			person.SearchText = app.SearchText(person.FirstName, person.LastName, person.Email)
			m := app.Membership{
				ID: app.NewID(), IdentityID: person.ID, AccountID: p.super.Account.ID, Role: app.StandardUser, Status: app.Active,
				JoinedBy: app.ByCreation, JoinedAt: at,
			}
			switch i % 1000 {
			case 1:
				m.Role = app.LimitedUser
			case 2:
				m.Status = app.Suspended
			}
			people, members = append(people, person), append(members, m)
			words = append(words, db.WordsOf(m, person)...)
		}
		p.insert(t, &people, &members, &words)
	}
}

func (p *portal) insert(t testing.TB, rows ...any) {
	t.Helper()
	tx := must(p.Bun().BeginTx(t.Context(), nil))(t)
	for _, all := range rows {
		must(tx.NewInsert().Model(all).Exec(t.Context()))(t)
	}
	check(t, tx.Commit())
}
