package factor

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// rfc6238Secret is the secret of the standard's test vectors (appendix B), "12345678901234567890" in base32.
const rfc6238Secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// The vectors have eight digits; the last six of them are the code of six.
func TestTOTP_MatchesTheVectorsOfRFC6238(t *testing.T) {
	t.Parallel()
	for at, code := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037",
		20000000000: "65353130",
	} {
		step, ok := TOTP{}.Step(rfc6238Secret, code[2:], time.Unix(at, 0))
		if !ok || step != at/30 {
			t.Errorf("%d: step %d, %v", at, step, ok)
		}
	}
}

func TestTOTP_AllowsOneStepOfDriftEachSide(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	secret := TOTP{}.NewSecret()
	for off, right := range map[int64]bool{-3: false, -2: false, -1: true, 0: true, 1: true, 2: false, 3: false} {
		code, err := totp.GenerateCode(secret, at.Add(time.Duration(off)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		step, ok := TOTP{}.Step(secret, code, at)
		if ok != right || (ok && step != at.Unix()/30+off) {
			t.Errorf("%+d steps: step %d, %v", off, step, ok)
		}
	}
}

func TestTOTP_RefusesWhatIsNoCode(t *testing.T) {
	t.Parallel()
	at := time.Unix(59, 0)
	for _, code := range []string{
		"", "28708", "2870820", "94287082", "abcdef", "28708\x00", "２８７０８２",
		strings.Repeat("1", 10_000),
	} {
		if step, ok := (TOTP{}).Step(rfc6238Secret, code, at); ok {
			t.Errorf("%.20q is the code of step %d", code, step)
		}
	}
	for _, secret := range []string{"", "not base32!", "A"} {
		if _, ok := (TOTP{}).Step(secret, "287082", at); ok {
			t.Errorf("%q has this code", secret)
		}
	}
}

func TestTOTP_AddressIsAnOTPAuthURL(t *testing.T) {
	t.Parallel()
	secret := TOTP{}.NewSecret()
	if len(secret) != 32 || secret == (TOTP{}).NewSecret() {
		t.Fatalf("the secret is %q", secret)
	}
	for _, email := range []string{
		"sue@acme.example", "o'neil+a&b=c@acme.example", "jörg@bücher.example",
		"a/b?c#d@acme.example",
	} {
		address, err := TOTP{}.URL(secret, email)
		if err != nil {
			t.Fatal(err)
		}
		key, err := otp.NewKeyFromURL(address)
		if err != nil || key.Secret() != secret || key.AccountName() != email || key.Issuer() != Issuer ||
			key.Period() != 30 {
			t.Errorf("%s: %v is of %q by %q", address, err, key.AccountName(), key.Issuer())
		}
	}
	if _, err := (TOTP{}).URL("not base32!", "sue@acme.example"); err == nil {
		t.Error("a secret that is none has an address")
	}
}
