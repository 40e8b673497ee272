package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/pquerna/otp/totp"
)

// holder is Sue of the demo with an authenticator app.
type holder struct {
	*tour
	secret string
	codes  []string
}

func (h *holder) setsUp(b *tab) {
	b.opens("/preferences/second-factor/app", 200)
	h.secret = strings.Join(strings.Fields(b.text("#app-secret")), "")
	code, err := totp.GenerateCode(h.secret, time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	b.fill(map[string]string{"app_code": code, "current_password": h.password})
	b.follow("#app-form [type=submit]")
	h.codes = strings.Fields(b.value("#codes-text"))
}

// stepsIn gives the right password in the same browser.
func (h *holder) stepsIn(b *tab) {
	b.opens("/sign-in", 200)
	b.fill(map[string]string{"email": h.sue, "password": h.password})
	b.follow("#sign-in-form [type=submit]")
	b.at("/sign-in/second-factor")
}

// Without any script a person sets an app up, signs in with its codes, and finds recovery codes to read.
func TestSecondFactorWithoutScripts(t *testing.T) {
	t.Parallel()
	h := &holder{tour: newTour(t)}
	b := newTab(t, h.base)
	b.still = true
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.signIn(h.sue, h.password)
	h.setsUp(b)
	if len(h.codes) != 10 || !strings.Contains(b.text("#codes"), h.codes[9]) {
		t.Errorf("the page shows %q", b.text("#codes"))
	}
	h.stepsIn(b)
	b.write("#code", h.codes[0])
	b.follow("#step-form [type=submit]")
	b.at("/dashboard")
}
