package web

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// Names of the cookies; with https they carry the __Host- prefix, which binds them to this very host.
const (
	sessionCookie  = "session"
	languageCookie = "language"
	themeCookie    = "theme"
	toastCookie    = "toast"
)

const yearOfSeconds = 365 * 24 * 60 * 60

func (s *server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

func (s *server) cookie(c *fiber.Ctx, name string) string { return c.Cookies(s.cookieName(name)) }

// setCookie keeps a value in the browser for so many seconds; 0 until the browser ends, below 0 not any longer. Scripts cannot
// read it, and other sites cannot send it with a form.
func (s *server) setCookie(c *fiber.Ctx, name, value string, seconds int) {
	cookie := &fiber.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		Secure: s.secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
	if seconds < 0 {
		cookie.Expires = time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// toast leaves a message for the next page to show once.
func (s *server) toast(c *fiber.Ctx, m app.Message) {
	text, err := json.Marshal(m)
	if err != nil {
		return // a message that cannot be kept is not worth failing what was done
	}
	s.setCookie(c, toastCookie, base64.RawURLEncoding.EncodeToString(text), 60)
}

// takeToast gives the message that was left, and removes it.
func (s *server) takeToast(c *fiber.Ctx) *app.Message {
	kept := s.cookie(c, toastCookie)
	if kept == "" {
		return nil
	}
	s.setCookie(c, toastCookie, "", -1)
	text, err := base64.RawURLEncoding.DecodeString(kept)
	m := &app.Message{}
	if err != nil || json.Unmarshal(text, m) != nil || !strings.HasPrefix(m.ID, "done_") {
		return nil
	}
	for name, value := range m.Values {
		if n, ok := value.(float64); ok { // JSON has no whole numbers, and the plural forms need one
			m.Values[name] = int(n)
		}
	}
	return m
}
