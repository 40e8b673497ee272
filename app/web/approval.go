package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// pendingView gathers a page of the Pending Memberships. Where those of that page are all decided, it is the first.
func (s *server) pendingView(c *fiber.Ctx, after app.Cursor) (views.PendingView, error) {
	v := views.PendingView{Account: currentActor(c).Account, After: after, Focus: isFragment(c)}
	var err error
	v.Page, err = s.Approvals.Pending(c.UserContext(), currentActor(c), after)
	if err == nil && len(v.Page.Entries) == 0 && after.ID != "" {
		v.After = app.Cursor{}
		v.Page, err = s.Approvals.Pending(c.UserContext(), currentActor(c), v.After)
	}
	return v, err
}

func (s *server) pendingList(c *fiber.Ctx) error {
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v, err := s.pendingView(c, after)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, viewOf(v, views.PendingPage, views.PendingList))
}

// confirmReject is the step before somebody is rejected.
func (s *server) confirmReject(c *fiber.Ctx) error {
	members, err := s.Approvals.PendingByID(c.UserContext(), currentActor(c), queryValues(c, "member"))
	if err != nil {
		return withProblems(err, func(problems app.Problems) (view, error) {
			return s.pendingProblemsView(c, app.Cursor{}, problems)
		})
	}
	v := views.RejectView{Account: currentActor(c).Account, Members: members, Focus: isFragment(c)}
	return s.show(c, http.StatusOK, viewOf(v, views.RejectPage, views.RejectPanel))
}

// queryValues gives every value of a parameter of the address.
func queryValues(c *fiber.Ctx, name string) []string {
	var all []string
	for _, value := range c.Context().QueryArgs().PeekMulti(name) {
		all = append(all, string(value))
	}
	return all
}

func (s *server) acceptPending(c *fiber.Ctx) error { return s.decidePending(c, app.Accept) }

func (s *server) rejectPending(c *fiber.Ctx) error { return s.decidePending(c, app.Reject) }

// decidePending takes a form of the Pending Memberships and shows who is still waiting.
func (s *server) decidePending(c *fiber.Ctx, verdict app.Verdict) error {
	decide := s.Approvals.Accept
	if verdict == app.Reject {
		decide = s.Approvals.Reject
	}
	return submit(c, decodePendingChoice, func(choice pendingChoice) error {
		after, err := app.ParseCursor(choice.after)
		if err != nil {
			return err
		}
		result, err := decide(c.UserContext(), currentActor(c), choice.members)
		if err != nil {
			return err
		}
		return s.showDone(c, views.PendingPathAfter(c.UserContext(), after), decisionMessage(verdict, result),
			func() (templ.Component, error) { return s.pendingSwap(c, after) })
	}, func(choice pendingChoice, problems app.Problems) (view, error) {
		after, err := app.ParseCursor(choice.after)
		if err != nil {
			return view{}, err
		}
		return s.pendingProblemsView(c, after, problems)
	})
}

// pendingChoice is a form of the Pending Memberships: who was chosen, and on which page of the list.
type pendingChoice struct {
	after   string
	members []string
}

func decodePendingChoice(f *form) pendingChoice {
	return pendingChoice{after: f.hidden("after"), members: f.many("member")}
}

// pendingSwap is the list and the number of those who wait, as they are now.
func (s *server) pendingSwap(c *fiber.Ctx, after app.Cursor) (templ.Component, error) {
	v, err := s.pendingView(c, after)
	if err != nil {
		return nil, err
	}
	count, err := s.Approvals.Count(c.UserContext(), currentActor(c))
	return templ.Join(views.PendingList(v), views.PendingCountSwap(count)), err
}

// decisionMessage says what became of a decision.
func decisionMessage(verdict app.Verdict, done app.DecisionResult) app.Message {
	all, some := "done_accepted", "done_accepted_some"
	if verdict == app.Reject {
		all, some = "done_rejected", "done_rejected_some"
	}
	switch n := len(done.Decided); {
	case n == 0:
		return app.Say("done_late", "Count", done.AlreadyDecided)
	case done.AlreadyDecided > 0:
		return app.Say(some, "Number", n, "Late", done.AlreadyDecided)
	default:
		return app.Say(all, "Count", n, "Name", done.Decided[0].Identity.Name())
	}
}

// pendingProblemsView is the list again, if nobody can be decided about by the choice.
func (s *server) pendingProblemsView(c *fiber.Ctx, after app.Cursor, problems app.Problems) (view, error) {
	v, err := s.pendingView(c, after)
	v.Problems, v.Focus = problems, false
	return viewOf(v, views.PendingPage, views.PendingList), err
}
