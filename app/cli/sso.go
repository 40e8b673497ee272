package cli

import (
	"reglink/app"
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
		Issuer: own.Issuer, ClientID: own.ClientID, ClientSecret: own.Secret, Name: own.Name, RedirectURL: s.base + web.SSOPath,
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
