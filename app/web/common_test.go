package web_test

import (
	"net/http"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// leakedWord is a set of one leaked password.
type leakedWord string

func (w leakedWord) Has(password string) (bool, error) { return password == string(w), nil }

// A common or leaked password is refused beside its field, in the same words while it is typed and when the form is sent.
func TestT34CommonPasswordsAreRefusedBesideTheField(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		leaking := app.NewHasher(cheap)
		leaking.Leaked = leakedWord("quiet meadow 17 kites")
		p.serve(func(c *web.Config) { c.Hasher = leaking })
		path := p.link()
		for password, want := range map[string]string{
			"liverpool chelsea": en("password_common"), "quiet meadow 17 kites": en("password_breached"),
		} {
			form := p.filledIn(path, "ann@new.example")
			form.Set("password", password)
			checked := browser{p: p}.withHTMX().post(path+"/check/password", form)
			p.want(checked, http.StatusOK)
			sent := browser{p: p}.post(path, form)
			p.want(sent, http.StatusUnprocessableEntity)
			if checked.problems()["password"] != want || sent.problems()["password"] != want || sent.value("#email") != "ann@new.example" {
				p.t.Errorf("%s: %q while it is typed, %q when it is sent", password, checked.problems(), sent.problems())
			}
		}
		p.register(path, "ann@new.example")
	})
}
