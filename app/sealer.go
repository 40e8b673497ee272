package app

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// KeySize is the length of a secret key of the installation in bytes.
const KeySize = 32

// Sealer keeps tokens that must be shown again (a link that is copied twice, a mail that is sent twice)
// readable only with a key that is not in the database: AES-256-GCM, with the purpose as additional data so
// that a box opens nowhere else. A box names its key, so that the key can be changed while everything that
// older ones sealed still opens. It is safe for concurrent use.
type Sealer struct {
	ring      atomic.Pointer[keyRing]
	mu        sync.Mutex // of what follows
	keySource func() ([][]byte, error)
	missedAt  time.Time // when a key was last looked for in vain
}

// keyRing is the keys that are known, which of them seals, and what tokens are derived with.
type keyRing struct {
	keys    []secretKey // the newest first
	sealing secretKey
	mac     []byte
}

// NewSealer takes the 32-byte secret key of the installation, and those that it had before. The first one
// seals, until CheckKey finds that the database names another.
func NewSealer(key []byte, older ...[]byte) (*Sealer, error) {
	r := &keyRing{}
	for _, k := range slices.Concat([][]byte{key}, older) {
		one, err := newSecretKey(k)
		if err != nil {
			return nil, err
		}
		r.keys = append(r.keys, one)
	}
	r.sealing, r.mac = r.keys[0], r.keys[0].mac
	s := &Sealer{}
	s.ring.Store(r)
	return s, nil
}

// SetKeySource tells the Sealer where to look for keys when a box names one that it does not know: so a
// running program follows a key file that is replaced. They come in the order that NewSealer takes.
func (s *Sealer) SetKeySource(fresh func() ([][]byte, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keySource = fresh
}

// keySourceInterval bounds how often a box that nobody can open has key files read.
const keySourceInterval = 200 * time.Millisecond

// loadKey looks for a key that is not known, and tells whether it is now.
func (s *Sealer) loadKey(id []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hasKey(id) {
		return true
	}
	if s.keySource == nil || time.Since(s.missedAt) < keySourceInterval {
		return false
	}
	if keys, err := s.keySource(); err == nil && len(keys) > 0 {
		s.addKeys(keys)
	}
	if !s.hasKey(id) {
		s.missedAt = time.Now()
	}
	return s.hasKey(id)
}

// addKeys puts keys before those that are known, which stay: somebody else may still seal with one of them.
func (s *Sealer) addKeys(keys [][]byte) {
	found, err := NewSealer(keys[0], keys[1:]...)
	if err != nil {
		return
	}
	known := s.ring.Load()
	next := &keyRing{keys: found.ring.Load().keys, sealing: known.sealing, mac: known.mac}
	for _, k := range known.keys {
		if !next.has(k.id[:]) {
			next.keys = append(next.keys, k)
		}
	}
	s.ring.Store(next)
}

// Seal closes a secret for one purpose, such as "link|" and the link's id.
func (s *Sealer) Seal(purpose, secret string) []byte {
	return s.ring.Load().sealing.seal(purpose, secret)
}

// ErrCannotOpen says that a box cannot be opened: another key, another purpose, or damaged.
var ErrCannotOpen = errors.New("sealed with another key or damaged")

// errKeyUnknown is ErrCannotOpen of a box that names a key which is not known here. Another server may have it.
var errKeyUnknown = fmt.Errorf("%w: its key is not known here", ErrCannotOpen)

// Open reads what Seal closed for the same purpose, with whichever key that is known.
func (s *Sealer) Open(purpose string, box []byte) (string, error) {
	secret, _, err := s.open(purpose, box)
	return secret, err
}

// open is Open that tells which key it was.
func (s *Sealer) open(purpose string, box []byte) (string, secretKey, error) {
	r := s.ring.Load()
	for _, k := range r.keys {
		if secret, ok := k.open(purpose, box); ok {
			return secret, k, nil
		}
	}
	id, named := sealedKeyID(box)
	switch {
	case !named || r.has(id):
		return "", secretKey{}, ErrCannotOpen
	case s.loadKey(id):
		return s.open(purpose, box)
	}
	return "", secretKey{}, errKeyUnknown
}

func (s *Sealer) hasKey(id []byte) bool {
	return s.ring.Load().has(id)
}

// DeriveToken makes a token that needs no storage: it is the same for the same purpose and installation,
// whichever key seals there now, and nobody without the key can make it.
func (s *Sealer) DeriveToken(prefix, purpose string) string {
	h := hmac.New(sha256.New, s.ring.Load().mac)
	h.Write([]byte(purpose))
	return prefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (r *keyRing) has(id []byte) bool {
	return slices.ContainsFunc(r.keys, func(k secretKey) bool { return bytes.Equal(k.id[:], id) })
}

// secretKey is one key in the forms in which it is used; none of them can be had from another.
type secretKey struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
	mac  []byte
}

const keyIDSize = 8

func newSecretKey(key []byte) (secretKey, error) {
	if len(key) != KeySize {
		return secretKey{}, fmt.Errorf("the secret key has %d bytes, it needs %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(deriveKey(key, "seal"))
	if err != nil {
		return secretKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return secretKey{}, err
	}
	return secretKey{id: [keyIDSize]byte(deriveKey(key, "id")), aead: aead, mac: deriveKey(key, "mac")}, nil
}

func deriveKey(key []byte, use string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("reglink/1/" + use))
	return h.Sum(nil)
}

// hexID is the key's id as people read it.
func (k secretKey) hexID() string { return fmt.Sprintf("%x", k.id) }

// Every box begins with its format. The first one had no key in it, the second one has the key's id.
const (
	boxV1 = 1
	boxV2 = 2
)

// header is how the key's boxes begin.
func (k secretKey) header() []byte { return append([]byte{boxV2}, k.id[:]...) }

func (k secretKey) seal(purpose, secret string) []byte {
	return k.aead.Seal(k.header(), nil, []byte(secret), []byte(purpose))
}

func (k secretKey) open(purpose string, box []byte) (string, bool) {
	content, mine := bytes.CutPrefix(box, k.header())
	if !mine {
		content, mine = bytes.CutPrefix(box, []byte{boxV1})
	}
	if !mine {
		return "", false
	}
	secret, err := k.aead.Open(nil, nil, content, []byte(purpose))
	return string(secret), err == nil
}

// sealedKeyID gives the id of the key that sealed a box; the first format does not tell.
func sealedKeyID(box []byte) ([]byte, bool) {
	if len(box) <= keyIDSize || box[0] != boxV2 {
		return nil, false
	}
	return box[1 : 1+keyIDSize], true
}

const macPurpose = "mac"

func (s *Sealer) newestKey() secretKey { return s.ring.Load().keys[0] }

// adoptKey has the key seal that the installation's row names. It answers Conflict where that one, or one
// that may still be needed, is not known.
func (s *Sealer) adoptKey(row Installation) error {
	_, by, err := s.open(keyCheckPurpose, row.KeyCheck)
	if err != nil {
		return Refuse(Conflict, "key_mismatch")
	}
	for name := range strings.FieldsSeq(row.OldKeys) {
		id, err := hex.DecodeString(name)
		if err != nil || !s.loadKey(id) {
			return Refuse(Conflict, "key_old_missing", "Key", name)
		}
	}
	mac := by.mac
	if row.MacBox != nil {
		text, _, err := s.open(macPurpose, row.MacBox)
		if err != nil {
			return Refuse(Conflict, "key_mismatch")
		}
		mac = []byte(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring.Store(&keyRing{keys: s.ring.Load().keys, sealing: by, mac: mac})
	return nil
}

// withNewestKey gives the installation's row as it names the newest key. What tokens are derived with stays
// what it is: counts of limits and a set-up address outlive the key.
func (s *Sealer) withNewestKey(row Installation) Installation {
	newest, r := s.newestKey(), s.ring.Load()
	check, by, err := s.open(keyCheckPurpose, row.KeyCheck)
	if err == nil && by.id == newest.id {
		return s.dropUnknownOldKeys(row)
	}
	old := strings.Fields(row.OldKeys)
	if err == nil && !slices.Contains(old, by.hexID()) {
		old = append(old, by.hexID())
	}
	if err != nil {
		check = keyCheckPurpose
	}
	row.KeyCheck, row.MacBox = newest.seal(keyCheckPurpose, check), newest.seal(macPurpose, string(r.mac))
	row.OldKeys = strings.Join(old, " ")
	return s.dropUnknownOldKeys(row)
}

// dropUnknownOldKeys leaves out the old keys that nobody has any more.
func (s *Sealer) dropUnknownOldKeys(row Installation) Installation {
	var old []string
	for name := range strings.FieldsSeq(row.OldKeys) {
		if id, err := hex.DecodeString(name); err == nil && s.loadKey(id) {
			old = append(old, name)
		}
	}
	row.OldKeys = strings.Join(old, " ")
	return row
}
