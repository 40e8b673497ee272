package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"reglink/app"
)

// A report becomes one line of the log that says which directive kept what of which site away, and nothing
// that somebody wrote.
func TestCSPReport_IsOneLogLineWithoutItsText(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	secret := app.NewToken(app.LinkToken)
	const say = `{"csp-report":{"document-uri":%q,"referrer":%[1]q,"effective-directive":%q,"blocked-uri":%q,` +
		`"script-sample":%[1]q}}`
	for _, test := range []struct{ directive, blocked, want string }{
		{"script-src-elem", "https://evil.example/x.js?secret=1", "directive=script-src-elem blocked=evil.example"},
		{"img-src", "http://127.0.0.1:8080/" + secret, "directive=img-src blocked=127.0.0.1:8080"},
		{"script-src-attr", "inline", "directive=script-src-attr blocked=inline"},
		{"style-src 'self'", "eval", "directive=style-src blocked=eval"},
		{"gossip-src", "https://" + strings.Repeat("a", 200) + ".example", "directive=unknown blocked=unknown"},
		{"font-src\nlevel=ERROR", "https://e\tvil.example/", "directive=unknown blocked=unknown"},
		{"", "", "directive=unknown blocked=unknown"},
	} {
		before := len(p.log.String())
		p.wantStatus(browser{p: p}.postCSPReport(fmt.Sprintf(say, baseURL+"/register/"+secret, test.directive, test.blocked)),
			http.StatusNoContent)
		said := p.log.String()[before:]
		if !strings.Contains(said, test.want) || strings.Count(said, "\n") != 2 { // the request's own line is the other
			t.Errorf("%q of %.40q is told as %s", test.directive, test.blocked, said)
		}
		if strings.Contains(said, secret) || strings.Contains(said, "ERROR") || len(said) > 600 {
			t.Errorf("%q of %.40q leaves in the log: %s", test.directive, test.blocked, said)
		}
	}
	older := browser{p: p}.postCSPReport(`{"csp-report":{"violated-directive":"style-src 'self'","blocked-uri":"data"}}`)
	if p.wantStatus(older, http.StatusNoContent); !strings.Contains(p.log.String(), "directive=style-src blocked=data") {
		t.Errorf("an older browser's report is told as %s", p.logTail())
	}
	for _, nonsense := range []string{"", "x", "[]", `{"csp-report":1}`, "{", `{"csp-report":{"blocked-uri":"` +
		strings.Repeat("a", 9<<10) + `"}}`} {
		p.wantStatus(browser{p: p}.postCSPReport(nonsense), http.StatusBadRequest)
	}
}
