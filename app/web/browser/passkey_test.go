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
func TestPasskey_WorksInABrowser(t *testing.T) {
	t.Parallel()
	const sue = "sue@acme.example"
	port := freePort(t)
	p := startWithMail(t,
		environment(dbtest.SQLite(t)).with(config.Listen, "127.0.0.1:"+port).with(config.BaseURL, "http://localhost:"+port))
	begin := p.addAccount("Acme Widgets", "100200", sue)
	b := newTab(t, p.base)
	b.addVirtualAuthenticator()
	b.openPage(begin, 200)
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.signIn(sue, password)

	b.openPage("/preferences/second-factor/passkey", 200)
	b.audit("a new passkey", viewSettings("en"))
	b.fill(map[string]string{"name": "Laptop", "current_password": password})
	b.follow("[data-passkey=create]")
	b.waitVisible("#codes")
	b.openPage("/preferences/second-factor", 200)
	b.wantText("#passkeys", "Laptop")
	b.audit("passkeys", viewSettings("en"))

	b.addSecondPasskey()
	b.openPage(b.attribute("#passkeys a", "href"), 200)
	b.audit("a passkey about to be removed", viewSettings("en"))

	signOut := func() {
		b.runScript(`document.querySelector("form[action='/sign-out']").requestSubmit()`)
		b.waitVisible("a[href='/sign-in']")
	}
	signOut()
	b.openPage("/sign-in", 200)
	b.audit("sign-in with passkeys", viewSettings("en"))
	b.fill(map[string]string{"email": sue, "password": password})
	b.follow("#sign-in-form [type=submit]")
	b.wantPath("/sign-in/second-factor")
	b.audit("a passkey after the password", viewSettings("en"))
	b.follow("#step-form [data-passkey]")
	b.wantPath("/dashboard")
	signOut()
	b.openPage("/sign-in", 200)
	b.follow("#passkey-sign-in [data-passkey]")
	b.wantPath("/dashboard")
}

// addSecondPasskey adds a passkey of another device, which the one of this device allows.
func (b *tab) addSecondPasskey() {
	b.t.Helper()
	b.openPage("/preferences/second-factor/passkey", 200)
	b.fill(map[string]string{"name": "Key", "current_password": password})
	b.click("[data-into=proof]")
	b.waitVisible("[data-passkey-status=proof]:not(:empty)")
	b.wantText("[data-passkey-status=proof]", "Done")
	b.audit("another passkey, allowed by the first", viewSettings("en"))
	b.do(cdpCommand(webauthn.Disable, cdp.Empty{}))
	b.addVirtualAuthenticator() // the first would not make another
	b.follow("[data-passkey=create]")
	b.wantPath("/preferences/second-factor")
	b.wantText("#passkeys", "Key")
}

// addVirtualAuthenticator is where the tab's browser keeps passkeys from now on.
func (b *tab) addVirtualAuthenticator() {
	b.t.Helper()
	b.do(cdpCommand(webauthn.Enable, webauthn.EnableParams{}))
	b.do(cdpCommand(webauthn.AddVirtualAuthenticator,
		webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey:      true,
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
