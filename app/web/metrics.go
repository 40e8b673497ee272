package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Meter counts requests, and tells what the whole server counts.
type Meter interface {
	// Request counts one that was answered. The route is a row of the table.
	Request(route, method string, status int, took time.Duration)
	// Write writes all numbers as text.
	Write(ctx context.Context, to io.Writer) error
}

// metrics gives the numbers to whoever may have them. For others there is no such page.
func (s *server) metrics(c *fiber.Ctx) error {
	if !s.hasMetricsToken(c) && !s.isLocalRequest(c) {
		return pageNotFound()
	}
	var text bytes.Buffer
	if err := s.Metrics.Write(c.UserContext(), &text); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	return c.Send(text.Bytes())
}

// hasMetricsToken compares hashes, which takes as long for every token.
func (s *server) hasMetricsToken(c *fiber.Ctx) bool {
	given, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	got, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.MetricsToken))
	return ok && s.MetricsToken != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// isLocalRequest tells whether a program on this machine asks for itself. A proxy on this machine has a
// loopback address too, so the request must bear no header of one and name this machine as its host. A proxy
// that adds no header and hides the host cannot be told from a program here; so where people reach the portal
// from elsewhere, TRUSTED_PROXIES must say that the proxies add theirs.
func (s *server) isLocalRequest(c *fiber.Ctx) bool {
	peer, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok || !peer.Unmap().IsLoopback() || hasProxyHeaders(c) || !isLoopbackHost(string(c.Request().Host())) {
		return false
	}
	_, base, _ := strings.Cut(s.BaseURL, "://")
	return len(s.TrustedProxies) > 0 || isLoopbackHost(base)
}

// hasProxyHeaders tells whether any proxy left its mark.
func hasProxyHeaders(c *fiber.Ctx) bool {
	found := false
	c.Request().Header.VisitAll(func(name, _ []byte) {
		switch n := strings.ToLower(string(name)); {
		case strings.HasPrefix(n, "x-forwarded"), strings.HasPrefix(n, "x-original"), strings.HasSuffix(n, "-client-ip"),
			strings.HasSuffix(n, "-connecting-ip"), n == "forwarded", n == "via", n == "x-real-ip", n == "client-ip":
			found = true
		}
	})
	return found
}

// isLoopbackHost tells whether a host, with or without a port, names this machine.
func isLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (err == nil && addr.IsLoopback())
}
