package app

import (
	"context"
)

// ImportStore keeps what a support organisation brings along from its other systems. Each method is one transaction.
type ImportStore interface {
	// AccountByCompanyID gives an account, or NotFound.
	AccountByCompanyID(ctx context.Context, companyID string) (*Account, error)
	// AddEntitlement stores an entitlement, or answers Conflict where its proof and code are known.
	AddEntitlement(ctx context.Context, e Entitlement) error
	// AddIdentity stores a login without a membership, or answers Conflict where its address has one.
	AddIdentity(ctx context.Context, person Identity) error
}

// Imports are the rules of `reglink import`. What is known already answers Conflict, so that an import can be
// run again.
type Imports struct {
	Store ImportStore
	Clock Clock
}

// AddEntitlement adds an entitlement of the account with that company ID.
func (s Imports) AddEntitlement(ctx context.Context, companyID string, proof EntitlementKind, code string) error {
	code, companyID = EntitlementCode(code), CompanyID(companyID)
	p := Problems{}
	p.Add("company_id", requiredProblem(companyID, "company_id_required", MaxCompanyID))
	if !proof.Valid() {
		p.Add("proof", Say("proof_required"))
	}
	p.Add("code", requiredProblem(code, "code_required", MaxEntitlementCode))
	if err := p.Err(); err != nil {
		return err
	}
	account, err := s.Store.AccountByCompanyID(ctx, companyID)
	if err != nil {
		return err
	}
	return s.Store.AddEntitlement(ctx, Entitlement{
		ID: NewID(), AccountID: account.ID, Kind: proof, Code: code, CreatedAt: s.Clock.Now(),
	})
}

// AddIdentity adds a login that the SSO directory knows, with a confirmed address and without a membership or
// a password.
func (s Imports) AddIdentity(ctx context.Context, email, firstName, lastName, language string) error {
	email, firstName, lastName = tidyEmail(email), tidy(firstName), tidy(lastName)
	p := Problems{}
	_, m := EmailKey(email)
	p.Add("email", m)
	p.Add("first_name", lineProblem(firstName, MaxName))
	p.Add("last_name", lineProblem(lastName, MaxName))
	if err := p.Err(); err != nil {
		return err
	}
	at := s.Clock.Now()
	person := newIdentity(email, language, at).named(firstName, lastName)
	person.ConfirmedAt = &at
	return s.Store.AddIdentity(ctx, person)
}
