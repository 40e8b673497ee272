package web

import (
	"net"
	"net/netip"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Route is a row of the route table as the tests see it.
type Route struct{ Method, Path, Who, Limit string }

// Routes gives the table that a server of that configuration installs.
func Routes(cfg Config) []Route {
	var rows []Route
	for _, r := range newServer(cfg).routes() {
		rows = append(rows, Route{r.method, r.path, string(r.who), string(r.limit)})
	}
	return rows
}

// Write answers with a component.
func Write(c *fiber.Ctx, status int, component templ.Component) error {
	return write(c, status, component)
}

// OwnPath is where a form may lead back to.
func OwnPath(next string) string { return ownPath(next) }

// Address gives the client's address, and the block that its requests are counted under, of a request from that peer with
// these lines of X-Forwarded-For.
func Address(peer netip.Addr, forwarded []string, trusted ...netip.Prefix) (string, string) {
	s := &server{Config: Config{TrustedProxies: trusted}}
	var request fasthttp.RequestCtx
	request.Init(&fasthttp.Request{}, &net.TCPAddr{IP: peer.AsSlice(), Zone: peer.Zone(), Port: 4711}, nil)
	for _, line := range forwarded {
		request.Request.Header.Add(fiber.HeaderXForwardedFor, line)
	}
	f := fiber.New()
	c := f.AcquireCtx(&request)
	defer f.ReleaseCtx(c)
	return s.address(c), s.block(c)
}

// Sheet is a file of those rows under a row of columns, as it is downloaded.
func Sheet(rows ...[]string) string {
	s := newSheet("a", "b", "c")
	for _, cells := range rows {
		s.add(cells...)
	}
	s.csv.Flush()
	return s.buffer.String()
}

// Landing is where a sign-in leads that was asked to lead there.
func Landing(next string) string { return landing(next) }

// SignInPath is the sign-in that leads back to a page.
func SignInPath(next string) string { return signInPath(next) }
