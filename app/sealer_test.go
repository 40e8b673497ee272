package app_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"testing"

	"reglink/app"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, app.KeySize) }

func sealerOf(t *testing.T, newest byte, older ...byte) *app.Sealer {
	t.Helper()
	var rest [][]byte
	for _, b := range older {
		rest = append(rest, key(b))
	}
	s, err := app.NewSealer(key(newest), rest...)
	wantNoError(t, err)
	return s
}

func TestSealerOpensWhatOlderKeysSealed(t *testing.T) {
	t.Parallel()
	box := sealerOf(t, 1).Seal("link|ONE", "secret")
	if got, err := sealerOf(t, 2, 3, 1).Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
	if _, err := sealerOf(t, 2, 3).Open("link|ONE", box); !errors.Is(err, app.ErrSealed) {
		t.Errorf("got %v, want ErrSealed", err)
	}
	if _, err := app.NewSealer(key(1), make([]byte, 31)); err == nil {
		t.Error("an old key of 31 bytes is taken")
	}
}

// Boxes of the first format, which named no key, still open.
func TestSealerOpensTheFirstFormat(t *testing.T) {
	t.Parallel()
	h := hmac.New(sha256.New, key(1))
	h.Write([]byte("reglink/1/seal"))
	block, err := aes.NewCipher(h.Sum(nil))
	wantNoError(t, err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	wantNoError(t, err)
	box := aead.Seal([]byte{1}, nil, []byte("secret"), []byte("link|ONE"))
	if got, err := sealerOf(t, 2, 1).Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
}

func TestSealerLearnsKeys(t *testing.T) {
	t.Parallel()
	now, looks := [][]byte{key(1)}, 0
	s := sealerOf(t, 1)
	s.Learns(func() ([][]byte, error) {
		looks++
		return now, nil
	})
	kept := s.Seal("link|ONE", "kept")
	box := sealerOf(t, 2).Seal("link|ONE", "secret")
	for range 50 {
		if _, err := s.Open("link|ONE", box); !errors.Is(err, app.ErrSealed) {
			t.Fatalf("got %v, want ErrSealed", err)
		}
	}
	if looks < 1 || looks > 5 {
		t.Errorf("the files were read %d times for 50 boxes that nobody opens", looks)
	}
	fresh := sealerOf(t, 1)
	fresh.Learns(func() ([][]byte, error) { return [][]byte{key(2)}, nil })
	if got, err := fresh.Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
	if got, err := fresh.Open("link|ONE", kept); got != "kept" || err != nil {
		t.Errorf("the key from before: got %q, %v, want kept", got, err)
	}
	if _, err := sealerOf(t, 2).Open("link|ONE", fresh.Seal("link|ONE", "x")); !errors.Is(err, app.ErrSealed) {
		t.Error("a key seals before the database names it")
	}
	fresh.Learns(func() ([][]byte, error) { return nil, errors.New("unreadable") })
	if _, err := fresh.Open("link|ONE", sealerOf(t, 3).Seal("link|ONE", "x")); !errors.Is(err, app.ErrSealed) {
		t.Errorf("got %v, want ErrSealed", err)
	}
}
