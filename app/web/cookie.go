package web

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// Names of the cookies; with https they carry the __Host- prefix, which binds them to this very host.
const (
	sessionCookie    = "session"
	signInStepCookie = "sign-in"
	languageCookie   = "language"
	themeCookie      = "theme"
	toastCookie      = "toast"
)

const yearInSeconds = 365 * 24 * 60 * 60

func (s *server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

func (s *server) cookie(c *fiber.Ctx, name string) string { return c.Cookies(s.cookieName(name)) }

// setCookie keeps a value in the browser for so many seconds; 0 until the browser ends, below 0 not any
// longer. Scripts cannot read it, and other sites cannot send it with a form.
func (s *server) setCookie(c *fiber.Ctx, name, value string, seconds int) {
	if name == sessionCookie {
		noteSession(c, value)
	}
	cookie := &fiber.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		Secure: s.secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
	if seconds < 0 {
		cookie.Expires = time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// setToast leaves a message for the next page to show once. It is sealed: a cookie that another site of the
// same host, or of a host beside it, put in its place would say in our name what it likes.
func (s *server) setToast(c *fiber.Ctx, m app.Message) {
	text, err := json.Marshal(m)
	if err != nil {
		return // a message that cannot be kept is not worth failing what was done
	}
	s.setCookie(c, toastCookie, base64.RawURLEncoding.EncodeToString(s.Sealer.Seal(toastCookie, string(text))), 60)
}

// takeToast gives the message that was left, and removes it.
func (s *server) takeToast(c *fiber.Ctx) *app.Message {
	kept := s.cookie(c, toastCookie)
	if kept == "" {
		return nil
	}
	s.setCookie(c, toastCookie, "", -1)
	box, err := base64.RawURLEncoding.Strict().DecodeString(kept)
	if err != nil {
		return nil
	}
	text, err := s.Sealer.Open(toastCookie, box)
	m := &app.Message{}
	if err != nil || json.Unmarshal([]byte(text), m) != nil {
		return nil
	}
	for name, value := range m.Values {
		if n, ok := value.(float64); ok { // JSON has no whole numbers, and the plural forms need one
			m.Values[name] = int(n)
		}
	}
	return m
}
