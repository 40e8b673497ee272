package web

import (
	"math/rand/v2"
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

// NewShuffled is New with the rows of the table in another order.
func NewShuffled(cfg Config, seed uint64) *fiber.App {
	s := newServer(cfg)
	rows := s.routes()
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return s.serving(rows)
}

// Write answers with a component.
func Write(c *fiber.Ctx, status int, component templ.Component) error {
	return write(c, status, component)
}

// LocalPath is where a form may lead back to.
func LocalPath(next string) string { return localPath(next) }

// ClientIP gives the client's address, and the block that its requests are counted under, of a request from
// that peer with these lines of X-Forwarded-For.
func ClientIP(peer netip.Addr, forwarded []string, trusted ...netip.Prefix) (string, string) {
	s := &server{Config: Config{TrustedProxies: trusted}}
	var request fasthttp.RequestCtx
	request.Init(&fasthttp.Request{}, &net.TCPAddr{IP: peer.AsSlice(), Zone: peer.Zone(), Port: 4711}, nil)
	for _, line := range forwarded {
		request.Request.Header.Add(fiber.HeaderXForwardedFor, line)
	}
	f := fiber.New()
	c := f.AcquireCtx(&request)
	defer f.ReleaseCtx(c)
	return s.clientIP(c), s.addressBlock(c)
}

// CSVFile is a file of those rows under a row of columns, as it is downloaded.
func CSVFile(rows ...[]string) string {
	s := newCSVFile("a", "b", "c")
	for _, cells := range rows {
		s.add(cells...)
	}
	s.writer.Flush()
	return s.buffer.String()
}

// AfterSignInPath is where a sign-in leads that was asked to lead there.
func AfterSignInPath(next string) string { return afterSignInPath(next) }

// SignInPath is the sign-in that leads back to a page.
func SignInPath(next string) string { return signInPath(next) }
