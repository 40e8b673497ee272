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

// authority writes a certificate that signs itself, for the loopback address, and its key, and gives their paths.
func authority(t *testing.T) (string, string) {
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
	return written("cert.pem", "CERTIFICATE", certificate), written("key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))(t))
}

// A server is believed only with a certificate of the named authorities, and the connection is encrypted.
func TestVerifiedServer(t *testing.T) {
	t.Parallel()
	ours, key := authority(t)
	others, _ := authority(t)
	server := dbtest.NewOwn(t, "--ssl-cert="+ours, "--ssl-key="+key)
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
