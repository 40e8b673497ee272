package web_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"reglink/app"
)

// retainingStore is a store that keeps what it is given beyond the request, as the mail worker or a cache
// would, beside a copy made at once.
type retainingStore struct {
	app.Store
	mutex    sync.Mutex
	retained map[string][]string // by what was copied: the strings as they were handed over
}

func (k *retainingStore) retain(values ...string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, value := range values {
		was := strings.Clone(value)
		k.retained[was] = append(k.retained[was], value)
	}
}

func (k *retainingStore) Members(ctx context.Context, accountID string, q app.MemberQuery, limit int) ([]app.Membership,
	error,
) {
	k.retain(q.Search, q.LinkID, string(q.Role), string(q.Status), q.After.ID)
	return k.Store.Members(ctx, accountID, q, limit)
}

func (k *retainingStore) Member(ctx context.Context, accountID, membershipID string) (*app.Membership, error) {
	k.retain(membershipID)
	return k.Store.Member(ctx, accountID, membershipID)
}

func (k *retainingStore) Register(ctx context.Context, a app.Admission) error {
	k.retain(a.Identity.Email, a.Identity.FirstName, a.Identity.LastName, a.Identity.Language, a.Activity.Address,
		a.Consent.EULAVersion)
	return k.Store.Register(ctx, a)
}

// Fiber lends its strings for one request only, unless it is told otherwise: what one visitor typed became
// another's on the same connection (style, F1).
func TestServer_StringsOutliveTheirRequest(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	k := &retainingStore{retained: map[string][]string{}}
	p.restartWith(func(c *portalConfig) { k.Store, c.Store = c.Store, k })
	path := p.generateLink()
	first, second := p.registrationForm(path, "alice@acme.example"), p.registrationForm(path, "mallory@evil.exampl")
	second.Set("first_name", "Eve")
	l := p.listen()
	reused := 0
	trace := httptrace.WithClientTrace(context.Background(),
		&httptrace.ClientTrace{GotConn: func(conn httptrace.GotConnInfo) {
			if conn.Reused {
				reused++
			}
		}})
	nobody := browser{p: p}
	for _, request := range []*http.Request{
		p.sue.newRequest("GET", "/members?q=alice&role=standard&status=active&link="+app.NewID()+"&after="+
			app.Cursor{At: p.clock.now, ID: app.NewID()}.String(), "", ""),
		p.sue.newRequest("GET", "/members?q=wendy&role=limited&status=pending&link="+app.NewID()+"&after="+
			app.Cursor{At: p.clock.now, ID: app.NewID()}.String(), "", ""),
		p.sue.newRequest("POST", "/members/"+app.NewID()+"/activation", "", ""),
		p.sue.newRequest("POST", "/members/"+app.NewID()+"/activation", "", ""),
		nobody.newRequest("POST", path, "application/x-www-form-urlencoded", first.Encode()),
		nobody.newRequest("POST", path, "application/x-www-form-urlencoded", second.Encode()),
	} {
		l.send(nobody, request.WithContext(trace))
	}
	if reused != 5 {
		t.Errorf("%d requests came by the same connection, want 5", reused)
	}
	if len(k.retained) < 12 {
		t.Errorf("only %d values were kept", len(k.retained))
	}
	for was, values := range k.retained {
		for _, is := range values {
			if is != was {
				t.Errorf("%q became %q", was, is)
			}
		}
	}
}

// Five hundred clients begin a request and never end it: others are served as ever, and the server does not
// wait for them for long (T-36).
func TestT36_SlowClientsDelayNobody(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	l := p.listen()
	for i := range 500 {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.address)
		p.check(err)
		t.Cleanup(func() { _ = conn.Close() })
		begun := []string{
			"P", "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\ne",
			"GET / HTTP/1.1\r\nX-Slow: 1",
		}[i%3]
		_, err = conn.Write([]byte(begun))
		p.check(err)
	}
	for range 20 {
		b := browser{p: p}
		p.wantStatus(l.send(b, b.newRequest(http.MethodPost, "/sign-in", contentTypeOf("POST"),
			credentials("sue@acme.example", password).Encode())), http.StatusSeeOther)
	}
	server := p.app.Server()
	for what, timeout := range map[string]time.Duration{
		"reading": server.ReadTimeout, "writing": server.WriteTimeout,
		"idling": server.IdleTimeout,
	} {
		if timeout <= 0 || timeout > time.Minute {
			t.Errorf("%s may take %v", what, timeout)
		}
	}
	if server.MaxRequestBodySize != 64<<10 {
		t.Errorf("a body may have %d bytes", server.MaxRequestBodySize)
	}
}

// A client that sends a byte now and then, for ever, is hung up on when the time to read a request is over,
// wherever in the request it is: a byte is no new beginning (T-36).
func TestT36_DrippingClientsAreDisconnected(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	const within, patience = 300 * time.Millisecond, 10 * time.Second
	p.app.Server().ReadTimeout = within
	l := p.listen()
	for _, begun := range []string{
		"P", "GET / HTTP/1.1\r\nX-Slow: ",
		"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
	} {
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

// A body is refused by its announced length, before any of it is read.
func TestT36_LargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	l := p.listen()
	const head = "POST /sign-in HTTP/1.1\r\nHost: portal.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, length := range []int{64<<10 + 1, 10 << 20, 1 << 40} {
		wantRefusal(l.sendRaw(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, length)), http.StatusRequestEntityTooLarge)
	}
	body := "email=" + strings.Repeat("a", 64<<10-len("email="))
	got := l.sendRaw(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body))
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("64 KiB: status %d", got.status)
	}
	for _, long := range []string{
		"GET /" + strings.Repeat("a", 10_000) + " HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nCookie: session=" +
			strings.Repeat("a", 10_000) + "\r\n\r\n",
	} {
		wantRefusal(l.sendRaw(long), http.StatusRequestHeaderFieldsTooLarge)
	}
	for _, nonsense := range []string{
		"NONSENSE\r\n\r\n", "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
	} {
		wantRefusal(l.sendRaw(nonsense), http.StatusBadRequest)
	}
}
