package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// otherAccount is a portal with a second account whose every id is known to the first one's Super User.
type otherAccount struct {
	*portal
	bob                  browser
	linkID, memberID, id string // of Beta Works: link id, membership id, account id
}

func newOtherAccount(p *portal) otherAccount {
	p.t.Helper()
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	n := otherAccount{portal: p, bob: p.signIn("bob@beta.example")}
	link := n.bob.withHTMX().post("/account/link/generate", nil)
	p.wantStatus(link, http.StatusOK)
	p.register(strings.TrimPrefix(link.value("#registration-link-url"), baseURL), "zoe@beta.example")
	n.id = p.accountID("Beta Works")
	n.linkID = p.queryOne("SELECT id FROM links WHERE account_id = ?", n.id)
	n.memberID = p.membershipID("zoe@beta.example", "Beta Works")
	return n
}

// wantHidden wants nothing of the neighbours on a page.
func (n otherAccount) wantHidden(got testResponse) {
	n.t.Helper()
	for _, theirs := range []string{"zoe@beta.example", "Beta Works", "bob@beta.example", "300400"} {
		if strings.Contains(got.body, theirs) {
			n.t.Errorf("%s shows %q of another account", got.request, theirs)
		}
	}
}

// What belongs to another account does not exist: an id of theirs answers as an id that was never given (T-43).
func TestT43_ForeignIDsAreAnsweredLikeUnknownOnes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		before := p.snapshot()
		cursor := app.Cursor{At: p.clock.now.Add(time.Hour), ID: n.memberID}.String()
		for _, path := range []string{
			"/members", "/members?link=" + n.linkID, "/members?q=zoe", "/members?q=beta", "/members?after=" + cursor, "/account",
			"/dashboard",
			"/members/new", "/preferences", "/help/registration-link",
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get(path)
				p.wantStatus(got, http.StatusOK)
				n.wantHidden(got)
			}
		}
		unknown := p.sue.post("/members/"+app.NewID()+"/activation", nil)
		theirs := p.sue.post("/members/"+n.memberID+"/activation", nil)
		p.wantStatus(unknown, http.StatusNotFound)
		p.wantStatus(theirs, http.StatusNotFound)
		if unknown.text() != theirs.text() {
			p.t.Errorf("an id of another account is told apart: %q, %q", theirs.text(), unknown.text())
		}
		p.wantStatus(p.sue.post("/account/switch", url.Values{"account": {n.id}}), http.StatusNotFound)
		p.wantStatus(p.sue.post("/account/switch", url.Values{"account": {""}}), http.StatusNotFound)
		p.wantUnchanged("asking for what is another account's", before)
	})
}

// One account's link lets nobody into another, and what one does to its link does nothing to another's.
func TestT43_LinksOfAccountsAreIndependent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		path := p.generateLink()
		p.register(path, "nia@acme.example")
		if got := p.queryOne("SELECT a.name FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN identities i "+
			"ON i.id = m.identity_id "+
			"WHERE i.email = ?", "nia@acme.example"); got != "Acme Widgets" {
			p.t.Errorf("registered in %q", got)
		}
		for _, end := range []string{"regenerate", "disable"} {
			p.wantStatus(p.sue.post("/account/link/"+end, nil), http.StatusSeeOther)
		}
		if got := n.bob.get("/account").textAt("#registration-link"); !strings.Contains(got, en("people", "Count", 1)) {
			p.t.Errorf("the other account's link suffered: %s", got)
		}
		if got := p.queryOne("SELECT COUNT(*) FROM links WHERE account_id = ? AND active = 1", n.id); got != "1" {
			p.t.Errorf("the other account has %s links", got)
		}
		for _, m := range p.mailsTo("bob@beta.example") {
			if strings.Contains(m.Text, "nia@acme.example") {
				p.t.Error("another account's Super User was told of the registration")
			}
		}
	})
}

// A Super User of another account walks the whole table with Acme's ids wherever a row takes one. What
// belongs to Acme does not exist: a row with a parameter answers as for an id that was never given, and one
// without shows and changes nothing of Acme (T-43).
func TestT43_NoRouteShowsOrChangesAnotherAccount(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		p.deliverMails()
		forbidden, before := s.identifiersOf("Acme Widgets"), s.rowsOf("Acme Widgets")
		walked := 0
		for _, row := range s.routes() {
			v := s.caseFor(row)
			// they are for everybody, or for whoever has a secret
			if slices.Contains([]string{"machine", "anyone", "visitor"}, row.Who) {
				continue
			}
			walked++
			bob := p.signIn(addresses()["other"]) // anew, for a row may end the session
			if strings.Contains(row.Path, ":") {
				s.wantLikeUnknownID(bob, row, v)
				continue
			}
			for _, b := range []browser{bob, bob.withHTMX()} {
				got := b.do(row.Method, v.path, contentTypeOf(row.Method), v.form.Encode())
				s.wantNoneOf(forbidden, got)
			}
		}
		if walked < 20 {
			p.t.Errorf("only %d rows were walked", walked)
		}
		p.wantSameRows(before, s.rowsOf("Acme Widgets"))
	})
}

// Filters and cursors with Acme's ids find nothing of Acme either, nor do forms that carry them.
func TestT43_FiltersWithForeignIDsFindNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		id := s.accountID("Acme Widgets")
		bob := s.visitors["other"]
		member := s.queryOne("SELECT id FROM memberships WHERE account_id = ? AND identity_id = (SELECT id FROM "+
			"identities WHERE email = 'nora@acme.example')", id)
		filters := url.Values{
			"link":   {s.queryColumn("SELECT id FROM links WHERE account_id = ?", id)[0]},
			"person": {s.identityID("nora@acme.example")}, "account": {id},
			"after": {app.Cursor{At: p.clock.now.Add(time.Hour), ID: member}.String()}, "q": {"nora"}, "show": {"idle"},
			"member": {member},
		}
		before := s.rowsOf("Acme Widgets")
		for _, row := range s.routes() {
			v := s.caseFor(row)
			if strings.Contains(row.Path, ":") || !slices.Contains([]string{"signed in", "member", "super user"}, row.Who) ||
				v.path == "/account/switch" {
				continue
			}
			for name, value := range filters {
				form := maps.Clone(v.form)
				if form == nil {
					form = url.Values{}
				}
				form[name] = value
				got := bob.do(http.MethodGet, v.path+"?"+form.Encode(), "", "")
				if row.Method == http.MethodPost {
					got = p.signIn(addresses()["other"]).post(v.path, form)
				}
				s.wantNoneOf([]string{"Acme Widgets", "@acme.example", "100200"}, got)
			}
		}
		p.wantSameRows(before, s.rowsOf("Acme Widgets"))
	})
}
