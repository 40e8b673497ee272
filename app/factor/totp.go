// Package factor speaks to what people prove themselves with besides the password: authenticator apps and
// passkeys. The rules are package app's; here is what the standards say.
package factor

import (
	"encoding/base32"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// Issuer is the name under which an app lists the portal's codes.
const Issuer = "Reglink"

// periodSeconds is how long a code is shown, in seconds: what RFC 6238 recommends and every app knows, as six
// digits and SHA-1 are.
const periodSeconds = 30

// TOTP are those of authenticator apps (TOTP, RFC 6238).
type TOTP struct{}

// NewSecret makes a secret of 160 random bits, which is what RFC 4226 recommends, in base32.
func (TOTP) NewSecret() string {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: Issuer, AccountName: "new"})
	if err != nil {
		panic(err) // only crypto/rand or the words above could fail
	}
	return key.Secret()
}

// URL is what an app scans, an otpauth URL: the secret, whose it is and what for.
func (TOTP) URL(secret, email string) (string, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: Issuer, AccountName: email, Secret: raw})
	if err != nil {
		return "", err
	}
	return key.URL(), nil
}

// Step gives the time step whose code it is, of the present one, the one before and the one after: clocks
// differ, and people type.
func (TOTP) Step(secret, code string, at time.Time) (int64, bool) {
	present := at.Unix() / periodSeconds
	sixDigits := hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	for _, step := range []int64{present, present - 1, present + 1} {
		right, err := hotp.ValidateCustom(code, uint64(step), secret, sixDigits) //nolint:gosec // counted from 1970
		if err == nil && right {
			return step, true
		}
	}
	return 0, false
}
