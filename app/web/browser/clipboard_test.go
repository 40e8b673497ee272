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

// clipboard is held by whoever copies until it has looked: all tabs of the browser share one.
var clipboard sync.Mutex

// TestPlainHTTPCopy copies where browsers give pages no clipboard: over http from another machine.
func TestPlainHTTPCopy(t *testing.T) {
	t.Parallel()
	p := serve(t, on(dbtest.SQLite(t)).with(config.BaseURL, "http://"+plainName))
	begin := p.addAccount("Acme Widgets", "100", sue)
	_, port, err := net.SplitHostPort(p.env[config.Listen])
	if err != nil {
		t.Fatal(err)
	}
	b := newTab(t, "http://"+net.JoinHostPort(plainName, port))
	b.opens(begin, 200)
	b.fill(map[string]string{"password": password})
	b.follow("#activate-form [type=submit]")
	b.signIn(sue, password)
	b.opens("/account", 200)
	if eval[bool](b, "isSecureContext || 'clipboard' in navigator") {
		t.Fatal("the browser gives the page a clipboard: this test looks at nothing")
	}
	b.act("#registration-link form [type=submit]", "#registration-link-url")
	address := b.value("#registration-link-url")
	clipboard.Lock()
	defer clipboard.Unlock()
	b.press("[data-copy]")
	b.until(`document.querySelector("#copy-status").textContent === "Link copied"`)
	b.focuses("[data-copy]")
	b.opens("/members/new", 200)
	b.press("#email")
	b.edit("paste")
	if got := b.value("#email"); got != address {
		t.Errorf("pasted %q, want %q", got, address)
	}
}

// TestCopyByHand is for browsers that let no page copy: the address is selected, and the page says what to press.
func TestCopyByHand(t *testing.T) {
	t.Parallel()
	b := newTour(t).superUser()
	b.opens("/account", 200)
	b.script(`navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden")); document.execCommand = () => false`)
	b.press("[data-copy]")
	b.until(`document.querySelector("#copy-status").textContent.includes("press Ctrl+C")`)
	if got, want := eval[string](b, "getSelection().toString()"), b.value("#registration-link-url"); got != want {
		t.Errorf("selected is %q, want %q", got, want)
	}
	b.reads("[data-copy]", "Copy Link")
}

// clipboard reads the clipboard as a page may that was allowed to.
func (b *tab) clipboard() string {
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
