package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// newPolicyForm is a form for the account's link that changes nothing but what change says of a link without rules.
func (p *portal) newPolicyForm(t testing.TB, change func(*app.LinkPolicyForm)) app.LinkPolicyForm {
	t.Helper()
	link := must(p.CurrentLink(t.Context(), p.super.Account.ID))(t)
	form := app.LinkPolicyForm{LinkID: link.ID, Expiry: app.NoExpiry, Role: app.StandardUser}
	change(&form)
	return form
}

// A regenerated link has the rules of the one that it replaces, also where the clocks of servers differ, or
// stand still.
func TestReplaceLink_KeepsThePolicyOfTheReplacedLink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.generateLink(t)
		most := func(n string) {
			t.Helper()
			check(t,
				p.links().ChangePolicy(t.Context(), p.super, p.newPolicyForm(t, func(f *app.LinkPolicyForm) { f.MaxUses = n })))
		}
		for i, step := range []time.Duration{-10 * time.Second, 0, 5 * time.Second, -time.Second, 0, 0} {
			most(fmt.Sprint(i + 7))
			p.now = p.now.Add(step)
			made := must(p.links().Regenerate(t.Context(), p.super))(t)
			equal(t, fmt.Sprintf("step %d, %v", i, step), made.Link.MaxUses, i+7)
		}
	})
}

func TestUpdateLink_PolicySurvivesRegenerateAndDisable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		check(t, p.links().ChangePolicy(t.Context(), p.super, p.newPolicyForm(t, func(f *app.LinkPolicyForm) {
			f.Expiry, f.Days, f.MaxUses, f.Role, f.Domains, f.Approval = app.ExpiryByAge, "10", "5", app.LimitedUser,
				"b.example *.a.example", "1"
		})))
		end := p.now.AddDate(0, 0, 10)
		want := app.LinkPolicy{
			ExpireDays: 10, MaxUses: 5, Role: app.LimitedUser, Domains: "*.a.example b.example",
			RequiresApproval: true,
		}
		wantPolicy := func(what string) {
			t.Helper()
			got := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).LinkPolicy
			equal(t, what+": end", got.ExpiresAt.Equal(end), true)
			got.ExpiresAt = nil
			equal(t, what, got, want)
		}
		wantPolicy("saved")
		equal(t, "told", p.count(t, "activities", "event = ? AND actor_id = ?", app.LinkPolicyChanged, p.super.Identity.ID),
			1)
		equal(t, "the address works", must(p.links().Current(t.Context(), p.super))(t).Token, token)

		p.now = p.now.AddDate(0, 0, 3)
		end = p.now.AddDate(0, 0, 10)
		made := must(p.links().Regenerate(t.Context(), p.super))(t)
		wantPolicy("regenerated")
		equal(t, "shown", made.EndsAt.Equal(end), true)
		must(p.links().Disable(t.Context(), p.super))(t)
		must(p.links().Generate(t.Context(), p.super))(t)
		wantPolicy("generated again")

		other := p.createAccount(t, "Other", "olga@other.example")
		equal(t, "another account's", must(p.links().Generate(t.Context(), other))(t).Link.LinkPolicy,
			app.LinkPolicy{Role: app.StandardUser})
		check(t, p.links().ChangePolicy(t.Context(), p.super, p.newPolicyForm(t, func(*app.LinkPolicyForm) {})))
		equal(t, "opened", must(s.CurrentLink(t.Context(), p.super.Account.ID))(t).LinkPolicy,
			app.LinkPolicy{Role: app.StandardUser})
	})
}

// Of Super Users who save at once, one wins whole: no policy is made of the rules of two.
func TestUpdateLink_ConcurrentPoliciesAreNeverMixed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.generateLink(t)
		forms := make([]app.LinkPolicyForm, 24)
		for i := range forms {
			forms[i] = p.newPolicyForm(t, func(f *app.LinkPolicyForm) {
				n := fmt.Sprint(i + 1)
				f.Expiry, f.Days, f.MaxUses, f.Domains = app.ExpiryByAge, n, n, "d"+n+".example"
				f.Role, f.Approval = app.Roles()[i%3], strings.Repeat("1", i%2)
			})
		}
		for i, err := range parallel(len(forms), func(i int) error {
			return p.links().ChangePolicy(t.Context(), p.super, forms[i])
		}) {
			if err != nil {
				t.Errorf("form %d: %v", i, err)
			}
		}
		got := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t)
		if got.MaxUses < 1 || got.MaxUses > len(forms) || got.PolicyForm() != forms[got.MaxUses-1] {
			t.Errorf("got %+v, which nobody saved", got.PolicyForm())
		}
		equal(t, "told", p.count(t, "activities", "event = ?", app.LinkPolicyChanged), len(forms))
	})
}

// The maximum is lowered while people register: it is never below what was used, and never more register than it says.
func TestUpdateLink_MaximumIsNeverBelowItsUses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		form8 := p.newPolicyForm(t, func(f *app.LinkPolicyForm) { f.MaxUses = "8" })
		var set, in atomic.Int64
		parallel(40, func(i int) error {
			if i%5 == 4 {
				err := p.links().ChangePolicy(t.Context(), p.super, form8)
				if err == nil {
					set.Add(1)
				} else if problems, ok := errors.AsType[app.Problems](err); !ok ||
					problems["max_uses"].ID != "max_uses_below_used" {
					t.Errorf("saving: %v", err)
				}
				return err
			}
			err := p.register(t, token, newRegistrationForm(fmt.Sprintf("p%d@new.example", i)))
			if err == nil {
				in.Add(1)
			} else if messageID(err) != "link_full" {
				t.Errorf("registering: %v", err)
			}
			return err
		})
		got := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t)
		equal(t, "used", int64(got.Used), in.Load())
		if limited := got.MaxUses > 0; limited != (set.Load() > 0) || (limited && got.Used > got.MaxUses) ||
			(!limited && got.Used != 32) {
			t.Errorf("%d registered of %d, the maximum was set %d times", got.Used, got.MaxUses, set.Load())
		}
	})
}

// Once a rule is acknowledged, nobody registers against it, however the requests lie.
func TestT08_NobodyRegistersAgainstANewRule(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.generateLink(t)
		for round, rule := range []func(*app.LinkPolicyForm){
			func(f *app.LinkPolicyForm) { f.Domains = "acme.example" },
			func(f *app.LinkPolicyForm) { f.Role, f.Approval = app.LimitedUser, "1" },
		} {
			check(t, p.links().ChangePolicy(t.Context(), p.super, p.newPolicyForm(t, func(*app.LinkPolicyForm) {})))
			before := p.captureAdmission(t, fmt.Sprintf("before%d@new.example", round))
			check(t, p.Register(t.Context(), before))
			equal(t, "let in before it",
				p.count(t, "memberships", "id = ? AND role = ?", before.Membership.ID, app.StandardUser), 1)
			against := p.registerDuring(t, round, func() error {
				return p.links().ChangePolicy(context.WithoutCancel(t.Context()), p.super, p.newPolicyForm(t, rule))
			})
			// nobody here, or as others
			equal(t, fmt.Sprintf("round %d: let in after it", round), len(against), []int{0, 20}[round])
			for _, id := range against {
				bad := p.count(t, "memberships", "id = ? AND role = ?", id, app.StandardUser)
				equal(t, fmt.Sprintf("round %d: registered against the rule", round), bad, 0)
			}
		}
	})
}

// The creator is demoted, suspended or removed while people register: once that is acknowledged, the link
// lets nobody in, and says why.
func TestT08_NobodyRegistersAfterTheCreatorLostTheRight(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "ann@acme.example", app.SuperUser)
		p.update(t, "identities", "confirmed_at = ?", p.now, "ann@acme.example")
		p.update(t, "identities", "password_hash = ?", "x", "ann@acme.example")
		ann := p.super
		ann.Identity = *p.identity(t, "ann@acme.example")
		ann.Membership = must(s.Memberships(t.Context(), ann.Identity.ID))(t)[0]
		sue := p.super.Membership.ID
		for round, end := range []func(context.Context) error{
			func(ctx context.Context) error {
				_, err := p.members().ChangeRole(ctx, ann, sue, app.LimitedUser)
				return err
			},
			func(ctx context.Context) error { _, err := p.members().Suspend(ctx, ann, sue); return err },
			func(ctx context.Context) error { _, err := p.members().Remove(ctx, ann, sue); return err },
		} {
			p.update(t, "memberships", "role = ?", app.SuperUser, "sue@acme.example")
			p.update(t, "memberships", "status = ?", app.Active, "sue@acme.example")
			must(p.links().Regenerate(t.Context(), p.super))(t)
			against := p.registerDuring(t, round, func() error { return end(context.WithoutCancel(t.Context())) })
			equal(t, fmt.Sprintf("round %d: let in after it", round), len(against), 0)
		}
	})
}

// registerDuring has people register in parallel with an act, and gives the memberships of those who began
// after it was acknowledged and were let in.
func (p *portal) registerDuring(t *testing.T, round int, act func() error) []string {
	t.Helper()
	queue := make([]app.Admission, 40)
	for i := range queue {
		queue[i] = p.captureAdmission(t, fmt.Sprintf("r%d-%d@new.example", round, i))
	}
	done := make(chan struct{})
	began := make([]bool, len(queue))
	refused := make([]error, len(queue))
	errs := parallel(len(queue)+1, func(i int) error {
		if i == len(queue) {
			defer close(done)
			return act()
		}
		if began[i] = i >= len(queue)/2; began[i] { // half of them come after it
			<-done
		}
		refused[i] = p.Register(t.Context(), queue[i])
		return nil
	})
	check(t, errs[len(queue)])
	var against []string
	for i, err := range refused {
		if err != nil && !errors.Is(err, app.Gone) && messageID(err) != "email_domain_not_allowed" {
			t.Errorf("refused with %v", err)
		}
		if err == nil && began[i] {
			against = append(against, queue[i].Membership.ID)
		}
	}
	return against
}
