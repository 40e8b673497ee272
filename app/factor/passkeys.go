package factor

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"reglink/app"
)

// Passkeys speaks WebAuthn for one address of the portal.
type Passkeys struct {
	relyingParty *webauthn.WebAuthn
}

// NewPasskeys takes the address of the portal; scripts of other ones are not answered. It gives nil where
// browsers know no passkeys for that: over plain http, but for localhost, and where the host is an IP
// address.
func NewPasskeys(baseURL string) app.Passkeys {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil
	}
	host := strings.ToLower(base.Hostname())
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if base.Scheme != "https" && !local || protocol.ValidateRPID(host) != nil {
		return nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: Issuer, RPOrigins: []string{base.Scheme + "://" + strings.ToLower(base.Host)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		// Password managers say more than they were asked for. Nothing of it is used.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil
	}
	return Passkeys{relyingParty: party}
}

// webauthnUser is a person as the library wants to know one.
type webauthnUser struct {
	id, name, displayName string
	credentials           []webauthn.Credential
}

func (o webauthnUser) WebAuthnID() []byte                         { return []byte(o.id) }
func (o webauthnUser) WebAuthnName() string                       { return o.name }
func (o webauthnUser) WebAuthnDisplayName() string                { return o.displayName }
func (o webauthnUser) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

// webauthnUserOf reads what is kept of passkeys. How often each was used stands beside it.
func webauthnUserOf(identityID string, have []app.Factor) (webauthnUser, error) {
	o := webauthnUser{id: identityID}
	for _, f := range have {
		var c webauthn.Credential
		if err := json.Unmarshal(f.Credential, &c); err != nil {
			return webauthnUser{}, fmt.Errorf("passkey %s: %w", f.ID, err)
		}
		c.Authenticator.SignCount = uint32(f.Counter) //nolint:gosec // it came from there
		o.credentials = append(o.credentials, c)
	}
	return o, nil
}

// BeginRegistration asks for a new passkey of the person, who has those already.
func (p Passkeys) BeginRegistration(person app.Identity, have []app.Factor) (app.PasskeyChallenge, error) {
	o, err := webauthnUserOf(person.ID, have)
	if err != nil {
		return app.PasskeyChallenge{}, err
	}
	o.name, o.displayName = person.Email, person.Name()
	var known []protocol.CredentialDescriptor
	for _, c := range o.credentials {
		known = append(known, c.Descriptor())
	}
	asked, session, err := p.relyingParty.BeginRegistration(o, webauthn.WithExclusions(known))
	if err != nil {
		return app.PasskeyChallenge{}, err
	}
	return challengeOf(asked.Response, session)
}

func challengeOf(options any, session *webauthn.SessionData) (app.PasskeyChallenge, error) {
	shown, err := json.Marshal(options)
	state, stateErr := json.Marshal(session)
	return app.PasskeyChallenge{Options: string(shown), Challenge: session.Challenge, State: string(state)},
		errors.Join(err, stateErr)
}

// FinishRegistration gives the passkey of the answer.
func (p Passkeys) FinishRegistration(person app.Identity, asked app.PasskeyChallenge, answer string) (app.NewPasskey,
	error,
) {
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(asked.State), &session); err != nil {
		return app.NewPasskey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return app.NewPasskey{}, err
	}
	c, err := p.relyingParty.CreateCredential(webauthnUser{id: person.ID}, session, parsed)
	if err != nil {
		return app.NewPasskey{}, err
	}
	c.Attestation = webauthn.CredentialAttestation{} // we ask for none, and believe none
	record, err := json.Marshal(c)
	return app.NewPasskey{CredentialID: c.ID, Record: record, Counter: int64(c.Authenticator.SignCount)}, err
}

// BeginLogin asks for one of these passkeys of a person, who has given the password, too; of nobody: for any
// that the browser has, and that it makes sure of who uses it.
func (p Passkeys) BeginLogin(identityID string, have []app.Factor) (app.PasskeyChallenge, error) {
	o, err := webauthnUserOf(identityID, have)
	if err != nil {
		return app.PasskeyChallenge{}, err
	}
	if identityID == "" {
		asked, session, err := p.relyingParty.BeginDiscoverableLogin()
		if err != nil {
			return app.PasskeyChallenge{}, err
		}
		return challengeOf(asked.Response, session)
	}
	asked, session, err := p.relyingParty.BeginLogin(o, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return app.PasskeyChallenge{}, err
	}
	return challengeOf(asked.Response, session)
}

// CredentialID gives the id of the passkey that an answer is said to be of.
func (Passkeys) CredentialID(answer string) ([]byte, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, err
	}
	return parsed.RawID, nil
}

// FinishLogin tells which counter the answer of a passkey carries, and whether that is one that a copy of it
// would carry.
func (p Passkeys) FinishLogin(asked app.PasskeyChallenge, answer string, have []app.Factor) (int64, bool, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(asked.State), &session); err != nil {
		return 0, false, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil || len(have) == 0 {
		return 0, false, errors.Join(err, errors.New("no passkey that could have answered"))
	}
	o, err := webauthnUserOf(have[0].IdentityID, have)
	if err != nil {
		return 0, false, err
	}
	var used *webauthn.Credential
	if len(session.UserID) > 0 {
		used, err = p.relyingParty.ValidateLogin(o, session, parsed)
	} else {
		used, err = p.relyingParty.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil },
			session, parsed)
	}
	if err != nil {
		return 0, false, err
	}
	return int64(used.Authenticator.SignCount), used.Authenticator.CloneWarning, nil
}
