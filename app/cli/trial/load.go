package trial

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Profile says who takes part in a load, and what they do.
type Profile struct {
	Registrants int           // clients that fill in forms, each one form after the other
	SuperUsers  int           // clients that generate, regenerate and disable the link and change its maximum
	Forms       int           // how many forms each registrant sends at most; 0: until Stop
	Retries     bool          // whether a form without a conclusive answer is sent again until it has one
	ThinkTime   time.Duration // between two actions of a Super User, on average
	Seed        string        // of everything that is chosen at random
}

// Load is a number of clients at work on a site.
type Load struct {
	site        *Site
	profile     Profile
	servers     []string
	folder      string                 // of the journals
	link        atomic.Pointer[string] // the token of the link as a Super User saw it last; empty: there is none
	succeeded   atomic.Int64           // forms that were answered with success
	unavailable atomic.Int64           // and with a page that says to try again
	stop        chan struct{}
	stopOnce    sync.Once
	registrants sync.WaitGroup
	superUsers  sync.WaitGroup
}

// StartLoad starts clients that work until Stop. Each begins at one of the servers and goes to the next if that does
// not answer. When it returns, there is a link.
func (s *Site) StartLoad(profile Profile, servers ...*Server) *Load {
	s.t.Helper()
	l := s.NewLoad(profile, servers...)
	l.Start()
	return l
}

// NewLoad is like StartLoad but leaves the starting to Start.
func (s *Site) NewLoad(profile Profile, servers ...*Server) *Load {
	s.t.Helper()
	folder, err := os.MkdirTemp(s.folder, "journals-")
	if err != nil {
		s.t.Fatal(err)
	}
	l := &Load{site: s, profile: profile, folder: folder, stop: make(chan struct{})}
	for _, server := range servers {
		l.servers = append(l.servers, server.URL)
	}
	l.setToken("")
	if _, err := l.actAsSuperUser("opening", Generate); err != nil {
		s.t.Fatal(err)
	}
	return l
}

// submittedEmails are the emails in all forms that any load of the site has sent.
func (s *Site) submittedEmails() map[string]bool {
	s.t.Helper()
	folders, err := filepath.Glob(filepath.Join(s.folder, "journals-*"))
	if err != nil {
		s.t.Fatal(err)
	}
	emails := map[string]bool{}
	for _, folder := range folders {
		entries, err := readJournals(folder)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range entries {
			if e.Action == Register {
				emails[e.Email] = true
			}
		}
	}
	return emails
}

// Start starts the clients.
func (l *Load) Start() {
	for n := range l.profile.Registrants {
		l.registrants.Go(func() { l.check(l.runRegistrant(n)) })
	}
	for n := range l.profile.SuperUsers {
		l.superUsers.Go(func() { l.check(l.runSuperUser(n)) })
	}
}

// check fails the test if a client itself failed, which says nothing about the portal.
func (l *Load) check(err error) {
	if err != nil {
		l.site.t.Error(err)
	}
}

// Stop makes every client finish what it has begun, and waits for that.
func (l *Load) Stop() {
	l.stopOnce.Do(func() { close(l.stop) })
	l.registrants.Wait()
	l.superUsers.Wait()
}

// Finish waits until the registrants have sent as many forms as the profile says, and then stops everybody.
func (l *Load) Finish() {
	l.registrants.Wait()
	l.Stop()
}

func (l *Load) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// sleep waits, but not beyond Stop.
func (l *Load) sleep(d time.Duration) {
	select {
	case <-l.stop:
	case <-time.After(d):
	}
}

// newClient returns a client that begins at the n-th server.
func (l *Load) newClient(n int) *client {
	c := newClient(l.servers...)
	c.current.Store(int64(n))
	return c
}

// Random returns a source for one use, which the seed of the profile decides.
func (l *Load) Random(use string) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256([]byte(l.profile.Seed + use)))) //nolint:gosec // it must repeat
}

// Token returns the token of the link as a Super User saw it last, or nothing if there was none.
func (l *Load) Token() string { return *l.link.Load() }

func (l *Load) setToken(token string) { l.link.Store(&token) }

// Acknowledged is how many forms were answered with success so far.
func (l *Load) Acknowledged() int { return int(l.succeeded.Load()) }

// Unavailable is how many forms were answered with a page that says to try again so far.
func (l *Load) Unavailable() int { return int(l.unavailable.Load()) }

func (l *Load) count(o Outcome) {
	switch o {
	case Succeeded:
		l.succeeded.Add(1)
	case Unavailable:
		l.unavailable.Add(1)
	}
}

// Entries returns what the clients have written into their journals so far.
func (l *Load) Entries() []Entry {
	l.site.t.Helper()
	entries, err := readJournals(l.folder)
	if err != nil {
		l.site.t.Fatal(err)
	}
	return entries
}

func (l *Load) newJournal(client string) (*journal, error) { return newJournal(l.folder, client) }

// newEmail returns an address that no other form has.
func (l *Load) newEmail(client string, n int) string {
	return fmt.Sprintf("%s-%d.%s@new.example", client, n, strings.ToLower(filepath.Base(l.folder)))
}
