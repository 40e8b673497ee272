package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

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

// newScene makes one visitor of each sort; "other" is Super User of another account, "homeless" in none.
func newScene(p *portal) *scene {
	p.t.Helper()
	p.serve(everything)
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	s := &scene{portal: p, link: p.link()}
	s.visitors = map[string]browser{
		"nobody": {p: p}, "super": p.sue, "other": p.signIn(addresses()["other"]),
		"standard": p.member(addresses()["standard"], app.StandardUser),
		"limited":  p.member(addresses()["limited"], app.LimitedUser),
		"homeless": p.homeless(addresses()["homeless"]), "operator": p.operator(addresses()["operator"]),
		"pending": p.waiting(addresses()["pending"]),
	}
	p.want(s.visitors["other"].post("/account/link/generate", nil), http.StatusSeeOther)
	s.visits = s.everyVisit()
	return s
}

func addresses() map[string]string {
	return map[string]string{
		"super": "sue@acme.example", "other": "bob@beta.example", "standard": "stan@acme.example", "limited": "lim@acme.example",
		"homeless": "lea@learn.example", "operator": "olga@staff.example",
		"pending": "penny@acme.example",
	}
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

func activityVisits() map[string]visit {
	return map[string]visit{
		"GET /activity":         {who: "super user", status: http.StatusOK},
		"POST /activity/export": {who: "super user", form: url.Values{"what": {"link"}}, status: http.StatusOK},
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

// everything configures what not every portal has.
func everything(c *web.Config) {
	c.Mailbox = &mail.Recorder{}
	c.SSO = knowsNobody{}
}

func (s *scene) rows() []web.Route {
	config := s.config()
	everything(&config)
	return web.Routes(config)
}

func TestAccess(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		rows := s.rows()
		for _, row := range rows {
			v := s.visitOf(row)
			for _, name := range everybody() {
				s.visitAs(name, row.Method, v)
			}
		}
		if len(rows) != len(s.visits) {
			p.t.Errorf("%d rows, %d visits: a row is gone", len(rows), len(s.visits))
		}
	})
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

// formType is the content type that a browser sends with that method.
func formType(method string) string {
	if method == http.MethodPost {
		return fiber.MIMEApplicationForm
	}
	return ""
}
