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
	method  string
	path    string
	who     who
	limit   limit
	handler fiber.Handler
}

const (
	get  = fiber.MethodGet
	post = fiber.MethodPost
)

// routes is the site map. Fixed paths stand before those with a parameter: the first that fits is taken.
func (s *server) routes() []route {
	rows := slices.Concat(
		s.publicRoutes(), s.invitationRoutes(), s.joinRequestRoutes(), s.approvalRoutes(), s.linkPolicyRoutes(),
		s.signedInRoutes(), s.securityRoutes(), s.passkeyRoutes(), s.factorRoutes(), s.activityRoutes(), s.passwordRoutes(),
		s.membershipRoutes(), s.linkHistoryRoutes(), s.systemRoutes(), s.cspReportRoutes(), s.ssoRoutes(),
	)
	if s.Mailbox != nil {
		rows = append(rows, route{get, "/mailbox", visitor, unlimited, s.mailbox})
	}
	return rows
}

// publicRoutes are open to everybody: the ways in.
func (s *server) publicRoutes() []route {
	return []route{
		{get, "/", visitor, unlimited, s.home},
		{get, "/sign-in", anyone, unlimited, s.signInForm},
		{post, "/sign-in", anyone, passwordChecks, s.signIn},
		{post, "/sign-out", anyone, unlimited, s.signOut},
		{post, "/theme", anyone, unlimited, s.saveTheme},
		{post, "/language", visitor, unlimited, s.saveLanguage},

		{get, "/register", anyone, unlimited, s.entitlementForm},
		{post, "/register", anyone, passwordForms, s.registerByEntitlement},
		{post, "/register/check/:field", anyone, liveChecks, s.checkEntitlementField},
		{get, "/register/:token", anyone, tokenLookups, s.registrationForm},
		{post, "/register/:token", anyone, passwordForms, s.register},
		{post, "/register/:token/check/:field", anyone, liveChecks, s.checkRegistrationField},
		{get, "/registered", anyone, unlimited, s.registeredPage},

		{get, "/confirm", anyone, unlimited, s.resendConfirmationForm},
		{post, "/confirm", anyone, mailRequests, s.resendConfirmation},
		{get, "/confirm/:token", anyone, tokenLookups, s.confirmEmailForm},
		{post, "/confirm/:token", anyone, tokenLookups, s.confirmEmail},
		{get, "/activate/:token", anyone, tokenLookups, s.activateForm},
		{post, "/activate/:token", anyone, passwordForms, s.activate},
		{get, "/setup/:token", anyone, tokenLookups, s.setUpForm},
		{post, "/setup/:token", anyone, passwordForms, s.setUp},

		{get, "/help/registration-link", visitor, unlimited, s.help},
	}
}

// signedInRoutes are for people who are signed in.
func (s *server) signedInRoutes() []route {
	return []route{
		{get, "/dashboard", signedIn, unlimited, s.dashboard},
		{post, "/account/switch", signedIn, unlimited, s.switchAccount},
		{get, "/preferences", signedIn, unlimited, s.preferences},
		{post, "/preferences", signedIn, unlimited, s.savePreferences},

		{get, "/account", superUser, unlimited, s.account},
		{get, "/account/link/regenerate", superUser, unlimited, s.confirmRegenerate},
		{get, "/account/link/disable", superUser, unlimited, s.confirmDisable},
		{post, "/account/link/generate", superUser, unlimited, s.generateLink},
		{post, "/account/link/regenerate", superUser, unlimited, s.regenerateLink},
		{post, "/account/link/disable", superUser, unlimited, s.disableLink},
		{post, "/account/link/copied", superUser, unlimited, s.linkCopied},

		{get, "/members", member, unlimited, s.memberList},
		{get, "/members/new", superUser, unlimited, s.newUserForm},
		{post, "/members", superUser, unlimited, s.createUser},
		{post, "/members/export", superUser, unlimited, s.exportMembers},

		{get, "/operator", operator, unlimited, s.outboxList},
		{get, "/operator/notices/:id", operator, unlimited, s.noticePage},
	}
}

// systemRoutes are for programs.
func (s *server) systemRoutes() []route {
	return []route{
		{get, "/assets/:name", machine, unlimited, s.serveAsset},
		{get, "/healthz", machine, unlimited, s.healthz},
		{get, "/readyz", machine, unlimited, s.readyz},
		{get, "/metrics", machine, unlimited, s.metrics},
	}
}

// joinRequestRoutes are for people who have a login already.
func (s *server) joinRequestRoutes() []route {
	return []route{
		{get, "/asked", anyone, unlimited, s.joinRequestedPage},
		{post, "/register/:token/ask", anyone, mailRequests, s.requestToJoin},
		{get, "/join/:token", anyone, tokenLookups, s.joinForm},
		{post, "/join/:token", anyone, tokenLookups, s.join},
	}
}

// passwordRoutes are forgotten and changed passwords, and one's sessions.
func (s *server) passwordRoutes() []route {
	return []route{
		{get, "/forgot-password", anyone, unlimited, s.forgotPasswordForm},
		{post, "/forgot-password", anyone, mailRequests, s.forgotPassword},
		{get, "/reset-password/:token", anyone, tokenLookups, s.resetPasswordForm},
		{post, "/reset-password/:token", anyone, passwordForms, s.resetPassword},

		{post, "/preferences/password", signedIn, passwordChecks, s.changePassword},
		{post, "/preferences/sessions/:id/end", signedIn, unlimited, s.endSession},
		{post, "/preferences/sessions/end", signedIn, unlimited, s.endOtherSessions},
	}
}

// ssoRoutes are the way through the provider of single sign-on. Without one they do not exist.
func (s *server) ssoRoutes() []route {
	if s.SSO == nil {
		return nil
	}
	return []route{
		{get, "/sign-in/sso", anyone, tokenLookups, s.beginSSO},
		{get, "/sign-in/sso/callback", anyone, tokenLookups, s.ssoCallback},
		{post, "/sign-in/sso/callback", anyone, passwordChecks, s.signInBySSO},
	}
}

// factorRoutes are one's own second factor.
func (s *server) factorRoutes() []route {
	return []route{
		{get, "/sign-in/second-factor", anyone, unlimited, s.signInStepForm},
		{post, "/sign-in/second-factor", anyone, passwordChecks, s.signInStep},

		{get, "/preferences/second-factor", signedIn, unlimited, s.secondFactorPage},
		{get, "/preferences/second-factor/app", signedIn, unlimited, s.newCodeAppForm},
		{post, "/preferences/second-factor/app", signedIn, passwordChecks, s.addCodeApp},
		{get, "/preferences/second-factor/codes", signedIn, unlimited, s.renewRecoveryCodesForm},
		{post, "/preferences/second-factor/codes", signedIn, passwordChecks, s.renewRecoveryCodes},
		{get, "/preferences/second-factor/:id/remove", signedIn, unlimited, s.confirmRemoveFactor},
		{post, "/preferences/second-factor/:id/remove", signedIn, passwordChecks, s.removeFactor},
	}
}

// passkeyRoutes are those that only passkeys have. As a second factor they go where codes go.
func (s *server) passkeyRoutes() []route {
	return []route{
		{post, "/sign-in/passkey", anyone, passwordChecks, s.signInByPasskey},
		{get, "/preferences/second-factor/passkey", signedIn, unlimited, s.newPasskeyForm},
		{post, "/preferences/second-factor/passkey", signedIn, passwordChecks, s.addPasskey},
	}
}

// linkPolicyRoutes are the rules of the registration link.
func (s *server) linkPolicyRoutes() []route {
	return []route{
		{get, "/account/link/policy", superUser, unlimited, s.policyForm},
		{post, "/account/link/policy", superUser, unlimited, s.savePolicy},
	}
}

func (s *server) invitationRoutes() []route {
	return []route{
		{get, "/account/link/invitations", superUser, unlimited, s.invitationsForm},
		{post, "/account/link/invitations", superUser, unlimited, s.sendInvitations},
		{get, "/account/link/invitations/batches/:id", superUser, unlimited, s.invitationBatch},
		{post, "/account/link/invitations/:id/resend", superUser, unlimited, s.resendInvitation},
		{get, "/account/link/invitation", superUser, unlimited, s.printedInvitation},
		{get, "/account/link/qr.svg", superUser, unlimited, s.linkQRCode},
	}
}

// linkHistoryRoutes are about an account's links, dead and alive, and who came by them.
func (s *server) linkHistoryRoutes() []route {
	return []route{
		{get, "/account/links", superUser, unlimited, s.linkHistoryList},
		{get, "/account/links/:id", superUser, unlimited, s.linkHistoryDetail},
		{get, "/account/links/:id/suspend", superUser, unlimited, s.confirmSuspendLinkMembers},
		{post, "/account/links/:id/suspend", superUser, unlimited, s.suspendLinkMembers},
	}
}

// securityRoutes are what an account decides about how its people sign in.
func (s *server) securityRoutes() []route {
	rows := []route{
		{get, "/account/security", superUser, unlimited, s.securityPage},
		{post, "/account/security/second-factor", superUser, unlimited, s.requireSecondFactor},
	}
	if s.SSO != nil {
		rows = append(rows, route{post, "/account/security/sign-in", superUser, unlimited, s.saveSignInMethod})
	}
	return rows
}

func (s *server) approvalRoutes() []route {
	return []route{
		{get, "/members/pending", superUser, unlimited, s.pendingList},
		{get, "/members/pending/reject", superUser, unlimited, s.confirmReject},
		{post, "/members/pending/accept", superUser, unlimited, s.acceptPending},
		{post, "/members/pending/reject", superUser, unlimited, s.rejectPending},
	}
}

// membershipRoutes are a member's page and what a Super User does there.
func (s *server) membershipRoutes() []route {
	return []route{
		{get, "/members/:id", superUser, unlimited, s.memberPage},
		{get, "/members/:id/suspend", superUser, unlimited, s.confirmSuspend},
		{get, "/members/:id/remove", superUser, unlimited, s.confirmRemove},
		{post, "/members/:id/role", superUser, unlimited, s.changeRole},
		{post, "/members/:id/expiry", superUser, unlimited, s.setExpiry},
		{post, "/members/:id/suspend", superUser, unlimited, s.suspendMember},
		{post, "/members/:id/reinstate", superUser, unlimited, s.reinstateMember},
		{post, "/members/:id/remove", superUser, unlimited, s.removeMember},
		{post, "/members/:id/activation", superUser, unlimited, s.sendActivation},
	}
}

func (s *server) activityRoutes() []route {
	return []route{
		{get, "/activity", superUser, unlimited, s.activityList},
		{post, "/activity/export", superUser, unlimited, s.exportActivity},
	}
}

// cspReportRoutes is where browsers tell what the Content-Security-Policy kept them from loading.
func (s *server) cspReportRoutes() []route {
	return []route{{post, "/csp-report", machine, cspReports, s.cspReport}}
}
