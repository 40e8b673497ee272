package app

import "context"

// Directory is an SSO directory: it tells who has a login. Our own is the store; others may be asked besides, and any of them that knows
// an address refuses the registration link to it.
type Directory interface {
	// EmailHasLogin tells whether the directory knows the canonical address. An error means that it cannot tell: nobody is
	// let in then. It is never asked inside a transaction.
	EmailHasLogin(ctx context.Context, emailKey string) (bool, error)
}

// Directories are all that are asked, in that order, whatever the first ones say: an answer takes the same time for everybody (T-24).
type Directories []Directory

// EmailHasLogin tells whether one of them knows the address, or that one of them cannot tell.
func (all Directories) EmailHasLogin(ctx context.Context, emailKey string) (bool, error) {
	known := false
	for _, d := range all {
		found, err := d.EmailHasLogin(ctx, emailKey)
		if err != nil {
			return false, err
		}
		known = known || found
	}
	return known, nil
}

// ImportStore keeps what a support organisation brings along from its other systems. Each method is one transaction.
type ImportStore interface {
	// AccountByCompanyID gives an account, or NotFound.
	AccountByCompanyID(ctx context.Context, companyID string) (*Account, error)
	// AddEntitlement stores an entitlement, or answers Conflict where its proof and code are known.
	AddEntitlement(ctx context.Context, e Entitlement) error
	// AddIdentity stores a login without a membership, or answers Conflict where its address has one.
	AddIdentity(ctx context.Context, person Identity) error
}

// Imports are the rules of `reglink import`. What is known already answers Conflict, so that an import can be run again.
type Imports struct {
	Store ImportStore
	Clock Clock
}

// Entitlement adds an entitlement of the account with that company ID.
func (s Imports) Entitlement(ctx context.Context, companyID string, proof Proof, code string) error {
	code, companyID = EntitlementCode(code), CompanyID(companyID)
	p := Problems{}
	p.Add("company_id", required(companyID, "company_id_required", MaxCompanyID))
	if !proof.Valid() {
		p.Add("proof", Say("proof_required"))
	}
	p.Add("code", required(code, "code_required", MaxCode))
	if err := p.Err(); err != nil {
		return err
	}
	account, err := s.Store.AccountByCompanyID(ctx, companyID)
	if err != nil {
		return err
	}
	return s.Store.AddEntitlement(ctx, Entitlement{
		ID: NewID(), AccountID: account.ID, Proof: proof, Code: code, CreatedAt: s.Clock.Now(),
	})
}

// Identity adds a login that the SSO directory knows, with a confirmed address and without a membership or a password.
func (s Imports) Identity(ctx context.Context, email, firstName, lastName, language string) error {
	email, firstName, lastName = tidyEmail(email), tidy(firstName), tidy(lastName)
	p := Problems{}
	key, m := EmailKey(email)
	p.Add("email", m)
	p.Add("first_name", line(firstName, MaxName))
	p.Add("last_name", line(lastName, MaxName))
	if err := p.Err(); err != nil {
		return err
	}
	at := s.Clock.Now()
	return s.Store.AddIdentity(ctx, Identity{
		ID: NewID(), Email: email, EmailKey: key, FirstName: firstName, LastName: lastName, Language: language,
		SearchText: SearchText(firstName, lastName, email), CreatedAt: at, ConfirmedAt: &at,
	})
}
