package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"
)

// Registration is one completed form.
type Registration struct {
	ID            string `bun:",pk"`
	SubmissionKey []byte // of the form that was sent: unique, so that a form sent twice registers once
	AccountID     string
	IdentityID    string
	LinkID        string `bun:",nullzero"` // the link that was used
	EntitlementID string `bun:",nullzero"` // or the entitlement
	RegisteredAt  time.Time

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

// RegistrationStore keeps the registrations. Each method is one transaction.
type RegistrationStore interface {
	// LinkByToken gives the link of a token hash with Account, GeneratedBy and Creator, dead or alive, or NotFound.
	LinkByToken(ctx context.Context, hash []byte) (*Link, error)
	Directory
	// IsRegistered tells whether a form of that submission key was registered.
	IsRegistered(ctx context.Context, submissionKey []byte) (bool, error)
	// Register stores the whole admission, under the link's policy of that moment (Admission.Under), and a
	// notice to each Super User of the account, or nothing. It writes the link's use count on condition that the
	// link lets people in, and that write decides: Link.Refusal where it does not. Problems where the policy
	// does not admit the email, where that has a login or the auth code is used; Conflict where the form was
	// registered already; CommitUnknown where nobody knows, and then it may be asked again.
	Register(ctx context.Context, admission Admission) error
	// RecordDenial stores the activity unless one of the same event, account, address and details was stored since then.
	RecordDenial(ctx context.Context, what Activity, since time.Time) error
	AlertStore
	// EntitlementByCode gives the entitlement of a proof and code with its Account, or NotFound.
	EntitlementByCode(ctx context.Context, proof EntitlementKind, code string) (*Entitlement, error)
}

// Registrations are the rules by which people register.
type Registrations struct {
	Store      RegistrationStore
	Hasher     *PasswordHasher
	Sealer     *Sealer
	Clock      Clock
	MaxLinkAge MaxLinkAge // how long links work at most
	Digest     bool       // whether Super Users are told together of many who register within an hour
	// ExternalDirectory is a directory that is asked besides our own; nil: there is none.
	ExternalDirectory Directory
	// OnUnrecorded hears of a denial that could not be recorded; it may be nil.
	OnUnrecorded func(context.Context, error)
}

// OpenLink gives the link of a token with its Account where it lets people in. NotFound: a token never
// issued. Gone: it lets nobody in. It changes nothing, however often it is asked.
func (s Registrations) OpenLink(ctx context.Context, token string) (*Link, error) {
	link, err := s.linkByToken(ctx, token)
	if err != nil {
		return nil, err
	}
	if err := link.Refusal(s.Clock.Now(), s.MaxLinkAge); err != nil {
		return nil, err
	}
	return link, nil
}

func (s Registrations) linkByToken(ctx context.Context, token string) (*Link, error) {
	hash, ok := HashToken(LinkToken, token)
	if !ok {
		return nil, unknownLink()
	}
	link, err := s.Store.LinkByToken(ctx, hash)
	if errors.Is(err, NotFound) {
		return nil, unknownLink()
	}
	return link, err
}

func unknownLink() error { return Refuse(NotFound, "link_unknown") }

// Check gives the problem of one field of a link's form as far as it is typed, or the zero Message. The rules
// and the words are those of Register. A field that the form has not is NotFound.
func (s Registrations) Check(ctx context.Context, link Link, field string, form RegistrationForm) (Message, error) {
	if !slices.Contains(RegistrationFields(), field) {
		return Message{}, Refuse(NotFound, "page_unknown")
	}
	form = form.Tidied()
	if m := form.Problems(link.Account.Name)[field]; !m.None() {
		return m, nil
	}
	return s.lookupProblem(ctx, field, link.LinkPolicy, form)
}

// EmailPolicyProblem is what is wrong with an address, whoever has a login: it is none, or the link does not admit it.
func EmailPolicyProblem(policy LinkPolicy, email string) Message {
	key, m := EmailKey(email)
	if !m.None() {
		return m
	}
	return policy.emailProblem(key)
}

// emailProblem asks the policy before the directory: an address that the link does not admit learns nothing
// of who has a login.
func (s Registrations) emailProblem(ctx context.Context, policy LinkPolicy, email string) (Message, error) {
	if m := EmailPolicyProblem(policy, email); !m.None() {
		return m, nil
	}
	key, _ := EmailKey(email)
	taken, err := s.directories().EmailHasLogin(ctx, key)
	if err != nil || !taken {
		return Message{}, err
	}
	return EmailTaken(), nil
}

// directories gives all that are asked. The one elsewhere comes first: where it cannot tell, the answer is
// the same for addresses that we know and for others.
func (s Registrations) directories() Directories {
	if s.ExternalDirectory == nil {
		return Directories{s.Store}
	}
	return Directories{s.ExternalDirectory, s.Store}
}

// EmailTaken is what is said beside an address that already has a login (design.md, section 2.6).
func EmailTaken() Message { return Say("email_taken") }

// Register registers a new user through a link. It answers nil exactly when the registration is stored, now
// or by an earlier copy of the same form; otherwise Problems, NotFound, Gone, Unavailable, or a fault. A form
// that the link does not admit is recorded in the activity of its account.
func (s Registrations) Register(ctx context.Context, token string, form RegistrationForm, by Client) error {
	link, err := s.linkByToken(ctx, token)
	if err != nil {
		return err
	}
	err = s.registerByLink(ctx, link, form.Tidied(), by)
	s.recordDenial(ctx, *link, err, by)
	s.alertOnTakenEmails(ctx, link.AccountID, err, by)
	return err
}

func (s Registrations) registerByLink(ctx context.Context, link *Link, form RegistrationForm, by Client) error {
	if done, err := s.alreadyRegistered(ctx, link.ID, form); done || err != nil {
		return err
	}
	if err := link.Refusal(s.Clock.Now(), s.MaxLinkAge); err != nil {
		return err
	}
	way := registrationSource{account: *link.Account, linkID: link.ID, policy: link.LinkPolicy}
	return s.validateAndStore(ctx, way, form, by)
}

// registrationSource is how a registration is let in: by a link or by an entitlement, and into which account.
type registrationSource struct {
	account       Account
	linkID        string
	policy        LinkPolicy // of the link
	entitlementID string
}

func (w registrationSource) id() string { return w.linkID + w.entitlementID }

func (s Registrations) validateAndStore(ctx context.Context, in registrationSource, form RegistrationForm,
	by Client,
) error {
	problems := form.Problems(in.account.Name)
	if in.needsNoPassword() {
		delete(problems, "password")
	}
	if problems["email"].None() {
		m, err := s.emailProblem(ctx, in.policy, form.Email)
		if err != nil {
			return err
		}
		problems.Add("email", m)
	}
	if len(problems) > 0 {
		return s.unlessRegistered(ctx, in.id(), form, problems)
	}
	hash := NoPassword
	if !in.needsNoPassword() {
		var err error
		if hash, err = s.Hasher.HashNew(ctx, form.Password); err != nil {
			return err
		}
	}
	return s.storeWithRetry(ctx, in.id(), form, s.newAdmission(in, form, hash, by))
}

// storeWithRetry stores an admission, and once more where nobody knows whether it is stored and a look finds
// it nowhere. Whatever became of the first try, the keys of the form and of the email let only one of them
// in.
func (s Registrations) storeWithRetry(ctx context.Context, wayID string, form RegistrationForm, a Admission) error {
	err := s.unlessRegistered(ctx, wayID, form, s.Store.Register(ctx, a))
	if isCommitUnknown(err) {
		err = s.unlessRegistered(ctx, wayID, form, s.Store.Register(ctx, a))
	}
	return err
}

// unlessRegistered turns a refusal into success where another copy of the same form was faster: the person
// did register.
func (s Registrations) unlessRegistered(ctx context.Context, wayID string, form RegistrationForm, refusal error) error {
	if refusal == nil {
		return nil
	}
	done, err := s.alreadyRegistered(ctx, wayID, form)
	if done {
		return nil
	}
	if err != nil {
		return err
	}
	return refusal
}

func (s Registrations) alreadyRegistered(ctx context.Context, wayID string, form RegistrationForm) (bool, error) {
	key, m := EmailKey(form.Email)
	if !m.None() || !IsID(form.SubmissionID) {
		return false, nil
	}
	return s.Store.IsRegistered(ctx, submissionKey(wayID, form.SubmissionID, key))
}

// RegisterEntitled registers a new user without a link, into the account that the entitlement proves. It
// answers as Register does; an entitlement that is unknown, used up or of another company is a problem beside
// its field, in the same words.
func (s Registrations) RegisterEntitled(ctx context.Context, form RegistrationForm, by Client) error {
	form = form.Tidied()
	problems := form.Problems("")
	form.addEntitlementProblems(problems)
	if len(problems) > 0 {
		return problems
	}
	right, err := s.Store.EntitlementByCode(ctx, form.EntitlementKind, form.entitlementCode())
	if errors.Is(err, NotFound) ||
		(err == nil && form.EntitlementKind == SerialNumber && right.Account.CompanyID != form.CompanyID) {
		return Problem(string(form.EntitlementKind), "entitlement_unknown")
	}
	if err != nil {
		return err
	}
	in := registrationSource{account: *right.Account, entitlementID: right.ID}
	if done, err := s.alreadyRegistered(ctx, in.id(), form); done || err != nil {
		return err
	}
	if right.UsedAt != nil {
		return Problem(string(form.EntitlementKind), "entitlement_unknown")
	}
	err = s.validateAndStore(ctx, in, form, by)
	s.alertOnTakenEmails(ctx, right.AccountID, err, by)
	return err
}

// CheckEntitled is Check for the form without a link.
func (s Registrations) CheckEntitled(ctx context.Context, field string, form RegistrationForm) (Message, error) {
	if !slices.Contains(RegistrationFields(), field) && !slices.Contains(entitlementFields(), field) {
		return Message{}, Refuse(NotFound, "page_unknown")
	}
	form = form.Tidied()
	problems := form.Problems("")
	form.addEntitlementProblems(problems)
	if m := problems[field]; !m.None() {
		return m, nil
	}
	return s.lookupProblem(ctx, field, LinkPolicy{}, form)
}

// lookupProblem is what a check asks for beyond the form itself.
func (s Registrations) lookupProblem(ctx context.Context, field string, policy LinkPolicy,
	form RegistrationForm,
) (Message, error) {
	switch field {
	case "email":
		return s.emailProblem(ctx, policy, form.Email)
	case "password":
		return s.Hasher.breachProblem(form.Password)
	}
	return Message{}, nil
}

// needsNoPassword tells whether the form asks for none: the link's account wants single sign-on. Without a
// link the form does not know whose account it is.
func (w registrationSource) needsNoPassword() bool {
	return w.linkID != "" && w.account.SignInMethod == SSOOnly
}

// Admission is everything that one completed form stores, in one transaction.
type Admission struct {
	Identity      Identity
	Membership    Membership
	Registration  Registration
	Consent       Consent
	Topics        []TopicChoice
	Confirmation  Confirmation
	ConfirmNotice Notice // to the new user
	Activity      Activity
	MaxLinkAge    MaxLinkAge // how long links work at most
	Digest        bool       // whether many who register within an hour are told of together
}

// NoticeTo makes the notice that tells a Super User of the registration, or that somebody waits for them.
// Others is how many registered in the account within the hour before.
func (a Admission) NoticeTo(superUserID string, others int) Notice {
	letter := PersonRegistered
	if a.Membership.Status == Pending {
		letter = ApprovalNeeded
	}
	n := newNotice(letter, a.Registration.ID, superUserID, a.Registration.RegisteredAt)
	n.AccountID, n.SubjectID = a.Membership.AccountID, a.Identity.ID
	if a.Digest {
		return n.deferToDigest(others)
	}
	return n
}

// WithPolicy gives the admission as the link's policy has it at the moment of storing: the role, and whether
// the person waits for a Super User. Problems where the policy does not admit the address.
func (a Admission) WithPolicy(p LinkPolicy) (Admission, error) {
	if m := p.emailProblem(a.Identity.EmailKey); !m.None() {
		return Admission{}, Problems{"email": m}
	}
	a.Membership.Role = p.Role
	if p.RequiresApproval {
		a.Membership.Status = Pending
	}
	return a, nil
}

func (s Registrations) newAdmission(in registrationSource, form RegistrationForm, hash string, by Client) Admission {
	at := s.Clock.Now()
	person := newIdentity(form.Email, by.Language, at).named(form.FirstName, form.LastName)
	person.Profile, person.PasswordHash = form.Profile, hash
	joined := ByLink
	if in.linkID == "" {
		joined = ByEntitlement
	}
	sent := issueConfirmation(s.Sealer, person, at)
	sent.Notice.AccountID = in.account.ID
	return Admission{
		Identity: person,
		Membership: Membership{
			ID: NewID(), IdentityID: person.ID, AccountID: in.account.ID, Role: StandardUser, Status: Active,
			JoinedBy: joined, LinkID: in.linkID, JoinedAt: at,
		},
		Registration: Registration{
			ID: NewID(), SubmissionKey: submissionKey(in.id(), form.SubmissionID, person.EmailKey), AccountID: in.account.ID,
			IdentityID: person.ID, LinkID: in.linkID, EntitlementID: in.entitlementID, RegisteredAt: at,
		},
		Consent: Consent{
			ID: NewID(), IdentityID: person.ID, EULAVersion: form.EULA, Language: by.Language, AcceptedAt: at,
		}.withTopics(form.Topics),
		Topics:        topicChoices(person.ID, form.Topics),
		Confirmation:  sent.Confirmation,
		ConfirmNotice: sent.Notice,
		Activity: Activity{
			ID: NewID(), AccountID: in.account.ID, At: at, Event: PersonJoined,
			ActorID: person.ID, SubjectID: person.ID, Address: by.Address,
		},
		MaxLinkAge: s.MaxLinkAge, Digest: s.Digest,
	}
}

// submissionKey binds a form to its link and its address: going back to a sent form and registering a
// colleague with it is a new registration, not a repetition.
func submissionKey(wayID, submissionID, emailKey string) []byte {
	sum := sha256.Sum256([]byte(wayID + "|" + submissionID + "|" + emailKey))
	return sum[:]
}
