// Package web is how Reglink is asked: Fiber, one table of routes, and one thin file a feature. Handlers ask
// the domain and return errors; one function makes responses of errors, and one decides between page and
// fragment.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"reglink/app"
	"reglink/assets"
	"reglink/views/messages"
)

// Config is what the server is made of.
type Config struct {
	*app.Rules
	BaseURL        string         // where people reach the portal, without a trailing slash; every link is built from it
	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	Mailbox        Mailbox        // the demo's mailbox; nil elsewhere
	Assets         *assets.Set
	Messages       messages.Printer // writes the pages, in the reader's language; the zero one will do
	Log            *slog.Logger
	CheckReady     func(context.Context) error // for /readyz: an app.Unready if the portal cannot be used
	Metrics        Meter
	MetricsToken   string // lets a client elsewhere read the metrics; empty: nobody elsewhere
}

// server holds what the handlers share. They ask the rules of Config and never a store.
type server struct {
	Config
	crossOrigin *http.CrossOriginProtection
	secure      bool            // the portal is reached by https
	getRoutes   map[string]bool // the routes that take GET
}

// Limits of a request. No form of ours comes near them but the one that takes a file.
const (
	maxBodySize    = 64 << 10
	readTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 60 * time.Second
	handlerTimeout = 20 * time.Second // what a handler may take; the database and the hashing queue are told
)

// New makes the portal's web server. It listens to nothing yet.
func New(cfg Config) *fiber.App {
	s := newServer(cfg)
	return s.serving(s.routes())
}

// serving makes the server with those rows.
func (s *server) serving(rows []route) *fiber.App {
	f := fiber.New(fiber.Config{
		AppName:               "Reglink",
		Immutable:             true, // strings outlive their request (style, F1)
		CaseSensitive:         true,
		StrictRouting:         true,
		BodyLimit:             maxBodySize,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		DisableStartupMessage: true,
		ErrorHandler:          s.handleEarlyError,

		DisablePreParseMultipartForm: true, // uploads are read by parseUploadForm alone
	})
	f.Server().HeaderReceived = uploadLimit
	f.Use(s.middleware)
	s.addRoutes(f, rows)
	normalizeUnknownMethods(f)
	return f
}

// normalizeUnknownMethods gives a request of a method that nobody has heard of the answer of one that no
// route takes. Fiber has a bare one of its own, without our headers.
func normalizeUnknownMethods(f *fiber.App) {
	handle := f.Server().Handler
	f.Server().Handler = func(c *fasthttp.RequestCtx) {
		if !slices.Contains(fiber.DefaultMethods, string(c.Method())) {
			c.Request.Header.SetMethod(fiber.MethodPatch)
		}
		handle(c)
	}
}

func newServer(cfg Config) *server {
	base, _ := url.Parse(cfg.BaseURL)
	s := &server{
		Config: cfg, crossOrigin: http.NewCrossOriginProtection(), secure: base != nil && base.Scheme == "https",
	}
	// A proxy may rewrite Host; the configured address is ours all the same.
	if base != nil {
		_ = s.crossOrigin.AddTrustedOrigin(base.Scheme + "://" + base.Host)
	}
	return s
}

// addRoutes hands the table to Fiber: what may be asked, by whom, and how often, route by route. Groups are
// not used, for their middleware leaks onto later routes (style, F4).
func (s *server) addRoutes(f *fiber.App, rows []route) {
	slices.SortStableFunc(rows, fixedFirst)
	limiters := s.limiters()
	s.getRoutes = map[string]bool{}
	for _, r := range rows {
		chain := []fiber.Handler{s.authorize(r)}
		if limiter, ok := limiters[r.limit]; ok {
			chain = append(chain, limiter)
		}
		chain = append(chain, r.handler)
		f.Add(r.method, r.path, chain...)
		if r.method == fiber.MethodGet {
			s.getRoutes[r.path] = true
			f.Add(fiber.MethodHead, r.path, chain...)
		}
	}
}
