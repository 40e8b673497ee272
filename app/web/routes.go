package web

import (
	"slices"
	"strings"

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

// needsSignIn reports whether people have to sign in for a row.
func (w who) needsSignIn() bool { return w != machine && w != anyone && w != visitor }

// route is one row of the table.
type route struct {
	method  string
	path    string
	who     who
	limit   limit
	handler fiber.Handler
	redraw  redraw // how its form is drawn again if it is refused for now; nil: it waits in a page of its own
}

const (
	get  = fiber.MethodGet
	post = fiber.MethodPost
)

// fixedFirst orders rows so that a fixed segment comes before a parameter in the same place: Fiber takes the first
// row that fits.
func fixedFirst(a, b route) int {
	return slices.CompareFunc(strings.Split(a.path, "/"), strings.Split(b.path, "/"), func(a, b string) int {
		return strings.Count(a, ":") - strings.Count(b, ":")
	})
}

// routes is the site map. The order of its rows does not matter.
func (s *server) routes() []route {
	return slices.Concat(s.publicRoutes(), s.signInRoutes(), s.personRoutes(), s.accountRoutes(), s.memberRoutes(),
		s.systemRoutes())
}

// publicRoutes are open to everybody: the pages and the ways in.
func (s *server) publicRoutes() []route {
	return []route{
		// The front page, the help, and how pages look.
		{get, "/", visitor, unlimited, s.home, nil},
		{get, "/help/registration-link", visitor, unlimited, s.help, nil},
		{post, "/theme", anyone, unlimited, s.saveTheme, nil},
		{post, "/language", visitor, unlimited, s.saveLanguage, nil},

		// Registering: with a number or code, or by a link.
		{get, "/register", anyone, unlimited, s.entitlementForm, nil},
		{post, "/register", anyone, passwordForms, s.registerByEntitlement, redrawEntitlement},
		{post, "/register/check/:field", anyone, liveChecks, s.checkEntitlementField, nil},
		{get, "/register/:token", anyone, tokenLookups, s.registrationForm, nil},
		{post, "/register/:token", anyone, passwordForms, s.register, redrawRegistration},
		{post, "/register/:token/check/:field", anyone, liveChecks, s.checkRegistrationField, nil},
		{get, "/registered", anyone, unlimited, s.registeredPage, nil},

		// Asking to be added, by people who have a login already.
		{post, "/register/:token/ask", anyone, mailRequests, s.requestToJoin, redrawRegistration},
		{get, "/asked", anyone, unlimited, s.joinRequestedPage, nil},
		{get, "/join/:token", anyone, tokenLookups, s.joinForm, nil},
		{post, "/join/:token", anyone, tokenLookups, s.join, nil},

		// Confirming an address, activating a login, and setting up an empty portal.
		{get, "/confirm", anyone, unlimited, s.resendConfirmationForm, nil},
		{post, "/confirm", anyone, mailRequests, s.resendConfirmation, redrawResendConfirmation},
		{get, "/confirm/:token", anyone, tokenLookups, s.confirmEmailForm, nil},
		{post, "/confirm/:token", anyone, tokenLookups, s.confirmEmail, nil},
		{get, "/activate/:token", anyone, tokenLookups, s.activateForm, nil},
		{post, "/activate/:token", anyone, passwordForms, s.activate, redrawActivation},
		{get, "/setup/:token", anyone, tokenLookups, s.setUpForm, nil},
		{post, "/setup/:token", anyone, passwordForms, s.setUp, redrawSetUp},
	}
}

// signInRoutes are signing in and out, and forgotten passwords.
func (s *server) signInRoutes() []route {
	rows := []route{
		{get, "/sign-in", anyone, unlimited, s.signInForm, nil},
		{post, "/sign-in", anyone, passwordChecks, s.signIn, s.redrawSignIn},
		{post, "/sign-in/passkey", anyone, passwordChecks, s.signInByPasskey, s.redrawSignIn},
		{get, "/sign-in/second-factor", anyone, unlimited, s.signInStepForm, nil},
		{post, "/sign-in/second-factor", anyone, passwordChecks, s.signInStep, redrawSignInStep},
		{post, "/sign-out", anyone, unlimited, s.signOut, nil},

		{get, "/forgot-password", anyone, unlimited, s.forgotPasswordForm, nil},
		{post, "/forgot-password", anyone, mailRequests, s.forgotPassword, redrawForgotPassword},
		{get, "/reset-password/:token", anyone, tokenLookups, s.resetPasswordForm, nil},
		{post, "/reset-password/:token", anyone, passwordForms, s.resetPassword, redrawResetPassword},
	}
	if s.SSOSignIns.Provider == nil {
		return rows
	}
	return append(rows, []route{
		{get, "/sign-in/sso", anyone, tokenLookups, s.beginSSO, nil},
		{get, "/sign-in/sso/callback", anyone, tokenLookups, s.ssoCallback, nil},
		{post, "/sign-in/sso/callback", anyone, passwordChecks, s.signInBySSO, redrawSSO},
		{post, "/account/security/sign-in", superUser, unlimited, s.saveSignInMethod, nil},
	}...)
}

// personRoutes are what concerns oneself.
func (s *server) personRoutes() []route {
	return []route{
		{get, "/dashboard", signedIn, unlimited, s.dashboard, nil},
		{post, "/account/switch", signedIn, unlimited, s.switchAccount, nil},

		// Preferences, password and sessions.
		{get, "/preferences", signedIn, unlimited, s.preferences, nil},
		{post, "/preferences", signedIn, unlimited, s.savePreferences, nil},
		{post, "/preferences/password", signedIn, passwordChecks, s.changePassword, nil},
		{post, "/preferences/sessions/:id/end", signedIn, unlimited, s.endSession, nil},
		{post, "/preferences/sessions/end", signedIn, unlimited, s.endOtherSessions, nil},

		// The second factor.
		{get, "/preferences/second-factor", signedIn, unlimited, s.secondFactorPage, nil},
		{get, "/preferences/second-factor/app", signedIn, unlimited, s.newCodeAppForm, nil},
		{post, "/preferences/second-factor/app", signedIn, passwordChecks, s.addCodeApp, nil},
		{get, "/preferences/second-factor/passkey", signedIn, unlimited, s.newPasskeyForm, nil},
		{post, "/preferences/second-factor/passkey", signedIn, passwordChecks, s.addPasskey, nil},
		{get, "/preferences/second-factor/codes", signedIn, unlimited, s.renewRecoveryCodesForm, nil},
		{post, "/preferences/second-factor/codes", signedIn, passwordChecks, s.renewRecoveryCodes, nil},
		{get, "/preferences/second-factor/:id/remove", signedIn, unlimited, s.confirmRemoveFactor, nil},
		{post, "/preferences/second-factor/:id/remove", signedIn, passwordChecks, s.removeFactor, nil},
	}
}

// accountRoutes are an account's registration link, invitations, security and activity.
func (s *server) accountRoutes() []route {
	return []route{
		// The rules of the registration link.
		{get, "/account/link/policy", superUser, unlimited, s.policyForm, nil},
		{post, "/account/link/policy", superUser, unlimited, s.savePolicy, nil},

		// Handing it out.
		{get, "/account/link/invitations", superUser, unlimited, s.invitationsForm, nil},
		{post, "/account/link/invitations", superUser, unlimited, s.sendInvitations, nil},
		{get, "/account/link/invitations/batches/:id", superUser, unlimited, s.invitationBatch, nil},
		{post, "/account/link/invitations/:id/resend", superUser, unlimited, s.resendInvitation, nil},
		{get, "/account/link/invitation", superUser, unlimited, s.printedInvitation, nil},
		{get, "/account/link/qr.svg", superUser, unlimited, s.linkQRCode, nil},

		// The registration link.
		{get, "/account", superUser, unlimited, s.account, nil},
		{get, "/account/link/regenerate", superUser, unlimited, s.confirmRegenerate, nil},
		{get, "/account/link/disable", superUser, unlimited, s.confirmDisable, nil},
		{post, "/account/link/generate", superUser, unlimited, s.generateLink, nil},
		{post, "/account/link/regenerate", superUser, unlimited, s.regenerateLink, nil},
		{post, "/account/link/disable", superUser, unlimited, s.disableLink, nil},
		{post, "/account/link/copied", superUser, unlimited, s.linkCopied, nil},

		// All links, dead and alive, and who came by them.
		{get, "/account/links", superUser, unlimited, s.linkHistoryList, nil},
		{get, "/account/links/:id", superUser, unlimited, s.linkHistoryDetail, nil},
		{get, "/account/links/:id/suspend", superUser, unlimited, s.confirmSuspendLinkMembers, nil},
		{post, "/account/links/:id/suspend", superUser, unlimited, s.suspendLinkMembers, nil},

		// How its people sign in.
		{get, "/account/security", superUser, unlimited, s.securityPage, nil},
		{post, "/account/security/second-factor", superUser, unlimited, s.requireSecondFactor, nil},

		{get, "/activity", superUser, unlimited, s.activityList, nil},
		{post, "/activity/export", superUser, unlimited, s.exportActivity, nil},
	}
}

// memberRoutes are the people of an account.
func (s *server) memberRoutes() []route {
	return []route{
		{get, "/members", member, unlimited, s.memberList, nil},
		{get, "/members/new", superUser, unlimited, s.newUserForm, nil},
		{post, "/members", superUser, unlimited, s.createUser, nil},
		{post, "/members/export", superUser, unlimited, s.exportMembers, nil},

		// Who is waiting to be accepted.
		{get, "/members/pending", superUser, unlimited, s.pendingList, nil},
		{get, "/members/pending/reject", superUser, unlimited, s.confirmReject, nil},
		{post, "/members/pending/accept", superUser, unlimited, s.acceptPending, nil},
		{post, "/members/pending/reject", superUser, unlimited, s.rejectPending, nil},

		// One member.
		{get, "/members/:id", superUser, unlimited, s.memberPage, nil},
		{get, "/members/:id/suspend", superUser, unlimited, s.confirmSuspend, nil},
		{get, "/members/:id/remove", superUser, unlimited, s.confirmRemove, nil},
		{post, "/members/:id/role", superUser, unlimited, s.changeRole, nil},
		{post, "/members/:id/expiry", superUser, unlimited, s.setExpiry, nil},
		{post, "/members/:id/suspend", superUser, unlimited, s.suspendMember, nil},
		{post, "/members/:id/reinstate", superUser, unlimited, s.reinstateMember, nil},
		{post, "/members/:id/remove", superUser, unlimited, s.removeMember, nil},
		{post, "/members/:id/activation", superUser, unlimited, s.sendActivation, nil},
	}
}

// systemRoutes are for operators and programs.
func (s *server) systemRoutes() []route {
	rows := []route{
		{get, "/operator", operator, unlimited, s.outboxList, nil},
		{get, "/operator/notices/:id", operator, unlimited, s.noticePage, nil},

		{get, "/assets/:name", machine, unlimited, s.serveAsset, nil},
		{get, "/healthz", machine, unlimited, s.healthz, nil},
		{get, "/readyz", machine, unlimited, s.readyz, nil},
		{get, "/metrics", machine, unlimited, s.metrics, nil},
		{post, "/csp-report", machine, cspReports, s.cspReport, nil},
	}
	if s.Mailbox != nil {
		rows = append(rows, route{get, "/mailbox", visitor, unlimited, s.mailbox, nil})
	}
	return rows
}
