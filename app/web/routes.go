package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"
)

// who is the column of the route table that says who may: middleware and the access test both read it.
type who string

const (
	machine   who = "machine"    // programs: no language, no session
	anyone    who = "anyone"     // nobody is asked who they are
	visitor   who = "visitor"    // anyone; who is signed in is greeted
	signedIn  who = "signed in"  // with or without an account
	member    who = "member"     // an active member of the current account
	superUser who = "super user" // a Super User of the current account
	operator  who = "operator"   // staff of the organisation that runs the portal
)

// route is one row of the table.
type route struct {
	method string
	path   string
	who    who
	limit  limit
	handle fiber.Handler
}

const (
	get  = fiber.MethodGet
	post = fiber.MethodPost
)

// routes is the site map. Fixed paths stand before those with a parameter: the first that fits is taken.
func (s *server) routes() []route {
	rows := slices.Concat(
		s.doors(), s.invitationRoutes(), s.joinRoutes(), s.approvalRoutes(), s.policyRoutes(), s.rooms(), s.securityRoutes(), s.passkeyRoutes(), s.secondFactorRoutes(), s.activityRoutes(), s.passwordRoutes(),
		s.membershipRoutes(), s.linkHistoryRoutes(), s.machines(), s.reportRoutes(), s.ssoRoutes(),
	)
	if s.Mailbox != nil {
		rows = append(rows, route{get, "/mailbox", visitor, free, s.mailbox})
	}
	return rows
}

// doors are open to everybody: the ways in.
func (s *server) doors() []route {
	return []route{
		{get, "/", visitor, free, s.front},
		{get, "/sign-in", anyone, free, s.signInForm},
		{post, "/sign-in", anyone, signIns, s.signIn},
		{post, "/sign-out", anyone, free, s.signOut},
		{post, "/theme", anyone, free, s.chooseTheme},
		{post, "/language", visitor, free, s.chooseLanguage},

		{get, "/register", anyone, free, s.entitledForm},
		{post, "/register", anyone, registrations, s.registerEntitled},
		{post, "/register/check/:field", anyone, checks, s.checkEntitled},
		{get, "/register/:token", anyone, opens, s.registrationForm},
		{post, "/register/:token", anyone, registrations, s.register},
		{post, "/register/:token/check/:field", anyone, checks, s.checkField},
		{get, "/registered", anyone, free, s.registered},

		{get, "/confirm", anyone, free, s.sendAgainForm},
		{post, "/confirm", anyone, mails, s.sendAgain},
		{get, "/confirm/:token", anyone, opens, s.confirmForm},
		{post, "/confirm/:token", anyone, opens, s.confirm},
		{get, "/activate/:token", anyone, opens, s.activateForm},
		{post, "/activate/:token", anyone, registrations, s.activate},
		{get, "/setup/:token", anyone, opens, s.setUpForm},
		{post, "/setup/:token", anyone, registrations, s.setUp},

		{get, "/help/registration-link", visitor, free, s.help},
	}
}

// rooms are for people who are signed in.
func (s *server) rooms() []route {
	return []route{
		{get, "/dashboard", signedIn, free, s.dashboard},
		{post, "/account/switch", signedIn, free, s.switchAccount},
		{get, "/preferences", signedIn, free, s.preferences},
		{post, "/preferences", signedIn, free, s.savePreferences},

		{get, "/account", superUser, free, s.account},
		{get, "/account/link/regenerate", superUser, free, s.confirmRegenerate},
		{get, "/account/link/disable", superUser, free, s.confirmDisable},
		{post, "/account/link/generate", superUser, free, s.generateLink},
		{post, "/account/link/regenerate", superUser, free, s.regenerateLink},
		{post, "/account/link/disable", superUser, free, s.disableLink},
		{post, "/account/link/copied", superUser, free, s.linkCopied},

		{get, "/members", member, free, s.memberList},
		{get, "/members/new", superUser, free, s.newUserForm},
		{post, "/members", superUser, free, s.createUser},
		{post, "/members/export", superUser, free, s.exportMembers},

		{get, "/operator", operator, free, s.outboxList},
		{get, "/operator/notices/:id", operator, free, s.noticePage},
	}
}

// machines are for programs.
func (s *server) machines() []route {
	return []route{
		{get, "/assets/:name", machine, free, s.asset},
		{get, "/healthz", machine, free, s.healthy},
		{get, "/readyz", machine, free, s.ready},
		{get, "/metrics", machine, free, s.metrics},
	}
}

// install hands the table to Fiber: what may be asked, by whom, and how often, route by route. Groups are not used, for their
// middleware leaks onto later routes (style, F4).
func (s *server) install(f *fiber.App) {
	limiters := s.limiters()
	s.readable, s.known = map[string]bool{}, map[string]bool{}
	for _, r := range s.routes() {
		s.known[r.path] = true
		chain := []fiber.Handler{s.admit(r)}
		if limiter, ok := limiters[r.limit]; ok {
			chain = append(chain, limiter)
		}
		chain = append(chain, r.handle)
		f.Add(r.method, r.path, chain...)
		if r.method == fiber.MethodGet {
			s.readable[r.path] = true
			f.Add(fiber.MethodHead, r.path, chain...)
		}
	}
}
