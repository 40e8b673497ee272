package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/mail"
	"reglink/app/web"
	"reglink/assets"
)

// routeCase is a plausible use of a route: the parameters in place, a form to send, and what it answers to
// whom it lets in.
type routeCase struct {
	who       string // as the route table must say it: a row that is opened to others has to be changed here too
	path      string // with parameters in place; empty: the row's own
	form      url.Values
	status    int
	statusFor map[string]int // visitors who get another status
}

// routeFixture is a portal with one of everybody, and something for every parameter.
type routeFixture struct {
	*portal
	visitors map[string]browser
	linkPath string // path of the live link of Acme Widgets
	cases    map[string]routeCase
}

func (s *routeFixture) allRouteCases() map[string]routeCase {
	all := map[string]routeCase{}
	maps.Copy(all, s.publicRouteCases())
	maps.Copy(all, ssoRouteCases())
	maps.Copy(all, signInMethodRouteCases())
	maps.Copy(all, s.joinRequestRouteCases())
	maps.Copy(all, s.linkHistoryRouteCases())
	maps.Copy(all, s.signedInRouteCases())
	maps.Copy(all, s.superUserRouteCases())
	maps.Copy(all, s.passwordRouteCases())
	maps.Copy(all, s.linkPolicyRouteCases())
	maps.Copy(all, activityRouteCases())
	maps.Copy(all, securityRouteCases())
	maps.Copy(all, factorRouteCases())
	maps.Copy(all, passkeyRouteCases())
	maps.Copy(all, s.invitationRouteCases())
	maps.Copy(all, s.membershipRouteCases())
	maps.Copy(all, s.approvalRouteCases())
	return all
}

// publicRouteCases are those of pages that ask nobody who they are.
func (s *routeFixture) publicRouteCases() map[string]routeCase {
	s.register(s.linkPath, "rita@acme.example")
	confirm := s.mailedPath("rita@acme.example")
	s.createUser("nora@acme.example", app.StandardUser)
	activate := s.mailedPath("nora@acme.example")
	setUp := "/setup/" + app.NewToken(app.SetupToken)
	home := map[string]int{"nobody": http.StatusOK}
	return map[string]routeCase{
		"GET /":          {who: "visitor", status: http.StatusSeeOther, statusFor: home},
		"GET /sign-in":   {who: "anyone", status: http.StatusOK},
		"POST /sign-in":  {who: "anyone", status: http.StatusUnprocessableEntity},
		"POST /sign-out": {who: "anyone", status: http.StatusSeeOther},
		"POST /theme": {
			who: "anyone", form: url.Values{"theme": {"dark"}}, status: http.StatusSeeOther,
		},
		"POST /language": {
			who: "visitor", form: url.Values{"language": {"en"}}, status: http.StatusSeeOther,
		},
		"GET /register":                      {who: "anyone", status: http.StatusOK},
		"POST /register":                     {who: "anyone", status: http.StatusUnprocessableEntity},
		"GET /register/:token":               {who: "anyone", path: s.linkPath, status: http.StatusOK},
		"POST /register/:token":              {who: "anyone", path: s.linkPath, status: http.StatusUnprocessableEntity},
		"POST /register/check/:field":        {who: "anyone", path: "/register/check/email", status: http.StatusOK},
		"POST /register/:token/check/:field": {who: "anyone", path: s.linkPath + "/check/email", status: http.StatusOK},
		"GET /registered":                    {who: "anyone", status: http.StatusOK},
		"GET /confirm":                       {who: "anyone", status: http.StatusOK},
		"POST /confirm": {
			who: "anyone", form: url.Values{"email": {"x@y.example"}}, status: http.StatusOK,
		},
		"GET /confirm/:token":         {who: "anyone", path: confirm, status: http.StatusOK},
		"POST /confirm/:token":        {who: "anyone", path: confirm, status: http.StatusOK},
		"GET /activate/:token":        {who: "anyone", path: activate, status: http.StatusOK},
		"POST /activate/:token":       {who: "anyone", path: activate, status: http.StatusUnprocessableEntity},
		"GET /setup/:token":           {who: "anyone", path: setUp, status: http.StatusGone},
		"POST /setup/:token":          {who: "anyone", path: setUp, status: http.StatusGone},
		"GET /help/registration-link": {who: "visitor", status: http.StatusOK},
		"GET /mailbox":                {who: "visitor", status: http.StatusOK},
		"GET /assets/:name":           {who: "machine", path: assets.Embedded().URL("app.css"), status: http.StatusOK},
		"GET /healthz":                {who: "machine", status: http.StatusOK},
		"GET /readyz":                 {who: "machine", status: http.StatusOK},
		"POST /csp-report":            {who: "machine", status: http.StatusBadRequest},
		// but for programs on the same machine
		"GET /metrics": {who: "machine", status: http.StatusNotFound},
	}
}

// signedInRouteCases are those of pages for people who are signed in, and for operators.
func (s *routeFixture) signedInRouteCases() map[string]routeCase {
	elsewhere := map[string]int{
		"other": http.StatusNotFound, "homeless": http.StatusNotFound,
		"operator": http.StatusNotFound, "pending": http.StatusNotFound,
	}
	acme := url.Values{"account": {s.accountID("Acme Widgets")}}
	notice := "/operator/notices/" + s.queryColumn("SELECT id FROM notices")[0]
	return map[string]routeCase{
		"GET /dashboard":            {who: "signed in", status: http.StatusOK},
		"POST /account/switch":      {who: "signed in", form: acme, status: http.StatusSeeOther, statusFor: elsewhere},
		"GET /preferences":          {who: "signed in", status: http.StatusOK},
		"POST /preferences":         {who: "signed in", status: http.StatusUnprocessableEntity},
		"GET /members":              {who: "member", status: http.StatusOK},
		"GET /operator":             {who: "operator", status: http.StatusOK},
		"GET /operator/notices/:id": {who: "operator", path: notice, status: http.StatusOK},
	}
}

func (s *routeFixture) superUserRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"GET /account":                  {who: "super user", status: http.StatusOK},
		"GET /account/link/regenerate":  {who: "super user", status: http.StatusOK},
		"GET /account/link/disable":     {who: "super user", status: http.StatusOK},
		"POST /account/link/generate":   {who: "super user", status: http.StatusSeeOther},
		"POST /account/link/regenerate": {who: "super user", status: http.StatusSeeOther},
		"POST /account/link/disable":    {who: "super user", status: http.StatusSeeOther},
		"POST /account/link/copied":     {who: "super user", status: http.StatusSeeOther},
		"GET /members/new":              {who: "super user", status: http.StatusOK},
		"POST /members":                 {who: "super user", status: http.StatusUnprocessableEntity},
		"POST /members/export":          {who: "super user", status: http.StatusOK},
	}
}

// membershipRouteCases are those of a member's page and of what is done there.
func (s *routeFixture) membershipRouteCases() map[string]routeCase {
	s.createUser("remy@acme.example", app.StandardUser)
	nora, remy := "/members/"+s.membershipID("nora@acme.example", "Acme Widgets"), "/members/"+
		s.membershipID("remy@acme.example", "Acme Widgets")
	all := map[string]routeCase{
		"GET /members/:id":         {path: nora, status: http.StatusOK},
		"GET /members/:id/suspend": {path: nora + "/suspend", status: http.StatusOK},
		"GET /members/:id/remove":  {path: nora + "/remove", status: http.StatusOK},
		"POST /members/:id/role": {
			path: nora + "/role", form: url.Values{"role": {"limited"}}, status: http.StatusSeeOther,
		},
		"POST /members/:id/expiry": {
			path: nora + "/expiry", form: url.Values{"expires": {"2027-03-31"}}, status: http.StatusSeeOther,
		},
		"POST /members/:id/suspend":    {path: nora + "/suspend", status: http.StatusSeeOther},
		"POST /members/:id/reinstate":  {path: nora + "/reinstate", status: http.StatusSeeOther},
		"POST /members/:id/remove":     {path: remy + "/remove", status: http.StatusSeeOther},
		"POST /members/:id/activation": {path: nora + "/activation", status: http.StatusSeeOther},
	}
	for row, v := range all {
		v.who, v.statusFor = "super user", map[string]int{"other": http.StatusNotFound}
		all[row] = v
	}
	return all
}

func (s *routeFixture) approvalRouteCases() map[string]routeCase {
	penny := url.Values{"member": {s.membershipID(addresses()["pending"], "Acme Widgets")}}
	elsewhere := map[string]int{"other": http.StatusNotFound}
	return map[string]routeCase{
		"GET /members/pending": {who: "super user", status: http.StatusOK},
		"GET /members/pending/reject": {
			who: "super user", path: "/members/pending/reject?" + penny.Encode(), status: http.StatusOK, statusFor: elsewhere,
		},
		"POST /members/pending/accept": {who: "super user", status: http.StatusUnprocessableEntity},
		"POST /members/pending/reject": {
			who: "super user", form: url.Values{"member": {app.NewID()}}, status: http.StatusNotFound,
		},
	}
}

// caseFor gives the use of a row, or fails: a new row has to say here who may.
func (s *routeFixture) caseFor(r web.Route) routeCase {
	v, ok := s.cases[r.Method+" "+r.Path]
	if !ok {
		s.t.Fatalf("%s %s is new: say in its visit who may, and how it is used", r.Method, r.Path)
	}
	if v.who != r.Who {
		s.t.Errorf("%s %s is for %q, want %q", r.Method, r.Path, r.Who, v.who)
	}
	if v.path == "" {
		v.path = r.Path
	}
	if strings.Contains(v.path, ":") {
		s.t.Fatalf("%s %s is used without its parameters", r.Method, r.Path)
	}
	return v
}

func (s *routeFixture) routes() []web.Route {
	config := s.config()
	enableAllFeatures(&config)
	return web.Routes(config.web())
}

// requestAs lets a visitor use a row. Signing out ends a session, so that visitor comes back.
func (s *routeFixture) requestAs(name, method string, v routeCase) {
	s.t.Helper()
	visitor := s.visitors[name]
	want := v.wantStatus(method, name)
	got := visitor.do(method, v.path, contentTypeOf(method), v.form.Encode())
	if got.status != want {
		s.t.Errorf("%s by %s: status %d, want %d: %.200s", got.request, name, got.status, want, got.text())
	}
	if method == http.MethodGet {
		head := visitor.do(http.MethodHead, v.path, "", "")
		if head.status != want || head.body != "" {
			s.t.Errorf("HEAD %s by %s: status %d with %d bytes, want %d with none", v.path, name, head.status, len(head.body),
				want)
		}
	}
	turnedAway := want == http.StatusSeeOther && !slices.Contains(admittedVisitors(v.who), name)
	if turnedAway && !strings.HasPrefix(got.location(), "/sign-in") {
		s.t.Errorf("%s leads %s to %q, not to the sign-in", got.request, name, got.location())
	}
	if v.path == "/sign-out" && name != "nobody" {
		s.visitors[name] = s.signIn(addresses()[name])
	}
}

// identifiersOf lists what no page of another account may say: whatever Acme Widgets has of its own.
func (s *routeFixture) identifiersOf(account string) []string {
	s.t.Helper()
	id := s.accountID(account)
	all := []string{account, "@acme.example", s.queryOne("SELECT company_id FROM accounts WHERE id = ?", id), id}
	for _, table := range []string{"memberships", "links", "invitations", "join_requests"} {
		all = append(all, s.queryColumn("SELECT id FROM "+table+" WHERE account_id = ?", id)...)
	}
	return all
}

// rowsOf gives what is stored of an account and its people, a line a row.
func (s *routeFixture) rowsOf(account string) map[string]string {
	s.t.Helper()
	id := s.accountID(account)
	ids := append([]string{id}, s.queryColumn("SELECT identity_id FROM memberships WHERE account_id = ?", id)...)
	all := s.snapshot()
	for table, text := range all {
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(line, id) })
		})
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

// wantLikeUnknownID wants a row to answer Acme's id as one that was never given.
func (s *routeFixture) wantLikeUnknownID(b browser, r web.Route, v routeCase) {
	s.t.Helper()
	for _, b := range []browser{b, b.withHTMX()} {
		theirs := b.do(r.Method, v.path, contentTypeOf(r.Method), v.form.Encode())
		never := b.do(r.Method, pathWithUnknownIDs(r), contentTypeOf(r.Method), v.form.Encode())
		if theirs.status != http.StatusNotFound || never.status != http.StatusNotFound || theirs.text() != never.text() {
			s.t.Errorf("%s: status %d, %q; an unknown id: %d, %q", theirs.request, theirs.status, theirs.text(), never.status,
				never.text())
		}
	}
}

func (s *routeFixture) wantNoneOf(forbidden []string, got testResponse) {
	s.t.Helper()
	for _, theirs := range forbidden {
		if strings.Contains(got.body, theirs) {
			s.t.Errorf("%s shows %q of another account: %.300s", got.request, theirs, got.text())
		}
	}
}

// invitationRouteCases are those of the pages that mail and print the link. One invitation was mailed long
// enough ago to be sent again.
func (s *routeFixture) invitationRouteCases() map[string]routeCase {
	sent := s.invite("iris@acme.example")
	s.deliverMails()
	s.clock.advance(app.ResendInvitationAfter)
	again := invitationsPath + "/" + s.queryOne("SELECT id FROM invitations WHERE email = 'iris@acme.example'") + "/resend"
	elsewhere := map[string]int{"other": http.StatusNotFound}
	return map[string]routeCase{
		"GET /account/link/invitations":  {who: "super user", status: http.StatusOK},
		"POST /account/link/invitations": {who: "super user", status: http.StatusUnprocessableEntity},
		"GET /account/link/invitations/batches/:id": {
			who: "super user", path: sent, status: http.StatusOK, statusFor: elsewhere,
		},
		"POST /account/link/invitations/:id/resend": {
			who: "super user", path: again, status: http.StatusSeeOther, statusFor: elsewhere,
		},
		"GET /account/link/invitation": {who: "super user", status: http.StatusOK},
		"GET /account/link/qr.svg":     {who: "super user", status: http.StatusOK},
	}
}

func (s *routeFixture) linkHistoryRouteCases() map[string]routeCase {
	link := "/account/links/" + s.queryOne("SELECT id FROM links WHERE account_id = ?", s.accountID("Acme Widgets"))
	theirs := map[string]int{"other": http.StatusNotFound}
	return map[string]routeCase{
		"GET /account/links":     {who: "super user", status: http.StatusOK},
		"GET /account/links/:id": {who: "super user", path: link, status: http.StatusOK, statusFor: theirs},
		"GET /account/links/:id/suspend": {
			who: "super user", path: link + "/suspend", status: http.StatusOK, statusFor: theirs,
		},
		"POST /account/links/:id/suspend": {
			who: "super user", path: link + "/suspend", status: http.StatusSeeOther, statusFor: theirs,
		},
	}
}

// acceptedForms are forms of the scene that are accepted, for those rows whose own visit is refused.
func (s *routeFixture) acceptedForms() map[string]url.Values {
	s.t.Helper()
	s.addPendingMember("paul@acme.example")
	return map[string]url.Values{
		"/account/security/second-factor": {"required": {"yes"}},
		"/account/security/sign-in":       {"way": {"both"}},
		"/account/link/policy":            s.linkRulesForm(),
		"/account/link/invitations":       invitationValues("ben@acme.example"),
		"/members":                        newUserForm("uma@acme.example", app.StandardUser),
		"/members/:id/activation":         nil,
		"/members/:id/role":               {"role": {"super"}},
		"/members/pending/accept":         {"member": {s.membershipID(addresses()["pending"], "Acme Widgets")}},
		"/members/pending/reject":         {"member": {s.membershipID("paul@acme.example", "Acme Widgets")}},
		"/account/links/:id/suspend":      nil,
		"/preferences":                    {"first_name": {"Susan"}, "last_name": {"Perez"}, "language": {"en"}},
		"/members/export":                 nil,
		"/activity/export":                {"what": {"link"}},
	}
}

// pages asks for every page of the portal by somebody who may, and for what it says when something is
// refused; dress changes how the visitors ask.
func (s *routeFixture) pages(dress func(browser) browser) []testResponse {
	s.t.Helper()
	var all []testResponse
	for _, row := range s.routes() {
		v := s.caseFor(row)
		if row.Method != http.MethodGet || row.Who == "machine" || strings.HasSuffix(row.Path, ".svg") {
			continue
		}
		visitors := admittedVisitors(v.who)
		for _, name := range []string{visitors[0], visitors[len(visitors)-1]} {
			if got := dress(s.visitors[name]).get(v.path); got.status != http.StatusSeeOther {
				all = append(all, got)
			}
		}
	}
	return append(all, s.refusedPages(dress)...)
}

func (s *routeFixture) refusedPages(dress func(browser) browser) []testResponse {
	s.t.Helper()
	nobody, super := dress(s.visitors["nobody"]), dress(s.visitors["super"])
	deadLink := s.linkPath
	s.wantStatus(s.visitors["super"].post("/account/link/regenerate", nil), http.StatusSeeOther)
	bad := url.Values{"email": {"x"}, "first_name": {"\x00"}, "proof": {"serial_number"}, "phone": {"x"}}
	all := []testResponse{
		nobody.get(deadLink), nobody.post(deadLink, bad), nobody.get("/register/x"), nobody.get("/nothing"),
		super.get("/nothing"),
		nobody.post("/register", bad), nobody.post("/sign-in", bad), nobody.post("/confirm", bad),
		nobody.post("/forgot-password", bad), super.post("/preferences/password", bad),
		nobody.post("/account/link/generate", nil),
		super.post("/members", bad), super.post("/preferences", bad), super.get("/members?q=nobody+there"),
		super.get("/members?after=x"),
		nobody.post("/activate/x", bad), dress(s.visitors["standard"]).get("/account"), nobody.do("PUT", "/sign-in", "", ""),
		nobody.do("POST", "/sign-in", "application/json", "{}"), super.withHeader("Origin", "https://evil.example").post(
			"/members", nil),
	}
	for _, got := range all {
		if got.status < 400 && !strings.Contains(got.request, "?q=") {
			s.t.Errorf("%s: status %d, want a refusal", got.request, got.status)
		}
	}
	return all
}

func (s *routeFixture) linkPolicyRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"GET /account/link/policy": {who: "super user", status: http.StatusOK},
		"POST /account/link/policy": {
			who: "super user", form: url.Values{"link": s.linkRulesForm()["link"]}, status: http.StatusUnprocessableEntity,
			statusFor: map[string]int{"other": http.StatusConflict},
		},
	}
}

func (s *routeFixture) joinRequestRouteCases() map[string]routeCase {
	s.importIdentity("ilse@learn.example")
	join := s.requestToJoin(s.linkPath, "ilse@learn.example")
	return map[string]routeCase{
		"GET /asked": {who: "anyone", status: http.StatusOK},
		"POST /register/:token/ask": {
			who: "anyone", path: s.linkPath + "/ask", form: url.Values{"email": {"x@y.example"}}, status: http.StatusSeeOther,
		},
		"GET /join/:token":  {who: "anyone", path: join, status: http.StatusOK},
		"POST /join/:token": {who: "anyone", path: join, status: http.StatusOK},
	}
}

// passwordRouteCases are those of forgotten and changed passwords, and of one's sessions.
func (s *routeFixture) passwordRouteCases() map[string]routeCase {
	s.addMember("flo@acme.example", app.StandardUser)
	reset := s.requestReset("flo@acme.example")
	extra := s.endSessionPath(s.visitors["super"], s.signIn(addresses()["super"]))
	elsewhere := map[string]int{}
	for _, name := range visitorNames()[1:] {
		elsewhere[name] = http.StatusNotFound
	}
	delete(elsewhere, "super")
	return map[string]routeCase{
		"GET /forgot-password":           {who: "anyone", status: http.StatusOK},
		"POST /forgot-password":          {who: "anyone", form: url.Values{"email": {"x@y.example"}}, status: http.StatusOK},
		"GET /reset-password/:token":     {who: "anyone", path: reset, status: http.StatusOK},
		"POST /reset-password/:token":    {who: "anyone", path: reset, status: http.StatusUnprocessableEntity},
		"POST /preferences/password":     {who: "signed in", status: http.StatusUnprocessableEntity},
		"POST /preferences/sessions/end": {who: "signed in", status: http.StatusSeeOther},
		"POST /preferences/sessions/:id/end": {
			who: "signed in", path: extra, status: http.StatusSeeOther, statusFor: elsewhere,
		},
	}
}

// requestWith puts a word into every parameter of a row, or of its query.
func (s *routeFixture) requestWith(b browser, row web.Route, word string) {
	s.t.Helper()
	if strings.Contains(row.Path, ":") {
		path := routeParameter.ReplaceAllStringFunc(row.Path, func(string) string { return url.PathEscape(word) })
		if got := b.do(row.Method, path, contentTypeOf(row.Method), ""); got.status < 400 || got.status > 431 {
			s.t.Errorf("%s: status %d", got.request, got.status)
		}
		return
	}
	if row.Method != http.MethodGet {
		return
	}
	query := url.Values{}
	for _, name := range []string{
		"q", "link", "role", "status", "show", "what", "from", "to", "person", "member", "since",
		"ended", "next", "days", "page", "code", "state",
	} {
		query.Set(name, word[:min(len(word), 100)])
	}
	for _, asked := range []url.Values{query, {"after": {word}}} {
		if got := b.get(row.Path + "?" + asked.Encode()); got.setCookie("x") != nil {
			s.t.Errorf("%s sets what it was told", got.request)
		}
	}
}

// visitorNames names the visitors. The Super User of another account comes before the account's own, who change things.
func visitorNames() []string {
	return []string{"nobody", "homeless", "pending", "operator", "limited", "standard", "other", "super"}
}

// admittedVisitors names the visitors for whom a row of that kind is there.
func admittedVisitors(who string) []string {
	switch who {
	case "machine", "anyone", "visitor":
		return visitorNames()
	case "signed in":
		return visitorNames()[1:]
	case "member":
		return []string{"limited", "standard", "other", "super"}
	case "super user":
		return []string{"other", "super"}
	}
	return []string{who}
}

// contentTypeOf is the content type that a browser sends with that method.
func contentTypeOf(method string) string {
	if method == http.MethodPost {
		return fiber.MIMEApplicationForm
	}
	return ""
}

// enableAllFeatures configures what not every portal has.
func enableAllFeatures(c *portalConfig) {
	c.Mailbox = &mail.Recorder{}
	c.SSO = emptySSOProvider{}
}

func asIs(b browser) browser { return b }

// wantStatus is the status that a visitor gets.
func (v routeCase) wantStatus(method, visitor string) int {
	switch {
	case slices.Contains(admittedVisitors(v.who), visitor):
		if status, ok := v.statusFor[visitor]; ok {
			return status
		}
		return v.status
	case visitor == "nobody" && method == http.MethodPost:
		return http.StatusUnauthorized
	case visitor == "nobody":
		return http.StatusSeeOther
	case v.who == "operator":
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

func activityRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"GET /activity":         {who: "super user", status: http.StatusOK},
		"POST /activity/export": {who: "super user", form: url.Values{"what": {"link"}}, status: http.StatusOK},
	}
}

func ssoRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"GET /sign-in/sso":           {who: "anyone", status: http.StatusSeeOther},
		"GET /sign-in/sso/callback":  {who: "anyone", status: http.StatusForbidden},
		"POST /sign-in/sso/callback": {who: "anyone", status: http.StatusGone},
	}
}

func signInMethodRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"POST /account/security/sign-in": {who: "super user", form: url.Values{"way": {"both"}}, status: http.StatusSeeOther},
	}
}

func securityRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"GET /account/security": {who: "super user", status: http.StatusOK},
		"POST /account/security/second-factor": {
			who: "super user", form: url.Values{"required": {"yes"}}, status: http.StatusConflict,
		},
	}
}

// factorRouteCases are those of one's own second factor. Nobody in the scene has one.
func factorRouteCases() map[string]routeCase {
	remove := factorPath + "/" + app.NewID() + "/remove"
	return map[string]routeCase{
		"GET /sign-in/second-factor":                 {who: "anyone", status: http.StatusSeeOther},
		"POST /sign-in/second-factor":                {who: "anyone", status: http.StatusUnauthorized},
		"GET /preferences/second-factor":             {who: "signed in", status: http.StatusOK},
		"GET /preferences/second-factor/app":         {who: "signed in", status: http.StatusOK},
		"POST /preferences/second-factor/app":        {who: "signed in", status: http.StatusUnprocessableEntity},
		"GET /preferences/second-factor/codes":       {who: "signed in", status: http.StatusOK},
		"POST /preferences/second-factor/codes":      {who: "signed in", status: http.StatusUnprocessableEntity},
		"GET /preferences/second-factor/:id/remove":  {who: "signed in", path: remove, status: http.StatusNotFound},
		"POST /preferences/second-factor/:id/remove": {who: "signed in", path: remove, status: http.StatusNotFound},
	}
}

func passkeyRouteCases() map[string]routeCase {
	return map[string]routeCase{
		"POST /sign-in/passkey":                   {who: "anyone", status: http.StatusUnprocessableEntity},
		"GET /preferences/second-factor/passkey":  {who: "signed in", status: http.StatusConflict},
		"POST /preferences/second-factor/passkey": {who: "signed in", status: http.StatusConflict},
	}
}

var routeParameter = regexp.MustCompile(`:\w+`)

// pathWithUnknownIDs is a row's path with ids that were never given.
func pathWithUnknownIDs(r web.Route) string {
	return routeParameter.ReplaceAllStringFunc(r.Path, func(string) string { return app.NewID() })
}
