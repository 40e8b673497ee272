package ssotest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Forger is a provider that signs whatever it is told to, as one that is broken or in the wrong hands.
type Forger struct {
	Issuer string

	t    testing.TB
	key  *rsa.PrivateKey
	lock sync.Mutex
	say  map[string]any // claims that differ from good ones; nil values are left out
	sign *rsa.PrivateKey
	fail int              // the status of the token endpoint; 0: it answers
	lost http.HandlerFunc // answers in place of its keys; nil: they are there
}

// NewForger starts one. Its tokens are good until it is told otherwise.
func NewForger(t testing.TB) *Forger {
	t.Helper()
	f := &Forger{t: t, key: newKey(t)}
	f.sign = f.key
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", f.discovery)
	mux.HandleFunc("/keys", f.keys)
	mux.HandleFunc("/token", f.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.Issuer = server.URL
	return f
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Say makes it put other claims into its tokens.
func (f *Forger) Say(claims map[string]any) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.say = claims
}

// SignWithAnotherKey makes it sign with a key that it does not publish.
func (f *Forger) SignWithAnotherKey() {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.sign = newKey(f.t)
}

// Fail makes its token endpoint answer with a status.
func (f *Forger) Fail(status int) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.fail = status
}

// LoseKeys makes something else answer who asks for its keys; nil: they are back.
func (f *Forger) LoseKeys(answer http.HandlerFunc) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.lost = answer
}

func (f *Forger) discovery(w http.ResponseWriter, _ *http.Request) {
	f.answer(w, map[string]any{
		"issuer": f.Issuer, "authorization_endpoint": f.Issuer + "/authorize", "token_endpoint": f.Issuer + "/token",
		"jwks_uri": f.Issuer + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (f *Forger) keys(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	lost := f.lost
	f.lock.Unlock()
	if lost != nil {
		lost(w, r)
		return
	}
	f.answer(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
		"n": encode(f.key.N.Bytes()), "e": encode(big.NewInt(int64(f.key.E)).Bytes()),
	}}})
}

func (f *Forger) token(w http.ResponseWriter, _ *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.fail != 0 {
		http.Error(w, `{"error":"invalid_grant"}`, f.fail)
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": f.Issuer, "sub": "forged", "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"email": "sue@acme.example", "email_verified": true,
	}
	for name, value := range f.say {
		claims[name] = value
	}
	f.answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": f.signed(claims)})
}

func (f *Forger) signed(claims map[string]any) string {
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": "1"})
	body, err := json.Marshal(claims)
	if err != nil {
		f.t.Error(err)
	}
	text := encode(header) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.sign, crypto.SHA256, sum[:])
	if err != nil {
		f.t.Error(err)
	}
	return text + "." + encode(signature)
}

func (f *Forger) answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		f.t.Error(err)
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
