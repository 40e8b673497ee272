// Package web is how Reglink is asked: Fiber, one table of routes, and one thin file a feature. Handlers ask the domain and
// return errors; one function makes responses of errors, and one decides between page and fragment.
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
	app.OverviewStore
	app.ActivityStore
	app.NoticeStore
	app.JoinStore
	app.LinkHistoryStore
	app.OutboxList
	app.LimitStore
	app.InvitationStore
	app.SSOStore
	app.SignInWayStore
	app.FactorStore
	app.SecurityStore
}

// Config is what the server is made of.
type Config struct {
	Store          Store
	Sealer         *app.Sealer
	Hasher         *app.Hasher
	CodeApps       app.CodeApps
	Passkeys       app.Passkeys // nil: browsers know none for BaseURL
	Clock          app.Clock
	BaseURL        string         // where people reach the portal, without a trailing slash; every link is built from it
	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	Limits         bool           // whether the rate limits hold, and many registrations are told of in one mail
	MaxLinkDays    app.MaxDays    // how long a registration link works at most; 0: any time
	Wake           func()         // tells the mail worker that a notice is due; may be nil
	SSO            app.SSO        // the provider of single sign-on; nil: there is none
	Directory      app.Directory  // is asked besides our own who has a login; nil: there is none
	Mailbox        Mailbox        // the demo's mailbox; nil elsewhere
	Assets         *assets.Set
	Log            *slog.Logger
	Ready          func(context.Context) error // nil where the portal can be used, for /readyz; an app.Unready otherwise
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
	signInChoices app.SignInChoices
	setUps        app.SetUps
	dashboards    app.Dashboards
	activities    app.Activities
	outbox        app.Outbox
	limits        app.Limits
	invitations   app.Invitations
	factors       app.SecondFactors
	security      app.Security
	origin        *http.CrossOriginProtection
	secure        bool            // the portal is reached by https
	readable      map[string]bool // the routes that take GET
	known         map[string]bool // the routes
}

// Limits of a request. No form of ours comes near them but the one that takes a file.
const (
	maxBody      = 64 << 10
	readTimeout  = 15 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 60 * time.Second
	workTimeout  = 20 * time.Second // what a handler may take; the database and the hashing queue are told
)

// New makes the portal's web server. It listens to nothing yet.
func New(cfg Config) *fiber.App {
	s := newServer(cfg)
	f := fiber.New(fiber.Config{
		AppName:               "Reglink",
		Immutable:             true, // strings outlive their request (style, F1)
		CaseSensitive:         true,
		StrictRouting:         true,
		BodyLimit:             maxBody,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		DisableStartupMessage: true,
		ErrorHandler:          s.answerEarly,

		DisablePreParseMultipartForm: true, // uploads are read by uploadOf alone
	})
	f.Server().HeaderReceived = uploadLimit
	f.Use(s.around)
	s.install(f)
	knowMethods(f)
	return f
}

// knowMethods gives a request of a method that nobody has heard of the answer of one that no route takes. Fiber has a bare one of
// its own, without our headers.
func knowMethods(f *fiber.App) {
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
		Config:        cfg,
		links:         app.Links{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, Most: cfg.MaxLinkDays},
		registrations: app.Registrations{Store: cfg.Store, Hasher: cfg.Hasher, Sealer: cfg.Sealer, Clock: cfg.Clock, Most: cfg.MaxLinkDays, Digest: cfg.Limits, Elsewhere: cfg.Directory},
		confirmations: app.Confirmations{Store: cfg.Store, Hasher: cfg.Hasher, Sealer: cfg.Sealer, Clock: cfg.Clock},
		members:       app.Members{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock},
		linkHistory:   app.LinkHistory{Store: cfg.Store, Clock: cfg.Clock, Most: cfg.MaxLinkDays},
		approvals:     app.Approvals{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock},
		joinRequests:  app.JoinRequests{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, Most: cfg.MaxLinkDays},
		signIns:       app.SignIns{Store: cfg.Store, Hasher: cfg.Hasher, Clock: cfg.Clock},
		signInChoices: app.SignInChoices{Store: cfg.Store, Clock: cfg.Clock},
		sso:           app.SSOSignIns{Store: cfg.Store, Provider: cfg.SSO, Sealer: cfg.Sealer, Clock: cfg.Clock},
		setUps:        app.SetUps{Store: cfg.Store, Hasher: cfg.Hasher, Sealer: cfg.Sealer, Clock: cfg.Clock},
		dashboards:    app.Dashboards{Store: cfg.Store, Clock: cfg.Clock},
		activities:    app.Activities{Store: cfg.Store, Clock: cfg.Clock},
		outbox:        app.Outbox{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, Most: cfg.MaxLinkDays},
		limits:        app.Limits{Fence: &app.Fence{}, Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock},
		invitations:   app.Invitations{Store: cfg.Store, Sealer: cfg.Sealer, Clock: cfg.Clock, Most: cfg.MaxLinkDays},
		security:      app.Security{Store: cfg.Store, Clock: cfg.Clock},
		origin:        http.NewCrossOriginProtection(),
		secure:        base != nil && base.Scheme == "https",
	}
	s.factors = s.secondFactors()
	s.registrations.Unrecorded = func(ctx context.Context, err error) {
		s.Log.ErrorContext(ctx, "denial not recorded", "err", err)
	}
	// A proxy may rewrite Host; the configured address is ours all the same.
	if base != nil {
		_ = s.origin.AddTrustedOrigin(base.Scheme + "://" + base.Host)
	}
	return s
}

// wake tells the mail worker that something is due.
func (s *server) wake() {
	if s.Wake != nil {
		s.Wake()
	}
}

// install hands the table to Fiber: what may be asked, by whom, and how often, route by route. Groups are not used, for their
// middleware leaks onto later routes (style, F4).
func (s *server) install(f *fiber.App) {
	limiters := s.limiters()
	s.readable, s.known = map[string]bool{}, map[string]bool{}
	for _, r := range s.routes() {
		s.known[r.path] = true
		chain := []fiber.Handler{s.admit(r)}
		if limiter, ok := limiters[r.limit]; ok {
			chain = append(chain, limiter)
		}
		chain = append(chain, r.handle)
		f.Add(r.method, r.path, chain...)
		if r.method == fiber.MethodGet {
			s.readable[r.path] = true
			f.Add(fiber.MethodHead, r.path, chain...)
		}
	}
}
