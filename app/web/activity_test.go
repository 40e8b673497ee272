package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// recordActivity stores an activity of Acme Widgets as it is, without any rule.
func (p *portal) recordActivity(what app.Activity) {
	p.t.Helper()
	what.ID, what.AccountID, what.At = app.NewID(), p.accountID("Acme Widgets"), p.clock.now
	p.check(p.store.RecordActivity(p.t.Context(), what))
}

func TestActivity_IsFilteredByKindDayAndPerson(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.clock.advance(24 * time.Hour)
		p.sue = p.signIn("sue@acme.example")
		path := p.generateLink()
		p.clock.advance(time.Minute)
		p.register(path, "nia@acme.example")
		nia, sue := p.identityID("nia@acme.example"), p.identityID("sue@acme.example")
		const created, generated, registered = "An operator created a login for Sue Perez",
			"Sue Perez generated the registration link", "Nia Okafor registered"
		for query, want := range map[string][]string{
			"":                                    {registered, generated, created},
			"?what=&from=&to=&person=":            {registered, generated, created},
			"?what=link":                          {generated},
			"?what=registrations":                 {registered},
			"?what=approvals":                     nil,
			"?from=2026-11-23":                    {registered, generated},
			"?to=2026-11-22":                      {created},
			"?from=2026-11-23&to=2026-11-23":      {registered, generated},
			"?from=2026-11-24":                    nil,
			"?from=2026-11-23&to=2026-11-22":      nil,
			"?person=" + nia:                      {registered},
			"?person=" + sue + "&what=link":       {generated},
			"?person=" + nia + "&what=link":       nil,
			"?what=gossip":                        nil,
			"?from=yesterday":                     nil,
			"?to=2026-02-30":                      nil,
			"?from=-1000-01-01":                   nil,
			"?to=9999-12-31":                      nil,
			"?person=" + strings.Repeat("A", 26):  nil,
			"?person=x%00":                        nil,
			"?what=" + strings.Repeat("a", 2_000): nil,
			"?from=%ff":                           nil,
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get("/activity" + query)
				p.wantStatus(got, http.StatusOK)
				var said []string
				for _, line := range got.activityLines() {
					said = append(said, strings.Split(line, " | ")[0])
				}
				if !slices.Equal(said, want) || got.has("[action='/activity/export']") != (len(want) > 0) {
					p.t.Errorf("%s lists %q, want %q", got.request, said, want)
				}
			}
		}
		p.wantStatus(p.sue.get("/activity?after=x"), http.StatusBadRequest)
	})
}

// A name leads to what there is about the person, with the rest of the filter kept, and back.
func TestActivity_NameLeadsToThatPersonsActivity(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.register(p.generateLink(), "nia@acme.example")
	page := p.sue.get("/activity?what=registrations")
	about := p.sue.get(page.attribute("#activity-list tbody a", "href"))
	if got := about.textAt("#activity-list p"); !strings.HasPrefix(got, "About Nia Okafor") {
		t.Errorf("says %q", got)
	}
	if about.value("form [name=person]") != p.identityID("nia@acme.example") ||
		about.value("[action='/activity/export'] [name=what]") != "registrations" {
		t.Error("the filter is lost")
	}
	if back := about.attribute("#activity-list p a", "href"); back != "/activity?what=registrations" {
		t.Errorf("the way back is %q", back)
	}
}

func TestActivity_IsPagedWithItsFilter(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.identityID("sue@acme.example")
		for range app.PageSize + 3 {
			p.recordActivity(app.Activity{Event: app.LinkCopied, ActorID: sue, Address: "192.0.2.7"})
		}
		first := p.sue.get("/activity?what=link&person=" + sue)
		second := p.sue.get(first.attribute("#activity-list nav a", "href"))
		if a, b := len(first.activityLines()), len(second.activityLines()); a != app.PageSize || b != 3 {
			p.t.Errorf("pages of %d and %d", a, b)
		}
		if back := second.attribute("#activity-list nav a", "href"); back != "/activity?person="+sue+"&what=link" {
			p.t.Errorf("the first page is at %q", back)
		}
	})
}

// Rows of other versions of the portal, or of nobody: a detail that is missing or makes no sense never breaks a page.
func TestActivity_OddDetailsBreakNoPage(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.identityID("sue@acme.example")
		var all []app.Event
		for _, group := range app.EventGroups() {
			all = append(all, group.Events()...)
		}
		odd := app.Details{
			"Role": "king", "OldRole": "", "Date": "soon", "Count": "many", "Reason": "whim", "Rules": "whim",
			"Other": "x",
		}
		for _, event := range all {
			p.recordActivity(app.Activity{Event: event})
			p.recordActivity(app.Activity{Event: event, ActorID: sue, SubjectID: sue, Details: odd})
		}
		for _, language := range messages.Languages() {
			b := p.sue.withCookies(p.sue.post("/language", url.Values{"language": {language.Tag}}))
			paths, seen := []string{"/dashboard", "/activity"}, 0
			for _, group := range app.EventGroups() {
				paths = append(paths, "/activity?what="+string(group))
			}
			for len(paths) > 0 {
				got := b.get(paths[0])
				p.wantStatus(got, http.StatusOK)
				for _, nonsense := range []string{"king", "whim", "soon"} {
					if strings.Contains(got.text(), nonsense) {
						p.t.Errorf("%s repeats what makes no sense: %q", paths[0], got.activityLines())
					}
				}
				paths, seen = paths[1:], seen+len(got.activityLines())
				if older, ok := got.document().Find("#activity-list nav a[href*='after=']").Attr("href"); ok {
					paths = append(paths, older)
				}
			}
			if seen < 4*len(all) { // each twice in the list of all, and twice in that of its group
				p.t.Errorf("%d rows were read in %s, of %d kinds", seen, language.Tag, len(all))
			}
			if rows := b.post("/activity/export", nil).csvRows(); len(rows) < 2*len(all) {
				p.t.Errorf("%d rows of %d", len(rows), 2*len(all))
			}
		}
	})
}

func TestActivity_SentencesAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	sue := p.identityID("sue@acme.example")
	for _, test := range []struct {
		event   app.Event
		details app.Details
		en, de  string
	}{
		{
			app.RoleChanged,
			app.Details{"Role": "super", "OldRole": "limited"},
			"Sue Perez made Sue Perez a Super User instead of a Limited User", "Super User statt Limited User",
		},
		{app.ExpiryChanged, app.Details{"Date": "2026-12-03"}, "3 December 2026", "3. Dezember 2026"},
		{
			app.ExpiryChanged, nil, "took the end of Sue Perez’s membership away",
			"hat das Ende der Mitgliedschaft von Sue Perez aufgehoben",
		},
		{app.LinkJoinersSuspended, app.Details{"Count": "1"}, "suspended the 1 person", "die 1 Person gesperrt"},
		{app.LinkJoinersSuspended, app.Details{"Count": "1200"}, "1,200 people", "1.200 Personen"},
		{
			app.LinkPolicyChanged,
			app.Details{"Rules": "expiry role whim"},
			"registration link: expiry, new member role",
			"Registrierungslinks geändert: Ablauf, Rolle neuer Mitglieder",
		},
		{app.LinkDenied, app.Details{"Reason": "link_full"}, "used up", "aufgebraucht"},
		{app.LinkDenied, nil, "Somebody was not let in", "Jemand wurde"},
	} {
		p.clock.advance(time.Second)
		p.recordActivity(app.Activity{Event: test.event, ActorID: sue, SubjectID: sue, Details: test.details})
		for tag, want := range map[string]string{"en": test.en, "de": test.de} {
			b := p.sue.withCookies(p.sue.post("/language", url.Values{"language": {tag}}))
			if got := b.get("/activity").activityLines()[0]; !strings.Contains(got, want) {
				t.Errorf("%s %v in %s: %q lacks %q", test.event, test.details, tag, got, want)
			}
		}
	}
}

// The sheet has what the list has, on one page and whole; names cannot become formulas in it.
func TestActivityExport_HasTheFilteredListWithoutFormulas(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "eve@evil.example")
		form.Set("first_name", "=HYPERLINK(1)")
		p.clock.advance(time.Second)
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		p.clock.advance(time.Second)
		eve := p.identityID("eve@evil.example")
		p.recordActivity(app.Activity{
			Event: app.RoleChanged, ActorID: p.identityID("sue@acme.example"), SubjectID: eve,
			Address: "192.0.2.7", Details: app.Details{"Role": "super", "OldRole": "standard"},
		})
		got := p.sue.post("/activity/export", nil)
		if name := got.header.Get("Content-Disposition"); name != `attachment; filename="activity-2026-11-22.csv"` {
			p.t.Errorf("the file is %q", name)
		}
		rows := got.csvRows()
		want := []string{
			"2026-11-22T09:30:02Z", "role_changed",
			"Sue Perez made =HYPERLINK(1) Okafor a Super User instead of a Standard User", "Sue Perez",
			"sue@acme.example", "'=HYPERLINK(1) Okafor", "eve@evil.example", "192.0.2.7", "OldRole=standard; Role=super",
		}
		if len(rows) != 5 || !slices.Equal(rows[1], want) {
			p.t.Errorf("rows %q, want %q first", rows, want)
		}
		if said := rows[2][2]; !strings.HasPrefix(said, "'=HYPERLINK(1) Okafor registered") {
			p.t.Errorf("the sentence of the registration is the cell %q", said)
		}
		for _, row := range rows {
			if slices.ContainsFunc(row, isFormula) {
				p.t.Errorf("the row %q has a formula", row)
			}
		}
		rows = p.sue.post("/activity/export", url.Values{"what": {"registrations"}, "person": {eve}}).csvRows()
		if len(rows) != 2 || rows[1][1] != "person_registered" {
			p.t.Errorf("filtered: %q", rows)
		}
		if rows := p.sue.post("/activity/export", url.Values{"from": {"never"}}).csvRows(); len(rows) != 1 {
			p.t.Errorf("a day that is none: %q", rows)
		}
		if said := p.sue.get("/activity?what=account").activityLines(); len(said) != 3 ||
			!strings.HasPrefix(said[0], en("activity_activity_exported", "Actor", "Sue Perez")) {
			p.t.Errorf("recorded: %q", said)
		}
		p.wantStatus(p.sue.post("/activity/export", url.Values{"what": {"link", "account"}}), http.StatusUnprocessableEntity)
		p.wantStatus(p.sue.post("/activity/export?what=link", nil), http.StatusBadRequest)
	})
}

// Nobody reads another account's activities, nor learns a name by an id (T-43).
func TestT43_ActivityOfOtherAccountsIsHidden(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		theirs := p.identityID("zoe@beta.example")
		for _, path := range []string{"/activity", "/activity?person=" + theirs, "/activity?what=registrations"} {
			got := p.sue.get(path)
			p.wantStatus(got, http.StatusOK)
			n.wantHidden(got)
		}
		for _, filter := range []url.Values{nil, {"person": {theirs}}} {
			got, err := json.Marshal(p.sue.post("/activity/export", filter).csvRows())
			p.check(err)
			if strings.Contains(string(got), "beta.example") {
				p.t.Errorf("the sheet has %s", got)
			}
		}
		if said := n.bob.get("/activity?person=" + theirs).activityLines(); len(said) != 1 {
			p.t.Errorf("Bob reads %q", said)
		}
	})
}
