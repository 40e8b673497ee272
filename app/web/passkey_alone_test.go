package web_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
)

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
