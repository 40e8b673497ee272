package browser_test

import (
	"net"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// A passkey in a real browser: added, used to add another, used after the password, and used alone.
func TestPasskeysInABrowser(t *testing.T) {
	t.Parallel()
	const sue = "sue@acme.example"
	port := freePort(t)
	p := serve(t, on(dbtest.SQLite(t)).with(config.Listen, "127.0.0.1:"+port).with(config.BaseURL, "http://localhost:"+port))
	begin := p.addAccount("Acme Widgets", "100200", sue)
	b := newTab(t, p.base)
	b.newDevice()
	b.opens(begin, 200)
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.signIn(sue, password)

	b.opens("/preferences/second-factor/passkey", 200)
	b.audit("a new passkey", looks("en"))
	b.fill(map[string]string{"name": "Laptop", "current_password": password})
	b.follow("[data-passkey=create]")
	b.see("#codes")
	b.opens("/preferences/second-factor", 200)
	b.reads("#passkeys", "Laptop")
	b.audit("passkeys", looks("en"))

	b.addsAnother()
	b.opens(b.attribute("#passkeys a", "href"), 200)
	b.audit("a passkey about to be removed", looks("en"))

	signOut := func() {
		b.script(`document.querySelector("form[action='/sign-out']").requestSubmit()`)
		b.see("a[href='/sign-in']")
	}
	signOut()
	b.opens("/sign-in", 200)
	b.audit("sign-in with passkeys", looks("en"))
	b.fill(map[string]string{"email": sue, "password": password})
	b.follow("#sign-in-form [type=submit]")
	b.at("/sign-in/second-factor")
	b.audit("a passkey after the password", looks("en"))
	b.follow("#step-form [data-passkey]")
	b.at("/dashboard")
	signOut()
	b.opens("/sign-in", 200)
	b.follow("#passkey-sign-in [data-passkey]")
	b.at("/dashboard")
}

// addsAnother adds a passkey of another device, which the one of this device allows.
func (b *tab) addsAnother() {
	b.t.Helper()
	b.opens("/preferences/second-factor/passkey", 200)
	b.fill(map[string]string{"name": "Key", "current_password": password})
	b.press("[data-into=proof]")
	b.see("[data-passkey-status=proof]:not(:empty)")
	b.reads("[data-passkey-status=proof]", "Done")
	b.audit("another passkey, allowed by the first", looks("en"))
	b.do(command(webauthn.Disable, cdp.Empty{}))
	b.newDevice() // the first would not make another
	b.follow("[data-passkey=create]")
	b.at("/preferences/second-factor")
	b.reads("#passkeys", "Key")
}

// newDevice is where the tab's browser keeps passkeys from now on.
func (b *tab) newDevice() {
	b.t.Helper()
	b.do(command(webauthn.Enable, webauthn.EnableParams{}))
	b.do(command(webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}))
}

// freePort is a port for a portal whose address has to be known before it listens.
func freePort(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = free.Close() }()
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
