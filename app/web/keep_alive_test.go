package web_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// keeper is a store that keeps what it is given beyond the request, as the mail worker or a cache would, beside a copy made at once.
type keeper struct {
	web.Store
	mutex sync.Mutex
	kept  map[string][]string // by what was copied: the strings as they were handed over
}

func (k *keeper) keep(values ...string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, value := range values {
		was := strings.Clone(value)
		k.kept[was] = append(k.kept[was], value)
	}
}

func (k *keeper) Members(ctx context.Context, accountID string, q app.MemberQuery, limit int) ([]app.Membership, error) {
	k.keep(q.Search, q.LinkID, string(q.Role), string(q.Status), q.After.ID)
	return k.Store.Members(ctx, accountID, q, limit)
}

func (k *keeper) Member(ctx context.Context, accountID, membershipID string) (*app.Membership, error) {
	k.keep(membershipID)
	return k.Store.Member(ctx, accountID, membershipID)
}

func (k *keeper) Register(ctx context.Context, a app.Admission) error {
	k.keep(a.Identity.Email, a.Identity.FirstName, a.Identity.LastName, a.Identity.Language, a.Activity.Address, a.Consent.EULAVersion)
	return k.Store.Register(ctx, a)
}

// Fiber lends its strings for one request only, unless it is told otherwise: what one visitor typed became another's on the same
// connection (style, F1).
func TestOneVisitorsWordsStayTheirs(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	k := &keeper{kept: map[string][]string{}}
	p.serve(func(c *web.Config) { k.Store, c.Store = c.Store, k })
	path := p.link()
	first, second := p.filledIn(path, "alice@acme.example"), p.filledIn(path, "mallory@evil.exampl")
	second.Set("first_name", "Eve")
	l := p.listen()
	reused := 0
	trace := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(conn httptrace.GotConnInfo) {
		if conn.Reused {
			reused++
		}
	}})
	nobody := browser{p: p}
	for _, request := range []*http.Request{
		p.sue.request("GET", "/members?q=alice&role=standard&status=active&link="+app.NewID()+"&after="+app.Cursor{At: p.clock.now, ID: app.NewID()}.String(), "", ""),
		p.sue.request("GET", "/members?q=wendy&role=limited&status=pending&link="+app.NewID()+"&after="+app.Cursor{At: p.clock.now, ID: app.NewID()}.String(), "", ""),
		p.sue.request("POST", "/members/"+app.NewID()+"/activation", "", ""),
		p.sue.request("POST", "/members/"+app.NewID()+"/activation", "", ""),
		nobody.request("POST", path, "application/x-www-form-urlencoded", first.Encode()),
		nobody.request("POST", path, "application/x-www-form-urlencoded", second.Encode()),
	} {
		l.send(nobody, request.WithContext(trace))
	}
	if reused != 5 {
		t.Errorf("%d requests came by the same connection, want 5", reused)
	}
	if len(k.kept) < 12 {
		t.Errorf("only %d values were kept", len(k.kept))
	}
	for was, values := range k.kept {
		for _, is := range values {
			if is != was {
				t.Errorf("%q became %q", was, is)
			}
		}
	}
}
