package mail

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"

	"golang.org/x/net/idna"
)

// serverConfig is what an SMTP_URL says.
type serverConfig struct {
	host        string
	port        int
	user        string
	password    string
	implicitTLS bool // TLS from the first byte
	requireTLS  bool // no mail without TLS
	from        *mail.Address
	portalHost  string // the right side of Message-IDs, and who we say we are
}

// errURLFormat is what is said about an address of which no part can be told apart. It may hold the password,
// so it is not repeated.
var errURLFormat = errors.New("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host")

func parseURL(rawURL, baseURL string) (serverConfig, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return serverConfig{}, errURLFormat
	}
	s := serverConfig{host: u.Hostname()}
	if err := s.parseScheme(u); err != nil {
		return serverConfig{}, err
	}
	if err := s.parseLogin(u.User); err != nil {
		return serverConfig{}, err
	}
	if s.portalHost, err = portalHost(baseURL); err != nil {
		return serverConfig{}, err
	}
	return s, s.parseOptions(u)
}

func (s *serverConfig) parseScheme(u *url.URL) error {
	switch u.Scheme {
	case "smtp":
		s.port = 587
	case "smtps":
		s.port, s.implicitTLS = 465, true
	default:
		return errURLFormat
	}
	if u.Port() == "" {
		return nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return errors.New("SMTP_URL names a port that is none")
	}
	s.port = int(port)
	return nil
}

// parseLogin also insists on TLS, so that a password crosses no network in the clear, whatever the server offers.
func (s *serverConfig) parseLogin(info *url.Userinfo) error {
	if info == nil {
		return nil
	}
	password, ok := info.Password()
	if info.Username() == "" || !ok || password == "" {
		return errors.New("SMTP_URL needs a user and a password, or neither")
	}
	s.user, s.password, s.requireTLS = info.Username(), password, !isLoopback(s.host)
	return nil
}

func (s *serverConfig) parseOptions(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errURLFormat
	}
	s.from = &mail.Address{Address: "no-reply@" + s.portalHost}
	for name, values := range query {
		switch {
		case len(values) == 1 && name == "tls" && values[0] == "required":
			s.requireTLS = true
		case len(values) == 1 && name == "from":
			if s.from, err = mail.ParseAddress(values[0]); err != nil {
				return errors.New("SMTP_URL: from must be one mail address")
			}
		default:
			return fmt.Errorf("SMTP_URL: %q is not understood; there are tls=required and from=ADDRESS", name)
		}
	}
	return nil
}

// portalHost gives the host of the base URL as mails name it: a domain in ASCII, or an address in brackets
// (RFC 5321, 4.1.3).
func portalHost(baseURL string) (string, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("BASE_URL has no host, and mails need one to be sent from")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		if ip.Is4() {
			return "[" + ip.String() + "]", nil
		}
		return "[IPv6:" + ip.String() + "]", nil
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		return "", errors.New("BASE_URL has a host that is no domain, and mails need one to be sent from")
	}
	return host, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
