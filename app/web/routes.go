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

// joinRoutes are for people who have a login already.
func (s *server) joinRoutes() []route {
	return []route{
		{get, "/asked", anyone, free, s.asked},
		{post, "/register/:token/ask", anyone, mails, s.askToJoin},
		{get, "/join/:token", anyone, opens, s.joinForm},
		{post, "/join/:token", anyone, opens, s.join},
	}
}

// passwordRoutes are forgotten and changed passwords, and one's sessions.
func (s *server) passwordRoutes() []route {
	return []route{
		{get, "/forgot-password", anyone, free, s.forgotForm},
		{post, "/forgot-password", anyone, mails, s.forgot},
		{get, "/reset-password/:token", anyone, opens, s.resetForm},
		{post, "/reset-password/:token", anyone, registrations, s.reset},

		{post, "/preferences/password", signedIn, signIns, s.changePassword},
		{post, "/preferences/sessions/:id/end", signedIn, free, s.endSession},
		{post, "/preferences/sessions/end", signedIn, free, s.endOtherSessions},
	}
}

// ssoRoutes are the way through the provider of single sign-on. Without one they do not exist.
func (s *server) ssoRoutes() []route {
	if s.SSO == nil {
		return nil
	}
	return []route{
		{get, "/sign-in/sso", anyone, opens, s.beginSSO},
		{get, "/sign-in/sso/callback", anyone, opens, s.returnFromSSO},
		{post, "/sign-in/sso/callback", anyone, signIns, s.signInBySSO},
	}
}

// secondFactorRoutes are one's own second factor.
func (s *server) secondFactorRoutes() []route {
	return []route{
		{get, "/sign-in/second-factor", anyone, free, s.signInStepForm},
		{post, "/sign-in/second-factor", anyone, signIns, s.signInStep},

		{get, "/preferences/second-factor", signedIn, free, s.secondFactor},
		{get, "/preferences/second-factor/app", signedIn, free, s.newAppForm},
		{post, "/preferences/second-factor/app", signedIn, signIns, s.addApp},
		{get, "/preferences/second-factor/codes", signedIn, free, s.renewCodesForm},
		{post, "/preferences/second-factor/codes", signedIn, signIns, s.renewCodes},
		{get, "/preferences/second-factor/:id/remove", signedIn, free, s.confirmRemoveFactor},
		{post, "/preferences/second-factor/:id/remove", signedIn, signIns, s.removeFactor},
	}
}

// passkeyRoutes are those that only passkeys have. As a second factor they go where codes go.
func (s *server) passkeyRoutes() []route {
	return []route{
		{post, "/sign-in/passkey", anyone, signIns, s.signInByPasskey},
		{get, "/preferences/second-factor/passkey", signedIn, free, s.newPasskeyForm},
		{post, "/preferences/second-factor/passkey", signedIn, signIns, s.addPasskey},
	}
}

// policyRoutes are the rules of the registration link.
func (s *server) policyRoutes() []route {
	return []route{
		{get, "/account/link/policy", superUser, free, s.policyForm},
		{post, "/account/link/policy", superUser, free, s.savePolicy},
	}
}

func (s *server) invitationRoutes() []route {
	return []route{
		{get, "/account/link/invitations", superUser, free, s.invitationsForm},
		{post, "/account/link/invitations", superUser, free, s.sendInvitations},
		{get, "/account/link/invitations/batches/:id", superUser, free, s.batch},
		{post, "/account/link/invitations/:id/resend", superUser, free, s.sendAgainTo},
		{get, "/account/link/invitation", superUser, free, s.printedInvitation},
		{get, "/account/link/qr.svg", superUser, free, s.linkCode},
	}
}

// linkHistoryRoutes are about an account's links, dead and alive, and who came by them.
func (s *server) linkHistoryRoutes() []route {
	return []route{
		{get, "/account/links", superUser, free, s.linkList},
		{get, "/account/links/:id", superUser, free, s.pastLink},
		{get, "/account/links/:id/suspend", superUser, free, s.confirmSuspendNewcomers},
		{post, "/account/links/:id/suspend", superUser, free, s.suspendNewcomers},
	}
}

// securityRoutes are what an account decides about how its people sign in.
func (s *server) securityRoutes() []route {
	rows := []route{
		{get, "/account/security", superUser, free, s.securityPage},
		{post, "/account/security/second-factor", superUser, free, s.requireSecondFactor},
	}
	if s.SSO != nil {
		rows = append(rows, route{post, "/account/security/sign-in", superUser, free, s.chooseSignIn})
	}
	return rows
}

func (s *server) approvalRoutes() []route {
	return []route{
		{get, "/members/pending", superUser, free, s.pendingList},
		{get, "/members/pending/reject", superUser, free, s.confirmReject},
		{post, "/members/pending/accept", superUser, free, s.acceptPending},
		{post, "/members/pending/reject", superUser, free, s.rejectPending},
	}
}

// membershipRoutes are a member's page and what a Super User does there.
func (s *server) membershipRoutes() []route {
	return []route{
		{get, "/members/:id", superUser, free, s.memberPage},
		{get, "/members/:id/suspend", superUser, free, s.confirmSuspend},
		{get, "/members/:id/remove", superUser, free, s.confirmRemove},
		{post, "/members/:id/role", superUser, free, s.changeRole},
		{post, "/members/:id/expiry", superUser, free, s.setExpiry},
		{post, "/members/:id/suspend", superUser, free, s.suspendMember},
		{post, "/members/:id/reinstate", superUser, free, s.reinstateMember},
		{post, "/members/:id/remove", superUser, free, s.removeMember},
		{post, "/members/:id/activation", superUser, free, s.sendActivation},
	}
}

func (s *server) activityRoutes() []route {
	return []route{
		{get, "/activity", superUser, free, s.activityList},
		{post, "/activity/export", superUser, free, s.exportActivity},
	}
}

// reportRoutes is where browsers tell what the Content-Security-Policy kept them from loading.
func (s *server) reportRoutes() []route {
	return []route{{post, "/csp-report", machine, reports, s.policyBroken}}
}
