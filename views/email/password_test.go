package email_test

import (
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/views/email"
)

// addPasswordData gives a letter about a password what it tells of. Such letters know no account.
func addPasswordData(d *app.OutgoingMail) {
	switch d.Notice.Kind {
	case app.ResetPassword:
		d.Token, d.Until = "rp1_token", at.Add(time.Hour)
	case app.PasswordWasChanged, app.FactorWasChanged:
		d.Change = &app.CredentialChange{Event: app.PasswordReset, At: at, Address: "2001:db8::7"}
	case app.SSOWasChanged:
		d.Change = &app.CredentialChange{Event: app.SSOLinked, At: at, Address: "2001:db8::7"}
	default:
		return
	}
	d.Notice.Account, d.Notice.Subject = nil, nil
}

type passwordMail struct {
	due     app.OutgoingMail
	subject string
	says    []string
}

// passwordMails are the mails about a password in both languages.
func passwordMails() map[string]passwordMail {
	changed := outgoingMail(app.PasswordWasChanged, "en")
	changed.Change.Event = app.PasswordChanged
	return map[string]passwordMail{
		"reset": {outgoingMail(app.ResetPassword, "en"), "Choose a new password for the support portal", []string{
			"Hello Nia O'Kafor,", base + "/reset-password/rp1_token", "works until 3 November 2026, 10:30 UTC, and only once",
			"It was not you?",
		}},
		"reset in German": {
			outgoingMail(app.ResetPassword, "de"), "Wählen Sie ein neues Passwort für das Support-Portal",
			[]string{
				"Guten Tag Nia O'Kafor,", base + "/reset-password/rp1_token", "bis 3. November 2026, 10:30 Uhr UTC",
				"Sie waren das nicht?",
			},
		},
		"by reset": {outgoingMail(app.PasswordWasChanged, "en"), "Your support portal password was changed", []string{
			"through a link that we had emailed", "Changed: 3 November 2026, 09:30 UTC", "Network address: 2001:db8::7", base +
				"/forgot-password", "If it was not you",
		}},
		"by change": {changed, "Your support portal password was changed", []string{"on the page of your preferences"}},
		"by reset in German": {
			outgoingMail(app.PasswordWasChanged, "de"), "Ihr Passwort für das Support-Portal wurde geändert",
			[]string{
				"über einen Link geändert", "Geändert: 3. November 2026, 09:30 Uhr UTC", "Netzwerkadresse: 2001:db8::7",
				base + "/forgot-password", "Wenn Sie das nicht waren",
			},
		},
	}
}

func TestPasswordMails_SayWhenAndFromWhere(t *testing.T) {
	t.Parallel()
	for name, c := range passwordMails() {
		m := compose(t, c.due)
		if m.Subject != c.subject {
			t.Errorf("%s: subject %q, want %q", name, m.Subject, c.subject)
		}
		for _, want := range c.says {
			if !strings.Contains(m.Text, want) ||
				!strings.Contains(parseHTML(t, m.HTML).text, strings.Replace(want, ": ", " ", 1)) {
				t.Errorf("%s lacks %q:\n%s", name, want, m.Text)
			}
		}
	}
	unknown := outgoingMail(app.PasswordWasChanged, "en")
	unknown.Change = nil
	if m, err := email.Compose(strict(), unknown, base); err == nil {
		t.Errorf("a change that nobody knows was written:\n%s", m.Text)
	}
}

// Whoever has added a second factor with a stolen password is not got rid of by another password: the letter
// says what else to do.
func TestFactorMails_SayHowToRemoveAStrangersFactor(t *testing.T) {
	t.Parallel()
	const more, less = "have your support organisation remove the second factor", "Then tell your support organisation"
	for way, want := range map[app.CredentialEvent]string{
		app.AppAdded: more, app.PasskeyAdded: more, app.RecoveryCodesRenewed: more, app.RecoveryCodeUsed: more,
		app.AppRemoved: less, app.PasskeyRemoved: less, app.FactorsRemoved: less, app.PasswordReset: less,
		app.PasswordChanged: less,
	} {
		d := outgoingMail(app.FactorWasChanged, "en")
		d.Change.Event = way
		m := compose(t, d)
		for _, says := range []string{want, "hoose a new password", base + "/forgot-password"} {
			if !strings.Contains(m.Text, says) {
				t.Errorf("%s lacks %q:\n%s", way, says, m.Text)
			}
		}
	}
}
