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
	party *webauthn.WebAuthn
}

// NewPasskeys takes the address of the portal; scripts of other ones are not answered. It gives nil where browsers know no passkeys for
// that: over plain http, but for localhost, and where the host is an IP address.
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
	return Passkeys{party: party}
}

// owner is a person as the library wants to know one.
type owner struct {
	id, name, shown string
	credentials     []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.id) }
func (o owner) WebAuthnName() string                       { return o.name }
func (o owner) WebAuthnDisplayName() string                { return o.shown }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

// ownerOf reads what is kept of passkeys. How often each was used stands beside it.
func ownerOf(identityID string, have []app.Factor) (owner, error) {
	o := owner{id: identityID}
	for _, f := range have {
		var c webauthn.Credential
		if err := json.Unmarshal(f.Credential, &c); err != nil {
			return owner{}, fmt.Errorf("passkey %s: %w", f.ID, err)
		}
		c.Authenticator.SignCount = uint32(f.Counter) //nolint:gosec // it came from there
		o.credentials = append(o.credentials, c)
	}
	return o, nil
}

// Make asks for a new passkey of the person, who has those already.
func (p Passkeys) Make(person app.Identity, have []app.Factor) (app.PasskeyAsked, error) {
	o, err := ownerOf(person.ID, have)
	if err != nil {
		return app.PasskeyAsked{}, err
	}
	o.name, o.shown = person.Email, person.Name()
	var known []protocol.CredentialDescriptor
	for _, c := range o.credentials {
		known = append(known, c.Descriptor())
	}
	asked, session, err := p.party.BeginRegistration(o, webauthn.WithExclusions(known))
	if err != nil {
		return app.PasskeyAsked{}, err
	}
	return question(asked.Response, session)
}

func question(options any, session *webauthn.SessionData) (app.PasskeyAsked, error) {
	shown, err := json.Marshal(options)
	state, stateErr := json.Marshal(session)
	return app.PasskeyAsked{Options: string(shown), Challenge: session.Challenge, State: string(state)}, errors.Join(err, stateErr)
}

// Made gives the passkey of the answer.
func (p Passkeys) Made(person app.Identity, asked app.PasskeyAsked, answer string) (app.PasskeyMade, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(asked.State), &session); err != nil {
		return app.PasskeyMade{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return app.PasskeyMade{}, err
	}
	c, err := p.party.CreateCredential(owner{id: person.ID}, session, parsed)
	if err != nil {
		return app.PasskeyMade{}, err
	}
	c.Attestation = webauthn.CredentialAttestation{} // we ask for none, and believe none
	record, err := json.Marshal(c)
	return app.PasskeyMade{Credential: c.ID, Record: record, Counter: int64(c.Authenticator.SignCount)}, err
}

// Ask asks for one of these passkeys of a person, who has given the password, too; of nobody: for any that the browser has, and that
// it makes sure of who uses it.
func (p Passkeys) Ask(identityID string, have []app.Factor) (app.PasskeyAsked, error) {
	o, err := ownerOf(identityID, have)
	if err != nil {
		return app.PasskeyAsked{}, err
	}
	if identityID == "" {
		asked, session, err := p.party.BeginDiscoverableLogin()
		if err != nil {
			return app.PasskeyAsked{}, err
		}
		return question(asked.Response, session)
	}
	asked, session, err := p.party.BeginLogin(o, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return app.PasskeyAsked{}, err
	}
	return question(asked.Response, session)
}

// Credential gives the id of the passkey that an answer is said to be of.
func (Passkeys) Credential(answer string) ([]byte, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, err
	}
	return parsed.RawID, nil
}

// Used tells which counter the answer of a passkey carries, and whether that is one that a copy of it would carry.
func (p Passkeys) Used(asked app.PasskeyAsked, answer string, have []app.Factor) (int64, bool, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(asked.State), &session); err != nil {
		return 0, false, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil || len(have) == 0 {
		return 0, false, errors.Join(err, errors.New("no passkey that could have answered"))
	}
	o, err := ownerOf(have[0].IdentityID, have)
	if err != nil {
		return 0, false, err
	}
	var used *webauthn.Credential
	if len(session.UserID) > 0 {
		used, err = p.party.ValidateLogin(o, session, parsed)
	} else {
		used, err = p.party.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil }, session, parsed)
	}
	if err != nil {
		return 0, false, err
	}
	return int64(used.Authenticator.SignCount), used.Authenticator.CloneWarning, nil
}
