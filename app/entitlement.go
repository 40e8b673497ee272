package app

import (
	"strings"
	"time"
)

// EntitlementKind is the kind of an entitlement: what proves that a person may register without a link.
type EntitlementKind string

// The proofs.
const (
	OrderSummary EntitlementKind = "order_summary" // an order summary number
	SerialNumber EntitlementKind = "serial_number" // a serial number together with the company ID
	AuthCode     EntitlementKind = "auth_code"     // an auth code; good for one registration
)

// EntitlementKinds in the order in which they are offered.
func EntitlementKinds() []EntitlementKind {
	return []EntitlementKind{OrderSummary, SerialNumber, AuthCode}
}

// Valid tells whether p is one of the proofs.
func (p EntitlementKind) Valid() bool { return p == OrderSummary || p == SerialNumber || p == AuthCode }

// Entitlement is one such proof, imported from the support organisation's order system.
type Entitlement struct {
	ID        string `bun:",pk"`
	AccountID string
	Kind      EntitlementKind `bun:"proof"`
	Code      string          // EntitlementCode of the number; unique within its proof
	UsedAt    *time.Time      // an auth code's one use; nil for the others
	CreatedAt time.Time

	Account *Account `bun:"rel:belongs-to,join:account_id=id"`
}

// MaxEntitlementCode is the longest number or code in characters.
const MaxEntitlementCode = 60

// EntitlementCode gives a number or code as it is kept and compared: capitals, without the spaces and dashes
// that people add or leave out when they copy from paper.
func EntitlementCode(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00A0", "").Replace(strings.ToUpper(tidy(s)))
}
