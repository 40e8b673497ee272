package app

import (
	"context"
	"errors"
	"time"
)

// JoinRequest is the secret in a mail by which somebody who has a login already asks to be added to an account. Whoever opened the
// account's link and typed the address had it mailed; only who reads that mail can use it, once.
type JoinRequest struct {
	ID         string `bun:",pk"`
	AccountID  string
	IdentityID string
	LinkID     string // the link that was open
	TokenHash  []byte // SHA-256 of the token, unique
	TokenBox   []byte // the token, sealed, so that the mail can be written when it is sent; wiped when it is used
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     *time.Time // this one was used, or another of the same person for the same account

	Account  *Account  `bun:"rel:belongs-to,join:account_id=id"`
	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
	Link     *Link     `bun:"rel:belongs-to,join:link_id=id"`
}

// JoinWithin is how long the mailed address works.
const JoinWithin = 7 * 24 * time.Hour

// How often one person may be mailed about one account: whoever has the link can type anybody's address.
const (
	askPause    = 10 * time.Minute
	asksADay    = 3
	AsksCounted = 24 * time.Hour // how far back earlier requests count
)

// TooSoon tells whether the request may not be mailed, given when its person asked for the same account within AsksCounted.
func (r JoinRequest) TooSoon(earlier []time.Time) bool {
	for _, at := range earlier {
		if r.CreatedAt.Sub(at) < askPause {
			return true
		}
	}
	return len(earlier) >= asksADay
}

// Open tells whether the mailed address still works at that time, as far as the request knows.
func (r JoinRequest) Open(at time.Time) bool { return r.UsedAt == nil && at.Before(r.ExpiresAt) }

func (r JoinRequest) purpose() string { return "join|" + r.ID }

// JoinStore keeps the requests to be added. Each method is one transaction.
type JoinStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// AddRequest stores a request and its notice. Where it is TooSoon, nothing is stored and nothing is said.
	AddRequest(ctx context.Context, r JoinRequest, n Notice) error
	// RequestByToken gives a request with Account, Identity and Link, which has GeneratedBy and Creator, or NotFound.
	RequestByToken(ctx context.Context, hash []byte) (*JoinRequest, error)
	// Memberships gives the identity's memberships with Account.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// Join uses the request up and stores its membership, as the link has it at that moment (Joining.Under), the activity and a
	// notice to each Super User, or nothing. Gone where the request was used or is expired, or its link does not admit the person
	// any more; Conflict where the person is a member already.
	Join(ctx context.Context, j Joining) error
}

// JoinRequests are the rules by which people who have a login already ask to be added.
type JoinRequests struct {
	Store  JoinStore
	Sealer *Sealer
	Clock  Clock
	Most   MaxDays // how long links work at most
}

// Ask mails the person of an address the button by which to ask for the account of an open link. What it answers is the same for
// every well-formed address, whether it has a login, is a member already or was asked for before: the address's owner alone
// learns more, from the mail.
func (s JoinRequests) Ask(ctx context.Context, link Link, email string) error {
	key, m := EmailKey(tidyEmail(email))
	if m.ID != "" {
		return Problems{"email": m}
	}
	if m := link.emailRefusal(key); m.ID != "" {
		return Problems{"email": m}
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if err != nil {
		return unlessNotFound(err)
	}
	if person.SuspendedAt != nil {
		return nil
	}
	at := s.Clock.Now()
	token := NewToken(JoinToken)
	hash, _ := HashToken(JoinToken, token)
	r := JoinRequest{
		ID: NewID(), AccountID: link.AccountID, IdentityID: person.ID, LinkID: link.ID, TokenHash: hash,
		CreatedAt: at, ExpiresAt: at.Add(JoinWithin),
	}
	r.TokenBox = s.Sealer.Seal(r.purpose(), token)
	n := newNotice(JoinAccount, r.ID, person.ID, at)
	n.AccountID = link.AccountID
	return s.Store.AddRequest(ctx, r, n)
}

// Asked is where a request stands.
type Asked struct {
	Request JoinRequest // with Account and Identity
	Member  *Membership // the person's membership in the account; nil: none yet
}

// Look gives the request that a mailed address names and changes nothing: mail scanners open links. NotFound: never issued. Gone:
// it was used or is expired, its link does not admit the person any more, or the login is suspended. Whoever is in the account already is told
// so instead.
func (s JoinRequests) Look(ctx context.Context, token string) (Asked, error) {
	hash, ok := HashToken(JoinToken, token)
	if !ok {
		return Asked{}, Refuse(NotFound, "join_unknown")
	}
	r, err := s.Store.RequestByToken(ctx, hash)
	if errors.Is(err, NotFound) {
		return Asked{}, Refuse(NotFound, "join_unknown")
	}
	if err != nil {
		return Asked{}, err
	}
	all, err := s.Store.Memberships(ctx, r.IdentityID)
	if err != nil {
		return Asked{}, err
	}
	for _, m := range all {
		if m.AccountID == r.AccountID {
			return Asked{Request: *r, Member: &m}, nil
		}
	}
	at := s.Clock.Now()
	if !r.Open(at) || !r.admittedBy(*r.Link, at, s.Most) || r.Identity.SuspendedAt != nil {
		return Asked{}, Refuse(Gone, "join_over")
	}
	return Asked{Request: *r}, nil
}

func (r JoinRequest) admittedBy(link Link, at time.Time, most MaxDays) bool {
	return link.Refusal(at, most) == nil && link.AdmitsEmail(r.Identity.EmailKey)
}

// Joining is everything that a confirmed request stores, in one transaction.
type Joining struct {
	Request    JoinRequest
	Membership Membership
	Activity   Activity
	Most       MaxDays // how long the link works at most
}

// Under gives the membership as the link has it at the moment of storing, or Gone where it does not admit the person any more. The link
// needs GeneratedBy and Creator, and counts no use.
func (j Joining) Under(link Link) (Membership, error) {
	m := j.Membership
	if !j.Request.admittedBy(link, m.JoinedAt, j.Most) {
		return Membership{}, Refuse(Gone, "join_over")
	}
	m.Role = link.Role
	return m, nil
}

// NoticeTo makes the notice that tells a Super User of who waits to be accepted.
func (j Joining) NoticeTo(superUserID string) Notice {
	n := newNotice(ApprovalNeeded, j.Membership.ID, superUserID, j.Membership.JoinedAt)
	n.AccountID, n.SubjectID = j.Membership.AccountID, j.Membership.IdentityID
	return n
}

// Join makes the person of a request a pending member, who waits for a Super User. It proves nothing about the login: its address is
// confirmed elsewhere (T-25). Doing it twice is no error.
func (s JoinRequests) Join(ctx context.Context, token string, by Client) (Asked, error) {
	asked, err := s.Look(ctx, token)
	if err != nil || asked.Member != nil {
		return asked, err
	}
	j := s.joining(asked.Request, by)
	err = s.Store.Join(ctx, j)
	if errors.Is(err, Gone) || errors.Is(err, Conflict) { // perhaps a second press of the same button was faster
		if again, lookErr := s.Look(ctx, token); lookErr == nil && again.Member != nil {
			return again, nil
		}
	}
	asked.Member = &j.Membership
	return asked, err
}

func (s JoinRequests) joining(r JoinRequest, by Client) Joining {
	at := s.Clock.Now()
	return Joining{
		Request: r,
		Membership: Membership{
			ID: NewID(), IdentityID: r.IdentityID, AccountID: r.AccountID, Role: r.Link.Role, Status: Pending,
			JoinedBy: ByRequest, LinkID: r.LinkID, JoinedAt: at,
		},
		Activity: Activity{
			ID: NewID(), AccountID: r.AccountID, At: at, Event: JoinRequested,
			ActorID: r.IdentityID, SubjectID: r.IdentityID, Address: by.Address,
		},
		Most: s.Most,
	}
}
