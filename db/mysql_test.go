package db_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reglink/db"
	"reglink/db/dbtest"
)

// writeCertificate writes a certificate that signs itself, for the loopback address, and its key, and gives
// their paths.
func writeCertificate(t *testing.T) (string, string) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	folder := t.TempDir()
	written := func(name, kind string, block []byte) string {
		path := filepath.Join(folder, name)
		check(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: block}), 0o600))
		return path
	}
	certificate := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(t)
	return written("cert.pem", "CERTIFICATE", certificate), written("key.pem", "PRIVATE KEY",
		must(x509.MarshalPKCS8PrivateKey(key))(t))
}

// A server is believed only with a certificate of the named authorities, and the connection is encrypted.
func TestMySQL_ServerNeedsATrustedCertificate(t *testing.T) {
	t.Parallel()
	ours, key := writeCertificate(t)
	others, _ := writeCertificate(t)
	server := dbtest.NewProcess(t, "--ssl-cert="+ours, "--ssl-key="+key)
	at := strings.Replace(server.URL(), "tls=false", "", 1)
	s := dbtest.Open(t, at+"ca="+ours)
	var name, cipher string
	check(t, s.Bun().QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher))
	equal(t, "encrypted", cipher != "", true)
	for options, want := range map[string]string{
		"ca=" + others:                "unknown authority",
		"tls=true":                    "unknown authority",
		"ca=" + ours + "&tls=false":   "which tls=false does not do",
		"ca=" + key:                   "holds no certificate",
		"ca=" + ours + ".not-there":   "cannot be read",
		"ca=" + ours + "&tls=perhaps": "tls",
	} {
		_, err := db.Open(t.Context(), at+options)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", options, err, want)
		}
	}
}

func TestOpen_ServerRefusalHidesThePassword(t *testing.T) {
	t.Parallel()
	right := dbtest.MySQL(t)
	for databaseURL, want := range map[string]string{
		strings.Replace(right, "root@", "nobody:secret@", 1): "Access denied",
		strings.Replace(right, "/test_", "/missing_", 1):     "Unknown database",
	} {
		_, err := db.Open(t.Context(), databaseURL)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMySQL_SessionsAreReadCommittedStrictAndUTC(t *testing.T) {
	t.Parallel()
	s := dbtest.NewMySQL(t)
	var isolation, mode, zone string
	var wait int
	check(t, s.Bun().NewRaw("SELECT @@tx_isolation, @@sql_mode, @@time_zone, @@wsrep_sync_wait").
		Scan(t.Context(), &isolation, &mode, &zone, &wait))
	equal(t, "isolation", isolation, "READ-COMMITTED")
	equal(t, "mode", mode, "ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION")
	equal(t, "time zone", zone, "+00:00")
	equal(t, "reads wait for other nodes", wait, 1)
}
