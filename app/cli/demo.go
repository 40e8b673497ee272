package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"reglink/app/config"
	"reglink/app/mail"
	"reglink/assets"
	"reglink/db"
)

func (l *commandLine) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Serve a throw-away portal with a sample account, and show the emails it would send.",
		Long: "It uses a database, a key and a mailbox of its own, whatever the settings say.", Args: needs(),
		RunE: l.runs(func(ctx context.Context, _ []string) error { return l.demo(ctx) }),
	}
}

// demo serves a portal with sample data from a folder that it removes in the end.
func (l *commandLine) demo(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "reglink-demo-")
	if err != nil {
		return err
	}
	return errors.Join(l.demoIn(ctx, folder), os.RemoveAll(folder))
}

func (l *commandLine) demoIn(ctx context.Context, folder string) error {
	lookup, err := l.lookup()
	if err != nil {
		return err
	}
	settings, err := config.Parse(demoSettings(lookup, folder))
	if err != nil {
		return err
	}
	if _, err := settings.At(nil); err != nil { // before anything is opened
		return err
	}
	opened, err := l.open(ctx, settings, db.Open)
	if err != nil {
		return err
	}
	anyPort := lookup(config.Listen) == "" && lookup(config.BaseURL) == ""
	return errors.Join(l.serveDemo(ctx, opened, anyPort), opened.store.Close())
}

// demoSettings are the user's settings without those that would touch a real installation.
func demoSettings(lookup func(string) string, folder string) func(string) string {
	return func(name string) string {
		switch strings.TrimSuffix(name, config.FileOf("")) {
		case config.DatabaseURL:
			if name != config.DatabaseURL {
				return ""
			}
			return "sqlite:" + filepath.Join(folder, "reglink.db")
		case config.SecretKey, config.SecretKeyOld, config.SMTPURL:
			return ""
		}
		return lookup(name)
	}
}

// serveDemo serves the sample data. If the port is taken, and nobody has chosen it, it takes any other.
func (p Program) serveDemo(ctx context.Context, opened *portal, anyPort bool) error {
	s, err := p.listen(ctx, opened)
	if errors.Is(err, syscall.EADDRINUSE) && anyPort {
		fmt.Fprintf(p.Stdout, "%s is in use, so this demo takes another port.\n", opened.settings.Listen)
		opened.settings.Listen = "127.0.0.1:0"
		s, err = p.listen(ctx, opened)
	}
	if err != nil {
		return err
	}
	mailbox := &mail.Recorder{}
	s.sender, s.mailbox = mailbox, mailbox
	s.log = p.log(opened.settings, slog.LevelWarn) // what goes well can be seen in the browser
	if dir := p.Getenv("ASSETS_DIR"); dir != "" {  // task dev rebuilds the style sheet there while this runs
		s.assets = assets.Dev(dir)
	}
	password := newPassword()
	link, err := seedDemo(ctx, opened, password)
	if err != nil {
		return errors.Join(err, s.listener.Close())
	}
	return s.run(ctx, func() { p.printDemo(s, password, link) })
}

// printDemo prints where the demo is and how to sign in.
func (p Program) printDemo(s *server, password, link string) {
	fmt.Fprintln(p.Stdout, "Reglink demo, with everything in a throw-away database.")
	for _, line := range [][2]string{
		{"Address", s.base},
		{"Sign in", sueEmail},
		{"Password", password},
		{"Mails", s.base + "/mailbox"},
		{"Link", s.base + "/register/" + link},
		{"Database", db.Name(s.settings.DatabaseURL)},
	} {
		fmt.Fprintf(p.Stdout, "  %-10s %s\n", line[0], line[1])
	}
}

// newPassword returns a password of 100 random bits that is easy to type.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[0:5], text[5:10], text[10:15], text[15:20]}, "-")
}
