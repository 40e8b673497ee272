package app

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

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
	block, err := aes.NewCipher(derive(key, "seal"))
	if err != nil {
		return secretKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return secretKey{}, err
	}
	return secretKey{id: [keyIDSize]byte(derive(key, "id")), aead: aead, mac: derive(key, "mac")}, nil
}

func derive(key []byte, use string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("reglink/1/" + use))
	return h.Sum(nil)
}

// name is the key's id as people read it.
func (k secretKey) name() string { return fmt.Sprintf("%x", k.id) }

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

// keyOf gives the id of the key that sealed a box; the first format does not tell.
func keyOf(box []byte) ([]byte, bool) {
	if len(box) <= keyIDSize || box[0] != boxV2 {
		return nil, false
	}
	return box[1 : 1+keyIDSize], true
}
