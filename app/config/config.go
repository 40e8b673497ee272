// Package config reads the settings of Reglink: from flags and from the environment, checked once, into one struct.
//
// Whatever is wrong is refused in a sentence that names the setting. No sentence repeats a value that may hold a
// secret.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"reglink/app"
)

// Settings are the checked settings of one run.
type Settings struct {
	DatabaseURL    string         // sqlite:PATH or mysql://…
	Listen         string         // host:port; port 0 takes a free one
	BaseURL        string         // where people reach the portal, without a trailing slash; empty where only At can tell
	SMTPURL        string         // for package mail, which checks it; empty: mails wait in the outbox
	TrustedProxies []netip.Prefix // whose forwarding headers count
	Limits         bool           // whether the rate limits hold
	MaxLinkDays    app.MaxLinkAge // how long a registration link works at most; 0: any time
	SSO            SSO            // the provider of single sign-on, if any
	Directory      Directory      // the SCIM server that is asked too, if any
	MetricsToken   string         // lets a client elsewhere read /metrics; empty: nobody elsewhere
	LogJSON        bool           // whether the log is JSON, a line an object
	BreachedFile   string         // leaked passwords that nobody may choose; empty: none
	StopDelay      time.Duration  // how long a server that is told to stop goes on while /readyz says so
	Warnings       []string       // sentences about settings that are allowed and unwise

	secretKey     secret
	oldSecretKeys secret // those that were used before
}

// A Problem is a setting that is wrong or missing.
type Problem struct {
	Setting string // as the environment names it
	Reason  string // completes the sentence that begins with the name
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Setting + " " + p.Reason }

// Parse checks every setting that lookup gives, by its environment name; an empty value stands for the default.
// Secrets are read from their files, where settings name such, but for keys: these are read when they are asked for.
// The error joins one Problem for each wrong setting.
func Parse(lookup func(name string) string) (*Settings, error) {
	s := &Settings{
		Listen:        value(lookup, Listen),
		BreachedFile:  value(lookup, BreachedFile),
		secretKey:     secretOf(lookup, SecretKey),
		oldSecretKeys: secretOf(lookup, SecretKeyOld),
	}
	err := errors.Join(
		checkExposed(lookup(exposed)),
		secretOf(lookup, DatabaseURL).into(&s.DatabaseURL),
		secretOf(lookup, SMTPURL).into(&s.SMTPURL),
		s.checkDatabase(),
		s.checkListen(),
		s.checkBase(value(lookup, BaseURL)),
		s.checkKeys(),
		s.parseProxies(value(lookup, TrustedProxies)),
		s.parseLimits(value(lookup, Limits)),
		s.parseMaxLinkDays(value(lookup, MaxLinkDays)),
		s.parseSSO(lookup),
		s.parseDirectory(lookup),
		s.readMetricsToken(secretOf(lookup, MetricsToken)),
		s.parseLogFormat(value(lookup, LogFormat)),
		s.parseStopDelay(value(lookup, StopDelay)),
	)
	if err != nil {
		return nil, err
	}
	s.warnOfHiddenClients()
	return s, nil
}

// warnOfHiddenClients knows that where the portal is reached by https somebody else speaks it: a proxy, which is the
// only client that the limits see as long as it is not named.
func (s *Settings) warnOfHiddenClients() {
	if strings.HasPrefix(s.BaseURL, "https:") && len(s.TrustedProxies) == 0 && s.Limits {
		s.Warnings = append(s.Warnings,
			"TRUSTED_PROXIES is empty, though the proxy that speaks https for BASE_URL must be somewhere: to the limits "+
				"everybody is one client; name the proxy's address")
	}
}

func value(lookup func(string) string, name string) string {
	if v := strings.TrimSpace(lookup(name)); v != "" {
		return v
	}
	return defaultOf(name)
}

func refuse(setting, format string, args ...any) error {
	return &Problem{Setting: setting, Reason: fmt.Sprintf(format, args...)}
}

// At returns the base URL of a server that listens at that address: BASE_URL where it is set, otherwise the loopback
// address. It refuses a missing BASE_URL where LISTEN is reachable from elsewhere, because links would lead nowhere.
func (s *Settings) At(listening net.Addr) (string, error) {
	if s.BaseURL != "" {
		return s.BaseURL, nil
	}
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || !isLoopback(host) {
		return "", s.baseMissing()
	}
	if tcp, ok := listening.(*net.TCPAddr); ok {
		port = fmt.Sprint(tcp.Port)
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// Base is At for a command that does not listen itself: it takes the port from LISTEN.
func (s *Settings) Base() (string, error) {
	if s.BaseURL == "" && strings.HasSuffix(s.Listen, ":0") {
		return "", s.baseMissing()
	}
	return s.At(nil)
}

func (s *Settings) baseMissing() error {
	return refuse(BaseURL, "is missing: with LISTEN at %s, set it to where people reach the portal, "+
		"as in https://portal.example", s.Listen)
}
