package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

const invitations = "/account/link/invitations"

// invitationVisits are those of the pages that mail and print the link. One invitation was mailed long enough ago to be sent again.
func (s *scene) invitationVisits() map[string]visit {
	sent := s.invite("iris@acme.example")
	s.deliver()
	s.clock.pass(app.InviteAgainAfter)
	again := invitations + "/" + s.one("SELECT id FROM invitations WHERE email = 'iris@acme.example'") + "/resend"
	elsewhere := map[string]int{"other": http.StatusNotFound}
	return map[string]visit{
		"GET /account/link/invitations":             {who: "super user", status: http.StatusOK},
		"POST /account/link/invitations":            {who: "super user", status: http.StatusUnprocessableEntity},
		"GET /account/link/invitations/batches/:id": {who: "super user", path: sent, status: http.StatusOK, unlike: elsewhere},
		"POST /account/link/invitations/:id/resend": {who: "super user", path: again, status: http.StatusSeeOther, unlike: elsewhere},
		"GET /account/link/invitation":              {who: "super user", status: http.StatusOK},
		"GET /account/link/qr.svg":                  {who: "super user", status: http.StatusOK},
	}
}

func inviting(addresses ...string) url.Values {
	return url.Values{"addresses": {strings.Join(addresses, "\n")}, "language": {"en"}}
}

// invite sends invitations as the Super User of Acme Widgets does, and gives the path of their batch.
func (p *portal) invite(addresses ...string) string {
	p.t.Helper()
	got := p.sue.post(invitations, inviting(addresses...))
	p.want(got, http.StatusSeeOther)
	if !strings.HasPrefix(got.leadsTo(), invitations+"/batches/") {
		p.t.Fatalf("inviting leads to %q", got.leadsTo())
	}
	return got.leadsTo()
}

// upload is a multipart form with these files beside the fields.
func (b browser) upload(path string, fields url.Values, files ...string) answer {
	b.p.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			b.p.check(parts.WriteField(name, value))
		}
	}
	for i, content := range files {
		file, err := parts.CreateFormFile("file", fmt.Sprintf("list%d.csv", i))
		b.p.check(err)
		_, err = file.Write([]byte(content))
		b.p.check(err)
	}
	b.p.check(parts.Close())
	return b.ask(http.MethodPost, path, parts.FormDataContentType(), body.String())
}

// invitedState gives what the list shows of an address.
func (p *portal) invitedState(email string) string {
	p.t.Helper()
	id := p.one("SELECT id FROM invitations WHERE email = ? ORDER BY created_at DESC LIMIT 1", email)
	return p.sue.get(invitations).find("#invitation-" + id)
}

// From addresses to mails, states and registrations, as a Super User sees it.
func TestSendByReglink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		got := p.sue.post(invitations, inviting("Nia Okafor <nia@acme.example>; NIA@acme.example", "ben@acme.example, sue@acme.example"))
		p.want(got, http.StatusSeeOther)
		batch := p.sue.keeping(got).get(got.leadsTo())
		if said := batch.find("#toast"); said != en("done_invited_some", "Count", 2, "Before", 0, "Members", 1) {
			p.t.Errorf("it says %q", said)
		}
		if batch.attribute("progress", "max") != "2" || batch.attribute("progress", "value") != "0" || batch.attribute("#batch", "hx-trigger") != "every 2s" {
			p.t.Errorf("the progress before any mail: %s", batch.find("#batch"))
		}
		if !strings.Contains(p.invitedState("nia@acme.example"), en("invitation_state_waiting")) {
			p.t.Errorf("the list says %q", p.invitedState("nia@acme.example"))
		}
		mails := p.mailsTo("nia@acme.example")
		if len(mails) != 1 || !strings.Contains(mails[0].Text, baseURL+path) || !strings.Contains(mails[0].Text, "Acme Widgets") || !strings.Contains(mails[0].Text, "Sue Perez") {
			p.t.Fatalf("mailed: %+v", mails)
		}
		if len(p.mailsTo("sue@acme.example")) != 0 && strings.Contains(p.mailsTo("sue@acme.example")[0].Text, path) {
			p.t.Error("a member was invited")
		}
		over := p.sue.withHTMX().get(got.leadsTo())
		if over.isPage() || over.attribute("progress", "value") != "2" || over.has("[hx-trigger]") {
			p.t.Errorf("the progress when all is done: %s", over.body)
		}
		if state := p.invitedState("nia@acme.example"); !strings.Contains(state, en("invitation_state_sent")) || !strings.Contains(state, "Sue Perez") {
			p.t.Errorf("the list says %q", state)
		}
		p.register(path, "nia@acme.example")
		if state := p.invitedState("nia@acme.example"); !strings.Contains(state, en("invitation_state_registered")) {
			p.t.Errorf("after the registration, the list says %q", state)
		}
		again := p.sue.post(invitations, inviting("ben@acme.example", "nia@acme.example"))
		p.want(again, http.StatusSeeOther)
		if said := p.sue.keeping(again).get(again.leadsTo()).find("#toast"); said != en("done_invited_nobody", "Before", 1, "Members", 1) {
			p.t.Errorf("it says %q", said)
		}
		if n := len(p.mailsTo("ben@acme.example")); n != 1 {
			p.t.Errorf("ben was mailed %d times", n)
		}
		if got := p.one("SELECT COUNT(*) FROM activities WHERE event = 'invitations_sent'"); got != "1" {
			p.t.Errorf("%s activities", got)
		}
		if got := p.one("SELECT details FROM activities WHERE event = 'invitations_sent'"); !strings.Contains(got, `"2"`) {
			p.t.Errorf("the activity's details are %s", got)
		}
	})
}

func TestResend(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		p.invite("nia@acme.example", "ben@acme.example")
		resend := func(b browser, email string) answer {
			return b.post(invitations+"/"+p.one("SELECT id FROM invitations WHERE email = ?", email)+"/resend", nil)
		}
		p.want(resend(p.sue, "nia@acme.example"), http.StatusConflict) // still on its way
		p.deliver()
		p.want(resend(p.sue, "nia@acme.example"), http.StatusTooManyRequests)
		p.clock.pass(app.InviteAgainAfter)
		row := resend(p.sue.withHTMX(), "nia@acme.example")
		p.want(row, http.StatusOK)
		if !strings.Contains(row.find("tr"), en("invitation_state_waiting")) || row.has("form") {
			p.t.Errorf("the row after Resend: %s", row.find("tr"))
		}
		if n := len(p.mailsTo("nia@acme.example")); n != 2 {
			p.t.Errorf("mailed %d times", n)
		}
		p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.want(resend(p.sue, "ben@acme.example"), http.StatusSeeOther)
		mails := p.mailsTo("ben@acme.example")
		address := p.sue.get("/account").value("#registration-link-url")
		if len(mails) != 2 || !strings.Contains(mails[1].Text, address) {
			p.t.Errorf("after Regenerate, ben was mailed %d times, not with the new link", len(mails))
		}
		p.clock.pass(app.InviteAgainAfter)
		p.register(strings.TrimPrefix(address, baseURL), "ben@acme.example")
		p.want(resend(p.sue, "ben@acme.example"), http.StatusConflict)
		p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.want(resend(p.sue, "nia@acme.example"), http.StatusConflict)
		for _, id := range []string{"x", app.NewID(), "%00", strings.Repeat("A", 3000)} {
			p.want(p.sue.get(invitations+"/batches/"+id), http.StatusNotFound)
		}
	})
}

// Nobody gets a dead link, whenever it dies: what was queued is not sent.
func TestInvitationsOfADeadLinkAreNotSent(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		batch := p.invite("nia@acme.example", "ben@acme.example")
		p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		if n := len(p.mailsTo("nia@acme.example")) + len(p.mailsTo("ben@acme.example")); n != 0 {
			p.t.Errorf("%d mails with a dead link", n)
		}
		if got := p.sue.get(batch); got.attribute("progress", "value") != "2" {
			p.t.Errorf("the progress: %s", got.find("#batch"))
		}
		if state := p.invitedState("nia@acme.example"); !strings.Contains(state, en("invitation_state_skipped")) || !strings.Contains(state, en("invitation_skipped_why")) {
			p.t.Errorf("the list says %q", state)
		}
		p.invite("nia@acme.example") // by the new link
		if n := len(p.mailsTo("nia@acme.example")); n != 1 {
			p.t.Errorf("%d mails with the new link", n)
		}
	})
}

func TestWithoutALinkNothingIsSent(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		before := p.stored()
		page := p.sue.get(invitations)
		if page.has("#invitation-form") || !page.has(`main a[href="/account"]`) {
			p.t.Errorf("without a link: %s", page.find("main"))
		}
		got := p.sue.post(invitations, inviting("nia@acme.example"))
		p.want(got, http.StatusConflict)
		if !got.has(`main a[href="/account"]`) || !strings.Contains(got.find("main"), en("invitations_no_link")) {
			p.t.Errorf("no way to a link: %s", got.find("main"))
		}
		p.want(p.sue.withHTMX().post(invitations, inviting("nia@acme.example")), http.StatusConflict)
		p.want(p.sue.get("/account/link/invitation"), http.StatusSeeOther)
		p.want(p.sue.get("/account/link/qr.svg"), http.StatusNotFound)
		p.unchanged("inviting without a link", before)
	})
}

// However often and by whomever a list is sent at once, each address is mailed once.
func TestParallelInvitations(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		ann := p.member("ann@acme.example", app.SuperUser)
		var list []string
		for i := range 40 {
			list = append(list, fmt.Sprintf("person%d@acme.example", i))
		}
		for _, got := range p.atOnce(8, func(i int) answer { return []browser{p.sue, ann}[i%2].post(invitations, inviting(list...)) }) {
			p.want(got, http.StatusSeeOther)
		}
		if got := p.one("SELECT COUNT(*) FROM invitations") + " " + p.one("SELECT COUNT(*) FROM notices WHERE letter = 'invitation'"); got != "40 40" {
			p.t.Errorf("invitations and notices: %s", got)
		}
		if got := p.one("SELECT COUNT(*) FROM activities WHERE event = 'invitations_sent'"); got != "1" {
			p.t.Errorf("%s activities", got)
		}
	})
}

func TestInvitationsAreBounded(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		for batch := range 4 {
			var list []string
			for i := range 500 {
				list = append(list, fmt.Sprintf("p%d-%d@acme.example", batch, i))
			}
			p.invite(list...)
		}
		before := p.stored()
		got := p.sue.post(invitations, inviting("one@acme.example"))
		p.want(got, http.StatusUnprocessableEntity)
		if said := got.problems()["addresses"]; said != en("invitations_too_many", "Max", app.MaxInvitationsADay) {
			p.t.Errorf("it says %q", said)
		}
		p.unchanged("an invitation too many", before)
		p.clock.pass(24 * time.Hour)
		p.sue = p.signIn("sue@acme.example")
		p.invite("one@acme.example")
	})
}
