// Package views is how Reglink looks: templ components for pages and for the parts that HTMX swaps. Shared
// pieces (button, field, card, badge …) exist once; a page is composed of them and never styled. The package
// knows the domain's types and the message catalogues, and neither the database nor the web server.
package views

import (
	"context"
	"maps"
	"net/url"
	"strings"

	"reglink/app"
	"reglink/assets"
	"reglink/views/messages"
)

// Page is what every page needs around its content.
type Page struct {
	Actor       *app.Actor      // who is signed in; nil: nobody
	Memberships app.Memberships // where the actor stands in the accounts
	Pending     int             // how many wait for the actor, who is a Super User, to be accepted
	// of the request: marks the current place, and where a switch of language or theme returns to
	Path   string
	Theme  string       // "light", "dark", or empty for the system's choice
	Toast  *app.Message // what was just done; nil: nothing
	SSO    string       // what people know the provider of single sign-on by; empty: there is none
	Demo   bool         // the throw-away portal, which shows its mails
	Assets *assets.Set
}

// asset is the address of an embedded file under its content-hashed name.
func (p Page) asset(name string) string { return p.Assets.URL(name) }

// hasAccountChoice tells whether there is another account than the current one to show: to go to, or where
// the person waits. Who has lost the current one may have others that are open.
func (p Page) hasAccountChoice() bool {
	if p.Actor.Account.ID == "" {
		return len(p.Memberships.Open) > 0
	}
	return len(p.Memberships.Open)+len(p.Memberships.Pending) > 1
}

// t gives a sentence of the catalogue in the reader's language.
func t(ctx context.Context, id string, pairs ...any) string {
	return messages.From(ctx).T(id, pairs...)
}

// say gives the sentence of a message in the reader's language.
func say(ctx context.Context, m app.Message) string { return messages.From(ctx).Say(m) }

// loginText is a sentence that names a login; empty where the form comes back without a look at whose it is.
func loginText(ctx context.Context, id, email string) string {
	if email == "" {
		return ""
	}
	return t(ctx, id, "Email", email)
}

// withoutEmpty takes out of a query what is empty.
func withoutEmpty(q url.Values) url.Values {
	maps.DeleteFunc(q, func(_ string, values []string) bool { return strings.Join(values, "") == "" })
	return q
}

// pathWithQuery is a path with a query; values that are empty are left out.
func pathWithQuery(path string, q url.Values) string {
	if q = withoutEmpty(q); len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
