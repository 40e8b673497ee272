package app

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Token prefixes tell what a token opens; a token of one kind never passes for another.
const (
	LinkToken         = "rl1_" // a registration link
	ConfirmationToken = "rc1_" // the address in a confirmation or activation mail
	ResetToken        = "rp1_" // the address in a mail to somebody who has forgotten the password
	SessionToken      = "rs1_" // a session cookie
	SetupToken        = "ru1_" // the one-time set-up address of an empty installation
	JoinToken         = "rj1_" // the address in the mail by which somebody asks to be added to an account
)

const tokenBytes = 32 // 256 bits: guessing is hopeless whatever the number of links

// NewToken makes a secret of 256 random bits: the prefix and 43 characters of base64url.
func NewToken(prefix string) string {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// HashToken gives the SHA-256 of a token, which is what the database keeps, or false where the text cannot be a token of
// that prefix: wrong length, wrong alphabet, or a second spelling of the same bits (strict base64).
func HashToken(prefix, token string) ([]byte, bool) {
	body, ok := strings.CutPrefix(token, prefix)
	if !ok || len(body) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return nil, false
	}
	// The decoder skips line breaks even when it is strict; the length of what it gives tells.
	if secret, err := base64.RawURLEncoding.Strict().DecodeString(body); err != nil || len(secret) != tokenBytes {
		return nil, false
	}
	sum := sha256.Sum256([]byte(token))
	return sum[:], true
}

// KeySize is the length of the installation's secret key in bytes.
const KeySize = 32

// Sealer keeps tokens that must be shown again (a link that is copied twice, a mail that is sent twice) readable only with
// a key that is not in the database: AES-256-GCM, with the purpose as additional data so that a box opens nowhere else.
type Sealer struct {
	aead cipher.AEAD
	mac  []byte
}

// NewSealer takes the 32-byte secret key of the installation. Two keys are derived from it, one a use.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the secret key has %d bytes, it needs %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(derive(key, "seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead: aead, mac: derive(key, "mac")}, nil
}

func derive(key []byte, use string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("reglink/1/" + use))
	return h.Sum(nil)
}

// boxV1 starts every box, so that a later format or key can be told apart.
const boxV1 = 1

// Seal closes a secret for one purpose, such as "link|" and the link's id.
func (s *Sealer) Seal(purpose, secret string) []byte {
	return s.aead.Seal([]byte{boxV1}, nil, []byte(secret), []byte(purpose))
}

// ErrSealed says that a box cannot be opened: another key, another purpose, or damaged.
var ErrSealed = errors.New("sealed with another key or damaged")

// Open reads what Seal closed for the same purpose with the same key.
func (s *Sealer) Open(purpose string, box []byte) (string, error) {
	if len(box) == 0 || box[0] != boxV1 {
		return "", ErrSealed
	}
	secret, err := s.aead.Open(nil, nil, box[1:], []byte(purpose))
	if err != nil {
		return "", ErrSealed
	}
	return string(secret), nil
}

// Derived makes a token that needs no storage: it is the same for the same purpose and key, and nobody without the key can
// make it.
func (s *Sealer) Derived(prefix, purpose string) string {
	h := hmac.New(sha256.New, s.mac)
	h.Write([]byte(purpose))
	return prefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
