package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"reglink/app"
	"reglink/db/dbtest"
)

// What the limits add to a page in statements, pinned: nothing to those that people open, nor to fields checked while they type, but
// for the address, which may tell who has a login; to that and to a form that is sent a look and a short transaction, and to a sign-in
// one more that takes it back. A registration looks how many there were within the hour, too.
func TestStatementsOfLimits(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		free := p.app
		p.serve(limited)
		limiting := p.app
		for _, c := range limitedPages(p) {
			cost := func() int { return dbtest.Count(p.t, p.store, func() { p.want(c.ask(), c.status) }) }
			p.app = free
			without := cost()
			p.app = limiting
			p.want(c.ask(), c.status) // the count begins
			if got := cost() - without; got != c.more {
				p.t.Errorf("%s: the limits add %d statements to %d, want %d", c.what, got, without, c.more)
			}
		}
	})
}

// limitedPage is a page with what the limits add to its cost.
type limitedPage struct {
	what   string
	ask    func() answer
	status int
	more   int
}

func limitedPages(p *portal) []limitedPage {
	p.t.Helper()
	path, people := p.link(), 0
	form := p.filledIn(path, "nia@acme.example")
	b := browser{p: p}.from("203.0.113.9")
	register := func() answer {
		people++
		form.Set("email", fmt.Sprintf("n%d@acme.example", people))
		form.Set("submission_id", app.NewSubmissionID())
		return b.post(path, form)
	}
	const look, transaction = 1, 3
	return []limitedPage{
		{"the form", func() answer { return b.get(path) }, http.StatusOK, 0},
		{"a link that never was", func() answer { return b.get("/register/" + app.NewToken(app.LinkToken)) }, http.StatusNotFound, 0},
		{"a live check", func() answer { return b.withHTMX().post(path+"/check/phone", form) }, http.StatusOK, 0},
		{"the live check of an address", func() answer { return b.withHTMX().post(path+"/check/email", form) }, http.StatusOK, look + transaction},
		{
			"a sign-in", func() answer { return b.post("/sign-in", credentials("sue@acme.example", password)) }, http.StatusSeeOther,
			look + 2*transaction,
		},
		{"a wrong password", func() answer { return guess(p, "203.0.113.9", "sue@acme.example") }, http.StatusUnprocessableEntity, look + transaction},
		{
			"asking for a mail", func() answer { return b.post("/confirm", url.Values{"email": {"x@acme.example"}}) }, http.StatusOK,
			look + transaction,
		},
		{"a registration", register, http.StatusSeeOther, look + transaction + look},
		{
			"a confirmation that never was", func() answer { return b.post("/confirm/"+app.NewToken(app.ConfirmationToken), nil) }, http.StatusNotFound,
			look + look + transaction,
		},
	}
}
