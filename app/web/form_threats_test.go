package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// One address and one alone: two fields, two addresses in one, a list in brackets or in JSON register nobody (T-21).
func TestT21TwoAddressesRegisterNobody(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		before := p.stored()
		body := func(change func(url.Values)) string {
			changed := joined(form)
			change(changed)
			return changed.Encode()
		}
		for how, c := range map[string]struct {
			contentType, body string
			status            int
		}{
			"twice":          {formType("POST"), body(func(f url.Values) { f.Add("email", "eve@evil.example") }), http.StatusUnprocessableEntity},
			"the same twice": {formType("POST"), body(func(f url.Values) { f.Add("email", "nia@acme.example") }), http.StatusUnprocessableEntity},
			"brackets": {formType("POST"), body(func(f url.Values) {
				f["email[]"] = []string{"nia@acme.example", "eve@evil.example"}
				f.Del("email")
			}), http.StatusUnprocessableEntity},
			"numbered brackets": {formType("POST"), body(func(f url.Values) {
				f["email[0]"] = f["email"]
				f.Del("email")
			}), http.StatusUnprocessableEntity},
			"a comma":          {formType("POST"), body(func(f url.Values) { f.Set("email", "nia@acme.example,eve@evil.example") }), http.StatusUnprocessableEntity},
			"a display name":   {formType("POST"), body(func(f url.Values) { f.Set("email", `"nia"<eve@evil.example>`) }), http.StatusUnprocessableEntity},
			"a list in JSON":   {"application/json", `{"email":["nia@acme.example","eve@evil.example"]}`, http.StatusUnsupportedMediaType},
			"JSON in the form": {formType("POST"), body(func(f url.Values) { f.Set("email", `["nia@acme.example"]`) }), http.StatusUnprocessableEntity},
		} {
			if got := (browser{p: p}).ask(http.MethodPost, path, c.contentType, c.body); got.status != c.status {
				p.t.Errorf("%s: status %d, want %d: %.200s", how, got.status, c.status, got.text())
			}
		}
		p.unchanged("two addresses", before)
	})
}

// The query never speaks for the form: neither submitting nor checking takes one (T-22).
func TestT22AQueryDoesNotSpeakForTheForm(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		before := p.stored()
		for _, below := range []string{"", "/check/email"} {
			for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
				p.want(b.post(path+below+"?email=sue@acme.example", form), http.StatusBadRequest)
			}
		}
		p.unchanged("a form with a query", before)
	})
}

// Every column of every table that a registration writes, posted as a field with an odd value, is not looked at: what is stored is what a
// form without them stores (T-23).
func TestT23NoColumnIsAField(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		p.register(path, "nia@acme.example")
		form := p.filledIn(path, "eve@acme.example")
		columns := 0
		for _, table := range []string{"identities", "memberships", "registrations", "consents", "confirmations", "links", "notices", "accounts"} {
			for _, column := range p.columnsOf(table) {
				for _, name := range []string{column, table + "[" + column + "]", table + "." + column, strings.ToUpper(column)} {
					if !form.Has(name) && !slices.Contains(app.Fields(), name) {
						form.Set(name, "1")
						columns++
					}
				}
			}
		}
		if columns < 200 {
			p.t.Errorf("only %d fields were made up", columns)
		}
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		if plain, odd := p.standing("nia@acme.example", "Acme Widgets"), p.standing("eve@acme.example", "Acme Widgets"); odd != plain {
			p.t.Errorf("with every column posted one is stored as %q, without as %q", odd, plain)
		}
		for _, column := range p.columnsOf("identities") {
			if slices.Contains([]string{"id", "email", "email_key", "password_hash", "search_text"}, column) {
				continue
			}
			query := "SELECT COALESCE(" + column + ", '') FROM identities WHERE email = ?"
			if plain, odd := p.one(query, "nia@acme.example"), p.one(query, "eve@acme.example"); odd != plain {
				p.t.Errorf("%s is %q, without being posted %q", column, odd, plain)
			}
		}
		if n := p.one("SELECT COUNT(*) FROM identities WHERE id = '1' OR email_key = '1' OR password_hash = '1' OR search_text = '1'"); n != "0" {
			p.t.Errorf("%s rows are made of what was posted", n)
		}
	})
}

func (p *portal) columnsOf(table string) []string {
	p.t.Helper()
	rows, err := p.raw.QueryContext(p.t.Context(), "SELECT * FROM "+table+" WHERE 1 = 0")
	p.check(err)
	defer rows.Close()
	names, err := rows.Columns()
	p.check(errors.Join(err, rows.Err()))
	return names
}

// A registration by a link adds rows and changes nobody's: not those of a person whom a Super User added and who has not come yet, nor of
// anybody else. The link's count alone moves (T-26).
func TestT26ARegistrationTouchesNobodysRows(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.create("una@acme.example", app.LimitedUser)
		p.imported("lea@learn.example")
		path := p.link()
		p.register(path, "nils@acme.example")
		forms := []url.Values{p.filledIn(path, "una@acme.example"), p.filledIn(path, "LEA@learn.example"), p.filledIn(path, "nils@acme.example")}
		before := p.stored()
		for _, form := range forms {
			p.want(browser{p: p}.post(path, form), http.StatusUnprocessableEntity)
		}
		p.onlyDenied("an address that has a login", "email_taken", before)
		before = p.stored()
		p.register(path, "nia@acme.example")
		for table, now := range p.stored() {
			if gone := without(before[table], now); len(gone) > 0 && table != "links" && strings.Join(gone, "") != "" {
				p.t.Errorf("a registration changed %s: gone is %q", table, gone)
			}
		}
		p.activate(p.mailed("una@acme.example"), "Una", "Reed") // whom the attempts did not keep away
	})
}

// Nobody is stored without a consent to the version that is in force, nor with one of a topic that there is not (T-29).
func TestT29NobodyWithoutAConsent(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		before := p.stored()
		for how, c := range map[string]struct {
			field  string
			values []string
		}{
			"the box not ticked": {"eula", nil}, "an older version": {"eula", []string{"2025-01"}}, "no version": {"eula", []string{"on"}},
			"two versions": {"eula", []string{app.EULAVersion, "2025-01"}}, "an unknown topic": {"topics", []string{"gossip"}},
		} {
			form := p.filledIn(path, "nia@acme.example")
			form[c.field] = c.values
			got := browser{p: p}.post(path, form)
			p.want(got, http.StatusUnprocessableEntity)
			if got.problems()[c.field] == "" {
				p.t.Errorf("%s: says %q", how, got.problems())
			}
		}
		p.unchanged("a form without consent", before)
		form := p.filledIn(path, "nia@acme.example")
		before = p.stored()
		p.faults = true
		p.run("ALTER TABLE consents RENAME TO consents_elsewhere") // as when the disk is full in that very moment
		p.want(browser{p: p}.post(path, form), http.StatusInternalServerError)
		p.run("ALTER TABLE consents_elsewhere RENAME TO consents")
		p.unchanged("a registration whose consent could not be stored", before)
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		if got := p.one("SELECT c.eula_version FROM consents c JOIN identities i ON i.id = c.identity_id WHERE i.email = 'nia@acme.example'"); got != app.EULAVersion {
			p.t.Errorf("agreed to %q", got)
		}
	})
}

// Whoever registered cannot sign in before the address is proven, by pressing the button behind the mailed address, and not with a mail
// that another has replaced (T-25).
func TestT25NoSignInBeforeTheAddressIsProven(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		in := credentials("nia@acme.example", password)
		refused := func(when string) {
			p.t.Helper()
			if got := (browser{p: p}).post("/sign-in", in); got.status != http.StatusUnprocessableEntity || got.cookie("session") != "" {
				p.t.Errorf("%s: status %d, a session %q", when, got.status, got.cookie("session"))
			}
		}
		refused("at once")
		first := p.mailed("nia@acme.example")
		p.want(browser{p: p}.get(first), http.StatusOK)
		refused("after opening the mailed address")
		p.clock.pass(app.AskAgainAfter + 1)
		p.want(browser{p: p}.post("/confirm", url.Values{"email": {"nia@acme.example"}}), http.StatusOK)
		second := p.mailed("nia@acme.example")
		if second == first {
			p.t.Fatal("no other mail was sent")
		}
		p.clock.pass(app.ConfirmWithin + 1)
		p.want(browser{p: p}.post(second, nil), http.StatusGone)
		refused("with a mail of the day before")
		p.want(browser{p: p}.post("/confirm", url.Values{"email": {"nia@acme.example"}}), http.StatusOK)
		p.want(browser{p: p}.post(first, nil), http.StatusGone)
		refused("with a mail that was replaced")
		p.want(browser{p: p}.post(p.mailed("nia@acme.example"), nil), http.StatusOK)
		p.signIn("nia@acme.example")
		if n := p.one("SELECT COUNT(*) FROM sessions"); n != "2" { // with Sue's
			p.t.Errorf("%s sessions", n)
		}
	})
}
