package sso

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"

	"reglink/app"
)

// discovered is what a provider has said of itself once.
type discovered struct {
	*oidc.Provider

	keys       oidc.KeySet // fetched when they are first needed, and again when a signature names another
	algorithms []string
}

// discovery is what is read here of the provider's answer, besides what go-oidc reads.
type discovery struct {
	Keys       string   `json:"jwks_uri"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
}

// ask gives what the provider of that name says of itself.
func ask(ctx context.Context, issuer string) (*discovered, error) {
	found, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	var said discovery
	if err := found.Claims(&said); err != nil {
		return nil, err
	}
	said.Algorithms = slices.DeleteFunc(said.Algorithms, func(a string) bool { return !slices.Contains(publicKeyed(), a) })
	return &discovered{found, oidc.NewRemoteKeySet(ctx, said.Keys), said.Algorithms}, nil
}

// publicKeyed are the algorithms by which anybody can check a signature and only the provider can make one.
func publicKeyed() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
	}
}

// prove checks that an ID token is the provider's, and for this portal. It tells a token that proves nothing from keys that could not be fetched.
func (d *discovered) prove(ctx context.Context, to Settings, raw string) (*oidc.IDToken, error) {
	keys := &asked{KeySet: d.keys}
	config := &oidc.Config{ClientID: to.ClientID, SupportedSigningAlgs: d.algorithms}
	proof, err := oidc.NewVerifier(to.Issuer, keys, config).Verify(ctx, raw)
	switch {
	case keys.away != nil:
		return nil, away("the provider's keys", keys.away)
	case err != nil:
		return nil, fmt.Errorf("%w: %.200s", app.Refuse(app.Forbidden, "sso_failed"), err.Error())
	}
	return proof, nil
}

// asked is the provider's keys during one check. It keeps why they could not be fetched: go-oidc makes a text of that.
type asked struct {
	oidc.KeySet

	away error
}

func (a *asked) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := a.KeySet.VerifySignature(ctx, jwt)
	if errors.Unwrap(err) != nil { // only what it says of keys that it could not fetch wraps an error
		a.away = err
	}
	return payload, err
}
