package views

import (
	"context"

	"github.com/a-h/templ"

	"reglink/app"
)

// RegistrationView is what the registration form shows.
type RegistrationView struct {
	Action        string // the form's path, with the token where it is a link's
	Account       string // whose account it is; empty without a link, and once the link lets nobody in
	SSO           bool   // the account wants single sign-on, so that no password is asked for
	Policy        app.LinkPolicy
	Form          app.RegistrationForm
	Problems      app.Problems
	Denied        app.Message // why the link lets nobody in any more: what was typed stays, sending is over
	Strength      int         // of the password, for the meter
	Checked       string
	JoinRequested bool // a Super User was asked to add the person of the address, if there is one
}

// title is the page's heading.
func (r RegistrationView) title(ctx context.Context) string {
	switch {
	case r.dead():
		return t(ctx, deniedID(r.Denied, "title"))
	case r.Account != "":
		return t(ctx, "register_title", "Account", r.Account)
	}
	return t(ctx, "register_entitled_title")
}

func (r RegistrationView) dead() bool { return !r.Denied.None() }

func (r RegistrationView) entitled() bool { return r.Action == "/register" }

// field gives one field of the form; checked live unless the link is dead.
func (r RegistrationView) field(name, label, value, autocomplete string) Field {
	f := Field{
		Name: name, Label: label, Value: value, Autocomplete: autocomplete,
		Problem: r.Problems[name], LiveChecked: r.Checked == name || r.refused(),
	}
	if !r.dead() {
		f.CheckPath = r.Action + "/check"
	}
	return f
}

func (r RegistrationView) attributes() templ.Attributes {
	a := templ.Attributes{"novalidate": true}
	if r.dead() {
		return a
	}
	a["data-once"] = true
	a["hx-post"], a["hx-target"], a["hx-swap"] = r.Action, "this", "outerHTML"
	a["hx-sync"], a["hx-disable"] = "this:drop", "find button[type=submit]"
	return a
}

func (r RegistrationView) proofField() Field {
	return Field{Name: "proof", Problem: r.Problems["proof"]}
}

// proofInput is not demanded by the browser: only those of the chosen proof count.
func (r RegistrationView) proofInput(name, label, value string) Field {
	f := r.field(name, label, value, "off")
	f.CheckPath, f.NotRequired = "", true
	return f
}

// offersJoinRequest tells whether the form offers to ask for whoever has a login already: it needs an account
// to ask for.
func (r RegistrationView) offersJoinRequest() bool { return !r.entitled() && !r.dead() }

// refused tells whether the whole form was sent and came back.
func (r RegistrationView) refused() bool { return r.Checked == "" && len(r.Problems) > 0 }

// emailHint says which addresses the link admits.
func (r RegistrationView) emailHint(ctx context.Context) string {
	if r.Policy.Domains == "" {
		return t(ctx, "email_hint")
	}
	return t(ctx, "email_hint_domains", "Domains", r.Policy.NamedDomains())
}

// passwordHint says what a password needs, or that it must be typed again: it is never sent back.
func (r RegistrationView) passwordHint(ctx context.Context) string {
	if r.refused() {
		return t(ctx, "password_again")
	}
	return t(ctx, "password_hint", "Min", app.MinPassword)
}
