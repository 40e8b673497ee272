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

func (s *server) saveTheme(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	switch theme := f.one("theme"); theme {
	case "light", "dark":
		s.setCookie(c, themeCookie, theme, yearInSeconds)
	default:
		s.setCookie(c, themeCookie, "", -1)
	}
	return redirect(c, localPath(f.one("next")))
}

// saveLanguage keeps a language in the browser, and for the mails too where somebody is signed in.
func (s *server) saveLanguage(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	tag := f.one("language")
	known := slices.ContainsFunc(messages.Languages(), func(l messages.Language) bool { return l.Tag == tag })
	if !known {
		return redirect(c, localPath(f.one("next")))
	}
	s.setCookie(c, languageCookie, tag, yearInSeconds)
	if actor := optionalActor(c); actor != nil {
		if err := s.Profiles.SaveLanguage(c.UserContext(), *actor, tag); err != nil {
			return err
		}
	}
	return redirect(c, localPath(f.one("next")))
}

// localPath lets a form lead back to where it was, and nowhere else: a path of this site, of plain characters
// only. Browsers read "//host" and "/\host" as other sites.
func localPath(next string) string {
	plain := strings.Trim(next, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-") == ""
	if !plain || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return "/"
	}
	return next
}

// setLanguage settles the language of the answer: what was chosen in this browser, else the person's own,
// else what the browser asks for.
func (s *server) setLanguage(c *fiber.Ctx, own string) {
	tag := messages.Match(s.cookie(c, languageCookie), own, c.Get(fiber.HeaderAcceptLanguage))
	c.SetUserContext(messages.With(c.UserContext(), s.Messages.In(tag)))
}

func language(c *fiber.Ctx) string { return messages.From(c.UserContext()).Tag() }
