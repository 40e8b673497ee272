package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// exportMembers is the list as a file, with the filters of the page. It is a POST: an export is kept in the activity, and a GET changes
// nothing.
func (s *server) exportMembers(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	q := app.MemberQuery{
		Search: f.one("q"), Role: app.Role(f.one("role")), Status: app.Status(f.one("status")),
		LinkID: f.one("link"), Show: app.Show(f.one("show")),
	}
	if err := f.err(); err != nil {
		return err
	}
	file := newSheet("first_name", "last_name", "email", "role", "status", "joined", "how", "link", "created_by", "expires", "last_sign_in")
	if err := s.members.Export(c.UserContext(), by(c), q, func(m app.Membership) { file.add(cells(m)...) }); err != nil {
		return err
	}
	return file.send(c, "members.csv")
}

// cells are a member's row: words of the domain and times in ISO 8601, for programs read them.
func cells(m app.Membership) []string {
	createdBy := ""
	if m.CreatedBy != nil {
		createdBy = m.CreatedBy.Email
	}
	return []string{
		m.Identity.FirstName, m.Identity.LastName, m.Identity.Email, string(m.Role), string(m.Status),
		isoTime(&m.JoinedAt), string(m.JoinedBy), m.LinkID, createdBy, isoTime(m.ExpiresOn), isoTime(m.Identity.SignedInAt),
	}
}

// isoTime writes a moment in UTC, and nothing for none.
func isoTime(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
