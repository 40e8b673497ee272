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
	"os/exec"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/cli"
	"reglink/app/mail/mailtest"
)

const (
	publicURL = "http://portal.example" // where people reach the site, whichever server answers
	password  = "orbit velvet canyon seven"
	account   = "Acme Widgets"
)

// Site is one installation under trial: its databases, its secret key, its mail server, its servers and its Super
// Users.
type Site struct {
	// Databases are addresses of the one database: one, or one for each node of a cluster.
	Databases []string
	// MailServer receives the site's mails.
	MailServer *mailtest.Server
	// SuperUsers are the emails of the Super Users of its account.
	SuperUsers []string

	t             testing.TB
	secretKey     string
	folder        string
	servers       []*Server
	undeliverable map[string]bool // emails whose mails the mail server refuses
}

// NewSite makes an installation on empty databases, without a server yet.
func NewSite(t testing.TB, databases ...string) *Site {
	t.Helper()
	return &Site{
		Databases: databases, MailServer: mailtest.Start(t),
		t: t, secretKey: newSecretKey(), folder: t.TempDir(), undeliverable: map[string]bool{},
	}
}

func newSecretKey() string {
	key := make([]byte, app.KeySize)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

// NewSecretKey returns the settings of a server or command that has a new secret key as well as the present one, and
// the setting of one that has only the new key.
func (s *Site) NewSecretKey() ([]string, string) {
	onlyNew := "SECRET_KEY=" + newSecretKey()
	return []string{onlyNew, "SECRET_KEY_OLD=" + s.secretKey}, onlyNew
}

func (s *Site) env(databaseURL string) []string {
	return []string{
		"DATABASE_URL=" + databaseURL, "SECRET_KEY=" + s.secretKey, "BASE_URL=" + publicURL,
		"SMTP_URL=" + s.MailServer.URL(), "LIMITS=off",
	}
}

// StopAll stops every server that runs. A mail that is leased after that is leased by nobody who could still send it.
func (s *Site) StopAll() {
	s.t.Helper()
	for _, server := range s.servers {
		if !server.running() {
			continue
		}
		if err := server.Stop(); err != nil {
			s.t.Errorf("stopping %s: %v", server.URL, err)
		}
	}
}

// mayStart refuses to start a server while another one runs and the clock of either is set. By their clocks servers
// agree on who sends a mail: for a server whose clock is ahead the leases of the others have expired, so it sends the
// mails that they are sending.
func (s *Site) mayStart(server *Server) error {
	for _, other := range s.servers {
		if other != server && other.running() && (other.clockIsSet() || server.clockIsSet()) {
			return fmt.Errorf("%s would run with %s and another clock: both could send a mail", server.URL, other.URL)
		}
	}
	return nil
}

// CLI runs a command in this process, on the first database, and returns what it printed.
func (s *Site) CLI(args ...string) (string, error) {
	settings := map[string]string{}
	for _, setting := range s.env(s.Databases[0]) {
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

// CLIProcess runs a command in a process of its own, on the first database and with more settings, and returns how it
// exited: nil for exit code 0.
func (s *Site) CLIProcess(settings []string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.CommandContext(context.Background(), self, args...) //nolint:gosec // our own binary
	process.Env = programEnviron(append(s.env(s.Databases[0]), settings...))
	stdin, err := process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := process.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	_ = stdin.Close() // Wait has closed it
	return err
}

// CreateAccount creates the account and that many Super Users, who set their passwords through the links that were
// mailed to them.
func (s *Site) CreateAccount(server *Server, superUsers int) {
	s.t.Helper()
	first := "super1@acme.example"
	out, err := s.CLI("account", "add", "--name", account, "--company-id", "100200", "--super-user", first)
	if err != nil {
		s.t.Fatal(err)
	}
	words := strings.Fields(out)
	s.activate(server, first, words[len(words)-1])
	for n := 2; n <= superUsers; n++ {
		s.createSuperUser(server, fmt.Sprintf("super%d@acme.example", n))
	}
}

// createSuperUser has the first Super User create another one.
func (s *Site) createSuperUser(server *Server, email string) {
	s.t.Helper()
	first := s.signIn(server, s.SuperUsers[0])
	form := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}, "email": {email}, "role": {string(app.SuperUser)}}
	s.expectStatus(http.StatusSeeOther)(first.post("/members", form))
	s.activate(server, email, s.MailServer.WaitForMail(email, "/activate/").Link("/activate/"))
}

func (s *Site) activate(server *Server, email, link string) {
	s.t.Helper()
	form := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}, "password": {password}, "eula": {app.EULAVersion}}
	s.expectStatus(http.StatusOK)(newClient(server.URL).post(strings.TrimPrefix(link, publicURL), form))
	s.SuperUsers = append(s.SuperUsers, email)
}

func (s *Site) signIn(server *Server, email string) *client {
	s.t.Helper()
	c := newClient(server.URL)
	if err := c.signIn(email); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// expectStatus returns a function that fails the test if a request failed or its answer has another status.
func (s *Site) expectStatus(status int) func(*page, error) {
	return func(got *page, err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
		if got.status != status {
			s.t.Fatalf("got %d, want %d: %.1000s", got.status, status, got.document.Text())
		}
	}
}

// RefuseMailTo makes the mail server permanently refuse every mail to a Super User, from now on.
func (s *Site) RefuseMailTo(email string) {
	const noSuchMailbox = 550
	s.MailServer.Refuse(email, noSuchMailbox)
	s.undeliverable[email] = true
}

const pollInterval = 50 * time.Millisecond

// DrainOutbox waits until no notice is queued any more, and fails the test if that takes too long.
func (s *Site) DrainOutbox(timeout time.Duration) {
	s.t.Helper()
	db := openDatabase(s.t, s.Databases[0])
	for end := time.Now().Add(timeout); ; time.Sleep(pollInterval) {
		queued := db.integer("SELECT COUNT(*) FROM notices WHERE delivery = 'queued'")
		if queued == 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d notices are still queued after %v", queued, timeout)
		}
	}
}

// Seed returns the seed of a run. SEED in the environment repeats one that was printed.
func Seed() string {
	if seed := os.Getenv("SEED"); seed != "" {
		return seed
	}
	return rand.Text()[:8]
}
