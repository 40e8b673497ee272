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
