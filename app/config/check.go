package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"reglink/app"
)

const (
	sqlitePrefix = "sqlite:"
	mysqlPrefix  = "mysql://"
)

func (s *Settings) checkDatabase() error {
	path, embedded := strings.CutPrefix(s.DatabaseURL, sqlitePrefix)
	switch {
	case embedded && (path == "" || path == ":memory:"):
		return refuse(DatabaseURL, "names no file: say sqlite:PATH, as in sqlite:data/reglink.db")
	case embedded:
		return nil
	case !strings.HasPrefix(s.DatabaseURL, mysqlPrefix):
		return refuse(DatabaseURL, "is of an unknown kind: it begins with sqlite: or mysql://")
	}
	for _, host := range s.databaseHosts() {
		// A parse error is not wrapped: it would repeat the password.
		u, err := url.Parse(host)
		if err != nil || !hasHost(u) || strings.Trim(u.Path, "/") == "" {
			return refuse(DatabaseURL, "is not of the form mysql://user:password@host:3306/name "+
				"(special characters in the password as %%XX; the nodes of a cluster as host1:3306,host2:3306)")
		}
	}
	return nil
}

// databaseHosts returns the address once for each host that it names, with that one alone.
func (s *Settings) databaseHosts() []string {
	rest := strings.TrimPrefix(s.DatabaseURL, mysqlPrefix)
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	begin := strings.LastIndex(rest[:end], "@") + 1
	var all []string
	for host := range strings.SplitSeq(rest[begin:end], ",") {
		all = append(all, mysqlPrefix+rest[:begin]+host+rest[end:])
	}
	return all
}

// databaseFolder is where the embedded database lives; empty with MySQL.
func (s *Settings) databaseFolder() string {
	path, embedded := strings.CutPrefix(s.DatabaseURL, sqlitePrefix)
	if !embedded {
		return ""
	}
	return filepath.Dir(path)
}

func (s *Settings) checkListen() error {
	_, port, err := net.SplitHostPort(s.Listen)
	if err != nil || !validPort(port) {
		return refuse(Listen, "is not host:port, as in 127.0.0.1:3000")
	}
	return nil
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

// hasHost reports whether a URL names a host, and, if it names a port, one that exists.
func hasHost(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	return u.Hostname() != "" && (u.Port() == "" || validPort(u.Port()))
}

// isLoopback reports whether nobody on another machine can reach the host. An empty one means every address of the
// machine.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || (err == nil && addr.IsLoopback())
}

func (s *Settings) checkBase(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || !hasHost(u) || (u.Scheme != "http" && u.Scheme != "https"):
		return refuse(BaseURL, "is not a web address, as in https://portal.example")
	case u.User != nil:
		return refuse(BaseURL, "holds a user name or password; it is read by everybody")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return refuse(BaseURL, "has a path, a query or a fragment; the portal needs a host of its own, "+
			"as in https://portal.example")
	}
	s.BaseURL = u.Scheme + "://" + strings.ToLower(u.Host)
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		s.Warnings = append(s.Warnings,
			"BASE_URL is http: passwords and links cross the network readable for everybody on the way; use https")
	}
	return nil
}

func (s *Settings) parseProxies(list string) error {
	separators := func(r rune) bool { return r == ',' || r == ' ' }
	for _, item := range strings.FieldsFunc(list, separators) {
		prefix, err := parsePrefix(item)
		if err != nil {
			return refuse(TrustedProxies, "holds %q, which is neither an address nor a CIDR range, as in 10.0.0.0/8", item)
		}
		s.TrustedProxies = append(s.TrustedProxies, prefix)
	}
	return nil
}

func parsePrefix(item string) (netip.Prefix, error) {
	if strings.Contains(item, "/") {
		prefix, err := netip.ParsePrefix(item)
		return prefix.Masked(), err
	}
	addr, err := netip.ParseAddr(item)
	if err != nil {
		return netip.Prefix{}, err
	}
	return addr.WithZone("").Prefix(addr.BitLen())
}

// maxMaxLinkDays is more than anybody means, and few enough days for every date to be one.
const maxMaxLinkDays = 3650

func (s *Settings) parseMaxLinkDays(days string) error {
	if days == "" {
		return nil
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || n > maxMaxLinkDays {
		return refuse(MaxLinkDays, "is not a number of days from 1 to %d, or 0 for any time", maxMaxLinkDays)
	}
	s.MaxLinkDays = app.MaxLinkAge(n)
	return nil
}

func (s *Settings) parseLimits(word string) error {
	if word != "on" && word != "off" {
		return refuse(Limits, "is neither on nor off")
	}
	s.Limits = word == "on"
	return nil
}
