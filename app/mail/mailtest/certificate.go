package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"time"
)

// serverCertificate is the servers' certificate and who trusts it.
type serverCertificate struct {
	config *tls.Config
	roots  *x509.CertPool
}

// certificate is made once a process; nobody outside of it trusts it.
var certificate = sync.OnceValue(func() serverCertificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	served := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return serverCertificate{
		config: &tls.Config{Certificates: []tls.Certificate{served}, MinVersion: tls.VersionTLS12},
		roots:  roots,
	}
})
