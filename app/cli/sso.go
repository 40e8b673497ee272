package cli

import (
	"context"

	"github.com/spf13/cobra"

	"reglink/app"
	"reglink/app/sso"
	"reglink/app/web"
)

// provider returns the provider of single sign-on that the settings name, or nil.
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

// directory returns the SCIM server that the settings name, or nil.
func (s *server) directory() app.Directory {
	own := s.settings.Directory
	if own.URL == "" {
		return nil
	}
	return sso.NewDirectory(own.URL, own.Token)
}

func (l *commandLine) ssoCommand() *cobra.Command {
	forget := &cobra.Command{
		Use: "forget EMAIL", Short: "Separate a login from the provider's login that opens it; the person gets an email.",
		Long: "For an address that has another owner now. All sessions of the login end. The next person who signs in\n" +
			"through single sign-on with this address, verified by the provider, is joined to the login: make sure that\n" +
			"the provider knows the right person by it.",
	}
	const done = "Separated %s in the database %s from single sign-on. " +
		"The next person who signs in through single sign-on with this address is joined to the login."
	return l.group("sso", "Separate logins from single sign-on.",
		l.removalCommand(forget, done, func(ctx context.Context, in *portal, email string) error {
			return in.rules().SSORemovals.Remove(ctx, email)
		}))
}
