package cli

import (
	"context"
	"errors"
	"fmt"

	"reglink/app"
	"reglink/app/config"
	"reglink/app/sso"
	"reglink/app/web"
)

// provider gives the provider of single sign-on that the settings name, or nil.
func (s *server) provider() app.SSO {
	own := s.settings.SSO
	if own.Issuer == "" {
		return nil
	}
	return sso.NewProvider(sso.Settings{
		Issuer: own.Issuer, ClientID: own.ClientID, ClientSecret: own.Secret, Name: own.Name,
		RedirectURL: s.base + web.SSOPath,
	})
}

// directory gives the SCIM server that the settings name, or nil.
func (s *server) directory() app.Directory {
	own := s.settings.Directory
	if own.URL == "" {
		return nil
	}
	return sso.NewDirectory(own.URL, own.Token)
}

// chooseSignIn says how the people of an account sign in.
func (p Program) chooseSignIn(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	rules := app.SignInMethods{Store: opened.store}
	account, err := rules.Override(ctx, in.argument, app.SignInMethod(in.options["way"]))
	switch {
	case errors.Is(err, app.NotFound):
		err = fmt.Errorf("no account has the company ID %q", in.argument)
	case refused(err):
		err = errors.New(sentence(err, map[string]string{"way": "--way"}))
	}
	if err := errors.Join(err, opened.store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "People sign in to the account %s this way now: %s.\n", account.Name, in.options["way"])
	return nil
}

func (p Program) singleSignOn() []command {
	return []command{{
		name: "sso forget", argument: "EMAIL",
		about: "Separate a login from the one at single sign-on that opens it; the person is mailed.",
		details: "For an address that has another owner by now. Every session of the login ends, and whoever signs in " +
			"next through " +
			"single sign-on with this address, verified there, is joined to it: be sure that the provider knows the right " +
			"person by it.",
		run: p.forgetSSO,
	}}
}

func (p Program) forgetSSO(ctx context.Context, in call) error {
	const said = "%s is joined to whoever signs in next through single sign-on with this address.\n"
	return p.remove(ctx, in, said, func(o *portal) error {
		return app.Removals{Store: o.store, Clock: o.clock}.RemoveSSOLogins(ctx, in.argument)
	})
}
