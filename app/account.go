package app

import (
	"strings"
	"time"
)

// Account is a customer company's support account.
type Account struct {
	ID           string `bun:",pk"`
	Name         string
	CompanyID    string       // the customer's number with the support organisation; unique
	SignInMethod SignInMethod `bun:"sign_in"` // how its people may sign in
	CreatedAt    time.Time

	SecondFactor bool // Super Users act as such only in sessions that a second factor has proven
}

// Limits of an account's words, in characters.
const (
	MaxAccountName = 120
	MaxCompanyID   = 40
)

// NewAccount is what is asked for when an account is made by hand: by `reglink account add`, an import or the
// set-up page.
type NewAccount struct {
	Name      string
	CompanyID string
}

// Tidied gives the input as it is checked and kept.
func (n NewAccount) Tidied() NewAccount {
	return NewAccount{Name: tidy(n.Name), CompanyID: CompanyID(n.CompanyID)}
}

// Problems of a tidied input, by field name.
func (n NewAccount) Problems() Problems {
	p := Problems{}
	p.Add("account_name", requiredProblem(n.Name, "account_name_required", MaxAccountName))
	p.Add("company_id", requiredProblem(n.CompanyID, "company_id_required", MaxCompanyID))
	return p
}

// CompanyID gives a company ID in the form in which it is kept and compared: trimmed, in capitals.
func CompanyID(s string) string { return strings.ToUpper(tidy(s)) }

// wrongMethodError is the refusal that a session gets which an account does not admit: it says which way does.
func (a Account) wrongMethodError() error {
	if a.SignInMethod == SSOOnly {
		return Refuse(WrongMethod, "account_wants_sso", "Account", a.Name)
	}
	return Refuse(WrongMethod, "account_wants_password", "Account", a.Name)
}
