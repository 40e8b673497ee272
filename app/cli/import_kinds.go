package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"reglink/app"
)

func importKinds() []importKind {
	return []importKind{
		{
			name: "accounts", needed: []string{"name", "company_id", "super_user"}, add: addAccountRow,
			short: "Create accounts, each with its first Super User, who gets an email.",
		},
		{
			name: "entitlements", needed: []string{"company_id", "proof", "code"}, add: addEntitlementRow,
			short: "Add the numbers and codes with which people register without a link.",
			note:  "proof is order_summary, serial_number or auth_code.\n",
		},
		{
			name: "identities", needed: []string{"email", "first_name", "last_name"}, optional: []string{"language"},
			add: addIdentityRow, short: "Add logins of the single sign-on directory.",
		},
	}
}

func addAccountRow(ctx context.Context, to *portal, r row) error {
	_, err := to.store.AccountByCompanyID(ctx, app.CompanyID(r.cells["company_id"]))
	if err == nil {
		return errKnown
	}
	if !errors.Is(err, app.NotFound) {
		return err
	}
	input := app.NewAccount{Name: r.cells["name"], CompanyID: r.cells["company_id"]}
	_, err = to.rules().SetUps.CreateAccount(ctx, input, r.cells["super_user"], "en")
	return err
}

func addEntitlementRow(ctx context.Context, to *portal, r row) error {
	proof := app.EntitlementKind(strings.ToLower(strings.TrimSpace(r.cells["proof"])))
	err := to.rules().Imports.AddEntitlement(ctx, r.cells["company_id"], proof, r.cells["code"])
	switch {
	case errors.Is(err, app.NotFound):
		return app.Problem("company_id", "company_id_unknown")
	case errors.Is(err, app.Conflict):
		return to.whoseEntitlement(ctx, r, proof)
	}
	return err
}

// whoseEntitlement is for a code that is known: for the same account that is nothing new, for another one it is a
// mistake.
func (o *portal) whoseEntitlement(ctx context.Context, r row, proof app.EntitlementKind) error {
	stored, err := o.store.EntitlementByCode(ctx, proof, app.EntitlementCode(r.cells["code"]))
	if err != nil {
		return err
	}
	if stored.Account.CompanyID != app.CompanyID(r.cells["company_id"]) {
		return app.Problem("code", "entitlement_elsewhere")
	}
	return errKnown
}

func addIdentityRow(ctx context.Context, to *portal, r row) error {
	language := strings.ToLower(strings.TrimSpace(r.cells["language"]))
	if language == "" {
		language = "en"
	}
	if !slices.Contains(languages(), language) {
		return &badRow{r.line, fmt.Sprintf("language: %q is not one of %s", language, strings.Join(languages(), ", "))}
	}
	err := to.rules().Imports.AddIdentity(ctx, r.cells["email"], r.cells["first_name"], r.cells["last_name"],
		language)
	if errors.Is(err, app.Conflict) {
		return errKnown
	}
	return err
}
