package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Proof is the kind of an entitlement: what proves that a person may register without a link.
type Proof string

// The proofs.
const (
	OrderSummary Proof = "order_summary" // an order summary number
	SerialNumber Proof = "serial_number" // a serial number together with the company ID
	AuthCode     Proof = "auth_code"     // an auth code; good for one registration
)

// Proofs in the order in which they are offered.
func Proofs() []Proof { return []Proof{OrderSummary, SerialNumber, AuthCode} }

// Valid tells whether p is one of the proofs.
func (p Proof) Valid() bool { return p == OrderSummary || p == SerialNumber || p == AuthCode }

// Entitlement is one such proof, imported from the support organisation's order system.
type Entitlement struct {
	ID        string `bun:",pk"`
	AccountID string
	Proof     Proof
	Code      string     // EntitlementCode of the number; unique within its proof
	UsedAt    *time.Time // an auth code's one use; nil for the others
	CreatedAt time.Time

	Account *Account `bun:"rel:belongs-to,join:account_id=id"`
}

// MaxCode is the longest number or code in characters.
const MaxCode = 60

// EntitlementCode gives a number or code as it is kept and compared: capitals, without the spaces and dashes that people add
// or leave out when they copy from paper.
func EntitlementCode(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00A0", "").Replace(strings.ToUpper(tidy(s)))
}

// RegisterEntitled registers a new user without a link, into the account that the entitlement proves. It answers as Register does;
// an entitlement that is unknown, used up or of another company is a problem beside its field, in the same words.
func (s Registrations) RegisterEntitled(ctx context.Context, form RegistrationForm, by Client) error {
	form = form.Tidied()
	problems := form.Problems("")
	form.proofProblems(problems)
	if len(problems) > 0 {
		return problems
	}
	right, err := s.Store.EntitlementBy(ctx, form.Proof, form.code())
	if errors.Is(err, NotFound) || (err == nil && form.Proof == SerialNumber && right.Account.CompanyID != form.CompanyID) {
		return Problem(string(form.Proof), "entitlement_unknown")
	}
	if err != nil {
		return err
	}
	in := way{account: *right.Account, entitlementID: right.ID}
	if done, err := s.registered(ctx, in.id(), form); done || err != nil {
		return err
	}
	if right.UsedAt != nil {
		return Problem(string(form.Proof), "entitlement_unknown")
	}
	err = s.admit(ctx, in, form, by)
	s.watchTaken(ctx, right.AccountID, err, by)
	return err
}

// CheckEntitled is Check for the form without a link.
func (s Registrations) CheckEntitled(ctx context.Context, field string, form RegistrationForm) (Message, error) {
	if !slices.Contains(Fields(), field) && !slices.Contains(proofFields(), field) {
		return Message{}, Refuse(NotFound, "page_unknown")
	}
	form = form.Tidied()
	problems := form.Problems("")
	form.proofProblems(problems)
	if m := problems[field]; m.ID != "" {
		return m, nil
	}
	return s.lookUp(ctx, field, LinkPolicy{}, form)
}
