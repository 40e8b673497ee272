package email_test

import (
	"strings"
	"testing"

	"reglink/app"
)

// Whoever needs no password is asked for none, in any letter.
func TestLettersForSingleSignOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		letter  app.Letter
		tongue  string
		subject string
		says    []string
	}{
		{app.UseSSO, "en", "How to sign in to the support portal", []string{"You need none", base + "/sign-in", "nothing has changed"}},
		{app.UseSSO, "de", "So melden Sie sich beim Support-Portal an", []string{"Sie brauchen keines", base + "/sign-in"}},
		{app.ActivateLogin, "en", "Activate your support portal login", []string{acme.Name, "single sign-on", base + "/activate/rc1_token", "works until"}},
		{app.ActivateLogin, "de", "Aktivieren Sie Ihren Zugang zum Support-Portal", []string{acme.Name, "Single Sign-on", base + "/activate/rc1_token"}},
		{app.ConfirmAddress, "en", "Confirm your address for the support portal", []string{"you need no password", base + "/confirm/rc1_token"}},
		{app.ConfirmAddress, "de", "Bestätigen Sie Ihre Adresse für das Support-Portal", []string{"ein Passwort brauchen Sie nicht"}},
	} {
		d := due(c.letter, c.tongue)
		account := *acme
		account.SignIn = app.SSOOnly
		d.Notice.Account = &account
		m := compose(t, d)
		if m.Subject != c.subject || strings.Contains(m.Text, "set a password") || strings.Contains(m.Text, "reset-password") {
			t.Errorf("%s in %s: %q\n%s", c.letter, c.tongue, m.Subject, m.Text)
		}
		for _, want := range c.says {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s in %s lacks %q:\n%s", c.letter, c.tongue, want, m.Text)
			}
		}
	}
}
