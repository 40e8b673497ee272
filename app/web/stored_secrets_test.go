package web_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

var wholeToken = regexp.MustCompile(`\br[a-z]1_([A-Za-z0-9_-]{43})\b`)

// Whoever reads the database, or a backup of it, holds no key to anything: no token, no password, no session (T-03).
func TestT03NothingSecretIsStored(t *testing.T) {
	t.Parallel()
	eachEmptyPortal(t, func(p *portal) {
		f := setUpForm(p)
		p.want(f.who.post(f.path, f.good), http.StatusSeeOther)
		sue := p.withApp(p.signIn("sue@acme.example"), "sue@acme.example")
		p.sue = sue.browser
		path := p.link()
		p.register(path, "nia@acme.example")
		p.create("ada@acme.example", app.StandardUser)
		p.imported("lea@learn.example")
		p.asks(path, "lea@learn.example")
		p.want(browser{p: p}.post("/forgot-password", url.Values{"email": {"sue@acme.example"}}), http.StatusOK)
		p.want(p.sue.post(invitations, inviting("ben@acme.example")), http.StatusSeeOther)
		p.want(p.sue.get("/account"), http.StatusOK)
		step := sue.step().cookies["sign-in"]
		dump := ""
		for _, table := range p.stored() {
			dump += table
		}
		if !strings.Contains(dump, "nia@acme.example") || !strings.Contains(dump, "$argon2id$") {
			p.t.Fatal("this is not what is stored")
		}
		for _, found := range p.everyToken(path, p.sue.cookie, step, f.path) {
			body := found[1]
			secret, err := base64.RawURLEncoding.DecodeString(body)
			p.check(err)
			for _, spelling := range []string{body, string(secret), hex.EncodeToString(secret), password} {
				if strings.Contains(dump, spelling) {
					p.t.Errorf("%q is stored", spelling)
				}
			}
		}
		p.wantNoCodes(dump)
	})
}

// everyToken gives the tokens that were mailed, and these: of every kind that there is by then.
func (p *portal) everyToken(others ...string) [][]string {
	p.t.Helper()
	p.deliver()
	text := strings.Join(others, " ")
	for _, m := range p.mails {
		text += " " + m.Text
	}
	all := wholeToken.FindAllStringSubmatch(text, -1)
	for _, kind := range tokenKinds(p.t) {
		if !slices.ContainsFunc(all, func(found []string) bool { return strings.HasPrefix(found[0], kind) }) {
			p.t.Errorf("no token %s… was issued: this test does not look for all", kind)
		}
	}
	return all
}

// wantNoCodes wants no secret of a second factor in a dump: not as it is shown, not as it may be typed, not as its bits.
func (p *portal) wantNoCodes(dump string) {
	p.t.Helper()
	if len(p.codes) <= app.RecoveryCodes {
		p.t.Fatalf("only %d secrets of second factors were given out", len(p.codes))
	}
	for _, code := range p.codes {
		bare := strings.ReplaceAll(code, "-", "")
		bits, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(bare))
		p.check(err)
		for _, spelling := range []string{code, bare, string(bits), hex.EncodeToString(bits)} {
			if strings.Contains(dump, spelling) {
				p.t.Errorf("%q of a second factor is stored", spelling)
			}
		}
	}
}

// tokenKinds reads the prefixes where they are declared, so that a new kind has to be issued here too.
func tokenKinds(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("../token.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, found := range regexp.MustCompile(`Token\s+= "(r[a-z]\d_)"`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, found[1])
	}
	if !slices.Contains(all, app.LinkToken) || len(all) < 7 {
		t.Fatalf("these are not all kinds of tokens: %q", all)
	}
	return all
}
