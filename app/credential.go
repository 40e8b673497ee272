package app

import (
	"time"
)

// Way is how a credential came to be changed.
type Way string

// The ways to a new password.
const (
	ByReset  Way = "reset"  // through a mailed link, by somebody who had forgotten the one before
	ByChange Way = "change" // on the person's own page, with the one before
)

// What else happens to a second factor.
const (
	AppAdded       Way = "app_added" // an authenticator app was set up
	AppRemoved     Way = "app_removed"
	PasskeyAdded   Way = "passkey_added"
	PasskeyRemoved Way = "passkey_removed"
	CodesRenewed   Way = "codes_renewed" // other recovery codes took the place of those before
	CodeUsed       Way = "code_used"     // somebody signed in with a recovery code
	FactorsTaken   Way = "factors_taken" // the organisation that runs the portal removed all of them
)

// What happens between a login and the provider of single sign-on.
const (
	SSOLinked    Way = "sso_linked"    // somebody signed in through it for the first time; that login there opens this one from then on
	SSOReplaced  Way = "sso_replaced"  // likewise, and a password that nobody had proven to be theirs was forgotten
	SSOForgotten Way = "sso_forgotten" // the organisation that runs the portal separated the two
)

// CredentialChange tells that what a person signs in with was changed. It is kept for the mail that says so, and for whoever
// has to find out later who did it.
type CredentialChange struct {
	ID         string `bun:",pk"`
	IdentityID string
	Way        Way
	At         time.Time
	Address    string // network address of who did it
}

// Told is a change of credentials with the mail that tells its person.
type Told struct {
	Change CredentialChange
	Notice Notice
}

func tell(way Way, identityID, address string, at time.Time) Told {
	change := CredentialChange{ID: NewID(), IdentityID: identityID, Way: way, At: at, Address: address}
	return Told{Change: change, Notice: newNotice(way.letter(), change.ID, identityID, at)}
}
