package app

import (
	"context"
	"errors"
	"time"
)

// JoinRequest is the secret in a mail by which somebody who has a login already asks to be added to an
// account. Whoever opened the account's link and typed the address had it mailed; only who reads that mail
// can use it, once.
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
	minJoinRequestInterval = 10 * time.Minute
	maxJoinRequestsPerDay  = 3
	JoinRequestWindow      = 24 * time.Hour // how far back earlier requests count
)

// TooSoon tells whether the request may not be mailed, given when its person asked for the same account
// within JoinRequestWindow.
func (r JoinRequest) TooSoon(earlier []time.Time) bool {
	for _, at := range earlier {
		if r.CreatedAt.Sub(at) < minJoinRequestInterval {
			return true
		}
	}
	return len(earlier) >= maxJoinRequestsPerDay
}

// Usable tells whether the mailed address still works at that time, as far as the request knows.
func (r JoinRequest) Usable(at time.Time) bool { return r.UsedAt == nil && at.Before(r.ExpiresAt) }

func (r JoinRequest) sealPurpose() string { return "join|" + r.ID }

// JoinRequestStore keeps the requests to be added. Each method is one transaction.
type JoinRequestStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// AddJoinRequest stores a request and its notice. Where it is TooSoon, nothing is stored and nothing is said.
	AddJoinRequest(ctx context.Context, r JoinRequest, n Notice) error
	// JoinRequestByToken gives a request with Account, Identity and Link, which has GeneratedBy and Creator, or NotFound.
	JoinRequestByToken(ctx context.Context, hash []byte) (*JoinRequest, error)
	// Memberships gives the identity's memberships with Account.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// ConsumeJoinRequest uses the request up and stores its membership, as the link has it at that moment
	// (Joining.Under), the activity and a notice to each Super User, or nothing. Gone where the request was used
	// or is expired, or its link does not admit the person any more; Conflict where the person is a member
	// already.
	ConsumeJoinRequest(ctx context.Context, j ConfirmedJoin) error
}

// JoinRequests are the rules by which people who have a login already ask to be added.
type JoinRequests struct {
	Store      JoinRequestStore
	Sealer     *Sealer
	Clock      Clock
	MaxLinkAge MaxLinkAge // how long links work at most
}

// Send mails the person of an address the button by which to ask for the account of an open link. What it
// answers is the same for every well-formed address, whether it has a login, is a member already or was asked
// for before: the address's owner alone learns more, from the mail.
func (s JoinRequests) Send(ctx context.Context, link Link, email string) error {
	key, m := EmailKey(tidyEmail(email))
	if !m.None() {
		return Problems{"email": m}
	}
	if m := link.emailProblem(key); !m.None() {
		return Problems{"email": m}
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if err != nil {
		return ignoreNotFound(err)
	}
	if person.SuspendedAt != nil {
		return nil
	}
	at := s.Clock.Now()
	token, hash := newSecret(JoinToken)
	r := JoinRequest{
		ID: NewID(), AccountID: link.AccountID, IdentityID: person.ID, LinkID: link.ID, TokenHash: hash,
		CreatedAt: at, ExpiresAt: at.Add(JoinWithin),
	}
	r.TokenBox = s.Sealer.Seal(r.sealPurpose(), token)
	n := newNotice(JoinAccount, r.ID, person.ID, at)
	n.AccountID = link.AccountID
	return s.Store.AddJoinRequest(ctx, r, n)
}

// JoinRequestView is where a request stands.
type JoinRequestView struct {
	Request JoinRequest // with Account and Identity
	Member  *Membership // the person's membership in the account; nil: none yet
}

// Find gives the request that a mailed address names and changes nothing: mail scanners open links. NotFound:
// never issued. Gone: it was used or is expired, its link does not admit the person any more, or the login is
// suspended. Whoever is in the account already is told so instead.
func (s JoinRequests) Find(ctx context.Context, token string) (JoinRequestView, error) {
	hash, ok := HashToken(JoinToken, token)
	if !ok {
		return JoinRequestView{}, Refuse(NotFound, "join_unknown")
	}
	r, err := s.Store.JoinRequestByToken(ctx, hash)
	if errors.Is(err, NotFound) {
		return JoinRequestView{}, Refuse(NotFound, "join_unknown")
	}
	if err != nil {
		return JoinRequestView{}, err
	}
	all, err := s.Store.Memberships(ctx, r.IdentityID)
	if err != nil {
		return JoinRequestView{}, err
	}
	for _, m := range all {
		if m.AccountID == r.AccountID {
			return JoinRequestView{Request: *r, Member: &m}, nil
		}
	}
	at := s.Clock.Now()
	if !r.Usable(at) || !r.admittedBy(*r.Link, at, s.MaxLinkAge) || r.Identity.SuspendedAt != nil {
		return JoinRequestView{}, Refuse(Gone, "join_over")
	}
	return JoinRequestView{Request: *r}, nil
}

func (r JoinRequest) admittedBy(link Link, at time.Time, most MaxLinkAge) bool {
	return link.Refusal(at, most) == nil && link.AdmitsEmail(r.Identity.EmailKey)
}

// ConfirmedJoin is everything that a confirmed request stores, in one transaction.
type ConfirmedJoin struct {
	Request    JoinRequest
	Membership Membership
	Activity   Activity
	MaxLinkAge MaxLinkAge // how long the link works at most
}

// WithLink gives the membership as the link has it at the moment of storing, or Gone where it does not admit
// the person any more. The link needs GeneratedBy and Creator, and counts no use.
func (j ConfirmedJoin) WithLink(link Link) (Membership, error) {
	m := j.Membership
	if !j.Request.admittedBy(link, m.JoinedAt, j.MaxLinkAge) {
		return Membership{}, Refuse(Gone, "join_over")
	}
	m.Role = link.Role
	return m, nil
}

// NoticeTo makes the notice that tells a Super User of who waits to be accepted.
func (j ConfirmedJoin) NoticeTo(superUserID string) Notice {
	n := newNotice(ApprovalNeeded, j.Membership.ID, superUserID, j.Membership.JoinedAt)
	n.AccountID, n.SubjectID = j.Membership.AccountID, j.Membership.IdentityID
	return n
}

// Join makes the person of a request a pending member, who waits for a Super User. It proves nothing about
// the login: its address is confirmed elsewhere (T-25). Doing it twice is no error.
func (s JoinRequests) Join(ctx context.Context, token string, by Client) (JoinRequestView, error) {
	asked, err := s.Find(ctx, token)
	if err != nil || asked.Member != nil {
		return asked, err
	}
	j := s.newConfirmedJoin(asked.Request, by)
	err = s.Store.ConsumeJoinRequest(ctx, j)
	if errors.Is(err, Gone) || errors.Is(err, Conflict) { // perhaps a second press of the same button was faster
		if again, lookErr := s.Find(ctx, token); lookErr == nil && again.Member != nil {
			return again, nil
		}
	}
	asked.Member = &j.Membership
	return asked, err
}

func (s JoinRequests) newConfirmedJoin(r JoinRequest, by Client) ConfirmedJoin {
	at := s.Clock.Now()
	return ConfirmedJoin{
		Request: r,
		Membership: Membership{
			ID: NewID(), IdentityID: r.IdentityID, AccountID: r.AccountID, Role: r.Link.Role, Status: Pending,
			JoinedBy: ByRequest, LinkID: r.LinkID, JoinedAt: at,
		},
		Activity: Activity{
			ID: NewID(), AccountID: r.AccountID, At: at, Event: JoinRequested,
			ActorID: r.IdentityID, SubjectID: r.IdentityID, Address: by.Address,
		},
		MaxLinkAge: s.MaxLinkAge,
	}
}
