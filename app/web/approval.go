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
	v.Page, err = s.approvals.Pending(c.UserContext(), currentActor(c), after)
	if err == nil && len(v.Page.Entries) == 0 && after.ID != "" {
		v.After = app.Cursor{}
		v.Page, err = s.approvals.Pending(c.UserContext(), currentActor(c), v.After)
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
	if isFragment(c) {
		return write(c, http.StatusOK, views.PendingList(v))
	}
	return write(c, http.StatusOK, views.PendingPage(s.page(c), v))
}

// confirmReject is the step before somebody is rejected.
func (s *server) confirmReject(c *fiber.Ctx) error {
	members, err := s.approvals.PendingByID(c.UserContext(), currentActor(c), queryValues(c, "member"))
	if err != nil {
		return s.writePendingProblems(c, err, app.Cursor{})
	}
	v := views.RejectView{Account: currentActor(c).Account, Members: members, Focus: isFragment(c)}
	if isFragment(c) {
		return write(c, http.StatusOK, views.RejectPanel(v))
	}
	return write(c, http.StatusOK, views.RejectPage(s.page(c), v))
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

// decidePending takes a form of the Pending Memberships and shows who still waits.
func (s *server) decidePending(c *fiber.Ctx, verdict app.Verdict) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	after, err := app.ParseCursor(f.hidden("after"))
	if err != nil {
		return err
	}
	decide := s.approvals.Accept
	if verdict == app.Reject {
		decide = s.approvals.Reject
	}
	var done app.DecisionResult
	if err = f.err(); err == nil {
		done, err = decide(c.UserContext(), currentActor(c), f.many("member"))
	}
	if err != nil {
		return s.writePendingProblems(c, err, after)
	}
	s.wakeMailer()
	said := decisionMessage(verdict, done)
	if !isFragment(c) {
		s.setToast(c, said)
		return redirect(c, views.PendingPathAfter(c.UserContext(), after))
	}
	v, err := s.pendingView(c, after)
	if err != nil {
		return err
	}
	count, err := s.approvals.Count(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	return s.writeDone(c, "", said, templ.Join(views.PendingList(v), views.PendingCountSwap(count)))
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

// writePendingProblems shows the list again where the choice was none that can be decided about.
func (s *server) writePendingProblems(c *fiber.Ctx, err error, after app.Cursor) error {
	if !isProblems(err) {
		return err
	}
	v, listErr := s.pendingView(c, after)
	if listErr != nil {
		return listErr
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v.Problems, v.Focus = problems, false
		return views.PendingPage(s.page(c), v), views.PendingList(v)
	})
}
