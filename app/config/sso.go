package config

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"
)

// SSO names the OpenID Connect provider, where there is one.
type SSO struct {
	Issuer   string // empty: there is no provider
	ClientID string
	Secret   string // empty for a public client
	Name     string // what people know it by
}

// Directory names the SCIM 2.0 server that is asked in addition to our own directory, if there is one.
type Directory struct {
	URL   string // without a trailing slash; empty: there is none
	Token string
}

func ssoSettings() []Setting {
	return []Setting{
		{
			Name: OIDCIssuer,
			Help: "The OpenID Connect provider through which people may sign in, as in https://login.example; its redirect " +
				"address here is BASE_URL/sign-in/sso/callback.",
		},
		{
			Name: OIDCClientID,
			Help: "What the portal is called at that provider; required with OIDC_ISSUER.",
		},
		{
			Name: OIDCClientSecret, EnvOnly: true, Secret: true,
			Help: "The secret that the provider gave the portal; without it the portal is a public client.",
		},
		{
			Name: OIDCName, Default: "SSO",
			Help: "What people know the provider by: the button of the sign-in page says so.",
		},
		{
			Name: SCIMURL,
			Help: "The SCIM 2.0 server that is asked, before somebody registers, whether an address has a login elsewhere, as " +
				"in https://directory.example/scim/v2.",
		},
		{
			Name: SCIMToken, EnvOnly: true, Secret: true,
			Help: "The bearer token for that server; required with SCIM_URL.",
		},
	}
}

// maxSSOName keeps the provider's name within a button.
const maxSSOName = 40

func (s *Settings) parseSSO(lookup func(string) string) error {
	own := SSO{Issuer: value(lookup, OIDCIssuer), ClientID: value(lookup, OIDCClientID), Name: value(lookup, OIDCName)}
	kept := secretOf(lookup, OIDCClientSecret)
	switch {
	case own.Issuer == "" && (own.ClientID != "" || kept.set()):
		return refuse(OIDCIssuer, "is missing: other settings of the provider are set")
	case own.Issuer != "" && own.ClientID == "":
		return refuse(OIDCClientID, "is missing: say what the portal is called at the provider")
	case utf8.RuneCountInString(own.Name) > maxSSOName:
		return refuse(OIDCName, "is longer than %d characters", maxSSOName)
	case own.Issuer == "":
		return nil
	}
	s.SSO = own
	return errors.Join(checkRemote(OIDCIssuer, own.Issuer), kept.into(&s.SSO.Secret))
}

func (s *Settings) parseDirectory(lookup func(string) string) error {
	own := Directory{URL: strings.TrimRight(value(lookup, SCIMURL), "/")}
	kept := secretOf(lookup, SCIMToken)
	switch {
	case own.URL == "" && kept.set():
		return refuse(SCIMURL, "is missing: a token for it is set")
	case own.URL == "":
		return nil
	case !kept.set():
		return refuse(SCIMToken, "is missing: set it, or %s", FileOf(SCIMToken))
	}
	s.Directory = own
	return errors.Join(checkRemote(SCIMURL, own.URL), kept.into(&s.Directory.Token))
}

// checkRemote wants the address of another server. What is sent there is secret, so that plain http leads to this
// machine only.
func checkRemote(setting, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || !hasHost(u) || (u.Scheme != "http" && u.Scheme != "https"):
		return refuse(setting, "is not a web address, as in https://login.example")
	case u.User != nil:
		return refuse(setting, "holds a user name or password; secrets have settings of their own")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return refuse(setting, "has a query or a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return refuse(setting, "is http, which everybody on the way can read and change; use https")
	}
	return nil
}
