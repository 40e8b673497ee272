package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/spf13/cobra"

	"reglink/app"
	"reglink/app/config"
	"reglink/app/leaks"
	"reglink/app/mail"
	"reglink/db"
)

func (l *commandLine) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve the portal, also without a command. Creates a database if there is none.", Args: needs(),
		RunE: l.runs(func(ctx context.Context, _ []string) error { return l.serve(ctx) }),
	}
}

// serve serves the installation of the settings until ctx ends.
func (l *commandLine) serve(ctx context.Context) error {
	settings, err := l.settings()
	if err != nil {
		return err
	}
	sender, err := newSender(settings) // before anything is opened
	if err != nil {
		return err
	}
	for _, warning := range settings.Warnings {
		l.log(settings, slog.LevelInfo).Warn(warning)
	}
	held, err := db.LockDatabase(settings.DatabaseURL, db.LockForServing)
	if err != nil {
		return err
	}
	opened, err := l.open(ctx, settings, db.Open)
	if err != nil {
		return errors.Join(err, held.Close())
	}
	opened.clock = l.Clock
	leaked, err := opened.refuseLeaked()
	if err == nil {
		err = errors.Join(l.serveOpened(ctx, opened, sender), leaked.Close())
	}
	return errors.Join(err, opened.store.Close(), held.Close())
}

// refuseLeaked keeps people from choosing passwords of the settings' file until the returned closer is closed.
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

// newSender returns what sends the mails, or nil if they wait in the outbox.
func newSender(settings *config.Settings) (mail.Sender, error) {
	base, err := settings.At(nil)
	if err != nil || settings.SMTPURL == "" {
		return nil, err
	}
	return mail.NewSMTP(settings.SMTPURL, base)
}

func (p Program) serveOpened(ctx context.Context, opened *portal, sender mail.Sender) error {
	token, err := opened.rules().SetUps.Token(ctx)
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
		fmt.Fprintf(p.Stdout, "It uses the database %s\n", db.Name(opened.settings.DatabaseURL))
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
	log := p.log(opened.settings, slog.LevelInfo)
	return &server{portal: opened, listener: listener, base: base, log: log, ready: p.Ready}, nil
}
