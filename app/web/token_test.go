package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// nearMisses are spellings of a token that differ from it in one place, end too early or too late, or look like it.
func nearMisses(token string) []string {
	var all []string
	for i := range len(token) {
		char := token[i : i+1]
		flipped := strings.ToUpper(char)
		if flipped == char {
			flipped = strings.ToLower(char)
		}
		// the last one is a Cyrillic a
		for _, other := range []string{"", char + char, flipped, "A", "-", "%20", "%00", "%D0%B0"} {
			all = append(all, token[:i]+other+token[i+1:])
		}
		if i > 0 {
			all = append(all, token[:i])
		}
	}
	for _, tail := range []string{"=", "%3D", "==", "%20", "%00", "%0A", "A", ".", "%2F", "\u00b9", "\uff21"} {
		all = append(all, token+tail)
	}
	all = append(all, strings.ToUpper(token), strings.ToLower(token), "%20"+token, token+token, "rc1_"+token[4:],
		token[4:])
	return slices.DeleteFunc(all, func(near string) bool { return near == token })
}

// Whatever is nearly the token of a live link is answered like a token that never was: the same status, the
// same bytes (T-02).
func TestT02_NearMissesAreAnsweredLikeUnknownTokens(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		token := strings.TrimPrefix(p.generateLink(), "/register/")
		unknown := browser{p: p}.get("/register/" + app.NewToken(app.LinkToken))
		p.wantStatus(unknown, http.StatusNotFound)
		before := p.snapshot()
		near := nearMisses(token)
		for _, wrong := range near {
			got := browser{p: p}.get("/register/" + wrong)
			if got.status != http.StatusNotFound || got.text() != unknown.text() || len(got.body) > 2*len(unknown.body) ||
				strings.Contains(got.body, "Acme") {
				p.t.Errorf("%q: status %d: %.200s", wrong, got.status, got.text())
			}
		}
		if len(near) < 400 {
			p.t.Errorf("only %d near misses were tried", len(near))
		}
		p.wantUnchanged("near misses", before)
		p.wantStatus(browser{p: p}.get("/register/"+token), http.StatusOK)
	})
}

// A slash in a secret stays a part of it, and a look-alike of a path is not that path.
func TestT02_AlteredSecretsAreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		p.createUser("una@acme.example", "standard")
		mailed := []string{p.mailedPath("nia@acme.example"), p.mailedPath("una@acme.example")}
		before := p.snapshot()
		for _, path := range mailed {
			kind, token := path[:strings.LastIndex(path, "/")+1], path[strings.LastIndex(path, "/")+1:]
			other := map[string]string{"/confirm/": "/activate/", "/activate/": "/confirm/"}[kind]
			for _, wrong := range []string{
				kind + token[:len(token)-1], kind + token + "A", kind + strings.ToLower(token), kind + token + "%00", kind + token +
					"%20",
				kind + "%2F" + token, kind + token + "%2F", kind + token[:8] + "%2F" + token[9:], kind + "%20" + token, kind +
					"rl1_" + token[4:],
				kind + token[:len(token)-1] + "%3D", other + token, "/setup/" + token, kind + "x", kind + strings.Repeat("a", 2000),
			} {
				for _, method := range []string{"GET", "POST"} {
					got := browser{p: p}.do(method, wrong, contentTypeOf(method), activationForm("Eve", "Evil").Encode())
					if got.status != http.StatusNotFound && got.status != http.StatusGone {
						p.t.Errorf("%s: status %d", got.request, got.status)
					}
					if strings.Contains(got.text(), "@acme.example") || strings.Contains(got.text(), "Acme") {
						p.t.Errorf("%s tells whose it is", got.request)
					}
				}
			}
		}
		p.wantUnchanged("a secret that is none", before)
	})
}

func TestT02_UnknownTokensAreNotFound(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		token := strings.TrimPrefix(path, "/register/")
		form := p.registrationForm(path, "nia@acme.example")
		flipped := strings.ToUpper(token[4:])
		if flipped == token[4:] {
			flipped = strings.ToLower(flipped)
		}
		for _, wrong := range []string{
			token[:len(token)-1], token + "A", "rl1_" + flipped, token + "%3D", token + "%00", token + "%20", "%2F" + token,
			token[:8] + "%2F" + token[9:], "rl1_", "x", strings.Repeat("a", 2000), app.NewToken(app.LinkToken),
			app.NewToken("rl2_"),
		} {
			for _, got := range []testResponse{
				browser{p: p}.get("/register/" + wrong),
				browser{p: p}.post("/register/"+wrong, form),
				browser{p: p, htmx: true}.post("/register/"+wrong+"/check/email", form),
			} {
				p.wantStatus(got, http.StatusNotFound)
				if strings.Contains(got.body, "Acme Widgets") {
					p.t.Errorf("%s names the account", got.request)
				}
			}
		}
	})
}
