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

	t           testing.TB
	key         *rsa.PrivateKey
	lock        sync.Mutex
	claims      map[string]any // claims that differ from good ones; nil values are left out
	signingKey  *rsa.PrivateKey
	tokenStatus int              // the status of the token endpoint; 0: it answers
	keysHandler http.HandlerFunc // answers in place of its keys; nil: they are there
}

// NewForger starts one. Its tokens are good until it is told otherwise.
func NewForger(t testing.TB) *Forger {
	t.Helper()
	f := &Forger{t: t, key: newKey(t)}
	f.signingKey = f.key
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

// SetClaims makes it put other claims into its tokens.
func (f *Forger) SetClaims(claims map[string]any) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.claims = claims
}

// SignWithAnotherKey makes it sign with a key that it does not publish.
func (f *Forger) SignWithAnotherKey() {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.signingKey = newKey(f.t)
}

// FailTokens makes its token endpoint answer with a status.
func (f *Forger) FailTokens(status int) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.tokenStatus = status
}

// ReplaceKeys makes something else answer who asks for its keys; nil: they are back.
func (f *Forger) ReplaceKeys(answer http.HandlerFunc) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.keysHandler = answer
}

func (f *Forger) discovery(w http.ResponseWriter, _ *http.Request) {
	f.writeJSON(w, map[string]any{
		"issuer": f.Issuer, "authorization_endpoint": f.Issuer + "/authorize", "token_endpoint": f.Issuer + "/token",
		"jwks_uri": f.Issuer + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (f *Forger) keys(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	lost := f.keysHandler
	f.lock.Unlock()
	if lost != nil {
		lost(w, r)
		return
	}
	f.writeJSON(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
		"n": encodeBase64URL(f.key.N.Bytes()), "e": encodeBase64URL(big.NewInt(int64(f.key.E)).Bytes()),
	}}})
}

func (f *Forger) token(w http.ResponseWriter, _ *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.tokenStatus != 0 {
		http.Error(w, `{"error":"invalid_grant"}`, f.tokenStatus)
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": f.Issuer, "sub": "forged", "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"email": "sue@acme.example", "email_verified": true,
	}
	for name, value := range f.claims {
		claims[name] = value
	}
	f.writeJSON(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": f.signJWT(claims)})
}

func (f *Forger) signJWT(claims map[string]any) string {
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": "1"})
	body, err := json.Marshal(claims)
	if err != nil {
		f.t.Error(err)
	}
	text := encodeBase64URL(header) + "." + encodeBase64URL(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.signingKey, crypto.SHA256, sum[:])
	if err != nil {
		f.t.Error(err)
	}
	return text + "." + encodeBase64URL(signature)
}

func (f *Forger) writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		f.t.Error(err)
	}
}

func encodeBase64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
