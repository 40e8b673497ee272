package app

import (
	"crypto/sha256"
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

// Client is what is known about who fills in a form without being signed in.
type Client struct {
	Language string // a tag of the catalogues: the language in which the form was shown
	Address  string // network address, for the activity
	Agent    string // what the browser says that it is, for the list of sessions
}

// Admission is everything that one completed form stores, in one transaction.
type Admission struct {
	Identity     Identity
	Membership   Membership
	Registration Registration
	Consent      Consent
	Topics       []TopicChoice
	Confirmation Confirmation
	Confirm      Notice // to the new user
	Activity     Activity
	Most         MaxDays // how long links work at most
	Digest       bool    // whether many who register within an hour are told of together
}

// NoticeTo makes the notice that tells a Super User of the registration, or that somebody waits for them. Others is how many registered
// in the account within the hour before.
func (a Admission) NoticeTo(superUserID string, others int) Notice {
	letter := PersonRegistered
	if a.Membership.Status == Pending {
		letter = ApprovalNeeded
	}
	n := newNotice(letter, a.Registration.ID, superUserID, a.Registration.RegisteredAt)
	n.AccountID, n.SubjectID = a.Membership.AccountID, a.Identity.ID
	if a.Digest {
		return n.amid(others)
	}
	return n
}

func (s Registrations) admission(in way, form RegistrationForm, hash string, by Client) Admission {
	at := s.Clock.Now()
	key, _ := EmailKey(form.Email)
	person := Identity{
		ID: NewID(), Email: form.Email, EmailKey: key, FirstName: form.FirstName, LastName: form.LastName,
		Phone: form.Phone, JobTitle: form.JobTitle, PasswordHash: hash, Language: by.Language, CreatedAt: at,
		SearchText: SearchText(form.FirstName, form.LastName, form.Email),
	}
	joined := ByLink
	if in.linkID == "" {
		joined = ByEntitlement
	}
	sent := issue(s.Sealer, person, at)
	sent.Notice.AccountID = in.account.ID
	return Admission{
		Identity: person,
		Membership: Membership{
			ID: NewID(), IdentityID: person.ID, AccountID: in.account.ID, Role: StandardUser, Status: Active,
			JoinedBy: joined, LinkID: in.linkID, JoinedAt: at,
		},
		Registration: Registration{
			ID: NewID(), SubmissionKey: submissionKey(in.id(), form.SubmissionID, key), AccountID: in.account.ID,
			IdentityID: person.ID, LinkID: in.linkID, EntitlementID: in.entitlementID, RegisteredAt: at,
		},
		Consent: Consent{
			ID: NewID(), IdentityID: person.ID, EULAVersion: form.EULA, Language: by.Language, AcceptedAt: at,
		}.naming(form.Topics),
		Topics:       choices(person.ID, form.Topics),
		Confirmation: sent.Confirmation,
		Confirm:      sent.Notice,
		Activity: Activity{
			ID: NewID(), AccountID: in.account.ID, At: at, Event: PersonJoined,
			ActorID: person.ID, SubjectID: person.ID, Address: by.Address,
		},
		Most: s.Most, Digest: s.Digest,
	}
}

// submissionKey binds a form to its link and its address: going back to a sent form and registering a colleague with it is a
// new registration, not a repetition.
func submissionKey(wayID, submissionID, emailKey string) []byte {
	sum := sha256.Sum256([]byte(wayID + "|" + submissionID + "|" + emailKey))
	return sum[:]
}
