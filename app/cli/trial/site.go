package trial

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli"
	"reglink/app/mail/mailtest"
)

const (
	base     = "http://portal.example" // where people reach the site, whichever server they meet
	password = "orbit velvet canyon seven"
	account  = "Acme Widgets"
)

// Site is one installation under trial: its databases, its key, its mail server and its Super Users.
type Site struct {
	// Databases are addresses of the one database: one, or each node of a cluster.
	Databases []string
	// Post is where the site's mails end up.
	Post *mailtest.Server
	// Supers are the emails of the Super Users of its account.
	Supers []string

	t       testing.TB
	key     string
	folder  string
	refused map[string]bool // emails whose mail server takes nothing
}

// NewSite makes an installation on empty databases, without a server yet.
func NewSite(t testing.TB, databases ...string) *Site {
	t.Helper()
	key := make([]byte, app.KeySize)
	_, _ = rand.Read(key)
	return &Site{
		Databases: databases, Post: mailtest.Start(t), t: t, key: base64.StdEncoding.EncodeToString(key), folder: t.TempDir(),
		refused: map[string]bool{},
	}
}

// NewKey gives the settings of a server, or of a command, that has a new secret key beside the present one,
// and that of one which has the new key alone.
func (s *Site) NewKey() ([]string, string) {
	key := make([]byte, app.KeySize)
	_, _ = rand.Read(key)
	fresh := "SECRET_KEY=" + base64.StdEncoding.EncodeToString(key)
	return []string{fresh, "SECRET_KEY_OLD=" + s.key}, fresh
}

func (s *Site) environment(databaseURL string) []string {
	return []string{
		"DATABASE_URL=" + databaseURL, "SECRET_KEY=" + s.key, "BASE_URL=" + base, "SMTP_URL=" + s.Post.URL(), "LIMITS=off",
	}
}

// Reglink runs a command in this process, on the first database, and gives what it printed.
func (s *Site) Reglink(args ...string) (string, error) {
	settings := map[string]string{}
	for _, setting := range s.environment(s.Databases[0]) {
		name, value, _ := strings.Cut(setting, "=")
		settings[name] = value
	}
	var out, errs bytes.Buffer
	p := cli.Program{Getenv: func(name string) string { return settings[name] }, Stdout: &out, Stderr: &errs}
	if code := p.Run(context.Background(), args); code != 0 {
		return out.String(), fmt.Errorf("reglink %s: exit %d: %s", strings.Join(args, " "), code, errs.String())
	}
	return out.String(), nil
}

// Settle creates the account and so many Super Users, who have set their passwords by the addresses that were
// mailed to them.
func (s *Site) Settle(server *Server, supers int) {
	s.t.Helper()
	first := "super1@acme.example"
	printed, err := s.Reglink("account", "add", "--name", account, "--company-id", "100200", "--super-user", first)
	if err != nil {
		s.t.Fatal(err)
	}
	said := strings.Fields(printed)
	s.activate(server, first, said[len(said)-1])
	for n := 2; n <= supers; n++ {
		s.create(server, fmt.Sprintf("super%d@acme.example", n))
	}
}

// create has the first Super User create another one.
func (s *Site) create(server *Server, email string) {
	s.t.Helper()
	sue := s.signedIn(server, s.Supers[0])
	form := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}, "email": {email}, "role": {string(app.SuperUser)}}
	s.want(http.StatusSeeOther)(sue.post("/members", form))
	s.activate(server, email, s.Post.WaitForMail(email, "/activate/").Link("/activate/"))
}

func (s *Site) activate(server *Server, email, address string) {
	s.t.Helper()
	form := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}, "password": {password}, "eula": {app.EULAVersion}}
	s.want(http.StatusOK)(newVisitor(server.Address).post(strings.TrimPrefix(address, base), form))
	s.Supers = append(s.Supers, email)
}

func (s *Site) signedIn(server *Server, email string) *visitor {
	s.t.Helper()
	v := newVisitor(server.Address)
	if err := v.signIn(email); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// Refuse has the mail server refuse every mail to a Super User for good, from now on.
func (s *Site) Refuse(email string) {
	const noSuchMailbox = 550
	s.Post.Refuse(email, noSuchMailbox)
	s.refused[email] = true
}

// want gives what fails the test where an answer is another.
func (s *Site) want(status int) func(*page, error) *page {
	return func(got *page, err error) *page {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
		if got.status != status {
			s.t.Fatalf("got %d, want %d: %.1000s", got.status, status, got.document.Text())
		}
		return got
	}
}

// Drain waits until no notice waits to be sent any more, or fails the test.
func (s *Site) Drain(within time.Duration) {
	s.t.Helper()
	look := open(s.t, s.Databases[0])
	for end := time.Now().Add(within); ; {
		queued := look.number("SELECT COUNT(*) FROM notices WHERE delivery = 'queued'")
		if queued == 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d notices are still queued after %v", queued, within)
		}
		time.Sleep(pollEvery)
	}
}

const pollEvery = 50 * time.Millisecond

// Seed gives the seed of a run, which is printed: SEED in the environment repeats one.
func Seed() string {
	if seed := os.Getenv("SEED"); seed != "" {
		return seed
	}
	return rand.Text()[:8]
}
