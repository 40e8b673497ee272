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
)

// Store is everything that the pages keep and find.
type Store interface {
	app.LinkStore
	app.RegistrationStore
	app.MemberStore
	app.ApprovalStore
	app.SignInStore
	app.ConfirmationStore
	app.InstallationStore
	app.PreferenceStore
	app.DashboardStore
	app.ActivityStore
	app.NoticeStore
	app.JoinRequestStore
	app.LinkHistoryStore
	app.OutboxReader
	app.LimitStore
	app.InvitationStore
	app.SSOStore
	app.SignInMethodStore
	app.FactorStore
	app.SecurityStore
}

// Config is what the server is made of.
type Config struct {
	Store          Store
	Sealer         *app.Sealer
	Hasher         *app.PasswordHasher
	CodeApps       app.AuthenticatorApps
	Passkeys       app.Passkeys // nil: browsers know none for BaseURL
	Clock          app.Clock
	BaseURL        string         // where people reach the portal, without a trailing slash; every link is built from it
	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	EnforceLimits  bool           // whether the rate limits hold, and many registrations are told of in one mail
	MaxLinkDays    app.MaxLinkAge // how long a registration link works at most; 0: any time
	WakeMailer     func()         // tells the mail worker that a notice is due; may be nil
	SSO            app.SSO        // the provider of single sign-on; nil: there is none
	Directory      app.Directory  // is asked besides our own who has a login; nil: there is none
	Mailbox        Mailbox        // the demo's mailbox; nil elsewhere
	Assets         *assets.Set
	Log            *slog.Logger
	CheckReady     func(context.Context) error // nil where the portal can be used, for /readyz; an app.Unready otherwise
	Metrics        Meter
	MetricsToken   string // lets a client elsewhere read the metrics; empty: nobody elsewhere
}

// server holds the rules that the handlers ask.
type server struct {
	Config
	links         app.Links
	registrations app.Registrations
	confirmations app.Confirmations
	members       app.Members
	approvals     app.Approvals
	joinRequests  app.JoinRequests
	linkHistory   app.LinkHistory
	signIns       app.SignIns
	sso           app.SSOSignIns
	signInMethods app.SignInMethods
	setUps        app.SetUps
	dashboards    app.Dashboards
	activities    app.Activities
	outbox        app.Outbox
	limits        app.Limits
	invitations   app.Invitations
	factors       app.SecondFactors
	security      app.Security
	crossOrigin   *http.CrossOriginProtection
	secure        bool            // the portal is reached by https
	getRoutes     map[string]bool // the routes that take GET
	knownRoutes   map[string]bool // the routes
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
	s.addRoutes(f)
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
		Config: cfg,
		links:  app.Links{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, MaxLinkAge: cfg.MaxLinkDays},
		registrations: app.Registrations{
			Store: cfg.Store, Hasher: cfg.Hasher, Sealer: cfg.Sealer, Clock: cfg.Clock, MaxLinkAge: cfg.MaxLinkDays,
			Digest: cfg.EnforceLimits, ExternalDirectory: cfg.Directory,
		},
		confirmations: app.Confirmations{Store: cfg.Store, Hasher: cfg.Hasher, Sealer: cfg.Sealer, Clock: cfg.Clock},
		members:       app.Members{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock},
		linkHistory:   app.LinkHistory{Store: cfg.Store, Clock: cfg.Clock, MaxLinkAge: cfg.MaxLinkDays},
		approvals:     app.Approvals{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock},
		joinRequests:  app.JoinRequests{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, MaxLinkAge: cfg.MaxLinkDays},
		signIns:       app.SignIns{Store: cfg.Store, Hasher: cfg.Hasher, Clock: cfg.Clock},
		signInMethods: app.SignInMethods{Store: cfg.Store, Clock: cfg.Clock},
		sso:           app.SSOSignIns{Store: cfg.Store, Provider: cfg.SSO, Sealer: cfg.Sealer, Clock: cfg.Clock},
		setUps:        app.SetUps{Store: cfg.Store, Hasher: cfg.Hasher, Sealer: cfg.Sealer, Clock: cfg.Clock},
		dashboards:    app.Dashboards{Store: cfg.Store, Clock: cfg.Clock},
		activities:    app.Activities{Store: cfg.Store, Clock: cfg.Clock},
		outbox:        app.Outbox{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, MaxLinkAge: cfg.MaxLinkDays},
		limits:        app.Limits{Memory: &app.MemoryLimiter{}, Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock},
		invitations:   app.Invitations{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, MaxLinkAge: cfg.MaxLinkDays},
		security:      app.Security{Store: cfg.Store, Clock: cfg.Clock},
		crossOrigin:   http.NewCrossOriginProtection(),
		secure:        base != nil && base.Scheme == "https",
	}
	s.factors = s.newSecondFactors()
	s.registrations.OnUnrecorded = func(ctx context.Context, err error) {
		s.Log.ErrorContext(ctx, "denial not recorded", "err", err)
	}
	// A proxy may rewrite Host; the configured address is ours all the same.
	if base != nil {
		_ = s.crossOrigin.AddTrustedOrigin(base.Scheme + "://" + base.Host)
	}
	return s
}

// wakeMailer tells the mail worker that something is due.
func (s *server) wakeMailer() {
	if s.WakeMailer != nil {
		s.WakeMailer()
	}
}

// addRoutes hands the table to Fiber: what may be asked, by whom, and how often, route by route. Groups are
// not used, for their middleware leaks onto later routes (style, F4).
func (s *server) addRoutes(f *fiber.App) {
	limiters := s.limiters()
	s.getRoutes, s.knownRoutes = map[string]bool{}, map[string]bool{}
	for _, r := range s.routes() {
		s.knownRoutes[r.path] = true
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
