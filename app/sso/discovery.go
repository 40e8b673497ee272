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

// discoveryDocument is what is read here of the provider's answer, besides what go-oidc reads.
type discoveryDocument struct {
	Keys       string   `json:"jwks_uri"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
}

// fetchDiscovery gives what the provider of that name says of itself.
func fetchDiscovery(ctx context.Context, issuer string) (*discovered, error) {
	found, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	var said discoveryDocument
	if err := found.Claims(&said); err != nil {
		return nil, err
	}
	said.Algorithms = slices.DeleteFunc(said.Algorithms,
		func(a string) bool { return !slices.Contains(asymmetricAlgorithms(), a) })
	return &discovered{found, oidc.NewRemoteKeySet(ctx, said.Keys), said.Algorithms}, nil
}

// asymmetricAlgorithms are the algorithms by which anybody can check a signature and only the provider can make one.
func asymmetricAlgorithms() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512,
		oidc.EdDSA,
	}
}

// verifyIDToken checks that an ID token is the provider's, and for this portal. It tells a token that proves
// nothing from keys that could not be fetched.
func (d *discovered) verifyIDToken(ctx context.Context, to Settings, raw string) (*oidc.IDToken, error) {
	keys := &keySetWithError{KeySet: d.keys}
	config := &oidc.Config{ClientID: to.ClientID, SupportedSigningAlgs: d.algorithms}
	proof, err := oidc.NewVerifier(to.Issuer, keys, config).Verify(ctx, raw)
	switch {
	case keys.fetchErr != nil:
		return nil, errUnavailable("the provider's keys", keys.fetchErr)
	case err != nil:
		return nil, fmt.Errorf("%w: %.200s", app.Refuse(app.Forbidden, "sso_failed"), err.Error())
	}
	return proof, nil
}

// keySetWithError is the provider's keys during one check. It keeps why they could not be fetched: go-oidc
// makes a text of that.
type keySetWithError struct {
	oidc.KeySet

	fetchErr error
}

func (a *keySetWithError) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := a.KeySet.VerifySignature(ctx, jwt)
	if errors.Unwrap(err) != nil { // only what it says of keys that it could not fetch wraps an error
		a.fetchErr = err
	}
	return payload, err
}
