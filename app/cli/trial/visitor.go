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

// patience is how long a visitor waits for an answer: longer than a server works on one.
const patience = 25 * time.Second

// visitor asks pages as a browser would, of one server at a time and of the next when that does not answer.
type visitor struct {
	servers []string
	asked   atomic.Int64 // which of them
	client  *http.Client
	cookie  string
}

func newVisitor(servers ...string) *visitor {
	transport := &http.Transport{MaxIdleConnsPerHost: 1}
	client := &http.Client{Timeout: patience, Transport: transport, CheckRedirect: func(*http.Request,
		[]*http.Request,
	) error {
		return http.ErrUseLastResponse
	}}
	return &visitor{servers: servers, client: client}
}

// server is the one that is asked.
func (v *visitor) server() string { return v.servers[int(v.asked.Load())%len(v.servers)] }

// turnAway has the next server be asked.
func (v *visitor) turnAway() { v.asked.Add(1) }

// page is an answer.
type page struct {
	status   int
	location string
	header   http.Header
	document *goquery.Document
}

func (p *page) value(selector string) string { return p.document.Find(selector).AttrOr("value", "") }

func (v *visitor) get(path string) (*page, error) { return v.ask(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) (*page, error) {
	return v.ask(http.MethodPost, path, strings.NewReader(form.Encode()))
}

// ask gives the answer once all of it is there: half an answer is none.
func (v *visitor) ask(method, path string, body io.Reader) (*page, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, v.server()+path, body)
	if err != nil {
		return nil, err
	}
	request.Host = strings.TrimPrefix(base, "http://")
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.cookie != "" {
		request.AddCookie(&http.Cookie{
			Name:  "session",
			Value: v.cookie,
		}) //nolint:gosec // the attributes are a server's to set
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, err
	}
	document, err := goquery.NewDocumentFromReader(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	for _, cookie := range response.Cookies() {
		if cookie.Name == "session" {
			v.cookie = cookie.Value
		}
	}
	return &page{response.StatusCode, response.Header.Get("Location"), response.Header, document}, nil
}

func (v *visitor) signIn(email string) error {
	v.cookie = ""
	got, err := v.post("/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		return err
	}
	if got.status != http.StatusSeeOther || v.cookie == "" {
		return fmt.Errorf("signing in as %s: status %d", email, got.status)
	}
	return nil
}
