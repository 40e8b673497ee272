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
	return s.show(c, http.StatusOK, view{page: views.HomePage})
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
	return s.show(c, http.StatusOK, s.signInView(c, views.SignInView{Next: c.Query("next")}))
}

// passwordSignIn is the form of a sign-in by password.
type passwordSignIn struct{ email, password, next string }

func decodePasswordSignIn(f *form) passwordSignIn {
	return passwordSignIn{email: f.one("email"), password: f.one("password"), next: f.hidden("next")}
}

func (s *server) signIn(c *fiber.Ctx) error {
	return submit(c, decodePasswordSignIn, func(typed passwordSignIn) error {
		result, err := s.SignIns.SignIn(c.UserContext(), app.Credentials{
			Email: typed.email, Password: typed.password, OldSession: s.cookie(c, sessionCookie),
		}, s.client(c))
		if err != nil {
			return err
		}
		if result.NeedsSecondFactor {
			return s.startSignInStep(c, result.Token, typed.next)
		}
		s.setCookie(c, sessionCookie, result.Token, 0)
		return redirect(c, afterSignInPath(typed.next))
	}, func(typed passwordSignIn, problems app.Problems) (view, error) {
		return s.signInView(c, views.SignInView{Email: typed.email, Next: typed.next, Problems: problems}), nil
	})
}

func (s *server) signOut(c *fiber.Ctx) error {
	if err := s.SignIns.SignOut(c.UserContext(), s.cookie(c, sessionCookie)); err != nil {
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
	account, err := s.SignIns.Switch(c.UserContext(), currentActor(c), f.one("account"))
	if err != nil {
		return err
	}
	s.setToast(c, app.Say("done_switched", "Account", account.Name))
	return redirect(c, accountPath(c, ""))
}

// signInView is the page with the ways to sign in, and for HTMX the form of the password.
func (s *server) signInView(c *fiber.Ctx, v views.SignInView) view {
	return viewOf(v, func(p views.Page, v views.SignInView) templ.Component {
		var err error
		if v.Passkey, err = s.SecondFactors.PromptAnyone(); err != nil {
			s.Log.ErrorContext(c.UserContext(), "passkeys not asked for", "id", requestID(c), "err", err)
		}
		return views.SignInPage(p, v)
	}, views.SignInForm)
}
