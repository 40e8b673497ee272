package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// home is the first page: the dashboard for who is signed in.
func (s *server) home(c *fiber.Ctx) error {
	if optionalActor(c) != nil {
		return c.Redirect(accountPath(c, ""), http.StatusSeeOther)
	}
	return write(c, http.StatusOK, views.HomePage(s.page(c)))
}

// signInPath is the sign-in that leads back to a page.
func signInPath(next string) string {
	if slices.Contains(allowedReturnPaths(), next) {
		return "/sign-in?next=" + next
	}
	return "/sign-in"
}

// afterSignInPath is where a sign-in leads that was asked to lead to a page.
func afterSignInPath(next string) string {
	if slices.Contains(allowedReturnPaths(), next) {
		return next
	}
	return views.AccountPath(context.Background(), "")
}

// allowedReturnPaths are the pages that a sign-in leads back to: a list, so that no address from outside can
// be one of them (T-15).
func allowedReturnPaths() []string {
	ctx := context.Background() // which names no account
	return []string{
		views.AccountPath(ctx, ""), views.AccountPath(ctx, "/details"), views.AccountPath(ctx, "/members"),
		views.AccountPath(ctx, "/members/new"), views.AccountPath(ctx, "/members/pending"), views.AccountPath(ctx, "/links"),
		views.AccountPath(ctx, invitationsPath), views.AccountPath(ctx, securityPath), views.AccountPath(ctx, "/activity"),
		"/preferences", "/operator",
	}
}

func (s *server) signInForm(c *fiber.Ctx) error {
	v := views.SignInView{Next: c.Query("next")}
	return write(c, http.StatusOK, s.signInPage(c, v))
}

func (s *server) signIn(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	v := views.SignInView{Email: f.one("email"), Next: f.hidden("next")}
	password := f.one("password")
	var entry app.SignInResult
	if err = f.err(); err == nil {
		entry, err = s.signIns.SignIn(c.UserContext(), app.Credentials{
			Email: v.Email, Password: password, OldSession: s.cookie(c, sessionCookie),
		}, s.client(c))
	}
	if err != nil {
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return s.signInPage(c, v), views.SignInForm(v)
		})
	}
	if entry.NeedsSecondFactor {
		return s.startSignInStep(c, entry.Token, v.Next)
	}
	s.setCookie(c, sessionCookie, entry.Token, 0)
	return redirect(c, afterSignInPath(v.Next))
}

func (s *server) signOut(c *fiber.Ctx) error {
	if err := s.signIns.SignOut(c.UserContext(), s.cookie(c, sessionCookie)); err != nil {
		return err
	}
	s.setCookie(c, sessionCookie, "", -1)
	if s.secure {
		c.Set("Clear-Site-Data", `"cache"`)
	}
	return redirect(c, "/")
}

// switchAccount makes another account the current one.
func (s *server) switchAccount(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	account, err := s.signIns.Switch(c.UserContext(), currentActor(c), f.one("account"))
	if err != nil {
		return err
	}
	s.setToast(c, app.Say("done_switched", "Account", account.Name))
	return redirect(c, accountPath(c, ""))
}

// signInPage is the page with the ways to sign in.
func (s *server) signInPage(c *fiber.Ctx, v views.SignInView) templ.Component {
	var err error
	if v.Passkey, err = s.factors.PromptAnyone(); err != nil {
		s.Log.ErrorContext(c.UserContext(), "passkeys not asked for", "id", requestID(c), "err", err)
	}
	return views.SignInPage(s.page(c), v)
}
