package web_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/web"
	"reglink/db/dbtest"
	"reglink/views"
	"reglink/views/messages"
)

// takenKinds are logins of every kind that an address can have, by what they are.
func takenKinds(p *portal) map[string]string {
	p.t.Helper()
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	p.imported("lea@learn.example")
	p.member("sid@acme.example", app.StandardUser)
	p.run("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
	return map[string]string{
		"active": "sue@acme.example", "of another account": "bob@beta.example", "suspended": "sid@acme.example", "in the directory alone": "lea@learn.example",
	}
}

// What an address has for a login is not to be learnt by a stopwatch either: every kind costs the same work, no hash and the same
// statements, whether the form is sent or the address checked (T-24). The times themselves are measured by BenchmarkT24Refusals.
func TestT24EveryKindOfLoginCostsTheSame(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		kinds := takenKinds(p)
		path := p.link()
		p.want(browser{p: p}.post(path, p.filledIn(path, kinds["active"])), http.StatusUnprocessableEntity) // which is recorded once
		p.serve(func(c *web.Config) { c.Hasher = nil })                                                     // whoever hashes now, falls over
		for below, status := range map[string]int{"": http.StatusUnprocessableEntity, "/check/email": http.StatusOK} {
			costs, said := map[int]bool{}, map[string]bool{}
			for _, email := range kinds {
				form := p.filledIn(path, email)
				var got answer
				n := dbtest.Count(p.t, p.store, func() { got = browser{p: p}.withHTMX().post(path+below, form) })
				p.want(got, status)
				costs[n] = true
				said[strings.NewReplacer(email, "EMAIL", form.Get("submission_id"), "ID").Replace(got.body)] = true
			}
			if len(costs) != 1 || len(said) != 1 {
				p.t.Errorf("%q: %d answers, at %v statements", below, len(said), costs)
			}
		}
	})
}

// Two hundred people send their forms at once: everybody registers or is asked to come again in a moment, nobody meets a fault, and
// somebody who signs in meanwhile gets in (T-35).
func TestT35TwoHundredFormsAtOnce(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true // 503 is an answer
	p.serve(func(c *web.Config) { c.Hasher = app.NewHasher(app.HashParams{Memory: 1024, Time: 1, Lanes: 1}) })
	path := p.link()
	l := p.listen()
	forms := make([]url.Values, 200)
	for i := range forms {
		forms[i] = p.filledIn(path, fmt.Sprintf("n%d@acme.example", i))
	}
	in := credentials("sue@acme.example", password)
	answers := p.atOnce(len(forms)+1, func(i int) answer {
		b := browser{p: p}
		if i == len(forms) {
			return l.send(b, b.request(http.MethodPost, "/sign-in", formType("POST"), in.Encode()))
		}
		return l.send(b, b.request(http.MethodPost, path, formType("POST"), forms[i].Encode()))
	})
	p.want(answers[len(forms)], http.StatusSeeOther)
	registered := 0
	for _, got := range answers[:len(forms)] {
		switch {
		case got.status == http.StatusSeeOther:
			registered++
		case got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "":
			t.Errorf("a form is answered %d: %.200s", got.status, got.text())
		}
	}
	if n := p.one("SELECT COUNT(*) FROM registrations"); n != fmt.Sprint(registered) || registered == 0 {
		t.Errorf("%d were told that they registered, %s did", registered, n)
	}
}

// Whoever waited for a hash until the request's time was over is told so by a page: it does not need the time that is over (T-35).
func TestT35WhoWaitsInVainIsAnswered(t *testing.T) {
	t.Parallel()
	f := fiber.New()
	f.Get("/", func(c *fiber.Ctx) error {
		over, cancel := context.WithDeadline(messages.With(context.Background(), messages.For("en")), time.Time{})
		defer cancel()
		c.SetUserContext(over)
		return web.Write(c, http.StatusServiceUnavailable, views.RefusalAlert(app.Say("busy"), false))
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

// Five hundred clients begin a request and never end it: others are served as ever, and the server does not wait for them for long (T-36).
func TestT36SlowClientsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	l := p.listen()
	for i := range 500 {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.address)
		p.check(err)
		t.Cleanup(func() { _ = conn.Close() })
		begun := []string{"P", "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\ne", "GET / HTTP/1.1\r\nX-Slow: 1"}[i%3]
		_, err = conn.Write([]byte(begun))
		p.check(err)
	}
	for range 20 {
		b := browser{p: p}
		p.want(l.send(b, b.request(http.MethodPost, "/sign-in", formType("POST"), credentials("sue@acme.example", password).Encode())), http.StatusSeeOther)
	}
	server := p.app.Server()
	for what, timeout := range map[string]time.Duration{"reading": server.ReadTimeout, "writing": server.WriteTimeout, "idling": server.IdleTimeout} {
		if timeout <= 0 || timeout > time.Minute {
			t.Errorf("%s may take %v", what, timeout)
		}
	}
	if server.MaxRequestBodySize != 64<<10 {
		t.Errorf("a body may have %d bytes", server.MaxRequestBodySize)
	}
}

// A client that sends a byte now and then, for ever, is hung up on when the time to read a request is over, wherever in the request it
// is: a byte is no new beginning (T-36).
func TestT36WhoDripsIsHungUpOn(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	const within, patience = 300 * time.Millisecond, 10 * time.Second
	p.app.Server().ReadTimeout = within
	l := p.listen()
	for _, begun := range []string{"P", "GET / HTTP/1.1\r\nX-Slow: ", "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"} {
		began := time.Now() // before the server's own watch begins
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.address)
		p.check(err)
		p.check(conn.SetDeadline(began.Add(patience)))
		_, err = conn.Write([]byte(begun))
		p.check(err)
		go func() {
			drip := time.NewTicker(within / 10)
			defer drip.Stop()
			for over := error(nil); over == nil; <-drip.C {
				_, over = conn.Write([]byte("x"))
			}
		}()
		_, _ = io.Copy(io.Discard, conn) // what the server says before it hangs up is its own affair
		if took := time.Since(began); took < within || took > patience/2 {
			t.Errorf("after %q and a byte each %v the connection ends after %v", begun, within/10, took)
		}
		p.check(conn.Close())
	}
}

// A form may have any names of fields, with numbers in brackets that would be an array of a terabyte (T-36).
func TestT36NumbersInBracketsAreNames(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	before := p.stored()
	for _, name := range []string{"a[999999999]", "email[999999999999999999]", "topics[-1]", "a[0][999999999][x]", "[", "]", "a[", "topics[999999999]"} {
		got := browser{p: p}.post("/sign-in", url.Values{name: {"1"}})
		p.want(got, http.StatusUnprocessableEntity)
		p.want(browser{p: p}.post("/register", url.Values{name: {"1"}, "email": {"nia@acme.example"}}), http.StatusUnprocessableEntity)
	}
	p.unchanged("numbers in brackets", before)
}
