package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"reglink/views/messages"
)

// theme is the chosen theme, or empty for the system's.
func (s *server) theme(c *fiber.Ctx) string {
	if theme := s.cookie(c, themeCookie); theme == "light" || theme == "dark" {
		return theme
	}
	return ""
}

func (s *server) chooseTheme(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	switch theme := f.one("theme"); theme {
	case "light", "dark":
		s.setCookie(c, themeCookie, theme, yearOfSeconds)
	default:
		s.setCookie(c, themeCookie, "", -1)
	}
	return redirect(c, ownPath(f.one("next")))
}

// chooseLanguage keeps a language in the browser, and for the mails too where somebody is signed in.
func (s *server) chooseLanguage(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	tag := f.one("language")
	known := slices.ContainsFunc(messages.Languages(), func(l messages.Language) bool { return l.Tag == tag })
	if !known {
		return redirect(c, ownPath(f.one("next")))
	}
	s.setCookie(c, languageCookie, tag, yearOfSeconds)
	if actor := actorOf(c); actor != nil {
		if err := s.Store.SaveLanguage(c.UserContext(), actor.Identity.ID, tag); err != nil {
			return err
		}
	}
	return redirect(c, ownPath(f.one("next")))
}

// ownPath lets a form lead back to where it was, and nowhere else: a path of this site, of plain characters only. Browsers read
// "//host" and "/\host" as other sites.
func ownPath(next string) string {
	plain := strings.Trim(next, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-") == ""
	if !plain || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return "/"
	}
	return next
}

// speak settles the language of the answer: what was chosen in this browser, else the person's own, else what the browser asks for.
func (s *server) speak(c *fiber.Ctx, own string) {
	tag := messages.Match(s.cookie(c, languageCookie), own, c.Get(fiber.HeaderAcceptLanguage))
	c.SetUserContext(messages.With(c.UserContext(), messages.For(tag)))
}

func language(c *fiber.Ctx) string { return messages.From(c.UserContext()).Tag() }
