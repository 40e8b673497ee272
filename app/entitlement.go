package app

import (
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
