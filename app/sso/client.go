// Package sso asks the single sign-on of the support organisation: its OpenID Connect provider, who somebody
// is, and its SCIM 2.0 directory, whether an address is known there. What comes from either is read with a
// limit of time and of size, and nothing that it says is taken for granted.
package sso

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"time"
)

// Limits of one request to either of them. A person waits for the answer.
const (
	requestTimeout   = 5 * time.Second
	maxResponseBytes = 1 << 20 // bytes
	maxConnections   = 8       // at once, to one host
)

// newClient makes a client that follows no redirect: what it sends may be a secret, and is for the configured
// host alone.
func newClient() *http.Client {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    requestTimeout,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConnsPerHost:    maxConnections,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{
		Transport:     limitedTransport{transport},
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limitedTransport reads no more of an answer than maxResponseBytes.
type limitedTransport struct{ http.RoundTripper }

func (l limitedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = &limitedBody{response.Body, maxResponseBytes}
	}
	return response, err
}

var errResponseTooLong = errors.New("the answer is too long")

type limitedBody struct {
	io.ReadCloser

	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errResponseTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// withTimeout gives the caller's context with an end of ours.
func withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, requestTimeout)
}
