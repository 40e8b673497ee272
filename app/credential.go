package app

import (
	"time"
)

// CredentialEvent is how a credential came to be changed.
type CredentialEvent string

// The ways to a new password.
const (
	PasswordReset   CredentialEvent = "reset"  // through a mailed link, by somebody who had forgotten the one before
	PasswordChanged CredentialEvent = "change" // on the person's own page, with the one before
)

// What else happens to a second factor.
const (
	AppAdded             CredentialEvent = "app_added" // an authenticator app was set up
	AppRemoved           CredentialEvent = "app_removed"
	PasskeyAdded         CredentialEvent = "passkey_added"
	PasskeyRemoved       CredentialEvent = "passkey_removed"
	RecoveryCodesRenewed CredentialEvent = "codes_renewed" // other recovery codes took the place of those before
	RecoveryCodeUsed     CredentialEvent = "code_used"     // somebody signed in with a recovery code
	FactorsRemoved       CredentialEvent = "factors_taken" // the organisation that runs the portal removed all of them
)

// What happens between a login and the provider of single sign-on.
const (
	// somebody signed in through it for the first time; that login there opens this one from then on
	SSOLinked CredentialEvent = "sso_linked"
	// likewise, and a password that nobody had proven to be theirs was forgotten
	SSOLinkedPasswordCleared CredentialEvent = "sso_replaced"
	SSOUnlinked              CredentialEvent = "sso_forgotten" // the organisation that runs the portal separated the two
)

// CredentialChange tells that what a person signs in with was changed. It is kept for the mail that says
// so, and for whoever has to find out later who did it.
type CredentialChange struct {
	ID         string `bun:",pk"`
	IdentityID string
	Event      CredentialEvent `bun:"way"`
	At         time.Time
	Address    string // network address of who did it
}

// CredentialNotice is a change of credentials with the mail that tells its person.
type CredentialNotice struct {
	Change CredentialChange
	Notice Notice
}

func newCredentialNotice(way CredentialEvent, identityID, address string, at time.Time) CredentialNotice {
	change := CredentialChange{ID: NewID(), IdentityID: identityID, Event: way, At: at, Address: address}
	return CredentialNotice{Change: change, Notice: newNotice(way.noticeKind(), change.ID, identityID, at)}
}
