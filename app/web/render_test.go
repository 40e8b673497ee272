package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/web"
	"reglink/views"
	"reglink/views/messages"
)

// htmxRequest is something on a page that asks by HTMX.
type htmxRequest struct{ method, path, id, target, form string }

// htmxRequests gives everything on the pages that asks by HTMX, each once, and what it replaces.
func htmxRequests(pages []testResponse) map[htmxRequest]browser {
	all := map[htmxRequest]browser{}
	for _, page := range pages {
		for _, element := range page.document().Find("[hx-get], [hx-post]").EachIter() {
			w := htmxRequest{method: http.MethodGet, path: element.AttrOr("hx-get", ""), target: element.AttrOr("hx-target", "")}
			if post, ok := element.Attr("hx-post"); ok {
				w.method, w.path = http.MethodPost, post
			}
			w.form = hiddenFields(element)
			switch w.target {
			case "this":
				w.id = element.AttrOr("id", "")
			case "closest [data-field]":
				w.id = element.Closest("[data-field]").AttrOr("id", "")
			default:
				w.id = strings.TrimPrefix(w.target, "#")
			}
			all[w] = page.browser
		}
	}
	return all
}

// hiddenFields gives what a form sends that nobody types.
func hiddenFields(form *goquery.Selection) string {
	values := url.Values{}
	for _, field := range form.Find("input[type=hidden]").EachIter() {
		values.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	return values.Encode()
}

// HTMX is answered with the part that it asked for and never with a page inside a page; restoring from
// history, with the page.
func TestRender_HTMXGetsTheFragment(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		found := htmxRequests(s.pages(asIs))
		if len(found) < 20 {
			p.t.Errorf("only %d things ask by HTMX", len(found))
		}
		for w, b := range found {
			got := b.withHTMX().do(w.method, w.path, contentTypeOf(w.method), w.form)
			if got.isPage() || strings.Contains(got.body, "<body") {
				p.t.Errorf("%s: a whole page for HTMX", got.request)
			}
			part := got.status == http.StatusOK && got.header.Get("HX-Redirect") == "" ||
				got.status == http.StatusUnprocessableEntity
			if part && w.id != "" && !got.has("#"+w.id) && w.id != "password-strength" {
				p.t.Errorf("%s: what replaces %s has not its id: %.300s", got.request, w.id, got.body)
			}
			if !part && got.status >= 400 && got.header.Get("HX-Retarget") != "#alert" {
				p.t.Errorf("%s: a refusal (%d) that goes nowhere: %q", got.request, got.status, got.header)
			}
			restored := b.withHTMX().withHeader("HX-History-Restore-Request", "true").
				do(w.method, w.path, contentTypeOf(w.method), w.form)
			if !restored.isPage() && restored.status != http.StatusSeeOther {
				p.t.Errorf("%s from history: no page, status %d", got.request, restored.status)
			}
		}
	})
}

// Every fragment is found in its page as it stands: one is a part of the other, not a second way to write it.
func TestRender_FragmentIsPartOfItsPage(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	path := p.generateLink()
	p.register(path, "nia@acme.example")
	form := p.registrationForm(path, "not an address")
	for selector, ask := range map[string]func(b browser) testResponse{
		"#registration-link": func(b browser) testResponse { return b.get("/account/link/disable") },
		"#member-list":       func(b browser) testResponse { return b.get("/members?q=nia") },
		"#registration-form": func(b browser) testResponse { return b.post(path, form) },
		"#sign-in-form": func(b browser) testResponse {
			return b.post("/sign-in", credentials("sue@acme.example", "wrong"))
		},
		"#send-again-form": func(b browser) testResponse { return b.post("/confirm", nil) },
		"#forgot-form":     func(b browser) testResponse { return b.post("/forgot-password", nil) },
		"#password-form":   func(b browser) testResponse { return b.post("/preferences/password", nil) },
		"#new-user-form":   func(b browser) testResponse { return b.post("/members", newUserForm("x", app.LimitedUser)) },
	} {
		whole, part := ask(p.sue), ask(p.sue.withHTMX())
		if whole.status != part.status {
			t.Errorf("%s: the page has status %d, the fragment %d", selector, whole.status, part.status)
		}
		if outerHTML(whole, selector) != outerHTML(part, selector) {
			t.Errorf("%s is not the same in the page:\n%s\nand alone:\n%s", selector, outerHTML(whole, selector),
				outerHTML(part, selector))
		}
	}
}

// outerHTML is the markup of an element, without where the focus goes: that is for swapped parts only.
func outerHTML(a testResponse, selector string) string {
	a.t.Helper()
	a.textAt(selector)
	element := a.document().Find(selector).Clone()
	element.Find("[data-focus]").RemoveAttr("data-focus").RemoveAttr("tabindex")
	text, _ := goquery.OuterHtml(element)
	return text
}

func TestRender_HTMXIsRedirectedByHeader(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	path := p.generateLink()
	nobody, super := browser{p: p}.withHTMX(), p.sue.withHTMX()
	for want, got := range map[string]testResponse{
		"/registered":            nobody.post(path, p.registrationForm(path, "nia@acme.example")),
		"/dashboard":             nobody.post("/sign-in", credentials("sue@acme.example", password)),
		"/members":               super.post("/members", newUserForm("ada@acme.example", app.StandardUser)),
		"/sign-in?next=/account": nobody.get("/account"),
		"/sign-in?next=/members": nobody.get("/members"),
		"/sign-in":               nobody.get("/account/link/disable"),
		"/preferences": super.post("/preferences",
			map[string][]string{"first_name": {"Sue"}, "last_name": {"Perez"}, "language": {"en"}}),
	} {
		if got.status != http.StatusOK || got.header.Get("HX-Redirect") != want || got.location() != "" {
			t.Errorf("%s: status %d, HX-Redirect %q, Location %q, want %s", got.request, got.status,
				got.header.Get("HX-Redirect"), got.location(), want)
		}
	}
	refused := nobody.post("/account/link/generate", nil)
	p.wantStatus(refused, http.StatusUnauthorized)
	if refused.header.Get("HX-Retarget") != "#alert" || refused.attribute("[role=alert] a", "href") != "/sign-in" {
		t.Errorf("a form of somebody who was signed out goes nowhere: %s", refused.body)
	}
}

// Whoever waited for a hash until the request's time was over is told so by a page: it does not need the time
// that is over (T-35).
func TestT35_TimedOutRequestIsStillAnswered(t *testing.T) {
	t.Parallel()
	f := fiber.New()
	f.Get("/", func(c *fiber.Ctx) error {
		over, cancel := context.WithDeadline(messages.With(context.Background(), messages.Strict()), time.Time{})
		defer cancel()
		c.SetUserContext(over)
		return web.Write(c, http.StatusServiceUnavailable, views.ErrorAlert(app.Say("busy"), false))
	})
	response, err := f.Test(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), en("busy")) {
		t.Errorf("status %d, %v: %s", response.StatusCode, err, body)
	}
}
