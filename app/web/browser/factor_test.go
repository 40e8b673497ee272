package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/pquerna/otp/totp"
)

// codeAppOwner is Sue of the demo with an authenticator app.
type codeAppOwner struct {
	*demoPortal
	secret        string
	recoveryCodes []string
}

func (h *codeAppOwner) setUpCodeApp(b *tab) {
	b.openPage("/preferences/second-factor/app", 200)
	h.secret = strings.Join(strings.Fields(b.text("#app-secret")), "")
	code, err := totp.GenerateCode(h.secret, time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	b.fill(map[string]string{"app_code": code, "current_password": h.password})
	b.follow("#app-form [type=submit]")
	h.recoveryCodes = strings.Fields(b.value("#codes-text"))
}

// beginSignIn gives the right password in the same browser.
func (h *codeAppOwner) beginSignIn(b *tab) {
	b.openPage("/sign-in", 200)
	b.fill(map[string]string{"email": h.email, "password": h.password})
	b.follow("#sign-in-form [type=submit]")
	b.wantPath("/sign-in/second-factor")
}

// Without any script a person sets an app up, signs in with its codes, and finds recovery codes to read.
func TestSecondFactor_WorksWithoutScripts(t *testing.T) {
	t.Parallel()
	h := &codeAppOwner{demoPortal: newDemoPortal(t)}
	b := newTab(t, h.base)
	b.scriptsOff = true
	b.do(cdpCommand(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.signIn(h.email, h.password)
	h.setUpCodeApp(b)
	if len(h.recoveryCodes) != 10 || !strings.Contains(b.text("#codes"), h.recoveryCodes[9]) {
		t.Errorf("the page shows %q", b.text("#codes"))
	}
	h.beginSignIn(b)
	b.typeInto("#code", h.recoveryCodes[0])
	b.follow("#step-form [type=submit]")
	b.wantPath("/dashboard")
}
