package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// FactorKind is what sort of thing a person proves besides the password.
type FactorKind string

// The kinds.
const (
	CodeApp      FactorKind = "app"      // an authenticator app that shows a code of six digits (TOTP, RFC 6238); a person has one
	Passkey      FactorKind = "passkey"  // a passkey (WebAuthn); a person may have several
	RecoveryCode FactorKind = "recovery" // one of the codes for the day on which everything else is lost; each works once
)

// Factor is something that a person proves besides the password.
type Factor struct {
	ID         string `bun:",pk"`
	IdentityID string
	Kind       FactorKind
	Name       string // as its owner calls it; empty where there is nothing to tell apart
	LookUp     []byte // unique, a SHA-256: of a recovery code, of a passkey's id, or of the person, who has one app
	SecretBox  []byte // of an app its secret, sealed
	Credential []byte // of a passkey what its answers are checked with, which is no secret
	Counter    int64  // of an app the last time step whose code was taken; no step is taken twice. Of a passkey how often it was used, if it counts
	Alone      bool   // a passkey opens without the password: it was added, or used, behind the one that its person has now
	CreatedAt  time.Time
	UsedAt     *time.Time // the last time; a recovery code is used up then

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

// FactorUse is what taking an answer changes about a factor, if it still is as it was when the answer was looked at.
type FactorUse struct {
	Factor Factor // as it was
	Step   int64  // the Counter from now on
	At     time.Time
	Spent  *SpentAttempt // of a passkey the question, which is not answered twice
}

// FactorChange is what a person changes about the own second factor, stored in one transaction.
type FactorChange struct {
	IdentityID string
	Proven     string     // the password hash that the person proved to know the password of
	Was        int        // how many factors there were; the change is for nothing where that is no longer so
	Use        *FactorUse // the answer that allows the change; nil: it needs none, as the first factor
	Add        []Factor
	Remove     []string // ids
	NewCodes   bool     // the recovery codes that there are go, before others are added
	Session    []byte   // the hash of the session in which it is done
	NewSession []byte   // the hash by which that session goes on, all others end; nil: the sessions stay as they are
	Proves     Proven   // how the session is proven from then on
	Change     CredentialChange
	Notice     Notice
}

// After is how many factors there are once the change is stored. Recovery codes are none of their own.
func (c FactorChange) After() int {
	n := c.Was - len(c.Remove)
	for _, f := range c.Add {
		if f.Kind != RecoveryCode {
			n++
		}
	}
	return n
}

// FactorStore keeps second factors. Each method is one transaction or one read.
type FactorStore interface {
	// Factors gives an identity's factors and recovery codes, the oldest first.
	Factors(ctx context.Context, identityID string) ([]Factor, error)
	// FactorOf gives the factor of a LookUp with Identity, or NotFound.
	FactorOf(ctx context.Context, lookUp []byte) (*Factor, error)
	// ChangeFactors stores a change with what follows for the sessions. Conflict where password, factors or the answer's factor are not
	// as they were any more, Unauthenticated where the session has ended.
	ChangeFactors(ctx context.Context, c FactorChange) error
	// SignInStep gives the step of a token's hash with Identity, or NotFound.
	SignInStep(ctx context.Context, hash []byte) (*SignInStep, error)
	// FinishSignIn ends a step, where there was one, and begins its session. A passkey behind the password opens alone from then on.
	// Conflict where the answer's factor is used up meanwhile, Unauthenticated where the step is over or its person may not sign in any
	// more.
	FinishSignIn(ctx context.Context, f FinishedStep) error
}

// RecoveryCodes is how many recovery codes a person is given at once.
const RecoveryCodes = 10

// codeBytes is a recovery code's randomness: 120 bits, so that a plain hash of it may be stored (ASVS 5.0, 6.5.2).
const codeBytes = 15

// newRecoveryCodes makes codes to be shown once, and what is kept of them.
func newRecoveryCodes(identityID string, at time.Time) ([]string, []Factor) {
	var shown []string
	var kept []Factor
	for range RecoveryCodes {
		var secret [codeBytes]byte
		_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
		code := strings.ToLower(base32.StdEncoding.EncodeToString(secret[:]))
		shown = append(shown, code[:6]+"-"+code[6:12]+"-"+code[12:18]+"-"+code[18:])
		kept = append(kept, Factor{ID: NewID(), IdentityID: identityID, Kind: RecoveryCode, LookUp: recoveryLookUp(identityID, code), CreatedAt: at})
	}
	return shown, kept
}

// recoveryLookUp is what is kept of a recovery code, as somebody typed it: with or without what stands between its groups.
func recoveryLookUp(identityID, typed string) []byte {
	return lookUp("recovery", identityID, tidyCode(typed))
}

func lookUp(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return sum[:]
}

// tidyCode takes from a code what people type between its groups, and the capitals.
func tidyCode(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u2013", "").Replace(s))
}
