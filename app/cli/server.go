package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/factor"
	"reglink/app/mail"
	"reglink/app/metrics"
	"reglink/app/web"
	"reglink/assets"
)

// stopWithin is how much time there is to finish what was begun once the program is told to stop.
const stopWithin = 10 * time.Second

// server is a portal with an address.
type server struct {
	*portal
	listener net.Listener
	base     string      // where people reach it
	sender   mail.Sender // nil: mails wait in the outbox
	mailbox  web.Mailbox // nil outside the demo
	assets   *assets.Set // nil: those of the binary
	log      *slog.Logger
	ready    func(address string)
	mails    func() app.MailCounts // nil: nothing is sent
	stopping atomic.Bool
}

// address is where it listens.
func (s *server) address() string { return "http://" + s.listener.Addr().String() }

// run serves and mails until ctx ends, then finishes what was begun. It calls announce as soon as requests are
// answered.
func (s *server) run(ctx context.Context, announce func()) error {
	// What works in the background is needed while the server says that it is stopping, too.
	working, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	rules := s.servingRules()
	mailed := s.startMailing(working, rules.Outbox)
	ended := allClosed(mailed, s.startDeadlines(working, rules.Deadlines), s.startKeyFollower(working, s.log))
	pages := s.pages(rules)
	served := make(chan error, 1)
	go func() { served <- pages.Listener(s.listener) }()
	announce()
	if s.ready != nil {
		s.ready(s.address())
	}
	select {
	case err := <-served:
		end()
		<-ended
		return fmt.Errorf("the server stopped: %w", err)
	case <-ctx.Done():
		s.announceStop()
		end()
		return s.shutDown(ctx, pages, ended)
	}
}

// startMailing starts the worker, if there is something to send with, and has the store wake it. Its channel is
// closed when the worker has ended.
func (s *server) startMailing(ctx context.Context, outbox app.Outbox) <-chan struct{} {
	mailed := make(chan struct{})
	if s.sender == nil {
		close(mailed)
		return mailed
	}
	worker := &mail.Worker{
		Outbox: outbox, Sender: s.sender, BaseURL: s.base, Log: s.log, Paused: s.keyless.Load,
	}
	s.mails, s.store.OnNotices = worker.Counts, worker.Wake
	go func() {
		defer close(mailed)
		worker.Run(ctx)
	}()
	return mailed
}

// servingRules makes the rules that the pages, the mails and the deadlines share.
func (s *server) servingRules() *app.Rules {
	deps := s.deps()
	deps.CodeApps, deps.Passkeys = factor.TOTP{}, factor.NewPasskeys(s.base)
	deps.SSO, deps.Directory = s.provider(), s.directory()
	deps.MaxLinkAge, deps.EnforceLimits, deps.Log = s.settings.MaxLinkDays, s.settings.Limits, s.log
	return app.New(deps)
}

func (s *server) pages(rules *app.Rules) *fiber.App {
	set := s.assets
	if set == nil {
		set = assets.Embedded()
	}
	return web.New(web.Config{
		Rules: rules, BaseURL: s.base, TrustedProxies: s.settings.TrustedProxies, Mailbox: s.mailbox, Assets: set,
		Log: s.log, CheckReady: s.checkReady,
		MetricsToken: s.settings.MetricsToken,
		Metrics:      metrics.New(metrics.Sources{Store: s.store, Hashes: s.hasher.Counts, Mails: s.mails, Clock: s.clock}),
	})
}

// checkReady is for what leads requests to several servers: a server that was told to stop gets no more of them, and
// neither does one whose key is no longer the installation's, for the others cannot open what it seals.
func (s *server) checkReady(ctx context.Context) error {
	if s.stopping.Load() {
		return app.Stopping
	}
	if s.keyless.Load() {
		return app.KeyMissing
	}
	return s.store.Ready(ctx)
}

// announceStop says at /readyz that the server is stopping, and goes on for as long as it takes to be heard.
func (s *server) announceStop() {
	s.stopping.Store(true)
	time.Sleep(s.settings.StopDelay)
}

// shutDown takes no new requests and lets those that were begun end, and the mail that is being sent.
func (s *server) shutDown(ctx context.Context, pages *fiber.App, ended <-chan struct{}) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	err := pages.ShutdownWithContext(grace)
	// A stop can overtake the start of serving, which Shutdown then does not know of.
	_ = s.listener.Close()
	select {
	case <-ended:
	case <-grace.Done():
		err = grace.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopped while something was still going on after %v", stopWithin)
	}
	return err
}
