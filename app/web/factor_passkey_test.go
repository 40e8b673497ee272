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
	"reglink/app/web"
)

const (
	passkeyPath   = factorPath + "/passkey"
	passkeySignIn = "/sign-in/passkey"
	localURL      = "http://localhost:3000" // passkeys need https or localhost
)

// eachPasskeyPortal runs a test on portals whose address passkeys can be used at.
func eachPasskeyPortal(t *testing.T, run func(p *portal)) {
	t.Helper()
	eachPortal(t, func(p *portal) {
		p.serve(func(c *web.Config) { c.BaseURL, c.Passkeys = localURL, factor.NewPasskeys(localURL) })
		run(p)
	})
}

// wholeKey is the length of a public key in CBOR. The virtual device forgets the zeros that one in 128 begins with.
const wholeKey = 77

// device keeps one passkey, and makes mistakes if a test wants it to.
type device struct {
	p    *portal
	site virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func (p *portal) device() *device {
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) < wholeKey {
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	site := virtualwebauthn.RelyingParty{ID: "localhost", Name: "Reglink", Origin: localURL}
	return &device{p: p, site: site, auth: virtualwebauthn.NewAuthenticator(), key: key}
}

// makes fills the form of a new passkey in.
func (d *device) makes(page answer, name string) url.Values {
	d.p.t.Helper()
	asked, err := virtualwebauthn.ParseAttestationOptions(page.attribute("[data-passkey=create]", "data-options"))
	d.p.check(err)
	d.auth.Options.UserHandle = []byte(asked.UserID)
	return url.Values{
		"passkey_box": {page.value("[name=passkey_box]")}, "name": {name}, "current_password": {password},
		"passkey": {virtualwebauthn.CreateAttestationResponse(d.site, d.auth, d.key, *asked)},
	}
}

// answers fills a form in that asks for a passkey.
func (d *device) answers(page answer) url.Values {
	d.p.t.Helper()
	asked, err := virtualwebauthn.ParseAssertionOptions(page.attribute("[data-passkey=get]", "data-options"))
	d.p.check(err)
	return url.Values{
		"passkey_box": {page.value("[name=passkey_box]")},
		"passkey":     {virtualwebauthn.CreateAssertionResponse(d.site, d.auth, d.key, *asked)},
	}
}

// vouches fills the form of another passkey in.
func (d *device) vouches(page answer, more *device, name string) url.Values {
	d.p.t.Helper()
	proof := d.answers(page)
	return with(with(more.makes(page, name), "proof", proof.Get("passkey")), "proof_box", page.value("[name=proof_box]"))
}

// withPasskey adds a passkey for who is signed in. The recovery codes are those that came with it.
func (p *portal) withPasskey(b browser, email string) (holder, *device) {
	p.t.Helper()
	d := p.device()
	done := b.post(passkeyPath, d.makes(b.get(passkeyPath), "Laptop"))
	p.want(done, http.StatusOK)
	codes := strings.Fields(done.page().Find("#codes-text").Text())
	if len(codes) != app.RecoveryCodes {
		p.t.Fatalf("%d recovery codes", len(codes))
	}
	p.codes = append(p.codes, codes...)
	return holder{browser: browser{p: p, cookie: done.cookie("session")}, email: email, codes: codes}, d
}

// Adding one ends the other sessions, gives this one another token and is mailed; nothing that is not right is taken.
func TestAddAPasskey(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		other, stan := p.signIn("sue@acme.example"), p.member("stan@acme.example", app.StandardUser)
		d := p.device()
		good := d.makes(p.sue.get(passkeyPath), "Laptop")
		foreign, named, careless := p.device(), p.device(), p.device()
		foreign.site.Origin = "http://localhost.example:3000"
		named.site.ID = "example.com"
		careless.auth.Options.UserNotVerified = true
		before := p.stored()
		for name, form := range map[string]url.Values{
			"no name": with(good, "name"), "long name": with(good, "name", strings.Repeat("a", 81)), "NUL": with(good, "name", "a\x00"),
			"two names": with(good, "name", "a", "b"), "no password": with(good, "current_password"), "wrong password": with(good, "current_password", another),
			"no answer": with(good, "passkey"), "garbage": with(good, "passkey", "{}"), "no JSON": with(good, "passkey", "\x00["),
			"huge": with(good, "passkey", strings.Repeat("9", 20_000)), "no question": with(good, "passkey_box"), "broken question": with(good, "passkey_box", "?"),
			"another's question": d.makes(stan.get(passkeyPath), "Laptop"), "another question": with(good, "passkey_box", p.sue.get(passkeyPath).value("[name=passkey_box]")),
			"another site": foreign.makes(p.sue.get(passkeyPath), "Laptop"), "another name of the site": named.makes(p.sue.get(passkeyPath), "Laptop"),
			"nobody made sure who it is": careless.makes(p.sue.get(passkeyPath), "Laptop"),
		} {
			got := p.sue.post(passkeyPath, form)
			if got.status != http.StatusUnprocessableEntity || got.has("#current_password[value]") || !got.has("[data-passkey=create]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		p.unchanged("a refused passkey", before)
		p.clock.pass(app.PasskeyWithin)
		p.want(p.sue.post(passkeyPath, good), http.StatusUnprocessableEntity)

		sue, d := p.withPasskey(p.sue, "sue@acme.example")
		p.want(other.get("/preferences"), http.StatusSeeOther)
		p.want(p.sue.get("/preferences"), http.StatusSeeOther)
		if page := sue.get(factorPath).text(); !strings.Contains(page, "Laptop") || !strings.Contains(page, "Never used") {
			p.t.Errorf("the page says %q", page)
		}
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; !strings.Contains(last.Text, en("mail_changed_by_passkey_added")) {
			p.t.Errorf("mailed was %s", last.Text)
		}
		same := *d
		p.want(stan.post(passkeyPath, same.makes(stan.get(passkeyPath), "Mine")), http.StatusUnprocessableEntity)
		for range app.MaxPasskeys - 1 {
			done := sue.post(passkeyPath, d.vouches(sue.get(passkeyPath), p.device(), "Key"))
			p.want(done, http.StatusSeeOther)
			sue.cookie = done.cookie("session")
		}
		p.want(sue.get(passkeyPath), http.StatusConflict)
		p.want(sue.get(factorPath), http.StatusOK)
	})
}

// After the password, a passkey is as good as a code; each question is answered once.
func TestSignInWithAPasskeyAfterThePassword(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		stan, his := p.withPasskey(p.member("stan@acme.example", app.StandardUser), "stan@acme.example")
		sue, d := p.withPasskey(p.sue, "sue@acme.example")
		step := sue.step()
		page := step.get(stepPath)
		good := d.answers(page)
		foreign, named := *d, *d
		foreign.site.Origin, named.site.ID = "https://localhost:3000", "portal.example"
		before := p.stored()
		for name, form := range map[string]url.Values{
			"another person's": his.answers(page), "another site": foreign.answers(page), "another name of the site": named.answers(page),
			"for another step": d.answers(stan.step().get(stepPath)), "for a sign-in alone": d.answers(browser{p: p}.get("/sign-in")), "unknown": p.device().answers(page),
			"garbage": with(good, "passkey", `{"id":"x"}`), "huge": with(good, "passkey", strings.Repeat("9", 40_000)),
			"two": with(good, "passkey", good.Get("passkey"), good.Get("passkey")), "no question": with(good, "passkey_box"),
		} {
			got := step.post(stepPath, form)
			if got.status != http.StatusUnprocessableEntity || !got.has("[data-passkey=get]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		delete(before, "sign_in_steps") // those of the loop
		after := p.stored()
		delete(after, "sign_in_steps")
		for table := range before {
			if before[table] != after[table] {
				p.t.Errorf("a refused answer changed %s", table)
			}
		}
		in := step.post(stepPath, good)
		p.want(in, http.StatusSeeOther)
		session := browser{p: p, cookie: in.cookie("session")}
		p.want(session.get("/account"), http.StatusOK)
		if page := session.get(factorPath).text(); !strings.Contains(page, "Last used") {
			p.t.Errorf("the page says %q", page)
		}
		p.want(step.post(stepPath, good), http.StatusUnauthorized) // the step is over
		p.want(sue.step().post(stepPath, answered(sue.codes[0])), http.StatusSeeOther)
	})
}

// A passkey alone is enough for a session that counts as proven twice, where its owner was made sure of.
func TestSignInWithAPasskeyAlone(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		sue, d := p.withPasskey(p.sue, "sue@acme.example")
		p.want(sue.post(requirePath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		nobody := browser{p: p}
		careless, foreign, stranger, hers := *d, *d, p.device(), *d
		careless.auth.Options.UserNotVerified = true
		foreign.site.Origin = "http://localhost:3001"
		stranger.auth.Options.UserHandle = d.auth.Options.UserHandle
		hers.auth.Options.UserHandle = []byte(app.NewID())
		unnamed := *d
		unnamed.auth.Options.UserHandle = nil
		for name, form := range map[string]url.Values{
			"nobody made sure who it is": careless.answers(nobody.get("/sign-in")), "another site": foreign.answers(nobody.get("/sign-in")),
			"unknown": stranger.answers(nobody.get("/sign-in")), "another person": hers.answers(nobody.get("/sign-in")),
			"no person": unnamed.answers(nobody.get("/sign-in")), "for a step": d.answers(sue.step().get(stepPath)), "nothing": nil,
		} {
			got := nobody.post(passkeySignIn, form)
			if got.status != http.StatusUnprocessableEntity || got.set("session") != nil || !got.has("#sign-in-form [role=alert]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		good := d.answers(nobody.get("/sign-in"))
		in := browser{p: p, cookie: sue.cookie}.post(passkeySignIn, with(good, "next", "/account"))
		p.want(in, http.StatusSeeOther)
		if in.leadsTo() != "/account" || in.cookie("session") == sue.cookie {
			p.t.Errorf("leads to %q", in.leadsTo())
		}
		p.want(browser{p: p, cookie: in.cookie("session")}.get("/account"), http.StatusOK) // a Super User, where two factors are required
		again := nobody.post(passkeySignIn, good)
		if again.status != http.StatusUnprocessableEntity || !strings.Contains(again.text(), en("passkey_over")) {
			p.t.Errorf("an answer twice: status %d, %q", again.status, again.text())
		}
		late := d.answers(nobody.get("/sign-in"))
		p.clock.pass(app.PasskeyWithin)
		p.want(nobody.post(passkeySignIn, late), http.StatusUnprocessableEntity)
		_, err := p.raw.ExecContext(t.Context(), "UPDATE identities SET suspended_at = confirmed_at")
		p.check(err)
		got := nobody.post(passkeySignIn, d.answers(nobody.get("/sign-in")))
		if got.status != http.StatusUnprocessableEntity || got.alert() != en("sign_in_suspended") {
			p.t.Errorf("a suspended person: status %d, %q", got.status, got.text())
		}
	})
}

// A passkey that counts its uses must not count backwards: then there are two of it.
func TestCopiedPasskey(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		_, d := p.withPasskey(p.sue, "sue@acme.example")
		nobody := browser{p: p}
		d.key.Counter = 7
		p.want(nobody.post(passkeySignIn, d.answers(nobody.get("/sign-in"))), http.StatusSeeOther)
		for _, counter := range []uint32{7, 6, 0} {
			d.key.Counter = counter
			got := nobody.post(passkeySignIn, d.answers(nobody.get("/sign-in")))
			if got.status != http.StatusUnprocessableEntity || got.alert() != en("passkey_copied") {
				p.t.Errorf("counter %d: status %d, %q", counter, got.status, got.text())
			}
		}
		if !strings.Contains(p.log.String(), "passkey counts backwards") {
			p.t.Error("the log does not say so")
		}
		d.key.Counter = 8
		p.want(nobody.post(passkeySignIn, d.answers(nobody.get("/sign-in"))), http.StatusSeeOther)
	})
}

// Removing one is allowed by the password and the passkey itself; with the last factor the recovery codes go.
func TestRemoveAPasskey(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		stan := p.member("stan@acme.example", app.StandardUser)
		sue, d := p.withPasskey(p.sue, "sue@acme.example")
		path := sue.get(factorPath).attribute("a[href$=remove]", "href")
		page := sue.get(path)
		if !strings.Contains(page.text(), "Laptop") {
			p.t.Errorf("asked is %q", page.text())
		}
		good := with(d.answers(page), "current_password", password)
		before := p.stored()
		for _, form := range []url.Values{nil, d.answers(page), with(good, "current_password", another), with(good, "passkey_box"), with(good, "passkey", "{}")} {
			p.want(sue.post(path, form), http.StatusUnprocessableEntity)
		}
		p.unchanged("a refused removal", before)
		p.want(stan.post(path, good), http.StatusNotFound)
		done := sue.post(path, good)
		p.want(done, http.StatusSeeOther)
		p.want(sue.get("/preferences"), http.StatusSeeOther)
		p.want(browser{p: p, cookie: done.cookie("session")}.get("/account"), http.StatusOK)
		p.want(p.signIn("sue@acme.example").get("/account"), http.StatusOK)
		if left := p.column("SELECT id FROM factors"); len(left) != 0 {
			p.t.Errorf("%d factors are left", len(left))
		}
		nobody := browser{p: p}
		got := nobody.post(passkeySignIn, d.answers(nobody.get("/sign-in")))
		if got.status != http.StatusUnprocessableEntity || got.alert() != en("passkey_unknown") {
			p.t.Errorf("a removed passkey: status %d, %q", got.status, got.text())
		}
	})
}

// Where browsers know no passkeys for the portal's address, none are offered, and the page says why.
func TestAddressesWithoutPasskeys(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://portal.example": true, "https://portal.example:8443": true, "http://localhost:3000": true, "http://portal.example": false,
		"http://127.0.0.1:3000": false, "https://192.0.2.1": false, "https://[2001:db8::1]:443": false, "http://localhost.example": false,
	} {
		if got := factor.NewPasskeys(address) != nil; got != want {
			t.Errorf("%s: passkeys %t", address, got)
		}
	}
	p := onePortal(t)
	page := p.sue.get(factorPath)
	if !strings.Contains(page.text(), en("passkeys_no_address")) || page.has("a[href$=passkey]") {
		t.Errorf("the page says %q", page.text())
	}
	if (browser{p: p}).get("/sign-in").has("[data-passkey]") {
		t.Error("the sign-in offers passkeys")
	}
}

// alone sends the answer of a passkey to the sign-in that asks for nothing else.
func (d *device) alone() answer {
	d.p.t.Helper()
	nobody := browser{p: d.p}
	return nobody.post(passkeySignIn, d.answers(nobody.get("/sign-in")))
}

// Whoever has added a passkey with a stolen password is out once its owner has another, however the owner came to that. Behind the new
// password the passkey is a second factor as before, and opens alone once it was used there.
func TestAnotherPasswordEndsSignInsByAPasskeyAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *portal, owner browser){
		"a reset": func(p *portal, _ browser) {
			p.want(browser{p: p}.post(p.forgot("sue@acme.example"), url.Values{"password": {another}}), http.StatusSeeOther)
		},
		"a change": func(p *portal, owner browser) {
			form := url.Values{"current_password": {password}, "password": {another}}
			p.want(owner.post("/preferences/password", form), http.StatusSeeOther)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachPasskeyPortal(t, func(p *portal) {
				owner, d := p.withPasskey(p.sue, "sue@acme.example")
				p.want(d.alone(), http.StatusSeeOther)
				change(p, owner.browser)
				got := d.alone()
				if got.status != http.StatusUnprocessableEntity || got.alert() != en("passkey_password_first") || got.set("session") != nil {
					p.t.Fatalf("without the new password: status %d, %q", got.status, got.text())
				}
				in := browser{p: p}.post("/sign-in", credentials("sue@acme.example", another))
				step := browser{p: p}.keeping(in)
				p.want(d.alone(), http.StatusUnprocessableEntity) // the password without the passkey is not enough
				p.want(step.post(stepPath, d.answers(step.get(stepPath))), http.StatusSeeOther)
				p.want(d.alone(), http.StatusSeeOther)
			})
		})
	}
}

// The answer of a passkey begins one session, however often it comes at once.
func TestAPasskeyAnswerIsTakenOnce(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		_, d := p.withPasskey(p.sue, "sue@acme.example")
		form := d.answers(browser{p: p}.get("/sign-in"))
		before := len(p.column("SELECT token_hash FROM sessions"))
		var all sync.WaitGroup
		statuses := make([]int, 8)
		for i := range statuses {
			all.Go(func() { statuses[i] = browser{p: p}.post(passkeySignIn, form).status })
		}
		all.Wait()
		counts := map[int]int{}
		for _, status := range statuses {
			counts[status]++
		}
		refused := counts[http.StatusUnprocessableEntity] + counts[http.StatusServiceUnavailable] // the database may choose who gives way
		if counts[http.StatusSeeOther] != 1 || refused != len(statuses)-1 {
			p.t.Errorf("answers by status: %v", counts)
		}
		if n := len(p.column("SELECT token_hash FROM sessions")) - before; n != 1 {
			p.t.Errorf("%d sessions began", n)
		}
	})
}

// Whoever has a second factor adds another by proving one: a password that was stolen adds nothing. An answer that allowed it is used up.
func TestAnotherFactorIsAllowedByOne(t *testing.T) {
	t.Parallel()
	eachPasskeyPortal(t, func(p *portal) {
		sue, d := p.withPasskey(p.sue, "sue@acme.example")
		page := sue.get(passkeyPath)
		bare, _ := p.appForm(sue.get(appPath))
		good := d.vouches(page, p.device(), "Key")
		before := p.stored()
		for name, try := range map[string]struct {
			path string
			form url.Values
		}{
			"an app, by the password": {appPath, bare}, "an app, by a wrong code": {appPath, with(bare, "code", "aaaaaa-aaaaaa")},
			"an app, by its own code":    {appPath, with(bare, "code", bare.Get("app_code"))},
			"a passkey, by the password": {passkeyPath, with(good, "proof")},
			"a passkey, by a wrong code": {passkeyPath, with(with(good, "proof"), "code", "000000")},
			"a passkey, by itself":       {passkeyPath, with(with(good, "proof", good.Get("passkey")), "proof_box", good.Get("passkey_box"))},
			"a wrong password":           {passkeyPath, with(good, "current_password", another)},
		} {
			got := sue.post(try.path, try.form)
			if got.status != http.StatusUnprocessableEntity || !got.has("#code") || !got.has("[data-passkey=get]") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		p.unchanged("a refused factor", before)
		done := sue.post(passkeyPath, good)
		p.want(done, http.StatusSeeOther)
		sue.cookie = done.cookie("session")
		bare, _ = p.appForm(sue.get(appPath))
		done = sue.post(appPath, with(bare, "code", sue.codes[0]))
		p.want(done, http.StatusSeeOther)
		sue.cookie = done.cookie("session")
		again := d.vouches(sue.get(passkeyPath), p.device(), "Key")
		p.want(sue.post(passkeyPath, with(with(again, "proof"), "code", sue.codes[0])), http.StatusUnprocessableEntity) // used up
		if got := p.one("SELECT factors FROM identities WHERE email = 'sue@acme.example'"); got != "3" {
			p.t.Errorf("%s factors", got)
		}
	})
}
