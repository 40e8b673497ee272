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

var wholeTokenPattern = regexp.MustCompile(`\br[a-z]1_([A-Za-z0-9_-]{43})\b`)

// Whoever reads the database, or a backup of it, holds no key to anything: no token, no password, no session (T-03).
func TestT03_NothingSecretIsStored(t *testing.T) {
	t.Parallel()
	eachDatabaseBeforeSetup(t, func(p *portal) {
		f := setupFormCase(p)
		p.wantStatus(f.browser.post(f.path, f.valid), http.StatusSeeOther)
		sue := p.addCodeApp(p.signIn("sue@acme.example"), "sue@acme.example")
		p.sue = sue.browser
		path := p.generateLink()
		p.register(path, "nia@acme.example")
		p.createUser("ada@acme.example", app.StandardUser)
		p.importIdentity("lea@learn.example")
		p.requestToJoin(path, "lea@learn.example")
		p.wantStatus(browser{p: p}.post("/forgot-password", url.Values{"email": {"sue@acme.example"}}), http.StatusOK)
		p.wantStatus(p.sue.post(invitationsPath, invitationValues("ben@acme.example")), http.StatusSeeOther)
		p.wantStatus(p.sue.get("/account"), http.StatusOK)
		step := sue.beginStep().cookies["sign-in"]
		dump := ""
		for _, table := range p.snapshot() {
			dump += table
		}
		if !strings.Contains(dump, "nia@acme.example") || !strings.Contains(dump, "$argon2id$") {
			p.t.Fatal("this is not what is stored")
		}
		for _, found := range p.issuedTokens(path, p.sue.cookie, step, f.path) {
			body := found[1]
			secret, err := base64.RawURLEncoding.DecodeString(body)
			p.check(err)
			for _, spelling := range []string{body, string(secret), hex.EncodeToString(secret), password} {
				if strings.Contains(dump, spelling) {
					p.t.Errorf("%q is stored", spelling)
				}
			}
		}
		p.wantNoFactorSecrets(dump)
	})
}

// issuedTokens gives the tokens that were mailed, and these: of every kind that there is by then.
func (p *portal) issuedTokens(others ...string) [][]string {
	p.t.Helper()
	p.deliverMails()
	text := strings.Join(others, " ")
	for _, m := range p.mails {
		text += " " + m.Text
	}
	all := wholeTokenPattern.FindAllStringSubmatch(text, -1)
	for _, kind := range tokenPrefixes(p.t) {
		if !slices.ContainsFunc(all, func(found []string) bool { return strings.HasPrefix(found[0], kind) }) {
			p.t.Errorf("no token %s… was issued: this test does not look for all", kind)
		}
	}
	return all
}

// wantNoFactorSecrets wants no secret of a second factor in a dump: not as it is shown, not as it may be
// typed, not as its bits.
func (p *portal) wantNoFactorSecrets(dump string) {
	p.t.Helper()
	if len(p.factorSecrets) <= app.RecoveryCodeCount {
		p.t.Fatalf("only %d secrets of second factors were given out", len(p.factorSecrets))
	}
	for _, code := range p.factorSecrets {
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

// tokenPrefixes reads the prefixes where they are declared, so that a new kind has to be issued here too.
func tokenPrefixes(t testing.TB) []string {
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
