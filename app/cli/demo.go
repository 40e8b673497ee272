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

	"reglink/app/config"
	"reglink/app/mail"
	"reglink/assets"
)

// demo serves a portal with sample data from a folder that is removed in the end.
func (p Program) demo(ctx context.Context, in call) error {
	folder, err := os.MkdirTemp("", "reglink-demo-")
	if err != nil {
		return err
	}
	return errors.Join(p.demoIn(ctx, in, folder), os.RemoveAll(folder))
}

func (p Program) demoIn(ctx context.Context, in call, folder string) error {
	settings, err := config.Parse(demoSettings(in.lookup, folder))
	if err != nil {
		return err
	}
	if _, err := settings.At(nil); err != nil { // before anything is opened
		return err
	}
	opened, err := open(ctx, settings)
	if err != nil {
		return err
	}
	return errors.Join(p.serveDemo(ctx, in, opened), opened.store.Close())
}

// demoSettings are those of the user without the ones that would touch a real installation.
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

func (p Program) serveDemo(ctx context.Context, in call, opened *portal) error {
	s, err := p.listen(ctx, opened)
	if errors.Is(err, syscall.EADDRINUSE) && in.lookup(config.Listen) == "" && in.lookup(config.BaseURL) == "" {
		fmt.Fprintf(p.Stdout, "%s is taken, so this demo has another port.\n", opened.settings.Listen)
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
	link, err := seed(ctx, opened, password)
	if err != nil {
		return errors.Join(err, s.listener.Close())
	}
	return s.run(ctx, func() { p.introduce(s, password, link) })
}

func (p Program) introduce(s *server, password, link string) {
	fmt.Fprintln(p.Stdout, "Reglink demo, everything in a throw-away database.")
	for _, line := range [][2]string{
		{"Address", s.base},
		{"Sign in", sue},
		{"Password", password},
		{"Mails", s.base + "/mailbox"},
		{"Link", s.base + "/register/" + link},
	} {
		fmt.Fprintf(p.Stdout, "  %-10s %s\n", line[0], line[1])
	}
}

// newPassword makes one of 100 random bits that is easy to type.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[0:5], text[5:10], text[10:15], text[15:20]}, "-")
}
