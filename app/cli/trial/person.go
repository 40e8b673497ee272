package trial

import (
	"net/http"
	"net/url"
)

// Person is somebody who reads pages of a site, signed in or not.
type Person struct{ visitor *visitor }

// SignIn gives a Super User, signed in; with no email, somebody who is not.
func (s *Site) SignIn(server *Server, email string) Person {
	s.t.Helper()
	if email == "" {
		return Person{newVisitor(server.Address)}
	}
	return Person{s.signedIn(server, email)}
}

// Read gives the status of a page and its text; 0 where there was no answer.
func (p Person) Read(path string) (int, string) { return seen(p.visitor.get(path)) }

// Press gives what comes of a form that is sent.
func (p Person) Press(path string, form url.Values) (int, string) {
	return seen(p.visitor.post(path, form))
}

func seen(got *page, err error) (int, string) {
	if err != nil {
		return 0, err.Error()
	}
	return got.status, got.document.Text()
}

// SignedIn tells whether the server still takes the person for who signed in.
func (p Person) SignedIn() bool {
	status, _ := p.Read("/dashboard")
	return status == http.StatusOK
}

// Value gives what an input of a page holds, found by a selector.
func (p Person) Value(path, selector string) string {
	got, err := p.visitor.get(path)
	if err != nil {
		return ""
	}
	return got.value(selector)
}
