package web

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// clientIP is the client's network address: the peer's, or what trusted proxies say of it. X-Forwarded-For is
// read from the right, and the first address that is no trusted proxy is the client: whatever stands further
// left, the client wrote itself. Some proxies add to its line, others add a line.
func (s *server) clientIP(c *fiber.Ctx) string {
	peer, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return ""
	}
	client := peer.Unmap()
	lines := bytes.Join(c.Request().Header.PeekAll(fiber.HeaderXForwardedFor), []byte(","))
	hops := strings.Split(string(lines), ",")
	for i := len(hops) - 1; i >= 0 && s.isTrustedProxy(client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop.Unmap()
	}
	return client.WithZone("").String()
}

func (s *server) isTrustedProxy(addr netip.Addr) bool {
	for _, proxy := range s.TrustedProxies {
		if proxy.Contains(addr) {
			return true
		}
	}
	return false
}

// addressBlock is the address block that a client's requests are counted under: a single IPv4 address, or the
// /64 that one IPv6 household has.
func (s *server) addressBlock(c *fiber.Ctx) string {
	addr, err := netip.ParseAddr(s.clientIP(c))
	if err != nil {
		return "unknown"
	}
	if addr.Is4() {
		return addr.String()
	}
	block, _ := addr.Prefix(64)
	return block.String()
}
