package email_test

import (
	"strings"
	"testing"

	"reglink/app"
)

// Whoever needs no password is asked for none, in any letter.
func TestSSOMails_AskForNoPassword(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		letter  app.NoticeKind
		tongue  string
		subject string
		says    []string
	}{
		{
			app.UseSSO, "en", "How to sign in to the support portal",
			[]string{"You need none", base + "/sign-in", "nothing has changed"},
		},
		{app.UseSSO, "de", "So melden Sie sich beim Support-Portal an", []string{"Sie brauchen keines", base + "/sign-in"}},
		{app.ActivateLogin, "en", "Activate your support portal login", []string{
			acme.Name, "single sign-on", base + "/activate/rc1_token", "works until",
		}},
		{
			app.ActivateLogin, "de", "Aktivieren Sie Ihren Zugang zum Support-Portal",
			[]string{acme.Name, "Single Sign-on", base + "/activate/rc1_token"},
		},
		{
			app.ConfirmAddress, "en", "Confirm your address for the support portal",
			[]string{"you need no password", base + "/confirm/rc1_token"},
		},
		{
			app.ConfirmAddress, "de", "Bestätigen Sie Ihre Adresse für das Support-Portal",
			[]string{"ein Passwort brauchen Sie nicht"},
		},
	} {
		d := outgoingMail(c.letter, c.tongue)
		account := *acme
		account.SignInMethod = app.SSOOnly
		d.Notice.Account = &account
		m := compose(t, d)
		if m.Subject != c.subject || strings.Contains(m.Text, "set a password") ||
			strings.Contains(m.Text, "reset-password") {
			t.Errorf("%s in %s: %q\n%s", c.letter, c.tongue, m.Subject, m.Text)
		}
		for _, want := range c.says {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s in %s lacks %q:\n%s", c.letter, c.tongue, want, m.Text)
			}
		}
	}
}

// Whoever's login is joined to one at the provider, or separated from it, reads when, from where and who can undo it.
func TestSSOMails_SayWhoCanSeparateTheLogins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way     app.CredentialEvent
		tongue  string
		subject string
		says    []string
	}{
		{app.SSOLinked, "en", "Single sign-on opens your support portal login now", []string{
			"for the first time", "2001:db8::7", "support organisation at once", "separate the two",
		}},
		{app.SSOLinked, "de", "Single Sign-on öffnet jetzt Ihren Zugang zum Support-Portal", []string{
			"zum ersten Mal", "2001:db8::7", "sofort an Ihre Support-Organisation",
		}},
		{app.SSOLinkedPasswordCleared, "en", "Single sign-on opens your support portal login now", []string{
			"The password that was chosen before does not count", "separate the two",
		}},
		{
			app.SSOLinkedPasswordCleared, "de", "Single Sign-on öffnet jetzt Ihren Zugang zum Support-Portal",
			[]string{"Das vorher gewählte Passwort gilt nicht mehr"},
		},
		{
			app.SSOUnlinked, "en", "Single sign-on was separated from your support portal login",
			[]string{"signed it out everywhere", "joined to it again"},
		},
		{
			app.SSOUnlinked, "de", "Single Sign-on wurde von Ihrem Zugang zum Support-Portal getrennt",
			[]string{"überall abgemeldet"},
		},
	} {
		d := outgoingMail(app.SSOWasChanged, c.tongue)
		d.Change.Event = c.way
		m := compose(t, d)
		if m.Subject != c.subject || strings.Contains(m.Text, "forgot-password") {
			t.Errorf("%s in %s: %q\n%s", c.way, c.tongue, m.Subject, m.Text)
		}
		for _, want := range c.says {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s in %s lacks %q:\n%s", c.way, c.tongue, want, m.Text)
			}
		}
	}
}
