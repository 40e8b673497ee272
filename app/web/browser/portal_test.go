package browser_test

import (
	"bytes"
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"

	"reglink/app/cli"
	"reglink/app/config"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// env is the environment of a run of the program.
type env map[string]string

func (e env) get(name string) string { return e[name] }

// environment is an environment with that database, a key and a port of its own.
func environment(databaseURL string) env {
	return env{
		config.DatabaseURL: databaseURL, config.Listen: "127.0.0.1:0",
		config.SecretKey: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	}
}

// with is the environment with another setting.
func (e env) with(name, value string) env {
	e = maps.Clone(e)
	e[name] = value
	return e
}

// portal is the program serving in this process.
type portal struct {
	t                 *testing.T
	env               env
	base              string // where people reach it
	printed           string // until it was ready
	allowServerErrors bool   // the test breaks something: errors in the log are right
	mails             *mailtest.Server
	log               *syncBuffer
}

// syncBuffer keeps what the program prints; the log is written from many goroutines.
type syncBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *syncBuffer) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

func (o *syncBuffer) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// startWithMail starts the portal with a mail server of its own. It stops when the test ends, and must have
// had no fault until then.
func startWithMail(t *testing.T, e env) *portal {
	t.Helper()
	mails := mailtest.Start(t)
	p := startProgram(t, e.with(config.SMTPURL, mails.URL()), "serve")
	p.mails = mails
	return p
}

// startDemo starts the throw-away portal.
func startDemo(t *testing.T) *portal {
	t.Helper()
	return startProgram(t, env{config.Listen: "127.0.0.1:0", config.Limits: "off"}, "demo")
}

func startProgram(t *testing.T, e env, command string) *portal {
	t.Helper()
	var out, log syncBuffer
	ready, ended := make(chan string, 1), make(chan int, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		program := cli.Program{Getenv: e.get, Stdout: &out, Stderr: &log, Ready: func(address string) { ready <- address }}
		ended <- program.Run(ctx, []string{command})
	}()
	p := &portal{t: t, base: e[config.BaseURL], log: &log}
	t.Cleanup(func() {
		stop()
		code := <-ended
		if code != 0 || strings.Contains(log.String(), "level=ERROR") != p.allowServerErrors {
			t.Errorf("the portal ended with %d and the log\n%s", code, log.String())
		}
	})
	select {
	case address := <-ready:
		p.printed = out.String()
		p.env = e.with(config.Listen, strings.TrimPrefix(address, "http://"))
		if p.base == "" {
			p.base = address
		}
		return p
	case code := <-ended:
		ended <- code
		t.Fatalf("exit %d instead of serving: %s", code, log.String())
	}
	return nil
}

// runCommand runs a command beside the portal and gives its last line.
func (p *portal) runCommand(args ...string) string {
	p.t.Helper()
	var out, log syncBuffer
	program := cli.Program{Getenv: p.env.get, Stdout: &out, Stderr: &log}
	if code := program.Run(p.t.Context(), args); code != 0 {
		p.t.Fatalf("reglink %s: exit %d: %s", strings.Join(args, " "), code, log.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1]
}

// addAccount creates an account and gives the path at which its Super User begins.
func (p *portal) addAccount(name, companyID, superUser string) string {
	p.t.Helper()
	return p.pathOf(p.runCommand("account", "add", "--name", name, "--company-id", companyID, "--super-user", superUser))
}

// pathOf gives the path of an address of this portal, and fails the test for any other address.
func (p *portal) pathOf(address string) string {
	p.t.Helper()
	path, ours := strings.CutPrefix(address, p.base)
	u, err := url.Parse(path)
	if !ours || err != nil || u.Path == "" {
		p.t.Fatalf("got the address %q, want one below %s", address, p.base)
	}
	return path
}

// eachDatabase runs a test on a portal on SQLite and on one on MySQL.
func eachDatabase(t *testing.T, test func(t *testing.T, p *portal)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		test(t, startWithMail(t, environment(databaseURL)))
	})
}
