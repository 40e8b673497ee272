package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// requestTimeout is how long a client waits for an answer: longer than a server works on one.
const requestTimeout = 25 * time.Second

// client requests pages as a browser does. It asks one of its servers until failOver makes it ask the next.
type client struct {
	servers []string
	current atomic.Int64 // which server it asks, modulo their number
	http    *http.Client
	cookie  string // of its session; empty: not signed in
}

func newClient(servers ...string) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 1}
	dontFollow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{
		servers: servers,
		http:    &http.Client{Timeout: requestTimeout, Transport: transport, CheckRedirect: dontFollow},
	}
}

// server is the one that the client asks.
func (c *client) server() string { return c.servers[int(c.current.Load())%len(c.servers)] }

// failOver makes the client ask the next server.
func (c *client) failOver() { c.current.Add(1) }

// page is an answer.
type page struct {
	status   int
	location string
	header   http.Header
	document *goquery.Document
}

// inputValue returns what the input that a selector finds holds.
func (p *page) inputValue(selector string) string {
	return p.document.Find(selector).AttrOr("value", "")
}

func (c *client) get(path string) (*page, error) { return c.request(http.MethodGet, path, nil) }

func (c *client) post(path string, form url.Values) (*page, error) {
	return c.request(http.MethodPost, path, strings.NewReader(form.Encode()))
}

// request returns an answer that arrived completely; half an answer is an error.
func (c *client) request(method, path string, body io.Reader) (*page, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, c.server()+path, body)
	if err != nil {
		return nil, err
	}
	request.Host = strings.TrimPrefix(publicURL, "http://")
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.cookie != "" {
		session := &http.Cookie{Name: "session", Value: c.cookie} //nolint:gosec // servers set attributes
		request.AddCookie(session)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	document, err := goquery.NewDocumentFromReader(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	for _, cookie := range response.Cookies() {
		if cookie.Name == "session" {
			c.cookie = cookie.Value
		}
	}
	return &page{response.StatusCode, response.Header.Get("Location"), response.Header, document}, nil
}

func (c *client) signIn(email string) error {
	c.cookie = ""
	got, err := c.post("/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		return err
	}
	if got.status != http.StatusSeeOther || c.cookie == "" {
		return fmt.Errorf("signing in as %s: status %d", email, got.status)
	}
	return nil
}

// Browser is a client for tests. It reads pages of one server.
type Browser struct{ client *client }

// Anonymous returns a browser in which nobody is signed in.
func (*Site) Anonymous(server *Server) Browser { return Browser{newClient(server.URL)} }

// SignIn returns a browser in which a Super User is signed in.
func (s *Site) SignIn(server *Server, email string) Browser {
	s.t.Helper()
	return Browser{s.signIn(server, email)}
}

// Get returns the status and the text of a page; the status is 0 if there was no answer.
func (b Browser) Get(path string) (int, string) {
	got, err := b.client.get(path)
	if err != nil {
		return 0, err.Error()
	}
	return got.status, got.document.Text()
}

// SignedIn reports whether the session is still valid.
func (b Browser) SignedIn() bool {
	status, _ := b.Get("/dashboard")
	return status == http.StatusOK
}

// InputValue returns what an input of a page holds, or nothing if there was no answer.
func (b Browser) InputValue(path, selector string) string {
	got, err := b.client.get(path)
	if err != nil {
		return ""
	}
	return got.inputValue(selector)
}
