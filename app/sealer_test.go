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

func testKey(b byte) []byte { return bytes.Repeat([]byte{b}, app.KeySize) }

func newSealerWithKeys(t *testing.T, newest byte, older ...byte) *app.Sealer {
	t.Helper()
	var rest [][]byte
	for _, b := range older {
		rest = append(rest, testKey(b))
	}
	s, err := app.NewSealer(testKey(newest), rest...)
	wantNoError(t, err)
	return s
}

func TestSealer_OpensWhatOlderKeysSealed(t *testing.T) {
	t.Parallel()
	box := newSealerWithKeys(t, 1).Seal("link|ONE", "secret")
	if got, err := newSealerWithKeys(t, 2, 3, 1).Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
	if _, err := newSealerWithKeys(t, 2, 3).Open("link|ONE", box); !errors.Is(err, app.ErrCannotOpen) {
		t.Errorf("got %v, want ErrSealed", err)
	}
	if _, err := app.NewSealer(testKey(1), make([]byte, 31)); err == nil {
		t.Error("an old key of 31 bytes is taken")
	}
}

// Boxes of the first format, which named no key, still open.
func TestSealer_OpensTheFirstFormat(t *testing.T) {
	t.Parallel()
	h := hmac.New(sha256.New, testKey(1))
	h.Write([]byte("reglink/1/seal"))
	block, err := aes.NewCipher(h.Sum(nil))
	wantNoError(t, err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	wantNoError(t, err)
	box := aead.Seal([]byte{1}, nil, []byte("secret"), []byte("link|ONE"))
	if got, err := newSealerWithKeys(t, 2, 1).Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
}

func TestSealer_LearnsKeys(t *testing.T) {
	t.Parallel()
	now, looks := [][]byte{testKey(1)}, 0
	s := newSealerWithKeys(t, 1)
	s.SetKeySource(func() ([][]byte, error) {
		looks++
		return now, nil
	})
	kept := s.Seal("link|ONE", "kept")
	box := newSealerWithKeys(t, 2).Seal("link|ONE", "secret")
	for range 50 {
		if _, err := s.Open("link|ONE", box); !errors.Is(err, app.ErrCannotOpen) {
			t.Fatalf("got %v, want ErrSealed", err)
		}
	}
	if looks < 1 || looks > 5 {
		t.Errorf("the files were read %d times for 50 boxes that nobody opens", looks)
	}
	fresh := newSealerWithKeys(t, 1)
	fresh.SetKeySource(func() ([][]byte, error) { return [][]byte{testKey(2)}, nil })
	if got, err := fresh.Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
	if got, err := fresh.Open("link|ONE", kept); got != "kept" || err != nil {
		t.Errorf("the key from before: got %q, %v, want kept", got, err)
	}
	if _, err := newSealerWithKeys(t, 2).Open("link|ONE", fresh.Seal("link|ONE", "x")); !errors.Is(err,
		app.ErrCannotOpen) {
		t.Error("a key seals before the database names it")
	}
	fresh.SetKeySource(func() ([][]byte, error) { return nil, errors.New("unreadable") })
	if _, err := fresh.Open("link|ONE", newSealerWithKeys(t, 3).Seal("link|ONE", "x")); !errors.Is(err,
		app.ErrCannotOpen) {
		t.Errorf("got %v, want ErrSealed", err)
	}
}

func TestT03_SealerHidesSecrets(t *testing.T) {
	t.Parallel()
	sealer := newSealer(t)
	box := sealer.Seal("link|ONE", "secret")
	if got, err := sealer.Open("link|ONE", box); got != "secret" || err != nil {
		t.Errorf("got %q, %v, want secret", got, err)
	}
	if bytes.Contains(box, []byte("secret")) {
		t.Errorf("the secret can be read in its box %q", box)
	}
	if again := sealer.Seal("link|ONE", "secret"); bytes.Equal(again, box) {
		t.Error("two boxes of one secret are alike: the nonce repeats")
	}
}

func TestT03_SealerRefusesChangedBoxes(t *testing.T) {
	t.Parallel()
	sealer := newSealer(t)
	box := sealer.Seal("link|ONE", "secret")
	refused := func(why, purpose string, box []byte) {
		t.Helper()
		if got, err := sealer.Open(purpose, box); got != "" || !errors.Is(err, app.ErrCannotOpen) {
			t.Errorf("%s: got %q, %v, want ErrSealed", why, got, err)
		}
	}
	refused("other purpose", "link|TWO", box)
	refused("no purpose", "", box)
	refused("lengthened", "link|ONE", append(bytes.Clone(box), 0))
	for i := range box {
		refused("truncated", "link|ONE", box[:i])
		for bit := range 8 {
			flipped := bytes.Clone(box)
			flipped[i] ^= 1 << bit
			refused("bit flipped", "link|ONE", flipped)
		}
	}
	other, err := app.NewSealer(bytes.Repeat([]byte{1}, app.KeySize))
	wantNoError(t, err)
	refused("other key", "link|ONE", other.Seal("link|ONE", "secret"))
}

func TestNewSealer_RefusesKeysOfOtherSizes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 16, 31, 33, 64} {
		if _, err := app.NewSealer(make([]byte, size)); err == nil {
			t.Errorf("a key of %d bytes is taken", size)
		}
	}
}

func TestDerived_DependsOnKeyAndPurpose(t *testing.T) {
	t.Parallel()
	sealer := newSealer(t)
	token := sealer.DeriveToken(app.SetupToken, "setup|a")
	if again := newSealer(t).DeriveToken(app.SetupToken, "setup|a"); again != token {
		t.Errorf("the same key and purpose: got %q and %q", token, again)
	}
	if other := sealer.DeriveToken(app.SetupToken, "setup|b"); other == token {
		t.Error("two purposes derive one token")
	}
	if _, ok := app.HashToken(app.SetupToken, token); !ok {
		t.Errorf("%q has not the shape of a token", token)
	}
	other, err := app.NewSealer(bytes.Repeat([]byte{1}, app.KeySize))
	wantNoError(t, err)
	if other.DeriveToken(app.SetupToken, "setup|a") == token {
		t.Error("two keys derive one token")
	}
}

// FuzzSealedBox: what was closed for one purpose opens for it alone, and nothing that was changed opens at all.
func FuzzSealedBox(f *testing.F) {
	f.Add("link|ONE", "link|TWO", "secret", 0, byte(1))
	f.Add("", "toast", "", 30, byte(0x80))
	f.Add("a|b", "a|", "b\x00\xff", 1, byte(0))
	sealer := newSealer(f)
	f.Fuzz(func(t *testing.T, purpose, other, secret string, at int, flip byte) {
		box := sealer.Seal(purpose, secret)
		if got, err := sealer.Open(purpose, box); got != secret || err != nil {
			t.Fatalf("%q comes back as %q: %v", secret, got, err)
		}
		if got, err := sealer.Open(other, box); other != purpose && (got != "" || !errors.Is(err, app.ErrCannotOpen)) {
			t.Errorf("the box for %q opens for %q: %q, %v", purpose, other, got, err)
		}
		box[(at%len(box)+len(box))%len(box)] ^= flip
		if got, err := sealer.Open(purpose, box); flip != 0 && (got != "" || !errors.Is(err, app.ErrCannotOpen)) {
			t.Errorf("a changed box opens: %q, %v", got, err)
		}
		if got, err := sealer.Open(purpose, []byte(secret)); got != "" || !errors.Is(err, app.ErrCannotOpen) {
			t.Errorf("%q passes for a box: %q, %v", secret, got, err)
		}
	})
}
