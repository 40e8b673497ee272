package web_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

// Where the people of the scripted day sit.
const (
	officeIP = "203.0.113.24"
	homeIP   = "2001:db8::7"
)

// activityScript is a scripted day of Acme Widgets: who does what at which time, and what the activity has to
// tell of it.
type activityScript struct {
	*portal
	midnight time.Time // midnight
	expected []activityLine
	secrets  []string // what was in play and must be told nobody
}

// activityLine is what the activity tells of one thing.
type activityLine struct {
	at            time.Time
	event         app.Event
	said          string
	actor, about  string // addresses of mail; empty: nobody
	from, details string
}

// newActivityScript begins at the moment at which an operator has created the account and Sue has set her password.
func newActivityScript(p *portal) *activityScript {
	p.t.Helper()
	p.restartWith(func(c *portalConfig) {
		c.TrustedProxies, c.SSO = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, emptySSOProvider{}
	})
	d := &activityScript{
		portal: p, midnight: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		secrets: []string{password, p.sue.cookie},
	}
	d.expected = []activityLine{{
		at: p.clock.now, event: app.UserCreated,
		said: "An operator created a login for Sue Perez", about: "sue@acme.example",
	}}
	d.sue = d.browserAt(officeIP)
	d.sue.cookie = p.signIn("sue@acme.example").cookie
	return d
}

// browserAt is a browser at an address, which a proxy tells.
func (d *activityScript) browserAt(address string) browser {
	return browser{p: d.portal}.withHeader("X-Forwarded-For", address)
}

// step sets the clock, has something done, and notes what is to be told of it. A person is signed in again
// where the session is over.
func (d *activityScript) step(clock string, do func(), told ...activityLine) {
	d.t.Helper()
	at, err := time.Parse("15:04", clock)
	d.check(err)
	d.clock.now = d.midnight.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
	if d.sue.get("/dashboard").status != http.StatusOK {
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}
	do()
	for _, l := range told {
		l.at = d.clock.now
		d.expected = append(d.expected, l)
	}
}

// lineBySue is what Sue does in the office.
func lineBySue(event app.Event, said, about string, details ...string) activityLine {
	return activityLine{
		event: event, said: "Sue Perez " + said, actor: "sue@acme.example", about: about, from: officeIP,
		details: strings.Join(details, "; "),
	}
}

// postForm has Sue send a form, which is done.
func (d *activityScript) postForm(path string, form url.Values) func() {
	return func() {
		d.t.Helper()
		d.wantStatus(d.sue.post(path, form), http.StatusSeeOther)
	}
}

// linkAction has Sue press a button of the link's panel, and gives the path of the link that it shows then.
func (d *activityScript) linkAction(step string, path *string) func() {
	return func() {
		d.t.Helper()
		panel := d.sue.withHTMX().post("/account/link/"+step, nil)
		d.wantStatus(panel, http.StatusOK)
		*path = strings.TrimPrefix(panel.value("#registration-link-url"), d.base)
		d.secrets = append(d.secrets, strings.TrimPrefix(*path, "/register/"))
	}
}

// registerBy has somebody fill in the form behind a path, at home.
func (d *activityScript) registerBy(path *string, first, last, email string, change ...string) func() {
	return func() {
		d.t.Helper()
		form := d.registrationForm(*path, email)
		form.Set("first_name", first)
		form.Set("last_name", last)
		for i := 0; i+1 < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		d.wantStatus(d.browserAt(homeIP).post(*path, form), http.StatusSeeOther)
	}
}

// memberAction has Sue do something on the page of a member.
func (d *activityScript) memberAction(email, act string, form url.Values) func() {
	return func() {
		d.t.Helper()
		d.wantStatus(d.sue.post(d.memberPath(email)+act, form), http.StatusSeeOther)
	}
}

func lineRegistered(said, email string) activityLine {
	return activityLine{event: app.PersonJoined, said: said, actor: email, about: email, from: homeIP}
}

// linkAndRegistrations is the link, and those who come by it or without it.
func (d *activityScript) linkAndRegistrations(link *string) {
	entitled := "/register"
	d.addEntitlement(app.OrderSummary, "OS77")
	d.step("09:35", d.linkAction("generate", link), lineBySue(app.LinkGenerated, "generated the registration link", ""))
	d.step("09:36", d.postForm("/account/link/copied", nil), lineBySue(app.LinkCopied, "copied the registration link", ""))
	d.step("09:50", d.registerBy(link, "Nia", "Okafor", "nia@acme.example"),
		lineRegistered("Nia Okafor registered", "nia@acme.example"))
	d.step("09:55", d.registerBy(&entitled, "Omar", "Haddad", "omar@acme.example", "proof", "order_summary",
		"order_summary", "OS-77"),
		lineRegistered("Omar Haddad registered", "omar@acme.example"))
	d.step("10:00", d.postForm(invitationsPath, invitationValues("x@acme.example", "y@acme.example", "z@acme.example")),
		lineBySue(app.InvitationsSent, "had 3 invitations mailed", "", "Count=3"))
}

// memberChanges is what Sue does with the members.
func (d *activityScript) memberChanges() {
	const ada, lea = "ada@acme.example", "lea@learn.example"
	d.importIdentity(lea)
	d.step("11:00", d.postForm("/members", newUserForm(ada, app.StandardUser)),
		lineBySue(app.UserCreated, "created a login for Ada Stone", ada))
	d.step("11:05", d.memberAction(ada, "/activation", nil),
		lineBySue(app.ActivationSent, "sent Ada Stone a new email to get started", ada))
	d.step("11:10", d.postForm("/members", newUserForm(lea, app.LimitedUser)),
		lineBySue(app.UserAdded, "added Lea Center, who already had a login", lea))
	d.step("11:20", d.memberAction(ada, "/role", url.Values{"role": {"super"}}),
		lineBySue(app.RoleChanged, "made Ada Stone a Super User instead of a Standard User", ada, "OldRole=standard",
			"Role=super"))
	d.step("11:30", d.memberAction(lea, "/expiry", url.Values{"expires": {"2027-01-31"}}),
		lineBySue(app.ExpiryChanged, "set the end of Lea Center’s membership: 31 January 2027", lea, "Date=2027-01-31"))
	d.step("11:31", d.memberAction(lea, "/expiry", url.Values{"expires": {""}}),
		lineBySue(app.ExpiryChanged, "took the end of Lea Center’s membership away", lea))
	d.step("11:40", d.memberAction(lea, "/suspend", nil), lineBySue(app.MemberSuspended, "suspended Lea Center", lea))
	d.step("11:50", d.memberAction(lea, "/reinstate", nil), lineBySue(app.MemberReinstated, "reinstated Lea Center", lea))
	d.step("11:55", d.memberAction(ada, "/remove", nil),
		lineBySue(app.MemberRemoved, "removed Ada Stone from this account", ada))
}

// lineDenied is what is told of somebody who was not let in: neither who it was, nor what they typed.
func lineDenied(why, reason string) activityLine {
	return activityLine{
		event: app.LinkDenied, said: "Somebody was not let in by the registration link: " + why,
		from: homeIP, details: "Reason=" + reason,
	}
}

// postDenied has somebody fill in a form that is refused.
func (d *activityScript) postDenied(path *string, email string, status int) func() {
	return func() {
		d.t.Helper()
		// the form of a dead link cannot be opened any more, and is open all the same
		entitled := d.registrationForm("/register", email)
		d.wantStatus(d.browserAt(homeIP).post(*path, entitled), status)
	}
}

// changeLinkRule has Sue change one rule of the link.
func (d *activityScript) changeLinkRule(field, value string) func() {
	return func() {
		d.t.Helper()
		form := url.Values{
			"link": {d.sue.get("/account/link/policy").value("[name=link]")}, "expiry": {"never"}, "role": {"standard"},
			field: {value},
		}
		d.wantStatus(d.sue.post("/account/link/policy", form), http.StatusSeeOther)
	}
}

// decide has Sue decide about somebody who waits.
func (d *activityScript) decide(email, verdict string) func() {
	return d.postForm("/members/pending/"+verdict, url.Values{"member": {d.membershipID(email, "Acme Widgets")}})
}

// approvals is those who wait, by the link or with a login that they have already.
func (d *activityScript) approvals(link *string) {
	const pia, quinn, otto, zoe = "pia@acme.example", "quinn@acme.example", "otto@learn.example", "zoe@acme.example"
	d.check(app.Imports{Store: d.store, Clock: d.clock.Now}.AddIdentity(d.t.Context(), otto, "Otto", "Old", "de"))
	d.step("13:00", d.changeLinkRule("requires_approval", "1"), lineBySue(app.LinkPolicyChanged,
		"changed the rules of the registration link: approval", "", "Rules=requires_approval"))
	d.step("13:10", d.registerBy(link, "Pia", "Lang", pia), lineRegistered("Pia Lang registered", pia))
	d.step("13:11", d.registerBy(link, "Quinn", "Ray", quinn), lineRegistered("Quinn Ray registered", quinn))
	d.step("13:12", d.registerBy(link, "Zoe", "Late", zoe), lineRegistered("Zoe Late registered", zoe))
	d.step("13:20", d.decide(pia, "accept"), lineBySue(app.MemberAccepted, "accepted Pia Lang", pia))
	d.step("13:21", d.decide(quinn, "reject"), lineBySue(app.MemberRejected, "rejected Quinn Ray", quinn))
	d.step("13:30", d.postDenied(link, otto, http.StatusUnprocessableEntity),
		lineDenied("the address has a login already", "email_taken"))
	d.step("13:31", func() {
		for range app.MaxTakenEmailsPerHour {
			d.postDenied(link, otto, http.StatusUnprocessableEntity)()
		}
	}, activityLine{
		event: app.ManyRefused, said: en("activity_many_refused", "Count", app.MaxTakenEmailsPerHour),
		from: homeIP, details: "Count=10",
	})
	d.step("13:35", func() { d.wantStatus(d.browserAt(homeIP).post(d.requestToJoin(*link, otto), nil), http.StatusOK) },
		activityLine{
			event: app.JoinRequested, said: "Otto Old asked to be added to this account", actor: otto, about: otto,
			from: homeIP,
		})
}

// linkEndsAndExports is the end of two links, and what is downloaded.
func (d *activityScript) linkEndsAndExports(link *string) {
	old, id := *link, d.queryOne("SELECT id FROM links WHERE active = 1")
	d.step("16:00", d.linkAction("regenerate", link),
		lineBySue(app.LinkRegenerated, "regenerated the registration link", ""))
	d.step("16:05", d.postDenied(&old, "eve@evil.example", http.StatusGone),
		lineDenied("it was no longer active", "link_dead"))
	d.step("16:10", d.postForm("/account/links/"+id+"/suspend", url.Values{"since": {"2026-11-22T13:00"}}),
		lineBySue(app.LinkJoinersSuspended, "suspended 3 people who came by an old link", "", "Count=3"),
		lineBySue(app.MemberSuspended, "suspended Otto Old", "otto@learn.example"),
		lineBySue(app.MemberSuspended, "suspended Pia Lang", "pia@acme.example"),
		lineBySue(app.MemberSuspended, "suspended Zoe Late", "zoe@acme.example"))
	d.step("16:30", d.registerBy(link, "Yan", "Moe", "yan@acme.example"),
		lineRegistered("Yan Moe registered", "yan@acme.example"))
	d.step("17:00", d.postForm("/account/link/disable", nil),
		lineBySue(app.LinkDisabled, "disabled the registration link", ""))
	d.step("17:05", func() { d.sue.post("/members/export", nil).csvRows() },
		lineBySue(app.MembersExported, "downloaded the list of members", ""))
	d.step("17:10", func() { d.sue.post("/activity/export", nil).csvRows() },
		lineBySue(app.ActivityExported, "downloaded the activity", ""))
}

// expiriesAndKill is the moment at which nobody has decided about somebody in time, and the one after which a
// backup was restored.
func (d *activityScript) expiriesAndKill() {
	d.midnight = d.midnight.AddDate(0, 0, 31)
	d.step("08:00", func() {
		err := app.Deadlines{Store: d.store, Clock: d.clock.Now}.Run(d.t.Context())
		d.check(err)
	}, activityLine{
		event: app.PendingExpired, said: "Nobody decided about Yan Moe in time, so the request has expired",
		about: "yan@acme.example",
	})
	var path string
	d.step("08:10", d.linkAction("generate", &path), lineBySue(app.LinkGenerated, "generated the registration link", ""))
	d.step("08:20", func() {
		_, err := app.RevokeAll(d.t.Context(), d.store, d.clock.Now)
		d.check(err)
	}, activityLine{
		event: app.LinkRevoked,
		said:  "The operators of the portal ended every registration link; this account needs a new one",
	})
	d.step("08:25", d.postForm("/account/security/sign-in", signInMethodForm(app.PasswordOnly)),
		lineBySue(app.SignInChanged, "changed how people of the account sign in: With a password only", "", "Way=password"))
	d.step("08:30", func() {}) // Sue signs in anew
}

// wantEveryEvent wants the day to have everything that can happen in an account after its beginning.
func (d *activityScript) wantEveryEvent() {
	d.t.Helper()
	for _, group := range app.EventGroups() {
		for _, event := range group.Events() {
			had := slices.ContainsFunc(d.expected, func(l activityLine) bool { return l.event == event })
			if !had && event != app.AccountCreated { // by the set-up page alone
				d.t.Errorf("the day has no %s", event)
			}
		}
	}
}

// sortWithinMoments sorts what happened in the same moment, which no list has an order for.
func sortWithinMoments(lines []string) []string {
	when := func(l string) string { return strings.Split(l, " | ")[1] }
	for begin := 0; begin < len(lines); {
		end := begin + 1
		for end < len(lines) && when(lines[end]) == when(lines[begin]) {
			end++
		}
		slices.Sort(lines[begin:end])
		begin = end
	}
	return lines
}

// The activity of a scripted day, line by line: on the page, in the sheet, and nothing in either that opens a door.
func TestActivity_TellsEveryEventAndNoSecret(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		d := newActivityScript(p)
		var link string
		d.linkAndRegistrations(&link)
		d.memberChanges()
		d.approvals(&link)
		d.linkEndsAndExports(&link)
		d.expiriesAndKill()
		d.secondFactorChanges()
		d.ssoSeparation()
		d.wantEveryEvent()
		slices.Reverse(d.expected) // the newest stands first
		shown := d.wantActivityPages()
		sheet := d.sue.post("/activity/export", nil)
		d.wantCSV(sheet.csvRows())
		d.deliverMails()
		d.wantNoSecrets(d.dumpTable("activities") + shown + sheet.body)
	})
}

// wantActivityPages compares the list with what is to be told, over all its pages, and gives them.
func (d *activityScript) wantActivityPages() string {
	d.t.Helper()
	var got []string
	shown := ""
	for path := "/activity"; path != ""; {
		page := d.sue.get(path)
		d.wantStatus(page, http.StatusOK)
		got = append(got, page.activityLines()...)
		shown += page.body
		path = page.document().Find("#activity-list nav a[hx-get]").AttrOr("href", "")
	}
	var want []string
	for _, l := range d.expected {
		want = append(want, l.said+" | "+l.at.Format("2 January 2006, 15:04")+" UTC | "+l.from)
	}
	d.wantLines("page", sortWithinMoments(got), sortWithinMoments(want))
	return shown
}

// wantCSV compares the download with what is to be told.
func (d *activityScript) wantCSV(rows [][]string) {
	d.t.Helper()
	var got, want []string
	for _, row := range rows[1:] {
		got = append(got, strings.Join([]string{row[2], row[0], row[1], row[4], row[6], row[7], row[8]}, " | "))
	}
	for _, l := range d.expected {
		want = append(want, strings.Join([]string{
			l.said, l.at.Format(time.RFC3339), string(l.event), l.actor, l.about,
			l.from, l.details,
		}, " | "))
	}
	d.wantLines("sheet", sortWithinMoments(got), sortWithinMoments(want))
}

func (d *activityScript) wantLines(where string, got, want []string) {
	d.t.Helper()
	if len(got) != len(want) {
		d.t.Errorf("%s: %d lines, want %d", where, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if strings.TrimSpace(got[i]) != strings.TrimSpace(want[i]) {
			d.t.Errorf("%s, line %d: got %q, want %q", where, i, got[i], want[i])
		}
	}
}

var tokenPattern = regexp.MustCompile(`r[a-z]1_[A-Za-z0-9_-]+`)

// wantNoSecrets looks for every link, password and cookie of the day, and for whatever was mailed.
func (d *activityScript) wantNoSecrets(told string) {
	d.t.Helper()
	for _, m := range d.mails {
		d.secrets = append(d.secrets, tokenPattern.FindAllString(m.Text, -1)...)
	}
	if len(d.secrets) < 8 {
		d.t.Errorf("only %d secrets were in play", len(d.secrets))
	}
	for _, secret := range d.secrets {
		if secret == "" || strings.Contains(told, secret) {
			d.t.Errorf("the secret %q is told", secret)
		}
	}
	if found := tokenPattern.FindString(told); found != "" {
		d.t.Errorf("a token is told: %s", found)
	}
}

// secondFactorChanges has Sue set up a second factor, require one of the Super Users, leave it to them again,
// and lose hers.
func (d *activityScript) secondFactorChanges() {
	d.step("09:00", func() {
		form, secret := d.codeAppForm(d.sue.get(codeAppPath))
		done := d.sue.post(codeAppPath, form)
		d.wantStatus(done, http.StatusOK)
		d.sue.cookie = done.cookie("session")
		d.secrets = append(d.secrets, strings.Fields(done.document().Find("#codes-text").Text())...)
		d.secrets = append(d.secrets, secret, d.sue.cookie)
	})
	d.step("09:01", d.postForm(requireSecondFactorPath, url.Values{"required": {"yes"}}),
		lineBySue(app.SecondFactorRequired, "made a second factor a must for Super Users", ""))
	d.step("09:02", d.postForm(requireSecondFactorPath, url.Values{"required": {"no"}}),
		lineBySue(app.SecondFactorOptional, "left it to Super Users whether they have a second factor", ""))
	d.step("09:03", func() {
		d.check(app.FactorRemovals{Store: d.store, Clock: d.clock.Now}.Remove(d.t.Context(), "sue@acme.example"))
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}, activityLine{
		event: app.SecondFactorRemoved, said: "An operator removed the second factor of Sue Perez",
		about: "sue@acme.example",
	})
}

// ssoSeparation has Sue's login joined to one at the provider, and separated from it again by those who run the portal.
func (d *activityScript) ssoSeparation() {
	d.step("09:04", func() {
		d.exec("INSERT INTO sso_logins (key_hash, identity_id, issuer, subject, created_at) VALUES (?, ?, "+
			"'https://login.example', '7731', ?)",
			make([]byte, 32), d.identityID("sue@acme.example"), d.clock.now)
		d.check(app.SSORemovals{Store: d.store, Clock: d.clock.Now}.Remove(d.t.Context(), "sue@acme.example"))
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}, activityLine{
		event: app.SSOLoginRemoved,
		said:  "An operator separated the login of Sue Perez from the one at single sign-on", about: "sue@acme.example",
	})
}

// remainingMails causes the mails that the day has not.
func (d *activityScript) remainingMails() {
	d.t.Helper()
	d.sue = browser{p: d.portal, cookie: d.signIn("sue@acme.example").cookie}
	keep := func(days int) {
		d.clock.now = d.clock.now.AddDate(0, 0, days)
		err := app.Deadlines{Store: d.store, Clock: d.clock.Now}.Run(context.Background())
		d.check(err)
		d.deliverMails()
		d.sue = browser{p: d.portal, cookie: d.signIn("sue@acme.example").cookie}
	}
	d.requestReset("sue@acme.example")
	una := d.addMember("una@acme.example", app.StandardUser)
	d.wantStatus(una.post("/preferences/password", url.Values{"current_password": {password}, "password": {newPassword}}),
		http.StatusSeeOther)
	d.wantStatus(d.sue.post(d.memberPath("una@acme.example")+"/expiry",
		url.Values{"expires": {d.clock.now.AddDate(0, 0, 20).Format(time.DateOnly)}}), http.StatusSeeOther)
	d.addMember("sam@acme.example", app.SuperUser)
	d.wantStatus(d.sue.post("/account/link/generate", nil), http.StatusSeeOther)
	d.setLinkRule("requires_approval", "1")
	path := strings.TrimPrefix(d.sue.get("/account").value("#registration-link-url"), d.base)
	d.register(path, "ida@acme.example")
	d.wantStatus(d.sue.post("/members/pending/accept",
		url.Values{"member": {d.membershipID("ida@acme.example", "Acme Widgets")}}), http.StatusSeeOther)
	d.register(path, "wim@acme.example")
	d.wantStatus(browser{p: d.portal}.post(d.mailedPath("wim@acme.example"), nil), http.StatusOK)
	olga := d.addMember("olga@acme.example", app.StandardUser)
	form, _ := d.codeAppForm(olga.get(codeAppPath))
	d.wantStatus(olga.post(codeAppPath, form), http.StatusOK)
	keep(3)
	keep(14)
	d.exec("UPDATE accounts SET sign_in = 'sso'")
	d.wantStatus(browser{p: d.portal}.post("/forgot-password", url.Values{"email": {"sam@acme.example"}}), http.StatusOK)
	provider := ssotest.NewProvider(d.t, d.base+web.SSOPath)
	d.restartWith(func(c *portalConfig) { c.SSO = d.ssoProvider(provider.Issuer) })
	provider.Add("sam", "sam@acme.example", true)
	d.browserSignedInBySSO(provider, "sam")
}
