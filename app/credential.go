package app

import (
	"context"
	"encoding/hex"
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

// NewPassword is a password that takes the place of another, and what is kept and said of that.
type NewPassword struct {
	Hash   string
	Change CredentialChange
	Notice Notice
}

func newPassword(hash string, change CredentialChange) NewPassword {
	change.ID = NewID()
	notice := newNotice(PasswordWasChanged, change.ID, change.IdentityID, change.At)
	return NewPassword{Hash: hash, Change: change, Notice: notice}
}

// passwordProblem says what is wrong with a new password of the person.
func (i Identity) passwordProblem(password string) Message {
	return PasswordProblem(password, i.FirstName, i.LastName, i.Email)
}

// PasswordChange is a new password that its person chose while signed in.
type PasswordChange struct {
	NewPassword
	Old        string // the hash that the person proved to know the password of
	Session    []byte // the hash of the session in which it was chosen
	NewSession []byte // the hash by which that session goes on
}

// PasswordForm is the form by which a person changes the password.
type PasswordForm struct {
	Current  string
	Password string
}

// ChangePassword gives the actor another password, where the form proves the present one. Every other session of the actor ends, this
// one goes on under the token that is given (T-44), open links to reset the password die, and the person is mailed. Conflict where
// the password was changed meanwhile.
func (s SignIns) ChangePassword(ctx context.Context, by Actor, form PasswordForm) (string, error) {
	p := Problems{}
	if form.Current == "" {
		p.Add("current_password", Say("current_password_required"))
	}
	p.Add("password", by.Identity.passwordProblem(form.Password))
	if err := p.Err(); err != nil {
		return "", err
	}
	right, _, err := s.verify(ctx, by.Identity, form.Current)
	if err != nil {
		return "", err
	}
	if !right {
		return "", Problem("current_password", "current_password_wrong")
	}
	hash, err := s.Hasher.HashNew(ctx, form.Password)
	if err != nil {
		return "", err
	}
	token := NewToken(SessionToken)
	fresh, _ := HashToken(SessionToken, token)
	session, _ := hex.DecodeString(by.SessionID)
	change := CredentialChange{IdentityID: by.Identity.ID, Way: ByChange, At: s.Clock.Now(), Address: by.Address}
	return token, s.Store.ChangePassword(ctx, PasswordChange{
		NewPassword: newPassword(hash, change), Old: by.Identity.PasswordHash, Session: session, NewSession: fresh,
	})
}
