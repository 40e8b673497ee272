// Package sso asks the single sign-on of the support organisation: its OpenID Connect provider, who somebody is, and its SCIM 2.0
// directory, whether an address is known there. What comes from either is read with a limit of time and of size, and nothing that
// it says is taken for granted.
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
	answerWithin = 5 * time.Second
	maxAnswer    = 1 << 20 // bytes
	connections  = 8       // at once, to one host
)

// newClient makes a client that follows no redirect: what it sends may be a secret, and is for the configured host alone.
func newClient() *http.Client {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    answerWithin,
		MaxConnsPerHost:        connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{
		Transport:     limited{transport},
		Timeout:       answerWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limited reads no more of an answer than maxAnswer.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = &limitedBody{response.Body, maxAnswer}
	}
	return response, err
}

var errTooLong = errors.New("the answer is too long")

type limitedBody struct {
	io.ReadCloser

	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// hurried gives the caller's context with an end of ours.
func hurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, answerWithin)
}
