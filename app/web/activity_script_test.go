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
	office = "203.0.113.24"
	home   = "2001:db8::7"
)

// day is a scripted day of Acme Widgets: who does what at which time, and what the activity has to tell of it.
type day struct {
	*portal
	begin   time.Time // midnight
	told    []line
	secrets []string // what was in play and must be told nobody
}

// line is what the activity tells of one thing.
type line struct {
	at            time.Time
	event         app.Event
	said          string
	actor, about  string // addresses of mail; empty: nobody
	from, details string
}

// newDay begins at the moment at which an operator has created the account and Sue has set her password.
func newDay(p *portal) *day {
	p.t.Helper()
	p.serve(func(c *web.Config) {
		c.TrustedProxies, c.SSO = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, knowsNobody{}
	})
	d := &day{portal: p, begin: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), secrets: []string{password, p.sue.cookie}}
	d.told = []line{{at: p.clock.now, event: app.UserCreated, said: "An operator created a login for Sue Perez", about: "sue@acme.example"}}
	d.sue = d.from(office)
	d.sue.cookie = p.signIn("sue@acme.example").cookie
	return d
}

// from is a browser at an address, which a proxy tells.
func (d *day) from(address string) browser {
	return browser{p: d.portal}.with("X-Forwarded-For", address)
}

// at sets the clock, has something done, and notes what is to be told of it. A person is signed in again where the session is over.
func (d *day) at(clock string, do func(), told ...line) {
	d.t.Helper()
	at, err := time.Parse("15:04", clock)
	d.check(err)
	d.clock.now = d.begin.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
	if d.sue.get("/dashboard").status != http.StatusOK {
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}
	do()
	for _, l := range told {
		l.at = d.clock.now
		d.told = append(d.told, l)
	}
}

// bySue is what Sue does in the office.
func bySue(event app.Event, said, about string, details ...string) line {
	return line{
		event: event, said: "Sue Perez " + said, actor: "sue@acme.example", about: about, from: office, details: strings.Join(details, "; "),
	}
}

// sends has Sue send a form, which is done.
func (d *day) sends(path string, form url.Values) func() {
	return func() {
		d.t.Helper()
		d.want(d.sue.post(path, form), http.StatusSeeOther)
	}
}

// links has Sue press a button of the link's panel, and gives the path of the link that it shows then.
func (d *day) links(step string, path *string) func() {
	return func() {
		d.t.Helper()
		panel := d.sue.withHTMX().post("/account/link/"+step, nil)
		d.want(panel, http.StatusOK)
		*path = strings.TrimPrefix(panel.value("#registration-link-url"), d.base)
		d.secrets = append(d.secrets, strings.TrimPrefix(*path, "/register/"))
	}
}

// registers has somebody fill in the form behind a path, at home.
func (d *day) registers(path *string, first, last, email string, change ...string) func() {
	return func() {
		d.t.Helper()
		form := d.filledIn(*path, email)
		form.Set("first_name", first)
		form.Set("last_name", last)
		for i := 0; i+1 < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		d.want(d.from(home).post(*path, form), http.StatusSeeOther)
	}
}

// member has Sue do something on the page of a member.
func (d *day) member(email, act string, form url.Values) func() {
	return func() {
		d.t.Helper()
		d.want(d.sue.post(d.memberPath(email)+act, form), http.StatusSeeOther)
	}
}

func registered(said, email string) line {
	return line{event: app.PersonJoined, said: said, actor: email, about: email, from: home}
}

// morning is the link, and those who come by it or without it.
func (d *day) morning(link *string) {
	entitled := "/register"
	d.entitle(app.OrderSummary, "OS77")
	d.at("09:35", d.links("generate", link), bySue(app.LinkGenerated, "generated the registration link", ""))
	d.at("09:36", d.sends("/account/link/copied", nil), bySue(app.LinkCopied, "copied the registration link", ""))
	d.at("09:50", d.registers(link, "Nia", "Okafor", "nia@acme.example"), registered("Nia Okafor registered", "nia@acme.example"))
	d.at("09:55", d.registers(&entitled, "Omar", "Haddad", "omar@acme.example", "proof", "order_summary", "order_summary", "OS-77"),
		registered("Omar Haddad registered", "omar@acme.example"))
	d.at("10:00", d.sends(invitations, inviting("x@acme.example", "y@acme.example", "z@acme.example")),
		bySue(app.InvitationsSent, "had 3 invitations mailed", "", "Count=3"))
}

// noon is what Sue does with the members.
func (d *day) noon() {
	const ada, lea = "ada@acme.example", "lea@learn.example"
	d.imported(lea)
	d.at("11:00", d.sends("/members", newUser(ada, app.StandardUser)), bySue(app.UserCreated, "created a login for Ada Stone", ada))
	d.at("11:05", d.member(ada, "/activation", nil), bySue(app.ActivationSent, "sent Ada Stone a new email to get started", ada))
	d.at("11:10", d.sends("/members", newUser(lea, app.LimitedUser)), bySue(app.UserAdded, "added Lea Center, who already had a login", lea))
	d.at("11:20", d.member(ada, "/role", url.Values{"role": {"super"}}),
		bySue(app.RoleChanged, "made Ada Stone a Super User instead of a Standard User", ada, "OldRole=standard", "Role=super"))
	d.at("11:30", d.member(lea, "/expiry", url.Values{"expires": {"2027-01-31"}}),
		bySue(app.ExpiryChanged, "set the end of Lea Center’s membership: 31 January 2027", lea, "Date=2027-01-31"))
	d.at("11:31", d.member(lea, "/expiry", url.Values{"expires": {""}}),
		bySue(app.ExpiryChanged, "took the end of Lea Center’s membership away", lea))
	d.at("11:40", d.member(lea, "/suspend", nil), bySue(app.MemberSuspended, "suspended Lea Center", lea))
	d.at("11:50", d.member(lea, "/reinstate", nil), bySue(app.MemberReinstated, "reinstated Lea Center", lea))
	d.at("11:55", d.member(ada, "/remove", nil), bySue(app.MemberRemoved, "removed Ada Stone from this account", ada))
}

// denied is what is told of somebody who was not let in: neither who it was, nor what they typed.
func denied(why, reason string) line {
	return line{event: app.LinkDenied, said: "Somebody was not let in by the registration link: " + why, from: home, details: "Reason=" + reason}
}

// isDenied has somebody fill in a form that is refused.
func (d *day) isDenied(path *string, email string, status int) func() {
	return func() {
		d.t.Helper()
		entitled := d.filledIn("/register", email) // the form of a dead link cannot be opened any more, and is open all the same
		d.want(d.from(home).post(*path, entitled), status)
	}
}

// policy has Sue change one rule of the link.
func (d *day) policy(field, value string) func() {
	return func() {
		d.t.Helper()
		form := url.Values{
			"link": {d.sue.get("/account/link/policy").value("[name=link]")}, "expiry": {"never"}, "role": {"standard"}, field: {value},
		}
		d.want(d.sue.post("/account/link/policy", form), http.StatusSeeOther)
	}
}

// decides has Sue decide about somebody who waits.
func (d *day) decides(email, verdict string) func() {
	return d.sends("/members/pending/"+verdict, url.Values{"member": {d.membership(email, "Acme Widgets")}})
}

// afternoon is those who wait, by the link or with a login that they have already.
func (d *day) afternoon(link *string) {
	const pia, quinn, otto, zoe = "pia@acme.example", "quinn@acme.example", "otto@learn.example", "zoe@acme.example"
	d.check(app.Imports{Store: d.store, Clock: d.clock.tell}.Identity(d.t.Context(), otto, "Otto", "Old", "de"))
	d.at("13:00", d.policy("requires_approval", "1"), bySue(app.LinkPolicyChanged, "changed the rules of the registration link: approval", "", "Rules=requires_approval"))
	d.at("13:10", d.registers(link, "Pia", "Lang", pia), registered("Pia Lang registered", pia))
	d.at("13:11", d.registers(link, "Quinn", "Ray", quinn), registered("Quinn Ray registered", quinn))
	d.at("13:12", d.registers(link, "Zoe", "Late", zoe), registered("Zoe Late registered", zoe))
	d.at("13:20", d.decides(pia, "accept"), bySue(app.MemberAccepted, "accepted Pia Lang", pia))
	d.at("13:21", d.decides(quinn, "reject"), bySue(app.MemberRejected, "rejected Quinn Ray", quinn))
	d.at("13:30", d.isDenied(link, otto, http.StatusUnprocessableEntity), denied("the address has a login already", "email_taken"))
	d.at("13:31", func() {
		for range app.TakenAnHour {
			d.isDenied(link, otto, http.StatusUnprocessableEntity)()
		}
	}, line{event: app.ManyRefused, said: en("activity_many_refused", "Count", app.TakenAnHour), from: home, details: "Count=10"})
	d.at("13:35", func() { d.want(d.from(home).post(d.asks(*link, otto), nil), http.StatusOK) },
		line{event: app.JoinRequested, said: "Otto Old asked to be added to this account", actor: otto, about: otto, from: home})
}

// evening is the end of two links, and what is downloaded.
func (d *day) evening(link *string) {
	old, id := *link, d.one("SELECT id FROM links WHERE active = 1")
	d.at("16:00", d.links("regenerate", link), bySue(app.LinkRegenerated, "regenerated the registration link", ""))
	d.at("16:05", d.isDenied(&old, "eve@evil.example", http.StatusGone), denied("it was no longer active", "link_dead"))
	d.at("16:10", d.sends("/account/links/"+id+"/suspend", url.Values{"since": {"2026-11-22T13:00"}}),
		bySue(app.LinkPeopleSuspended, "suspended 3 people who came by an old link", "", "Count=3"),
		bySue(app.MemberSuspended, "suspended Otto Old", "otto@learn.example"),
		bySue(app.MemberSuspended, "suspended Pia Lang", "pia@acme.example"),
		bySue(app.MemberSuspended, "suspended Zoe Late", "zoe@acme.example"))
	d.at("16:30", d.registers(link, "Yan", "Moe", "yan@acme.example"), registered("Yan Moe registered", "yan@acme.example"))
	d.at("17:00", d.sends("/account/link/disable", nil), bySue(app.LinkDisabled, "disabled the registration link", ""))
	d.at("17:05", func() { d.sue.post("/members/export", nil).rows() }, bySue(app.MembersExported, "downloaded the list of members", ""))
	d.at("17:10", func() { d.sue.post("/activity/export", nil).rows() }, bySue(app.ActivityExported, "downloaded the activity", ""))
}

// laterOn is the moment at which nobody has decided about somebody in time, and the one after which a backup was restored.
func (d *day) laterOn() {
	d.begin = d.begin.AddDate(0, 0, 31)
	d.at("08:00", func() {
		_, err := app.Deadlines{Store: d.store, Clock: d.clock.tell}.Keep(d.t.Context())
		d.check(err)
	}, line{event: app.PendingExpired, said: "Nobody decided about Yan Moe in time, so the request has expired", about: "yan@acme.example"})
	var path string
	d.at("08:10", d.links("generate", &path), bySue(app.LinkGenerated, "generated the registration link", ""))
	d.at("08:20", func() {
		_, err := app.KillAll(d.t.Context(), d.store, d.clock.tell)
		d.check(err)
	}, line{event: app.LinkKilled, said: "The operators of the portal ended every registration link; this account needs a new one"})
	d.at("08:25", d.sends("/account/security/sign-in", wayForm(app.PasswordOnly)),
		bySue(app.SignInChanged, "changed how people of the account sign in: With a password only", "", "Way=password"))
	d.at("08:30", func() {}) // Sue signs in anew
}

// wantEveryEvent wants the day to have everything that can happen in an account after its beginning.
func (d *day) wantEveryEvent() {
	d.t.Helper()
	for _, group := range app.EventGroups() {
		for _, event := range group.Events() {
			had := slices.ContainsFunc(d.told, func(l line) bool { return l.event == event })
			if !had && event != app.AccountCreated { // by the set-up page alone
				d.t.Errorf("the day has no %s", event)
			}
		}
	}
}

// inOrder sorts what happened in the same moment, which no list has an order for.
func inOrder(lines []string) []string {
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
func TestAScriptedDay(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		d := newDay(p)
		var link string
		d.morning(&link)
		d.noon()
		d.afternoon(&link)
		d.evening(&link)
		d.laterOn()
		d.withFactor()
		d.separated()
		d.wantEveryEvent()
		slices.Reverse(d.told) // the newest stands first
		shown := d.wantPages()
		sheet := d.sue.post("/activity/export", nil)
		d.wantSheet(sheet.rows())
		d.deliver()
		d.wantNoSecrets(d.dump("activities") + shown + sheet.body)
	})
}

// wantPages compares the list with what is to be told, over all its pages, and gives them.
func (d *day) wantPages() string {
	d.t.Helper()
	var got []string
	shown := ""
	for path := "/activity"; path != ""; {
		page := d.sue.get(path)
		d.want(page, http.StatusOK)
		got = append(got, page.happened()...)
		shown += page.body
		path = page.page().Find("#activity-list nav a[hx-get]").AttrOr("href", "")
	}
	var want []string
	for _, l := range d.told {
		want = append(want, l.said+" | "+l.at.Format("2 January 2006, 15:04")+" UTC | "+l.from)
	}
	d.wantLines("page", inOrder(got), inOrder(want))
	return shown
}

// wantSheet compares the download with what is to be told.
func (d *day) wantSheet(rows [][]string) {
	d.t.Helper()
	var got, want []string
	for _, row := range rows[1:] {
		got = append(got, strings.Join([]string{row[2], row[0], row[1], row[4], row[6], row[7], row[8]}, " | "))
	}
	for _, l := range d.told {
		want = append(want, strings.Join([]string{l.said, l.at.Format(time.RFC3339), string(l.event), l.actor, l.about, l.from, l.details}, " | "))
	}
	d.wantLines("sheet", inOrder(got), inOrder(want))
}

func (d *day) wantLines(where string, got, want []string) {
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

var token = regexp.MustCompile(`r[a-z]1_[A-Za-z0-9_-]+`)

// wantNoSecrets looks for every link, password and cookie of the day, and for whatever was mailed.
func (d *day) wantNoSecrets(told string) {
	d.t.Helper()
	for _, m := range d.mails {
		d.secrets = append(d.secrets, token.FindAllString(m.Text, -1)...)
	}
	if len(d.secrets) < 8 {
		d.t.Errorf("only %d secrets were in play", len(d.secrets))
	}
	for _, secret := range d.secrets {
		if secret == "" || strings.Contains(told, secret) {
			d.t.Errorf("the secret %q is told", secret)
		}
	}
	if found := token.FindString(told); found != "" {
		d.t.Errorf("a token is told: %s", found)
	}
}

// withFactor has Sue set up a second factor, require one of the Super Users, leave it to them again, and lose hers.
func (d *day) withFactor() {
	d.at("09:00", func() {
		form, secret := d.appForm(d.sue.get(appPath))
		done := d.sue.post(appPath, form)
		d.want(done, http.StatusOK)
		d.sue.cookie = done.cookie("session")
		d.secrets = append(d.secrets, strings.Fields(done.page().Find("#codes-text").Text())...)
		d.secrets = append(d.secrets, secret, d.sue.cookie)
	})
	d.at("09:01", d.sends(requirePath, url.Values{"required": {"yes"}}), bySue(app.SecondFactorRequired, "made a second factor a must for Super Users", ""))
	d.at("09:02", d.sends(requirePath, url.Values{"required": {"no"}}),
		bySue(app.SecondFactorOptional, "left it to Super Users whether they have a second factor", ""))
	d.at("09:03", func() {
		d.check(app.FactorRemovals{Store: d.store, Clock: d.clock.tell}.Remove(d.t.Context(), "sue@acme.example"))
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}, line{event: app.SecondFactorRemoved, said: "An operator removed the second factor of Sue Perez", about: "sue@acme.example"})
}

// separated has Sue's login joined to one at the provider, and separated from it again by those who run the portal.
func (d *day) separated() {
	d.at("09:04", func() {
		d.run("INSERT INTO sso_logins (key_hash, identity_id, issuer, subject, created_at) VALUES (?, ?, 'https://login.example', '7731', ?)",
			make([]byte, 32), d.identity("sue@acme.example"), d.clock.now)
		d.check(app.SSORemovals{Store: d.store, Clock: d.clock.tell}.Forget(d.t.Context(), "sue@acme.example"))
		d.sue.cookie = d.signIn("sue@acme.example").cookie
	}, line{event: app.SSOSeparated, said: "An operator separated the login of Sue Perez from the one at single sign-on", about: "sue@acme.example"})
}

// alsoMailed causes the mails that the day has not.
func (d *day) alsoMailed() {
	d.t.Helper()
	d.sue = browser{p: d.portal, cookie: d.signIn("sue@acme.example").cookie}
	keep := func(days int) {
		d.clock.now = d.clock.now.AddDate(0, 0, days)
		_, err := app.Deadlines{Store: d.store, Clock: d.clock.tell}.Keep(context.Background())
		d.check(err)
		d.deliver()
		d.sue = browser{p: d.portal, cookie: d.signIn("sue@acme.example").cookie}
	}
	d.forgot("sue@acme.example")
	una := d.portal.member("una@acme.example", app.StandardUser)
	d.want(una.post("/preferences/password", url.Values{"current_password": {password}, "password": {another}}), http.StatusSeeOther)
	d.want(d.sue.post(d.memberPath("una@acme.example")+"/expiry", url.Values{"expires": {d.clock.now.AddDate(0, 0, 20).Format(time.DateOnly)}}), http.StatusSeeOther)
	d.portal.member("sam@acme.example", app.SuperUser)
	d.want(d.sue.post("/account/link/generate", nil), http.StatusSeeOther)
	d.rule("requires_approval", "1")
	path := strings.TrimPrefix(d.sue.get("/account").value("#registration-link-url"), d.base)
	d.register(path, "ida@acme.example")
	d.want(d.sue.post("/members/pending/accept", url.Values{"member": {d.membership("ida@acme.example", "Acme Widgets")}}), http.StatusSeeOther)
	d.register(path, "wim@acme.example")
	d.want(browser{p: d.portal}.post(d.mailed("wim@acme.example"), nil), http.StatusOK)
	olga := d.portal.member("olga@acme.example", app.StandardUser)
	form, _ := d.appForm(olga.get(appPath))
	d.want(olga.post(appPath, form), http.StatusOK)
	keep(3)
	keep(14)
	d.run("UPDATE accounts SET sign_in = 'sso'")
	d.want(browser{p: d.portal}.post("/forgot-password", url.Values{"email": {"sam@acme.example"}}), http.StatusOK)
	provider := ssotest.NewProvider(d.t, d.base+web.SSOPath)
	d.serve(func(c *web.Config) { c.SSO = d.providerAt(provider.Issuer) })
	provider.Add("sam", "sam@acme.example", true)
	d.signedInBySSO(provider, "sam")
}
