package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"reglink/app"
)

// Settings name the provider and this portal's place there.
type Settings struct {
	Issuer       string
	ClientID     string
	ClientSecret string // empty for a public client: PKCE alone protects the code then
	Name         string // what people know the provider by
	RedirectURL  string // where the provider sends people back to, at this portal
}

// discoveryRetryAfter is how long a provider that did not answer is left alone.
const discoveryRetryAfter = 3 * time.Second

// Provider is an OpenID Connect provider. What it says of itself is asked at the first sign-in, not at the
// start: the portal begins and goes on without it.
type Provider struct {
	settings Settings
	client   *http.Client

	discoveryMutex sync.Mutex
	discovered     *discovered
	failedAt       time.Time // the last time it could not be asked
	failure        error
}

var _ app.SSO = (*Provider)(nil)

// NewProvider makes the provider and asks it nothing yet.
func NewProvider(s Settings) *Provider { return &Provider{settings: s, client: newClient()} }

// Name is what people know the provider by.
func (p *Provider) Name() string { return p.settings.Name }

// Begin gives the address at which the provider asks who somebody is.
func (p *Provider) Begin(ctx context.Context, a app.SSOAttempt) (string, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	config := p.oauthConfig(found)
	return config.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

func (p *Provider) oauthConfig(found *discovered) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: p.settings.RedirectURL, Scopes: []string{oidc.ScopeOpenID, "email"},
	}
}

// discover asks the provider for its addresses and keys, until it has answered once. One asks at a time, the
// others wait for what that one learns.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.discoveryMutex.Lock()
	defer p.discoveryMutex.Unlock()
	if p.discovered != nil {
		return p.discovered, nil
	}
	if time.Since(p.failedAt) < discoveryRetryAfter {
		return nil, p.failure
	}
	ctx, cancel := withTimeout(oidc.ClientContext(ctx, p.client))
	defer cancel()
	found, err := fetchDiscovery(ctx, p.settings.Issuer)
	if err != nil {
		p.failedAt, p.failure = time.Now(), errUnavailable("the OpenID provider cannot be asked", err)
		return nil, p.failure
	}
	p.discovered = found
	return found, nil
}

// errUnavailable is short, for an error may hold all that was answered.
func errUnavailable(what string, err error) error {
	return fmt.Errorf("%w: %s: %.200s", app.Refuse(app.Unavailable, "sso_away"), what, err.Error())
}

func refused(why string) error {
	return fmt.Errorf("%w: %s", app.Refuse(app.Forbidden, "sso_failed"), why)
}

// Redeem trades the code for what the provider says about the person, and checks that it says so for this
// portal and this attempt.
func (p *Provider) Redeem(ctx context.Context, a app.SSOAttempt, code string) (app.SSOClaim, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return app.SSOClaim{}, err
	}
	ctx, cancel := withTimeout(oidc.ClientContext(ctx, p.client))
	defer cancel()
	token, err := p.oauthConfig(found).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return app.SSOClaim{}, exchangeError(err)
	}
	raw, _ := token.Extra("id_token").(string)
	proof, err := found.verifyIDToken(ctx, p.settings, raw)
	if err != nil {
		return app.SSOClaim{}, err
	}
	if proof.Nonce != a.Nonce {
		return app.SSOClaim{}, refused("the ID token is of another attempt")
	}
	return p.claim(ctx, found, token, proof)
}

// exchangeError tells a provider that refuses the code from one that cannot answer. What it wrote may repeat
// what we sent, so that it goes into no log.
func exchangeError(err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := answer.Response.StatusCode
		if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			return refused(fmt.Sprintf("the provider took the code with status %d", status))
		}
		return errUnavailable("the token endpoint", fmt.Errorf("status %d", status))
	}
	return errUnavailable("the token endpoint", err)
}

// emailClaims is what an ID token may say besides the subject. Some providers write the truth as a text.
type emailClaims struct {
	Email    string `json:"email"`
	Verified any    `json:"email_verified"`
}

func (s emailClaims) verified() bool { return s.Verified == true || s.Verified == "true" }

// claim reads the address from the ID token, or from the provider's userinfo where that does not tell a verified one.
func (p *Provider) claim(ctx context.Context, found *discovered, token *oauth2.Token,
	proof *oidc.IDToken,
) (app.SSOClaim, error) {
	var own emailClaims
	if err := proof.Claims(&own); err != nil {
		return app.SSOClaim{}, refused("the ID token cannot be read")
	}
	claim := app.SSOClaim{Issuer: proof.Issuer, Subject: proof.Subject, Email: own.Email, Verified: own.verified()}
	if (claim.Email != "" && claim.Verified) || found.UserInfoEndpoint() == "" {
		return claim, nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return app.SSOClaim{}, errUnavailable("the provider's userinfo", err)
	}
	if info.Subject != claim.Subject {
		return app.SSOClaim{}, refused("the userinfo is about somebody else")
	}
	if info.Email != "" {
		claim.Email, claim.Verified = info.Email, info.EmailVerified
	}
	return claim, nil
}
