package web

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/limiter"

	"reglink/app"
)

// limit names how often a client may use a route. Counts are kept for an address block: a single IPv4 address, or the /64
// that one IPv6 household has.
type limit string

const (
	free          limit = ""              // not limited here
	signIns       limit = "sign-ins"      // passwords tried
	registrations limit = "registrations" // forms with a password to hash
	checks        limit = "checks"        // fields checked live
	opens         limit = "opens"         // addresses with a secret in them
	mails         limit = "mails"         // mails asked for
)

// rates are generous for a whole office behind one address, and far too small for guessing: a secret has 256 bits.
func rates() map[limit]limiter.Config {
	return map[limit]limiter.Config{
		signIns:       {Max: 30, Expiration: 5 * time.Minute},
		registrations: {Max: 60, Expiration: 10 * time.Minute},
		checks:        {Max: 600, Expiration: time.Minute},
		opens:         {Max: 120, Expiration: time.Minute},
		mails:         {Max: 10, Expiration: 10 * time.Minute},
	}
}

// limiters makes a middleware of each limit, or none where the installation switched them off.
func (s *server) limiters() map[limit]fiber.Handler {
	handlers := map[limit]fiber.Handler{}
	if !s.Limits {
		return handlers
	}
	for name, rate := range rates() {
		rate.KeyGenerator = s.block
		rate.LimitReached = slowDown
		handlers[name] = limiter.New(rate)
	}
	return handlers
}

func slowDown(c *fiber.Ctx) error {
	seconds, err := strconv.Atoi(string(c.Response().Header.Peek(fiber.HeaderRetryAfter)))
	if err != nil {
		seconds = 60
	}
	return app.Refuse(app.TooMany, "slow_down", "Seconds", seconds)
}

// block is the address block that a client's requests are counted under.
func (s *server) block(c *fiber.Ctx) string {
	addr, err := netip.ParseAddr(s.address(c))
	if err != nil {
		return "unknown"
	}
	if addr.Is4() {
		return addr.String()
	}
	block, _ := addr.Prefix(64)
	return block.String()
}
