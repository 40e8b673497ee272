package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

const invitationsPath = "/account/link/invitations"

func invitationValues(addresses ...string) url.Values {
	return url.Values{"addresses": {strings.Join(addresses, "\n")}, "language": {"en"}}
}

// invite sends invitations as the Super User of Acme Widgets does, and gives the path of their batch.
func (p *portal) invite(addresses ...string) string {
	p.t.Helper()
	got := p.sue.post(invitationsPath, invitationValues(addresses...))
	p.wantStatus(got, http.StatusSeeOther)
	if !strings.HasPrefix(got.location(), invitationsPath+"/batches/") {
		p.t.Fatalf("inviting leads to %q", got.location())
	}
	return got.location()
}

// inviteMany invites person0, person1 …
func (p *portal) inviteMany(people int) string {
	p.t.Helper()
	list := make([]string, people)
	for i := range list {
		list[i] = fmt.Sprintf("person%d@acme.example", i)
	}
	return p.invite(list...)
}

// invitationRow gives what the list shows of an address.
func (p *portal) invitationRow(email string) string {
	p.t.Helper()
	id := p.queryOne("SELECT id FROM invitations WHERE email = ? ORDER BY created_at DESC LIMIT 1", email)
	return p.sue.get(invitationsPath).textAt("#invitation-" + id)
}

// From addresses to mails, states and registrations, as a Super User sees it.
func TestInvitations_AreMailedAndTracked(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		got := p.sue.post(invitationsPath,
			invitationValues("Nia Okafor <nia@acme.example>; NIA@acme.example", "ben@acme.example, sue@acme.example"))
		p.wantStatus(got, http.StatusSeeOther)
		batch := p.sue.withCookies(got).get(got.location())
		if said := batch.textAt("#toast"); said != en("done_invited_some", "Count", 2, "Before", 0, "Members", 1) {
			p.t.Errorf("it says %q", said)
		}
		if batch.attribute("progress", "max") != "2" || batch.attribute("progress", "value") != "0" ||
			batch.attribute("#batch-soon", "hx-trigger") != "every 2s" {
			p.t.Errorf("the progress before any mail: %s", batch.textAt("#batch"))
		}
		if !strings.Contains(p.invitationRow("nia@acme.example"), en("invitation_state_waiting")) {
			p.t.Errorf("the list says %q", p.invitationRow("nia@acme.example"))
		}
		mails := p.mailsTo("nia@acme.example")
		if len(mails) != 1 || !strings.Contains(mails[0].Text, baseURL+path) ||
			!strings.Contains(mails[0].Text, "Acme Widgets") || !strings.Contains(mails[0].Text, "Sue Perez") {
			p.t.Fatalf("mailed: %+v", mails)
		}
		invited := p.queryColumn("SELECT email_key FROM invitations ORDER BY email_key")
		if !slices.Equal(invited, []string{"ben@acme.example", "nia@acme.example"}) {
			p.t.Errorf("invited are %q, but members need no invitation", invited)
		}
		over := p.sue.withHTMX().get(got.location())
		if over.isPage() || over.attribute("progress", "value") != "2" || over.has("[hx-trigger]") {
			p.t.Errorf("the progress when all is done: %s", over.body)
		}
		if state := p.invitationRow("nia@acme.example"); !strings.Contains(state, en("invitation_state_sent")) ||
			!strings.Contains(state, "Sue Perez") {
			p.t.Errorf("the list says %q", state)
		}
		p.register(path, "nia@acme.example")
		if state := p.invitationRow("nia@acme.example"); !strings.Contains(state, en("invitation_state_registered")) {
			p.t.Errorf("after the registration, the list says %q", state)
		}
	})
}

// Addresses that were invited before, or have registered, get no second mail and count for no activity.
func TestInvitations_AreMailedOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.wantStatus(p.sue.post(invitationsPath, invitationValues("nia@acme.example", "ben@acme.example")),
			http.StatusSeeOther)
		p.register(path, "nia@acme.example")
		again := p.sue.post(invitationsPath, invitationValues("ben@acme.example", "nia@acme.example"))
		p.wantStatus(again, http.StatusSeeOther)
		said := p.sue.withCookies(again).get(again.location()).textAt("#toast")
		if said != en("done_invited_nobody", "Before", 1, "Members", 1) {
			p.t.Errorf("it says %q", said)
		}
		if n := len(p.mailsTo("ben@acme.example")); n != 1 {
			p.t.Errorf("ben was mailed %d times", n)
		}
		if got := p.queryOne("SELECT COUNT(*) FROM activities WHERE event = 'invitations_sent'"); got != "1" {
			p.t.Errorf("%s activities", got)
		}
		details := p.queryOne("SELECT details FROM activities WHERE event = 'invitations_sent'")
		if !strings.Contains(details, `"2"`) {
			p.t.Errorf("the activity's details are %s", details)
		}
	})
}

func TestResendInvitation_NeedsTimeAndALivingLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		p.invite("nia@acme.example", "ben@acme.example")
		resend := func(b browser, email string) testResponse {
			return b.post(invitationsPath+"/"+p.queryOne("SELECT id FROM invitations WHERE email = ?", email)+"/resend", nil)
		}
		p.wantStatus(resend(p.sue, "nia@acme.example"), http.StatusConflict) // still on its way
		p.deliverMails()
		p.wantStatus(resend(p.sue, "nia@acme.example"), http.StatusTooManyRequests)
		p.clock.advance(app.ResendInvitationAfter)
		row := resend(p.sue.withHTMX(), "nia@acme.example")
		p.wantStatus(row, http.StatusOK)
		if !strings.Contains(row.textAt("tr"), en("invitation_state_waiting")) || row.has("form") {
			p.t.Errorf("the row after Resend: %s", row.textAt("tr"))
		}
		if n := len(p.mailsTo("nia@acme.example")); n != 2 {
			p.t.Errorf("mailed %d times", n)
		}
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.exec("UPDATE links SET domains = 'beta.example' WHERE active = 1")
		p.wantStatus(resend(p.sue, "ben@acme.example"), http.StatusConflict) // the link would refuse them
		p.exec("UPDATE links SET domains = '' WHERE active = 1")
		p.wantStatus(resend(p.sue, "ben@acme.example"), http.StatusSeeOther)
		mails := p.mailsTo("ben@acme.example")
		address := p.sue.get("/account").value("#registration-link-url")
		if len(mails) != 2 || !strings.Contains(mails[1].Text, address) {
			p.t.Errorf("after Regenerate, ben was mailed %d times, not with the new link", len(mails))
		}
		p.clock.advance(app.ResendInvitationAfter)
		p.register(strings.TrimPrefix(address, baseURL), "ben@acme.example")
		p.wantStatus(resend(p.sue, "ben@acme.example"), http.StatusConflict)
		p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.wantStatus(resend(p.sue, "nia@acme.example"), http.StatusConflict)
		for _, id := range []string{"x", app.NewID(), "%00", strings.Repeat("A", 3000)} {
			p.wantStatus(p.sue.get(invitationsPath+"/batches/"+id), http.StatusNotFound)
		}
	})
}

// Nobody gets a dead link, whenever it dies: what was queued is not sent.
func TestInvitations_OfADeadLinkAreNotSent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		batch := p.invite("nia@acme.example", "ben@acme.example")
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		if n := len(p.mailsTo("nia@acme.example")) + len(p.mailsTo("ben@acme.example")); n != 0 {
			p.t.Errorf("%d mails with a dead link", n)
		}
		if got := p.sue.get(batch); got.attribute("progress", "value") != "2" {
			p.t.Errorf("the progress: %s", got.textAt("#batch"))
		}
		if state := p.invitationRow("nia@acme.example"); !strings.Contains(state, en("invitation_state_skipped")) ||
			!strings.Contains(state, en("invitation_skipped_why")) {
			p.t.Errorf("the list says %q", state)
		}
		p.invite("nia@acme.example") // by the new link
		if n := len(p.mailsTo("nia@acme.example")); n != 1 {
			p.t.Errorf("%d mails with the new link", n)
		}
	})
}

func TestInvitations_NeedALink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		before := p.snapshot()
		page := p.sue.get(invitationsPath)
		if page.has("#invitation-form") || !page.has(`main a[href="/account"]`) {
			p.t.Errorf("without a link: %s", page.textAt("main"))
		}
		got := p.sue.post(invitationsPath, invitationValues("nia@acme.example"))
		p.wantStatus(got, http.StatusConflict)
		if !got.has(`main a[href="/account"]`) || !strings.Contains(got.textAt("main"), en("invitations_no_link")) {
			p.t.Errorf("no way to a link: %s", got.textAt("main"))
		}
		p.wantStatus(p.sue.withHTMX().post(invitationsPath, invitationValues("nia@acme.example")), http.StatusConflict)
		p.wantStatus(p.sue.get("/account/link/invitation"), http.StatusSeeOther)
		p.wantStatus(p.sue.get("/account/link/qr.svg"), http.StatusNotFound)
		p.wantUnchanged("inviting without a link", before)
	})
}

// However often and by whomever a list is sent at once, each address is mailed once.
func TestInvitations_SentAtOnceMailEachAddressOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		ann := p.addMember("ann@acme.example", app.SuperUser)
		var list []string
		for i := range 40 {
			list = append(list, fmt.Sprintf("person%d@acme.example", i))
		}
		for _, got := range p.concurrently(8, func(i int) testResponse {
			return []browser{p.sue, ann}[i%2].post(invitationsPath, invitationValues(list...))
		}) {
			p.wantStatus(got, http.StatusSeeOther)
		}
		if got := p.queryOne("SELECT COUNT(*) FROM invitations") + " " +
			p.queryOne("SELECT COUNT(*) FROM notices WHERE letter = 'invitation'"); got != "40 40" {
			p.t.Errorf("invitations and notices: %s", got)
		}
		if got := p.queryOne("SELECT COUNT(*) FROM activities WHERE event = 'invitations_sent'"); got != "1" {
			p.t.Errorf("%s activities", got)
		}
	})
}

func TestInvitations_AreLimitedPerDay(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		for batch := range 4 {
			var list []string
			for i := range 500 {
				list = append(list, fmt.Sprintf("p%d-%d@acme.example", batch, i))
			}
			p.invite(list...)
		}
		before := p.snapshot()
		got := p.sue.post(invitationsPath, invitationValues("one@acme.example"))
		p.wantStatus(got, http.StatusUnprocessableEntity)
		if said := got.problems()["addresses"]; said != en("invitations_too_many", "Max", app.MaxInvitationsPerDay) {
			p.t.Errorf("it says %q", said)
		}
		p.wantUnchanged("an invitation too many", before)
		p.clock.advance(24 * time.Hour)
		p.sue = p.signIn("sue@acme.example")
		p.invite("one@acme.example")
	})
}

// The list goes on by pages, and what belongs to another account is not in it, nor to be had by its id.
func TestInvitations_ListIsPagedAndOfOneAccount(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		p.wantStatus(n.bob.post(invitationsPath, invitationValues("zara@beta.example")), http.StatusSeeOther)
		theirs, theirBatch := p.queryOne("SELECT id FROM invitations"), p.queryOne("SELECT batch_id FROM invitations")
		p.generateLink()
		for batch := range 3 {
			p.clock.advance(time.Minute)
			p.invite(fmt.Sprintf("first%d@acme.example", batch))
			p.clock.advance(time.Minute)
			p.wantStatus(p.sue.post(invitationsPath, invitationValues(numberedEmails(batch, 20)...)), http.StatusSeeOther)
		}
		seen := map[string]bool{}
		page := p.sue.get(invitationsPath)
		for pages := 1; ; pages++ {
			n.wantHidden(page)
			for _, row := range page.document().Find("tr[id^=invitation-]").EachIter() {
				id, _ := row.Attr("id")
				seen[id] = true
			}
			next := page.document().Find("nav a[hx-get]")
			if next.Length() == 0 || pages > 5 {
				break
			}
			path, _ := next.Attr("href")
			page = p.sue.withHTMX().get(path)
			p.wantStatus(page, http.StatusOK)
		}
		if len(seen) != 63 || seen["invitation-"+theirs] {
			p.t.Errorf("the pages show %d invitations, want 63", len(seen))
		}
		before := p.snapshot()
		for _, pair := range [][2]testResponse{
			{p.sue.post(invitationsPath+"/"+theirs+"/resend", nil), p.sue.post(invitationsPath+"/"+app.NewID()+"/resend", nil)},
			{p.sue.get(invitationsPath + "/batches/" + theirBatch), p.sue.get(invitationsPath + "/batches/" + app.NewID())},
		} {
			p.wantStatus(pair[0], http.StatusNotFound)
			if pair[0].text() != pair[1].text() {
				p.t.Errorf("an id of another account is told apart: %q, %q", pair[0].text(), pair[1].text())
			}
		}
		p.wantStatus(p.sue.get(invitationsPath+"?after=x"), http.StatusBadRequest)
		p.wantUnchanged("another account's invitations", before)
	})
}

func numberedEmails(batch, people int) []string {
	list := make([]string, people)
	for i := range list {
		list[i] = fmt.Sprintf("b%dp%d@acme.example", batch, i)
	}
	return list
}

// The sheet and the picture hold the link, in the language that was chosen, and no other site may read them.
func TestPrintedInvitation_HoldsTheLinkInTheChosenLanguage(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		page := p.sue.get("/account/link/invitation?language=de")
		p.wantStatus(page, http.StatusOK)
		sheet := page.textAt("#printed")
		if page.attribute("#printed", "lang") != "de" || page.attribute("html", "lang") != "en" ||
			!strings.Contains(sheet, "Acme Widgets") {
			p.t.Errorf("the sheet: %s", sheet)
		}
		if got := page.document().Find("#printed-address").Text(); got != baseURL+path {
			p.t.Errorf("the address reads %q, want %q", got, baseURL+path)
		}
		if !page.has("#printed svg[role=img] path") || !page.has("[data-noprint] [data-print]") ||
			page.has("#printed button, #printed a") {
			p.t.Errorf("the sheet lacks its code or its button: %s", page.textAt("main"))
		}
		if strings.Contains(sheet, "2026") {
			p.t.Errorf("a link without an end has one: %s", sheet)
		}
		p.exec("UPDATE links SET expires_at = '2026-12-24 12:00:00'")
		if sheet := p.sue.get("/account/link/invitation?language=xx").textAt("#printed"); !strings.Contains(sheet,
			"24 December 2026, 12:00 UTC") {
			p.t.Errorf("the sheet does not say until when the link works: %s", sheet)
		}
		file := p.sue.get("/account/link/qr.svg")
		p.wantStatus(file, http.StatusOK)
		if file.header.Get("Content-Type") != "image/svg+xml" || file.header.Get("Cache-Control") != "no-store" ||
			!strings.HasPrefix(file.body, "<svg xmlns=") {
			p.t.Errorf("the picture is %v %.100s", file.header, file.body)
		}
		p.register(path, "nia@acme.example")
	})
}

// Without a mail server an operator hands invitations over; once they are delivered, the link is the Super
// Users' alone again.
func TestInvitations_AreHiddenFromOperatorsOnceDelivered(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		olga := p.addOperator("olga@staff.example")
		path := p.generateLink()
		p.invite("nia@acme.example")
		page := "/operator/notices/" + p.queryOne("SELECT notice_id FROM invitations")
		if list := olga.get("/operator"); !list.has(`a[href="`+page+`"]`) ||
			!strings.Contains(list.textAt("main"), "nia@acme.example") {
			p.t.Errorf("the outbox does not show the invitation: %s", list.textAt("main"))
		}
		shown := olga.get(page)
		if !shown.has(`main a[href="`+baseURL+path+`"]`) || !strings.Contains(shown.textAt("main"), "nia@acme.example") {
			p.t.Errorf("the mail is shown as %s", shown.textAt("main"))
		}
		p.deliverMails()
		if over := olga.get(page); over.status != http.StatusOK || strings.Contains(over.body, path) {
			p.t.Errorf("the link of a delivered invitation is still shown: %s", over.textAt("main"))
		}
		if got := p.dumpTable("notices"); strings.Contains(got, strings.TrimPrefix(path, "/register/")) {
			p.t.Error("a notice holds the link")
		}
	})
}
