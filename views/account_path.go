package views

import (
	"context"
	"strings"

	"github.com/a-h/templ"
)

// pathNamesAccount is the switch of issue 10, 2a: whether the pages of an account are under /accounts/{account}.
const pathNamesAccount = false

type accountIDKey struct{}

// WithAccount returns a context in which AccountPath leads to the pages of that account.
func WithAccount(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, accountIDKey{}, id)
}

// AccountPath returns the address of a page or action of the account that ctx names. below is what follows the
// account in it, with a slash, as in "/members/new"; "" is the dashboard, "/details" the account's details.
// Without an account it returns the old address, which names none.
func AccountPath(ctx context.Context, below string) string {
	if id, _ := ctx.Value(accountIDKey{}).(string); pathNamesAccount && id != "" {
		return "/accounts/" + id + below
	}
	switch {
	case below == "":
		return "/dashboard"
	case below == "/details":
		return "/account"
	case strings.HasPrefix(below, "/members"), strings.HasPrefix(below, "/activity"):
		return below
	}
	return "/account" + below
}

// accountURL is AccountPath for href and action.
func accountURL(ctx context.Context, below string) templ.SafeURL {
	return templ.SafeURL(AccountPath(ctx, below))
}
