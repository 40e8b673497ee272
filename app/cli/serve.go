package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"reglink/app"
	"reglink/app/config"
	"reglink/app/leaks"
	"reglink/app/mail"
	"reglink/db"
)

// serve serves the installation of the settings until ctx ends.
func (p Program) serve(ctx context.Context, in call) error {
	settings, err := config.Parse(in.lookup)
	if err != nil {
		return err
	}
	sender, err := newSender(settings) // before anything is opened
	if err != nil {
		return err
	}
	for _, warning := range settings.Warnings {
		p.log(settings, slog.LevelInfo).Warn(warning)
	}
	held, err := db.LockDatabase(settings.DatabaseURL, db.LockForServing)
	if err != nil {
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return errors.Join(err, held.Close())
	}
	opened.clock = p.Clock
	leaked, err := opened.refuseLeaked()
	if err == nil {
		err = errors.Join(p.serveOpened(ctx, opened, sender), leaked.Close())
	}
	return errors.Join(err, opened.store.Close(), held.Close())
}

// refuseLeaked keeps people from choosing passwords of the settings' file, until what it gives is closed.
func (o *portal) refuseLeaked() (io.Closer, error) {
	if o.settings.BreachedFile == "" {
		return io.NopCloser(nil), nil
	}
	file, err := leaks.Open(o.settings.BreachedFile)
	if err != nil {
		return nil, fmt.Errorf("BREACHED_PASSWORDS cannot be used: %w", err)
	}
	o.hasher.Breached = file
	return file, nil
}

// newSender gives what sends the mails, or nil where they wait in the outbox.
func newSender(settings *config.Settings) (mail.Sender, error) {
	base, err := settings.At(nil)
	if err != nil || settings.SMTPURL == "" {
		return nil, err
	}
	return mail.NewSMTP(settings.SMTPURL, base)
}

func (p Program) serveOpened(ctx context.Context, opened *portal, sender mail.Sender) error {
	token, err := opened.setUps(nil).Token(ctx)
	if err != nil && !errors.Is(err, app.Gone) {
		return err
	}
	s, err := p.listen(ctx, opened)
	if err != nil {
		return err
	}
	s.sender = sender
	return s.run(ctx, func() {
		fmt.Fprintf(p.Stdout, "Reglink is ready at %s\n", s.address())
		if s.base != s.address() {
			fmt.Fprintf(p.Stdout, "People reach it at %s\n", s.base)
		}
		if token != "" {
			fmt.Fprintf(p.Stdout, "Create the first account and its Super User at %s/setup/%s\n", s.base, token)
		}
	})
}

// listen takes the address of the settings.
func (p Program) listen(ctx context.Context, opened *portal) (*server, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", opened.settings.Listen)
	if err != nil {
		return nil, fmt.Errorf("LISTEN cannot be used: %w", err)
	}
	base, err := opened.settings.At(listener.Addr())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return &server{
		portal: opened, listener: listener, base: base, log: p.log(opened.settings, slog.LevelInfo),
		ready: p.Ready,
	}, nil
}
