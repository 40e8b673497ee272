package browser_test

import (
	"net"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// clipboardMutex is held by whoever copies until it has looked: all tabs of the browser share one.
var clipboardMutex sync.Mutex

// TestCopyLink_WorksOverPlainHTTP copies where browsers give pages no clipboard: over http from another machine.
func TestCopyLink_WorksOverPlainHTTP(t *testing.T) {
	t.Parallel()
	p := startWithMail(t, environment(dbtest.SQLite(t)).with(config.BaseURL, "http://"+insecureHost))
	begin := p.addAccount("Acme Widgets", "100", sueEmail)
	_, port, err := net.SplitHostPort(p.env[config.Listen])
	if err != nil {
		t.Fatal(err)
	}
	b := newTab(t, "http://"+net.JoinHostPort(insecureHost, port))
	b.openPage(begin, 200)
	b.fill(map[string]string{"password": password})
	b.follow("#activate-form [type=submit]")
	b.signIn(sueEmail, password)
	b.openPage("/account", 200)
	if eval[bool](b, "isSecureContext || 'clipboard' in navigator") {
		t.Fatal("the browser gives the page a clipboard: this test looks at nothing")
	}
	b.clickAndSee("#registration-link form [type=submit]", "#registration-link-url")
	address := b.value("#registration-link-url")
	clipboardMutex.Lock()
	defer clipboardMutex.Unlock()
	b.click("[data-copy]")
	b.waitUntil(`document.querySelector("#copy-status").textContent === "Link copied"`)
	b.waitForFocus("[data-copy]")
	b.openPage("/members/new", 200)
	b.click("#email")
	b.editCommand("paste")
	if got := b.value("#email"); got != address {
		t.Errorf("pasted %q, want %q", got, address)
	}
}

// TestCopyLink_SelectsTheAddressWhereCopyingIsForbidden is for browsers that let no page copy: the address is
// selected, and the page says what to press.
func TestCopyLink_SelectsTheAddressWhereCopyingIsForbidden(t *testing.T) {
	t.Parallel()
	b := newDemoPortal(t).superUserTab()
	b.openPage("/account", 200)
	b.runScript(`navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"));
		document.execCommand = () => false`)
	b.click("[data-copy]")
	b.waitUntil(`document.querySelector("#copy-status").textContent.includes("press Ctrl+C")`)
	if got, want := eval[string](b, "getSelection().toString()"), b.value("#registration-link-url"); got != want {
		t.Errorf("selected is %q, want %q", got, want)
	}
	b.wantText("[data-copy]", "Copy Link")
}

// readClipboard reads the clipboard as a page may that was allowed to.
func (b *tab) readClipboard() string {
	b.t.Helper()
	id := chromedp.FromContext(b.ctx).BrowserContextID
	_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "clipboard-read"}, Setting: "granted", BrowserContextID: id,
	})
	if err != nil {
		b.fatal(err)
	}
	return eval[string](b, "navigator.clipboard.readText()")
}
