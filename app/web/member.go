package web

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// memberList is Manage Users.
func (s *server) memberList(c *fiber.Ctx) error {
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.MembersView{
		Super: currentActor(c).SuperUser(), SearchText: c.Query("q"),
		Query: app.MemberQuery{
			Search: c.Query("q"), Role: app.Role(c.Query("role")), Status: app.Status(c.Query("status")),
			LinkID: c.Query("link"), Filter: app.MemberFilter(c.Query("show")), After: after,
		},
	}
	v.Page, err = s.Members.List(c.UserContext(), currentActor(c), v.Query)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, viewOf(v, views.MembersPage, views.MemberList))
}

func (s *server) newUserForm(c *fiber.Ctx) error {
	v := views.NewUserView{Form: app.NewUser{Role: app.StandardUser}}
	return s.show(c, http.StatusOK, pageOf(v, views.NewUserPage))
}

func (s *server) createUser(c *fiber.Ctx) error {
	decode := func(f *form) app.NewUser {
		return app.NewUser{
			FirstName: f.one("first_name"), LastName: f.one("last_name"), Email: f.one("email"),
			Role: app.Role(f.one("role")), Language: language(c),
		}
	}
	return submit(c, decode, func(typed app.NewUser) error {
		created, err := s.Members.Create(c.UserContext(), currentActor(c), typed)
		if err != nil {
			return err
		}
		said := "done_created"
		if created.Existing {
			said = "done_added"
		}
		s.setToast(c, app.Say(said, "Name", created.Name))
		return redirect(c, accountPath(c, "/members"))
	}, func(typed app.NewUser, problems app.Problems) (view, error) {
		return viewOf(views.NewUserView{Form: typed, Problems: problems}, views.NewUserPage, views.NewUserForm), nil
	})
}

// exportMembers is the list as a file, with the filters of the page. It is a POST: an export is kept in the
// activity, and a GET changes nothing.
func (s *server) exportMembers(c *fiber.Ctx) error {
	return submit(c, decodeMemberQuery, func(q app.MemberQuery) error {
		file := newCSVFile("first_name", "last_name", "email", "role", "status", "joined", "how", "link", "created_by",
			"expires", "last_sign_in")
		err := s.Members.Export(c.UserContext(), currentActor(c), q, func(m app.Membership) { file.add(memberCells(m)...) })
		if err != nil {
			return err
		}
		return file.send(c, "members.csv")
	}, nil)
}

func decodeMemberQuery(f *form) app.MemberQuery {
	return app.MemberQuery{
		Search: f.one("q"), Role: app.Role(f.one("role")), Status: app.Status(f.one("status")),
		LinkID: f.one("link"), Filter: app.MemberFilter(f.one("show")),
	}
}

// memberCells are a member's row: words of the domain and times in ISO 8601, for programs read them.
func memberCells(m app.Membership) []string {
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
