package web_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// isSealedToast tells whether a message was closed with the portal's key.
func (p *portal) isSealedToast(toast string) bool {
	box, err := base64.RawURLEncoding.Strict().DecodeString(toast)
	if err != nil {
		return false
	}
	_, err = p.sealer.Open("toast", box)
	return err == nil
}

// FuzzSealedCookie puts whatever into each cookie that the portal sets. None is a session unless it was given
// out, the choices are those that there are, and a message is shown if and only if it was left by us.
func FuzzSealedCookie(f *testing.F) {
	p, _ := fuzzPortal(f)
	toast := p.sue.post("/members", newUserForm("ada@acme.example", app.StandardUser)).cookie("toast")
	open := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	f.Add(app.NewToken(app.SessionToken), toast, "de", "dark")
	f.Add("", open(`{"ID":"done_switched","Values":{"Account":"<b>x</b>"}}`), "xx<b>", "blue")
	f.Add("rs1_", open(`{"ID":"done_`+strings.Repeat("x", 500)+`"}`), "de-CH", "light\x00")
	f.Add(strings.Repeat("a", 3000), open(`{"ID":"done_people_suspended","Values":{"Count":[1]}}`), "", "")
	f.Add("' OR 1=1 --", toast[:len(toast)-1]+"A", "en", "system")
	f.Add("rl1_"+strings.Repeat("A", 43), strings.Replace(toast, toast[:4], "AQAA", 1), "../de", "\" onload=x")
	f.Fuzz(func(t *testing.T, session, toast, language, theme string) {
		p.resetForInput(t)
		if session == p.sue.cookie || strings.ContainsAny(session+toast+language+theme, "\r\n") {
			t.Skip("no forgery, or no header")
		}
		skipTooLong(t, 3500, session, toast, language, theme)
		b := browser{p: p}
		b = b.withHeader("Cookie", "session="+session+"; toast="+toast+"; language="+language+"; theme="+theme)
		account := b.get("/account")
		if account.status != http.StatusSeeOther && account.status != http.StatusBadRequest {
			t.Errorf("the session %q is answered %d", session, account.status)
		}
		page := b.get("/sign-in")
		if page.status == http.StatusBadRequest {
			return // no header can hold that
		}
		p.wantStatus(page, http.StatusOK)
		wantNoInjectedMarkup(page)
		if lang := page.attribute("html", "lang"); lang != "en" && lang != "de" {
			t.Errorf("the language %q gives %q", language, lang)
		}
		if chosen := page.document().Find("html").AttrOr("data-theme", ""); !slices.Contains([]string{"", "light", "dark"},
			chosen) {
			t.Errorf("the theme %q gives %q", theme, chosen)
		}
		if said := collapseSpace(page.document().Find("#toast").Text()); (said != "") != p.isSealedToast(toast) {
			t.Errorf("the message %q gives %q", toast, said)
		}
	})
}

// Cookies are for this host and this site alone, and no script reads them.
func TestCookies_AreForThisSiteAndNoScript(t *testing.T) {
	t.Parallel()
	for base, secure := range map[string]bool{baseURL: false, secureURL: true} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			p := sqlitePortal(t)
			p.restartWith(func(c *portalConfig) { c.BaseURL = base })
			in := browser{p: p}.post("/sign-in", credentials("sue@acme.example", password))
			b := browser{p: p, cookie: in.cookie("session")}
			const year = 365 * 24 * 60 * 60
			for name, test := range map[string]struct {
				got    testResponse
				maxAge int
			}{
				"session": {in, 0}, "theme": {b.post("/theme", map[string][]string{"theme": {"dark"}}), year},
				"language": {b.post("/language", map[string][]string{"language": {"de"}}), year},
				"toast":    {b.post("/members", newUserForm("ada@acme.example", app.StandardUser)), 60},
			} {
				c := test.got.setCookie(name)
				if c == nil {
					t.Fatalf("%s: no cookie %s among %q", test.got.request, p.cookieName(name), test.got.header["Set-Cookie"])
				}
				if c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
					c.MaxAge != test.maxAge {
					t.Errorf("the cookie of %s is %s", test.got.request, c)
				}
			}
			for name, got := range map[string]testResponse{
				"session": b.post("/sign-out", nil), "theme": b.post("/theme", map[string][]string{"theme": {"system"}}),
			} {
				if c := got.setCookie(name); c == nil || c.Value != "" || c.Expires.Year() != 1970 {
					t.Errorf("%s leaves the cookie %s", got.request, c)
				}
			}
		})
	}
}

// With https only the cookie counts that no other host can have set.
func TestCookies_WithoutHostPrefixAreIgnoredOverHTTPS(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.restartWith(func(c *portalConfig) { c.BaseURL = secureURL })
	token := p.signIn("sue@acme.example").cookie
	planted := browser{p: p, cookies: map[string]string{"session": token, "language": "de", "theme": "dark"}}
	if got := planted.get("/account"); got.status != http.StatusSeeOther {
		t.Errorf("a session cookie without __Host- opens the account: status %d", got.status)
	}
	if got := planted.get("/"); got.attribute("html", "lang") != "en" || got.has("html[data-theme]") {
		t.Error("a cookie without __Host- counts")
	}
}
