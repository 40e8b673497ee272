package db

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// errMySQLURL names no part of the address: whichever is wrong, it may be the password.
var errMySQLURL = errors.New("DATABASE_URL must look like mysql://user:password@host:3306/database, " +
	"with special characters of user and password percent-encoded; the nodes of a cluster as host1:3306,host2:3306")

var databaseName = regexp.MustCompile(`^[A-Za-z0-9_$-]{1,64}$`)

// newMySQL reads `mysql://user:password@host:port,host:port/database`.
func newMySQL(databaseURL string) (engine, error) {
	one, hosts := splitHosts(databaseURL)
	u, err := url.Parse(one)
	if err != nil || u.User.Username() == "" {
		return nil, errMySQLURL
	}
	name := strings.TrimPrefix(u.Path, "/")
	if !databaseName.MatchString(name) {
		return nil, errMySQLURL
	}
	config := mysql.NewConfig()
	config.User, config.DBName = u.User.Username(), name
	config.Passwd, _ = u.User.Password()
	config.Net, config.TLSConfig = "tcp", "preferred"
	var server mysqlServer
	for _, host := range hosts {
		node := config.Clone()
		if node.Addr, err = nodeAddress(host); err != nil {
			return nil, err
		}
		if err := applyMySQLOptions(node, u.Query()); err != nil {
			return nil, err
		}
		server.nodes = append(server.nodes, withSessionSettings(node))
	}
	return server, nil
}

// splitHosts gives the address with its first host alone, which is a URL as Go reads them, and all of its hosts.
func splitHosts(databaseURL string) (string, []string) {
	rest := strings.TrimPrefix(databaseURL, "mysql://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndex(rest[:end], "@") + 1
	hosts := strings.Split(rest[begin:end], ",")
	return "mysql://" + rest[:begin] + hosts[0] + rest[end:], hosts
}

func nodeAddress(host string) (string, error) {
	u, err := url.Parse("mysql://" + host)
	if err != nil || u.Hostname() == "" || u.Host != host {
		return "", errMySQLURL
	}
	if u.Port() == "" {
		return net.JoinHostPort(u.Hostname(), "3306"), nil
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); err != nil {
		return "", errMySQLURL
	}
	return u.Host, nil
}

func applyMySQLOptions(config *mysql.Config, options url.Values) error {
	for name, values := range options {
		value := values[0]
		switch name {
		case "tls":
			if !slices.Contains([]string{"true", "skip-verify", "preferred", "false"}, value) {
				return errors.New("tls in DATABASE_URL must be true, skip-verify, preferred or false")
			}
			config.TLSConfig = value
		case "ca":
			if options.Has("tls") && options.Get("tls") != "true" {
				return errors.New("ca in DATABASE_URL wants the server verified, which tls=" + options.Get("tls") + " does not do")
			}
			trusted, err := tlsConfigFromCA(value)
			if err != nil {
				return err
			}
			config.TLS = trusted
		case "socket":
			config.Net, config.Addr, config.TLSConfig = "unix", value, "false"
		default:
			return fmt.Errorf("DATABASE_URL has the unknown parameter %q; it may have tls, ca and socket", name)
		}
	}
	return nil
}

// tlsConfigFromCA makes a connection encrypted, and to a server whose certificate one of the file's authorities signed.
func tlsConfigFromCA(path string) (*tls.Config, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own setting
	if err != nil {
		return nil, fmt.Errorf("ca in DATABASE_URL cannot be read: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("ca in DATABASE_URL, %s, holds no certificate in PEM", path)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
