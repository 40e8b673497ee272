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

// visit is a plausible use of a route: the parameters in place, a form to send, and what it answers to whom it lets in.
type visit struct {
	who    string // as the route table must say it: a row that is opened to others has to be changed here too
	path   string // with parameters in place; empty: the row's own
	form   url.Values
	status int
	unlike map[string]int // visitors who get another status
}

// scene is a portal with one of everybody, and something for every parameter.
type scene struct {
	*portal
	visitors map[string]browser
	link     string // path of the live link of Acme Widgets
	visits   map[string]visit
}

func (s *scene) everyVisit() map[string]visit {
	all := map[string]visit{}
	maps.Copy(all, s.openVisits())
	maps.Copy(all, ssoVisits())
	maps.Copy(all, signInWayVisits())
	maps.Copy(all, s.joinVisits())
	maps.Copy(all, s.historyVisits())
	maps.Copy(all, s.memberVisits())
	maps.Copy(all, s.superVisits())
	maps.Copy(all, s.passwordVisits())
	maps.Copy(all, s.policyVisits())
	maps.Copy(all, activityVisits())
	maps.Copy(all, securityVisits())
	maps.Copy(all, secondFactorVisits())
	maps.Copy(all, passkeyVisits())
	maps.Copy(all, s.invitationVisits())
	maps.Copy(all, s.membershipVisits())
	maps.Copy(all, s.approvalVisits())
	return all
}

// openVisits are those of pages that ask nobody who they are.
func (s *scene) openVisits() map[string]visit {
	s.register(s.link, "rita@acme.example")
	confirm := s.mailed("rita@acme.example")
	s.create("nora@acme.example", app.StandardUser)
	activate := s.mailed("nora@acme.example")
	setUp := "/setup/" + app.NewToken(app.SetupToken)
	home := map[string]int{"nobody": http.StatusOK}
	return map[string]visit{
		"GET /":                              {who: "visitor", status: http.StatusSeeOther, unlike: home},
		"GET /sign-in":                       {who: "anyone", status: http.StatusOK},
		"POST /sign-in":                      {who: "anyone", status: http.StatusUnprocessableEntity},
		"POST /sign-out":                     {who: "anyone", status: http.StatusSeeOther},
		"POST /theme":                        {who: "anyone", form: url.Values{"theme": {"dark"}}, status: http.StatusSeeOther},
		"POST /language":                     {who: "visitor", form: url.Values{"language": {"en"}}, status: http.StatusSeeOther},
		"GET /register":                      {who: "anyone", status: http.StatusOK},
		"POST /register":                     {who: "anyone", status: http.StatusUnprocessableEntity},
		"GET /register/:token":               {who: "anyone", path: s.link, status: http.StatusOK},
		"POST /register/:token":              {who: "anyone", path: s.link, status: http.StatusUnprocessableEntity},
		"POST /register/check/:field":        {who: "anyone", path: "/register/check/email", status: http.StatusOK},
		"POST /register/:token/check/:field": {who: "anyone", path: s.link + "/check/email", status: http.StatusOK},
		"GET /registered":                    {who: "anyone", status: http.StatusOK},
		"GET /confirm":                       {who: "anyone", status: http.StatusOK},
		"POST /confirm":                      {who: "anyone", form: url.Values{"email": {"x@y.example"}}, status: http.StatusOK},
		"GET /confirm/:token":                {who: "anyone", path: confirm, status: http.StatusOK},
		"POST /confirm/:token":               {who: "anyone", path: confirm, status: http.StatusOK},
		"GET /activate/:token":               {who: "anyone", path: activate, status: http.StatusOK},
		"POST /activate/:token":              {who: "anyone", path: activate, status: http.StatusUnprocessableEntity},
		"GET /setup/:token":                  {who: "anyone", path: setUp, status: http.StatusGone},
		"POST /setup/:token":                 {who: "anyone", path: setUp, status: http.StatusGone},
		"GET /help/registration-link":        {who: "visitor", status: http.StatusOK},
		"GET /mailbox":                       {who: "visitor", status: http.StatusOK},
		"GET /assets/:name":                  {who: "machine", path: assets.Embedded().URL("app.css"), status: http.StatusOK},
		"GET /healthz":                       {who: "machine", status: http.StatusOK},
		"GET /readyz":                        {who: "machine", status: http.StatusOK},
		"POST /csp-report":                   {who: "machine", status: http.StatusBadRequest},
		"GET /metrics":                       {who: "machine", status: http.StatusNotFound}, // but for programs on the same machine
	}
}

// memberVisits are those of pages for people who are signed in, and for operators.
func (s *scene) memberVisits() map[string]visit {
	elsewhere := map[string]int{"other": http.StatusNotFound, "homeless": http.StatusNotFound, "operator": http.StatusNotFound, "pending": http.StatusNotFound}
	acme := url.Values{"account": {s.account("Acme Widgets")}}
	notice := "/operator/notices/" + s.column("SELECT id FROM notices")[0]
	return map[string]visit{
		"GET /dashboard":            {who: "signed in", status: http.StatusOK},
		"POST /account/switch":      {who: "signed in", form: acme, status: http.StatusSeeOther, unlike: elsewhere},
		"GET /preferences":          {who: "signed in", status: http.StatusOK},
		"POST /preferences":         {who: "signed in", status: http.StatusUnprocessableEntity},
		"GET /members":              {who: "member", status: http.StatusOK},
		"GET /operator":             {who: "operator", status: http.StatusOK},
		"GET /operator/notices/:id": {who: "operator", path: notice, status: http.StatusOK},
	}
}

func (s *scene) superVisits() map[string]visit {
	return map[string]visit{
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

// membershipVisits are those of a member's page and of what is done there.
func (s *scene) membershipVisits() map[string]visit {
	s.create("remy@acme.example", app.StandardUser)
	nora, remy := "/members/"+s.membership("nora@acme.example", "Acme Widgets"), "/members/"+s.membership("remy@acme.example", "Acme Widgets")
	all := map[string]visit{
		"GET /members/:id":             {path: nora, status: http.StatusOK},
		"GET /members/:id/suspend":     {path: nora + "/suspend", status: http.StatusOK},
		"GET /members/:id/remove":      {path: nora + "/remove", status: http.StatusOK},
		"POST /members/:id/role":       {path: nora + "/role", form: url.Values{"role": {"limited"}}, status: http.StatusSeeOther},
		"POST /members/:id/expiry":     {path: nora + "/expiry", form: url.Values{"expires": {"2027-03-31"}}, status: http.StatusSeeOther},
		"POST /members/:id/suspend":    {path: nora + "/suspend", status: http.StatusSeeOther},
		"POST /members/:id/reinstate":  {path: nora + "/reinstate", status: http.StatusSeeOther},
		"POST /members/:id/remove":     {path: remy + "/remove", status: http.StatusSeeOther},
		"POST /members/:id/activation": {path: nora + "/activation", status: http.StatusSeeOther},
	}
	for row, v := range all {
		v.who, v.unlike = "super user", map[string]int{"other": http.StatusNotFound}
		all[row] = v
	}
	return all
}

func (s *scene) approvalVisits() map[string]visit {
	penny := url.Values{"member": {s.membership(addresses()["pending"], "Acme Widgets")}}
	elsewhere := map[string]int{"other": http.StatusNotFound}
	return map[string]visit{
		"GET /members/pending":         {who: "super user", status: http.StatusOK},
		"GET /members/pending/reject":  {who: "super user", path: "/members/pending/reject?" + penny.Encode(), status: http.StatusOK, unlike: elsewhere},
		"POST /members/pending/accept": {who: "super user", status: http.StatusUnprocessableEntity},
		"POST /members/pending/reject": {who: "super user", form: url.Values{"member": {app.NewID()}}, status: http.StatusNotFound},
	}
}

// visitOf gives the use of a row, or fails: a new row has to say here who may.
func (s *scene) visitOf(r web.Route) visit {
	v, ok := s.visits[r.Method+" "+r.Path]
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

func (s *scene) rows() []web.Route {
	config := s.config()
	everything(&config)
	return web.Routes(config)
}

// visitAs lets a visitor use a row. Signing out ends a session, so that visitor comes back.
func (s *scene) visitAs(name, method string, v visit) {
	s.t.Helper()
	visitor := s.visitors[name]
	want := v.want(method, name)
	got := visitor.ask(method, v.path, formType(method), v.form.Encode())
	if got.status != want {
		s.t.Errorf("%s by %s: status %d, want %d: %.200s", got.asked, name, got.status, want, got.text())
	}
	if method == http.MethodGet {
		head := visitor.ask(http.MethodHead, v.path, "", "")
		if head.status != want || head.body != "" {
			s.t.Errorf("HEAD %s by %s: status %d with %d bytes, want %d with none", v.path, name, head.status, len(head.body), want)
		}
	}
	turnedAway := want == http.StatusSeeOther && !slices.Contains(letIn(v.who), name)
	if turnedAway && !strings.HasPrefix(got.leadsTo(), "/sign-in") {
		s.t.Errorf("%s leads %s to %q, not to the sign-in", got.asked, name, got.leadsTo())
	}
	if v.path == "/sign-out" && name != "nobody" {
		s.visitors[name] = s.signIn(addresses()[name])
	}
}

// namesOf lists what no page of another account may say: whatever Acme Widgets has of its own.
func (s *scene) namesOf(account string) []string {
	s.t.Helper()
	id := s.account(account)
	all := []string{account, "@acme.example", s.one("SELECT company_id FROM accounts WHERE id = ?", id), id}
	for _, table := range []string{"memberships", "links", "invitations", "join_requests"} {
		all = append(all, s.column("SELECT id FROM "+table+" WHERE account_id = ?", id)...)
	}
	return all
}

// belongsTo gives what is stored of an account and its people, a line a row.
func (s *scene) belongsTo(account string) map[string]string {
	s.t.Helper()
	id := s.account(account)
	ids := append([]string{id}, s.column("SELECT identity_id FROM memberships WHERE account_id = ?", id)...)
	all := s.stored()
	for table, text := range all {
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(line, id) })
		})
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

// wantUnknown wants a row to answer Acme's id as one that was never given.
func (s *scene) wantUnknown(b browser, r web.Route, v visit) {
	s.t.Helper()
	for _, b := range []browser{b, b.withHTMX()} {
		theirs := b.ask(r.Method, v.path, formType(r.Method), v.form.Encode())
		never := b.ask(r.Method, unknown(r), formType(r.Method), v.form.Encode())
		if theirs.status != http.StatusNotFound || never.status != http.StatusNotFound || theirs.text() != never.text() {
			s.t.Errorf("%s: status %d, %q; an unknown id: %d, %q", theirs.asked, theirs.status, theirs.text(), never.status, never.text())
		}
	}
}

func (s *scene) wantNothingOf(forbidden []string, got answer) {
	s.t.Helper()
	for _, theirs := range forbidden {
		if strings.Contains(got.body, theirs) {
			s.t.Errorf("%s shows %q of another account: %.300s", got.asked, theirs, got.text())
		}
	}
}

// invitationVisits are those of the pages that mail and print the link. One invitation was mailed long enough ago to be sent again.
func (s *scene) invitationVisits() map[string]visit {
	sent := s.invite("iris@acme.example")
	s.deliver()
	s.clock.pass(app.InviteAgainAfter)
	again := invitations + "/" + s.one("SELECT id FROM invitations WHERE email = 'iris@acme.example'") + "/resend"
	elsewhere := map[string]int{"other": http.StatusNotFound}
	return map[string]visit{
		"GET /account/link/invitations":             {who: "super user", status: http.StatusOK},
		"POST /account/link/invitations":            {who: "super user", status: http.StatusUnprocessableEntity},
		"GET /account/link/invitations/batches/:id": {who: "super user", path: sent, status: http.StatusOK, unlike: elsewhere},
		"POST /account/link/invitations/:id/resend": {who: "super user", path: again, status: http.StatusSeeOther, unlike: elsewhere},
		"GET /account/link/invitation":              {who: "super user", status: http.StatusOK},
		"GET /account/link/qr.svg":                  {who: "super user", status: http.StatusOK},
	}
}

func (s *scene) historyVisits() map[string]visit {
	link := "/account/links/" + s.one("SELECT id FROM links WHERE account_id = ?", s.account("Acme Widgets"))
	theirs := map[string]int{"other": http.StatusNotFound}
	return map[string]visit{
		"GET /account/links":              {who: "super user", status: http.StatusOK},
		"GET /account/links/:id":          {who: "super user", path: link, status: http.StatusOK, unlike: theirs},
		"GET /account/links/:id/suspend":  {who: "super user", path: link + "/suspend", status: http.StatusOK, unlike: theirs},
		"POST /account/links/:id/suspend": {who: "super user", path: link + "/suspend", status: http.StatusSeeOther, unlike: theirs},
	}
}

// settings are forms of the scene that are accepted, for those rows whose own visit is refused.
func (s *scene) settings() map[string]url.Values {
	s.t.Helper()
	s.waiting("paul@acme.example")
	return map[string]url.Values{
		"/account/security/second-factor": {"required": {"yes"}},
		"/account/security/sign-in":       {"way": {"both"}},
		"/account/link/policy":            s.rules(),
		"/account/link/invitations":       inviting("ben@acme.example"),
		"/members":                        newUser("uma@acme.example", app.StandardUser),
		"/members/:id/activation":         nil,
		"/members/:id/role":               {"role": {"super"}},
		"/members/pending/accept":         {"member": {s.membership(addresses()["pending"], "Acme Widgets")}},
		"/members/pending/reject":         {"member": {s.membership("paul@acme.example", "Acme Widgets")}},
		"/account/links/:id/suspend":      nil,
		"/preferences":                    {"first_name": {"Susan"}, "last_name": {"Perez"}, "language": {"en"}},
		"/members/export":                 nil,
		"/activity/export":                {"what": {"link"}},
	}
}

// pages asks for every page of the portal by somebody who may, and for what it says when something is refused; dress changes how the
// visitors ask.
func (s *scene) pages(dress func(browser) browser) []answer {
	s.t.Helper()
	var all []answer
	for _, row := range s.rows() {
		v := s.visitOf(row)
		if row.Method != http.MethodGet || row.Who == "machine" || strings.HasSuffix(row.Path, ".svg") {
			continue
		}
		visitors := letIn(v.who)
		for _, name := range []string{visitors[0], visitors[len(visitors)-1]} {
			if got := dress(s.visitors[name]).get(v.path); got.status != http.StatusSeeOther {
				all = append(all, got)
			}
		}
	}
	return append(all, s.refusals(dress)...)
}

func (s *scene) refusals(dress func(browser) browser) []answer {
	s.t.Helper()
	nobody, super := dress(s.visitors["nobody"]), dress(s.visitors["super"])
	deadLink := s.link
	s.want(s.visitors["super"].post("/account/link/regenerate", nil), http.StatusSeeOther)
	bad := url.Values{"email": {"x"}, "first_name": {"\x00"}, "proof": {"serial_number"}, "phone": {"x"}}
	all := []answer{
		nobody.get(deadLink), nobody.post(deadLink, bad), nobody.get("/register/x"), nobody.get("/nothing"), super.get("/nothing"),
		nobody.post("/register", bad), nobody.post("/sign-in", bad), nobody.post("/confirm", bad), nobody.post("/forgot-password", bad), super.post("/preferences/password", bad),
		nobody.post("/account/link/generate", nil),
		super.post("/members", bad), super.post("/preferences", bad), super.get("/members?q=nobody+there"), super.get("/members?after=x"),
		nobody.post("/activate/x", bad), dress(s.visitors["standard"]).get("/account"), nobody.ask("PUT", "/sign-in", "", ""),
		nobody.ask("POST", "/sign-in", "application/json", "{}"), super.with("Origin", "https://evil.example").post("/members", nil),
	}
	for _, got := range all {
		if got.status < 400 && !strings.Contains(got.asked, "?q=") {
			s.t.Errorf("%s: status %d, want a refusal", got.asked, got.status)
		}
	}
	return all
}

func (s *scene) policyVisits() map[string]visit {
	return map[string]visit{
		"GET /account/link/policy": {who: "super user", status: http.StatusOK},
		"POST /account/link/policy": {
			who: "super user", form: url.Values{"link": s.rules()["link"]}, status: http.StatusUnprocessableEntity,
			unlike: map[string]int{"other": http.StatusConflict},
		},
	}
}

func (s *scene) joinVisits() map[string]visit {
	s.imported("ilse@learn.example")
	join := s.asks(s.link, "ilse@learn.example")
	return map[string]visit{
		"GET /asked": {who: "anyone", status: http.StatusOK},
		"POST /register/:token/ask": {
			who: "anyone", path: s.link + "/ask", form: url.Values{"email": {"x@y.example"}}, status: http.StatusSeeOther,
		},
		"GET /join/:token":  {who: "anyone", path: join, status: http.StatusOK},
		"POST /join/:token": {who: "anyone", path: join, status: http.StatusOK},
	}
}

// passwordVisits are those of forgotten and changed passwords, and of one's sessions.
func (s *scene) passwordVisits() map[string]visit {
	s.member("flo@acme.example", app.StandardUser)
	reset := s.forgot("flo@acme.example")
	extra := s.sessionOf(s.visitors["super"], s.signIn(addresses()["super"]))
	elsewhere := map[string]int{}
	for _, name := range everybody()[1:] {
		elsewhere[name] = http.StatusNotFound
	}
	delete(elsewhere, "super")
	return map[string]visit{
		"GET /forgot-password":               {who: "anyone", status: http.StatusOK},
		"POST /forgot-password":              {who: "anyone", form: url.Values{"email": {"x@y.example"}}, status: http.StatusOK},
		"GET /reset-password/:token":         {who: "anyone", path: reset, status: http.StatusOK},
		"POST /reset-password/:token":        {who: "anyone", path: reset, status: http.StatusUnprocessableEntity},
		"POST /preferences/password":         {who: "signed in", status: http.StatusUnprocessableEntity},
		"POST /preferences/sessions/end":     {who: "signed in", status: http.StatusSeeOther},
		"POST /preferences/sessions/:id/end": {who: "signed in", path: extra, status: http.StatusSeeOther, unlike: elsewhere},
	}
}

// asksFor puts a word into every parameter of a row, or of its query.
func (s *scene) asksFor(b browser, row web.Route, word string) {
	s.t.Helper()
	if strings.Contains(row.Path, ":") {
		path := parameter.ReplaceAllStringFunc(row.Path, func(string) string { return url.PathEscape(word) })
		if got := b.ask(row.Method, path, formType(row.Method), ""); got.status < 400 || got.status > 431 {
			s.t.Errorf("%s: status %d", got.asked, got.status)
		}
		return
	}
	if row.Method != http.MethodGet {
		return
	}
	query := url.Values{}
	for _, name := range []string{"q", "link", "role", "status", "show", "what", "from", "to", "person", "member", "since", "ended", "next", "days", "page", "code", "state"} {
		query.Set(name, word[:min(len(word), 100)])
	}
	for _, asked := range []url.Values{query, {"after": {word}}} {
		if got := b.get(row.Path + "?" + asked.Encode()); got.set("x") != nil {
			s.t.Errorf("%s sets what it was told", got.asked)
		}
	}
}

// everybody names the visitors. The Super User of another account comes before the account's own, who change things.
func everybody() []string {
	return []string{"nobody", "homeless", "pending", "operator", "limited", "standard", "other", "super"}
}

// letIn names the visitors for whom a row of that kind is there.
func letIn(who string) []string {
	switch who {
	case "machine", "anyone", "visitor":
		return everybody()
	case "signed in":
		return everybody()[1:]
	case "member":
		return []string{"limited", "standard", "other", "super"}
	case "super user":
		return []string{"other", "super"}
	}
	return []string{who}
}

// formType is the content type that a browser sends with that method.
func formType(method string) string {
	if method == http.MethodPost {
		return fiber.MIMEApplicationForm
	}
	return ""
}

// everything configures what not every portal has.
func everything(c *web.Config) {
	c.Mailbox = &mail.Recorder{}
	c.SSO = knowsNobody{}
}

func asThey(b browser) browser { return b }

// want is the status that a visitor gets.
func (v visit) want(method, visitor string) int {
	switch {
	case slices.Contains(letIn(v.who), visitor):
		if status, ok := v.unlike[visitor]; ok {
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

func activityVisits() map[string]visit {
	return map[string]visit{
		"GET /activity":         {who: "super user", status: http.StatusOK},
		"POST /activity/export": {who: "super user", form: url.Values{"what": {"link"}}, status: http.StatusOK},
	}
}

func ssoVisits() map[string]visit {
	return map[string]visit{
		"GET /sign-in/sso":           {who: "anyone", status: http.StatusSeeOther},
		"GET /sign-in/sso/callback":  {who: "anyone", status: http.StatusForbidden},
		"POST /sign-in/sso/callback": {who: "anyone", status: http.StatusGone},
	}
}

func signInWayVisits() map[string]visit {
	return map[string]visit{
		"POST /account/security/sign-in": {who: "super user", form: url.Values{"way": {"both"}}, status: http.StatusSeeOther},
	}
}

func securityVisits() map[string]visit {
	return map[string]visit{
		"GET /account/security":                {who: "super user", status: http.StatusOK},
		"POST /account/security/second-factor": {who: "super user", form: url.Values{"required": {"yes"}}, status: http.StatusConflict},
	}
}

// secondFactorVisits are those of one's own second factor. Nobody in the scene has one.
func secondFactorVisits() map[string]visit {
	remove := factorPath + "/" + app.NewID() + "/remove"
	return map[string]visit{
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

func passkeyVisits() map[string]visit {
	return map[string]visit{
		"POST /sign-in/passkey":                   {who: "anyone", status: http.StatusUnprocessableEntity},
		"GET /preferences/second-factor/passkey":  {who: "signed in", status: http.StatusConflict},
		"POST /preferences/second-factor/passkey": {who: "signed in", status: http.StatusConflict},
	}
}

var parameter = regexp.MustCompile(`:\w+`)

// unknown is a row's path with ids that were never given.
func unknown(r web.Route) string {
	return parameter.ReplaceAllStringFunc(r.Path, func(string) string { return app.NewID() })
}
