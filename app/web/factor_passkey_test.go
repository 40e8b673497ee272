package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/descope/virtualwebauthn"

	"reglink/app"
	"reglink/app/factor"
)

const (
	passkeyPath       = factorPath + "/passkey"
	passkeySignInPath = "/sign-in/passkey"
	localhostURL      = "http://localhost:3000" // passkeys need https or localhost
)

// eachDatabaseWithPasskeys runs a test on portals whose address passkeys can be used at.
func eachDatabaseWithPasskeys(t *testing.T, run func(p *portal)) {
	t.Helper()
	eachDatabase(t, func(p *portal) {
		p.restartWith(func(c *portalConfig) { c.BaseURL, c.Passkeys = localhostURL, factor.NewPasskeys(localhostURL) })
		run(p)
	})
}

// publicKeyLength is the length of a public key in CBOR. The virtual device forgets the zeros that one in 128
// begins with.
const publicKeyLength = 77

// authenticator keeps one passkey, and makes mistakes if a test wants it to.
type authenticator struct {
	p    *portal
	site virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func (p *portal) newAuthenticator() *authenticator {
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) < publicKeyLength {
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	site := virtualwebauthn.RelyingParty{ID: "localhost", Name: "Reglink", Origin: localhostURL}
	return &authenticator{p: p, site: site, auth: virtualwebauthn.NewAuthenticator(), key: key}
}

// attestationForm fills the form of a new passkey in.
func (d *authenticator) attestationForm(page testResponse, name string) url.Values {
	d.p.t.Helper()
	asked, err := virtualwebauthn.ParseAttestationOptions(page.attribute("[data-passkey=create]", "data-options"))
	d.p.check(err)
	d.auth.Options.UserHandle = []byte(asked.UserID)
	return url.Values{
		"passkey_box": {page.value("[name=passkey_box]")}, "name": {name}, "current_password": {password},
		"passkey": {virtualwebauthn.CreateAttestationResponse(d.site, d.auth, d.key, *asked)},
	}
}

// assertionForm fills a form in that asks for a passkey.
func (d *authenticator) assertionForm(page testResponse) url.Values {
	d.p.t.Helper()
	asked, err := virtualwebauthn.ParseAssertionOptions(page.attribute("[data-passkey=get]", "data-options"))
	d.p.check(err)
	return url.Values{
		"passkey_box": {page.value("[name=passkey_box]")},
		"passkey":     {virtualwebauthn.CreateAssertionResponse(d.site, d.auth, d.key, *asked)},
	}
}

// attestationFormWithProof fills the form of another passkey in.
func (d *authenticator) attestationFormWithProof(page testResponse, more *authenticator, name string) url.Values {
	d.p.t.Helper()
	proof := d.assertionForm(page)
	return withValue(withValue(more.attestationForm(page, name), "proof", proof.Get("passkey")), "proof_box",
		page.value("[name=proof_box]"))
}

// addPasskey adds a passkey for who is signed in. The recovery codes are those that came with it.
func (p *portal) addPasskey(b browser, email string) (factorOwner, *authenticator) {
	p.t.Helper()
	d := p.newAuthenticator()
	done := b.post(passkeyPath, d.attestationForm(b.get(passkeyPath), "Laptop"))
	p.wantStatus(done, http.StatusOK)
	codes := strings.Fields(done.document().Find("#codes-text").Text())
	if len(codes) != app.RecoveryCodeCount {
		p.t.Fatalf("%d recovery codes", len(codes))
	}
	p.factorSecrets = append(p.factorSecrets, codes...)
	return factorOwner{browser: browser{p: p, cookie: done.cookie("session")}, email: email, recoveryCodes: codes}, d
}

// refusedPasskeys are forms by which no passkey is added: good ones with one mistake, and those of authenticators
// that are of another site or do not ask for a gesture.
func refusedPasskeys(p *portal, good url.Values) map[string]url.Values {
	stan := p.addMember("stan@acme.example", app.StandardUser)
	foreign, named, careless := p.newAuthenticator(), p.newAuthenticator(), p.newAuthenticator()
	foreign.site.Origin = "http://localhost.example:3000"
	named.site.ID = "example.com"
	careless.auth.Options.UserNotVerified = true
	return map[string]url.Values{
		"no name":                    withValue(good, "name"),
		"long name":                  withValue(good, "name", strings.Repeat("a", 81)),
		"NUL":                        withValue(good, "name", "a\x00"),
		"two names":                  withValue(good, "name", "a", "b"),
		"no password":                withValue(good, "current_password"),
		"wrong password":             withValue(good, "current_password", newPassword),
		"no answer":                  withValue(good, "passkey"),
		"garbage":                    withValue(good, "passkey", "{}"),
		"no JSON":                    withValue(good, "passkey", "\x00["),
		"huge":                       withValue(good, "passkey", strings.Repeat("9", 20_000)),
		"no question":                withValue(good, "passkey_box"),
		"broken question":            withValue(good, "passkey_box", "?"),
		"another's question":         p.newAuthenticator().attestationForm(stan.get(passkeyPath), "Laptop"),
		"another question":           withValue(good, "passkey_box", p.sue.get(passkeyPath).value("[name=passkey_box]")),
		"another site":               foreign.attestationForm(p.sue.get(passkeyPath), "Laptop"),
		"another name of the site":   named.attestationForm(p.sue.get(passkeyPath), "Laptop"),
		"nobody made sure who it is": careless.attestationForm(p.sue.get(passkeyPath), "Laptop"),
	}
}

func TestAddPasskey_TakesOnlyAWholeAnswerToItsQuestion(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		good := p.newAuthenticator().attestationForm(p.sue.get(passkeyPath), "Laptop")
		forms := refusedPasskeys(p, good)
		before := p.snapshot()
		for name, form := range forms {
			got := p.sue.post(passkeyPath, form)
			if got.status != http.StatusUnprocessableEntity || got.has("#current_password[value]") ||
				!got.has("[data-passkey=create]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		p.wantUnchanged("a refused passkey", before)
		p.clock.advance(app.PasskeyWithin)
		p.wantStatus(p.sue.post(passkeyPath, good), http.StatusUnprocessableEntity)
	})
}

// Adding one ends the other sessions, gives this one another token and is mailed; there is a maximum of them.
func TestAddPasskey_EndsOtherSessionsAndIsMailed(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		other, stan := p.signIn("sue@acme.example"), p.addMember("stan@acme.example", app.StandardUser)
		sue, d := p.addPasskey(p.sue, "sue@acme.example")
		p.wantStatus(other.get("/preferences"), http.StatusSeeOther)
		p.wantStatus(p.sue.get("/preferences"), http.StatusSeeOther)
		if page := sue.get(factorPath).text(); !strings.Contains(page, "Laptop") || !strings.Contains(page, "Never used") {
			p.t.Errorf("the page says %q", page)
		}
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; !strings.Contains(last.Text, en("mail_changed_by_passkey_added")) {
			p.t.Errorf("mailed was %s", last.Text)
		}
		same := *d
		p.wantStatus(stan.post(passkeyPath, same.attestationForm(stan.get(passkeyPath), "Mine")),
			http.StatusUnprocessableEntity)
		for range app.MaxPasskeys - 1 {
			done := sue.post(passkeyPath, d.attestationFormWithProof(sue.get(passkeyPath), p.newAuthenticator(), "Key"))
			p.wantStatus(done, http.StatusSeeOther)
			sue.cookie = done.cookie("session")
		}
		p.wantStatus(sue.get(passkeyPath), http.StatusConflict)
		p.wantStatus(sue.get(factorPath), http.StatusOK)
	})
}

// After the password, a passkey is as good as a code; each question is answered once.
func TestPasskey_AfterThePasswordIsASecondFactor(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		stan, his := p.addPasskey(p.addMember("stan@acme.example", app.StandardUser), "stan@acme.example")
		sue, d := p.addPasskey(p.sue, "sue@acme.example")
		step := sue.beginStep()
		page := step.get(signInStepPath)
		good := d.assertionForm(page)
		foreign, named := *d, *d
		foreign.site.Origin, named.site.ID = "https://localhost:3000", "portal.example"
		before := p.snapshot()
		for name, form := range map[string]url.Values{
			"another person's":         his.assertionForm(page),
			"another site":             foreign.assertionForm(page),
			"another name of the site": named.assertionForm(page),
			"for another step":         d.assertionForm(stan.beginStep().get(signInStepPath)),
			"for a sign-in alone":      d.assertionForm(browser{p: p}.get("/sign-in")),
			"unknown":                  p.newAuthenticator().assertionForm(page),
			"garbage":                  withValue(good, "passkey", `{"id":"x"}`),
			"huge":                     withValue(good, "passkey", strings.Repeat("9", 40_000)),
			"two":                      withValue(good, "passkey", good.Get("passkey"), good.Get("passkey")),
			"no question":              withValue(good, "passkey_box"),
		} {
			got := step.post(signInStepPath, form)
			if got.status != http.StatusUnprocessableEntity || !got.has("[data-passkey=get]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		delete(before, "sign_in_steps") // those of the loop
		after := p.snapshot()
		delete(after, "sign_in_steps")
		for table := range before {
			if before[table] != after[table] {
				p.t.Errorf("a refused answer changed %s", table)
			}
		}
		in := step.post(signInStepPath, good)
		p.wantStatus(in, http.StatusSeeOther)
		session := browser{p: p, cookie: in.cookie("session")}
		p.wantStatus(session.get("/account"), http.StatusOK)
		if page := session.get(factorPath).text(); !strings.Contains(page, "Last used") {
			p.t.Errorf("the page says %q", page)
		}
		p.wantStatus(step.post(signInStepPath, good), http.StatusUnauthorized) // the step is over
		p.wantStatus(sue.beginStep().post(signInStepPath, codeForm(sue.recoveryCodes[0])), http.StatusSeeOther)
	})
}

// A passkey alone is enough for a session that counts as proven twice, where its owner was made sure of.
func TestPasskey_AloneSignsIn(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		sue, d := p.addPasskey(p.sue, "sue@acme.example")
		p.wantStatus(sue.post(requireSecondFactorPath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		nobody := browser{p: p}
		careless, foreign, stranger, hers := *d, *d, p.newAuthenticator(), *d
		careless.auth.Options.UserNotVerified = true
		foreign.site.Origin = "http://localhost:3001"
		stranger.auth.Options.UserHandle = d.auth.Options.UserHandle
		hers.auth.Options.UserHandle = []byte(app.NewID())
		unnamed := *d
		unnamed.auth.Options.UserHandle = nil
		for name, form := range map[string]url.Values{
			"nobody made sure who it is": careless.assertionForm(nobody.get("/sign-in")),
			"another site":               foreign.assertionForm(nobody.get("/sign-in")),
			"unknown":                    stranger.assertionForm(nobody.get("/sign-in")),
			"another person":             hers.assertionForm(nobody.get("/sign-in")),
			"no person":                  unnamed.assertionForm(nobody.get("/sign-in")),
			"for a step":                 d.assertionForm(sue.beginStep().get(signInStepPath)), "nothing": nil,
		} {
			got := nobody.post(passkeySignInPath, form)
			if got.status != http.StatusUnprocessableEntity || got.setCookie("session") != nil ||
				!got.has("#sign-in-form [role=alert]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		good := d.assertionForm(nobody.get("/sign-in"))
		in := browser{p: p, cookie: sue.cookie}.post(passkeySignInPath, withValue(good, "next", "/account"))
		p.wantStatus(in, http.StatusSeeOther)
		if in.location() != "/account" || in.cookie("session") == sue.cookie {
			p.t.Errorf("leads to %q", in.location())
		}
		// a Super User, where two factors are required
		p.wantStatus(browser{p: p, cookie: in.cookie("session")}.get("/account"), http.StatusOK)
		again := nobody.post(passkeySignInPath, good)
		if again.status != http.StatusUnprocessableEntity || !strings.Contains(again.text(), en("passkey_over")) {
			p.t.Errorf("an answer twice: status %d, %q", again.status, again.text())
		}
		late := d.assertionForm(nobody.get("/sign-in"))
		p.clock.advance(app.PasskeyWithin)
		p.wantStatus(nobody.post(passkeySignInPath, late), http.StatusUnprocessableEntity)
		_, err := p.rawDB.ExecContext(t.Context(), "UPDATE identities SET suspended_at = confirmed_at")
		p.check(err)
		got := nobody.post(passkeySignInPath, d.assertionForm(nobody.get("/sign-in")))
		if got.status != http.StatusUnprocessableEntity || got.alert() != en("sign_in_suspended") {
			p.t.Errorf("a suspended person: status %d, %q", got.status, got.text())
		}
	})
}

// A passkey that counts its uses must not count backwards: then there are two of it.
func TestPasskey_CountingBackwardsIsRefused(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		_, d := p.addPasskey(p.sue, "sue@acme.example")
		nobody := browser{p: p}
		d.key.Counter = 7
		p.wantStatus(nobody.post(passkeySignInPath, d.assertionForm(nobody.get("/sign-in"))), http.StatusSeeOther)
		for _, counter := range []uint32{7, 6, 0} {
			d.key.Counter = counter
			got := nobody.post(passkeySignInPath, d.assertionForm(nobody.get("/sign-in")))
			if got.status != http.StatusUnprocessableEntity || got.alert() != en("passkey_copied") {
				p.t.Errorf("counter %d: status %d, %q", counter, got.status, got.text())
			}
		}
		if !strings.Contains(p.log.String(), "passkey counts backwards") {
			p.t.Error("the log does not say so")
		}
		d.key.Counter = 8
		p.wantStatus(nobody.post(passkeySignInPath, d.assertionForm(nobody.get("/sign-in"))), http.StatusSeeOther)
	})
}

// Removing one is allowed by the password and the passkey itself; with the last factor the recovery codes go.
func TestRemovePasskey_NeedsPasswordAndPasskey(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		stan := p.addMember("stan@acme.example", app.StandardUser)
		sue, d := p.addPasskey(p.sue, "sue@acme.example")
		path := sue.get(factorPath).attribute("a[href$=remove]", "href")
		page := sue.get(path)
		if !strings.Contains(page.text(), "Laptop") {
			p.t.Errorf("asked is %q", page.text())
		}
		good := withValue(d.assertionForm(page), "current_password", password)
		before := p.snapshot()
		for _, form := range []url.Values{
			nil, d.assertionForm(page), withValue(good, "current_password", newPassword),
			withValue(good, "passkey_box"), withValue(good, "passkey", "{}"),
		} {
			p.wantStatus(sue.post(path, form), http.StatusUnprocessableEntity)
		}
		p.wantUnchanged("a refused removal", before)
		p.wantStatus(stan.post(path, good), http.StatusNotFound)
		done := sue.post(path, good)
		p.wantStatus(done, http.StatusSeeOther)
		p.wantStatus(sue.get("/preferences"), http.StatusSeeOther)
		p.wantStatus(browser{p: p, cookie: done.cookie("session")}.get("/account"), http.StatusOK)
		p.wantStatus(p.signIn("sue@acme.example").get("/account"), http.StatusOK)
		if left := p.queryColumn("SELECT id FROM factors"); len(left) != 0 {
			p.t.Errorf("%d factors are left", len(left))
		}
		nobody := browser{p: p}
		got := nobody.post(passkeySignInPath, d.assertionForm(nobody.get("/sign-in")))
		if got.status != http.StatusUnprocessableEntity || got.alert() != en("passkey_unknown") {
			p.t.Errorf("a removed passkey: status %d, %q", got.status, got.text())
		}
	})
}

// Where browsers know no passkeys for the portal's address, none are offered, and the page says why.
func TestPasskey_NeedsHTTPSOrLocalhost(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://portal.example": true, "https://portal.example:8443": true, "http://localhost:3000": true,
		"http://portal.example": false,
		"http://127.0.0.1:3000": false, "https://192.0.2.1": false, "https://[2001:db8::1]:443": false,
		"http://localhost.example": false,
	} {
		if got := factor.NewPasskeys(address) != nil; got != want {
			t.Errorf("%s: passkeys %t", address, got)
		}
	}
	p := sqlitePortal(t)
	page := p.sue.get(factorPath)
	if !strings.Contains(page.text(), en("passkeys_no_address")) || page.has("a[href$=passkey]") {
		t.Errorf("the page says %q", page.text())
	}
	if (browser{p: p}).get("/sign-in").has("[data-passkey]") {
		t.Error("the sign-in offers passkeys")
	}
}

// signInPasswordless sends the answer of a passkey to the sign-in that asks for nothing else.
func (d *authenticator) signInPasswordless() testResponse {
	d.p.t.Helper()
	nobody := browser{p: d.p}
	return nobody.post(passkeySignInPath, d.assertionForm(nobody.get("/sign-in")))
}

// Whoever has added a passkey with a stolen password is out once its owner has another, however the owner
// came to that. Behind the new password the passkey is a second factor as before, and opens alone once it was
// used there.
func TestPasskey_NewPasswordEndsSignInByPasskeyAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *portal, owner browser){
		"a reset": func(p *portal, _ browser) {
			p.wantStatus(browser{p: p}.post(p.requestReset("sue@acme.example"), url.Values{"password": {newPassword}}),
				http.StatusSeeOther)
		},
		"a change": func(p *portal, owner browser) {
			form := url.Values{"current_password": {password}, "password": {newPassword}}
			p.wantStatus(owner.post("/preferences/password", form), http.StatusSeeOther)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabaseWithPasskeys(t, func(p *portal) {
				owner, d := p.addPasskey(p.sue, "sue@acme.example")
				p.wantStatus(d.signInPasswordless(), http.StatusSeeOther)
				change(p, owner.browser)
				got := d.signInPasswordless()
				if got.status != http.StatusUnprocessableEntity || got.alert() != en("passkey_password_first") ||
					got.setCookie("session") != nil {
					p.t.Fatalf("without the new password: status %d, %q", got.status, got.text())
				}
				in := browser{p: p}.post("/sign-in", credentials("sue@acme.example", newPassword))
				step := browser{p: p}.withCookies(in)
				// the password without the passkey is not enough
				p.wantStatus(d.signInPasswordless(), http.StatusUnprocessableEntity)
				p.wantStatus(step.post(signInStepPath, d.assertionForm(step.get(signInStepPath))), http.StatusSeeOther)
				p.wantStatus(d.signInPasswordless(), http.StatusSeeOther)
			})
		})
	}
}

// The answer of a passkey begins one session, however often it comes at once.
func TestPasskey_AnswerBeginsOneSession(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		_, d := p.addPasskey(p.sue, "sue@acme.example")
		form := d.assertionForm(browser{p: p}.get("/sign-in"))
		before := len(p.queryColumn("SELECT token_hash FROM sessions"))
		var all sync.WaitGroup
		statuses := make([]int, 8)
		for i := range statuses {
			all.Go(func() { statuses[i] = browser{p: p}.post(passkeySignInPath, form).status })
		}
		all.Wait()
		counts := map[int]int{}
		for _, status := range statuses {
			counts[status]++
		}
		// the database may choose who gives way
		refused := counts[http.StatusUnprocessableEntity] + counts[http.StatusServiceUnavailable]
		if counts[http.StatusSeeOther] != 1 || refused != len(statuses)-1 {
			p.t.Errorf("answers by status: %v", counts)
		}
		if n := len(p.queryColumn("SELECT token_hash FROM sessions")) - before; n != 1 {
			p.t.Errorf("%d sessions began", n)
		}
	})
}

// Whoever has a second factor adds another by proving one: a password that was stolen adds nothing. An answer
// that allowed it is used up.
func TestAddFactor_NeedsAnExistingFactor(t *testing.T) {
	t.Parallel()
	eachDatabaseWithPasskeys(t, func(p *portal) {
		sue, d := p.addPasskey(p.sue, "sue@acme.example")
		page := sue.get(passkeyPath)
		bare, _ := p.codeAppForm(sue.get(codeAppPath))
		good := d.attestationFormWithProof(page, p.newAuthenticator(), "Key")
		before := p.snapshot()
		for name, try := range map[string]struct {
			path string
			form url.Values
		}{
			"an app, by the password": {codeAppPath, bare}, "an app, by a wrong code": {
				codeAppPath,
				withValue(bare, "code", "aaaaaa-aaaaaa"),
			},
			"an app, by its own code":    {codeAppPath, withValue(bare, "code", bare.Get("app_code"))},
			"a passkey, by the password": {passkeyPath, withValue(good, "proof")},
			"a passkey, by a wrong code": {passkeyPath, withValue(withValue(good, "proof"), "code", "000000")},
			"a passkey, by itself": {
				passkeyPath, withValue(withValue(good, "proof", good.Get("passkey")), "proof_box", good.Get("passkey_box")),
			},
			"a wrong password": {passkeyPath, withValue(good, "current_password", newPassword)},
		} {
			got := sue.post(try.path, try.form)
			if got.status != http.StatusUnprocessableEntity || !got.has("#code") || !got.has("[data-passkey=get]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		p.wantUnchanged("a refused factor", before)
		done := sue.post(passkeyPath, good)
		p.wantStatus(done, http.StatusSeeOther)
		sue.cookie = done.cookie("session")
		bare, _ = p.codeAppForm(sue.get(codeAppPath))
		done = sue.post(codeAppPath, withValue(bare, "code", sue.recoveryCodes[0]))
		p.wantStatus(done, http.StatusSeeOther)
		sue.cookie = done.cookie("session")
		again := d.attestationFormWithProof(sue.get(passkeyPath), p.newAuthenticator(), "Key")
		// used up
		p.wantStatus(sue.post(passkeyPath, withValue(withValue(again, "proof"), "code", sue.recoveryCodes[0])),
			http.StatusUnprocessableEntity)
		if got := p.queryOne("SELECT factors FROM identities WHERE email = 'sue@acme.example'"); got != "3" {
			p.t.Errorf("%s factors", got)
		}
	})
}
