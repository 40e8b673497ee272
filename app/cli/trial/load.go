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

// Mix is who takes part in a load, and how.
type Mix struct {
	Registrants int           // people who fill in forms, each one form after the other
	Supers      int           // Super Users who generate, regenerate, disable and change the maximum meanwhile
	Forms       int           // how many each registrant sends at most; 0: until Stop
	Retries     bool          // whether a form without an answer is sent again until there is one
	Pause       time.Duration // between two acts of a Super User, on average
	Seed        string        // decides what they do
}

// Load is a crowd at work on a site.
type Load struct {
	site    *Site
	mix     Mix
	servers []string
	folder  string
	link    atomic.Pointer[string] // the token that people were sent last; empty: none
	stored  atomic.Int64           // forms that were answered with success
	away    atomic.Int64           // and with a page that says to try again
	over    chan struct{}
	once    sync.Once
	filling sync.WaitGroup
	ruling  sync.WaitGroup
}

// Load sets a crowd to work on servers of the site, each client on one of them and on the next where that
// does not answer, until Stop. The link exists when it returns.
func (s *Site) Load(mix Mix, servers ...*Server) *Load {
	s.t.Helper()
	l := s.Crowd(mix, servers...)
	l.Begin()
	return l
}

// Crowd is Load without anybody at work yet.
func (s *Site) Crowd(mix Mix, servers ...*Server) *Load {
	s.t.Helper()
	folder, err := os.MkdirTemp(s.folder, "journals-")
	if err != nil {
		s.t.Fatal(err)
	}
	l := &Load{site: s, mix: mix, folder: folder, over: make(chan struct{})}
	for _, server := range servers {
		l.servers = append(l.servers, server.Address)
	}
	none := ""
	l.link.Store(&none)
	if _, err := l.super("opening", 0, Generate); err != nil {
		s.t.Fatal(err)
	}
	return l
}

// senders are the emails that were in any form of any crowd.
func (s *Site) senders() map[string]bool {
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
			if e.Act == Register {
				emails[e.Email] = true
			}
		}
	}
	return emails
}

// Begin sets the crowd to work.
func (l *Load) Begin() {
	for n := range l.mix.Registrants {
		l.filling.Go(func() { l.told(l.registers(n)) })
	}
	for n := range l.mix.Supers {
		l.ruling.Go(func() { l.told(l.manages(n)) })
	}
}

// told fails the test where a client itself is at fault, which is no finding about the portal.
func (l *Load) told(err error) {
	if err != nil {
		l.site.t.Error(err)
	}
}

// Stop has everybody end what they have begun, and waits for that.
func (l *Load) Stop() {
	l.once.Do(func() { close(l.over) })
	l.filling.Wait()
	l.ruling.Wait()
}

// Finish waits until everybody has sent the forms that the mix allows them, and then stops.
func (l *Load) Finish() {
	l.filling.Wait()
	l.Stop()
}

func (l *Load) ended() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}

// rest waits, though not beyond the end of the load.
func (l *Load) rest(d time.Duration) {
	select {
	case <-l.over:
	case <-time.After(d):
	}
}

// newVisitor gives a client of the load, which begins at one of the servers.
func (l *Load) newVisitor(n int) *visitor {
	v := newVisitor(l.servers...)
	v.asked.Store(int64(n))
	return v
}

// randomOf gives a client's own source, the same for the same seed.
func randomOf(seed, client string) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed + client)))) //nolint:gosec // it must repeat
}

// Random gives a source that is decided by the seed of the mix.
func (l *Load) Random(use string) *rand.Rand { return randomOf(l.mix.Seed, use) }

// token is what people were sent last.
func (l *Load) token() string { return *l.link.Load() }

func (l *Load) send(token string) { l.link.Store(&token) }

// Token gives the token of the link as it was seen last, or nothing where there was none.
func (l *Load) Token() string { return l.token() }

// Acknowledged is how many forms were answered with success so far.
func (l *Load) Acknowledged() int { return int(l.stored.Load()) }

// Away is how many forms were answered with a page that says to try again so far.
func (l *Load) Away() int { return int(l.away.Load()) }

func (l *Load) count(o Outcome) {
	switch o {
	case Stored:
		l.stored.Add(1)
	case Away:
		l.away.Add(1)
	}
}

// Entries gives what the clients have written down so far.
func (l *Load) Entries() []Entry {
	l.site.t.Helper()
	entries, err := readJournals(l.folder)
	if err != nil {
		l.site.t.Fatal(err)
	}
	return entries
}

func (l *Load) journal(client string) (*journal, error) { return newJournal(l.folder, client) }

func (l *Load) emailOf(client string, n int) string {
	return fmt.Sprintf("%s-%d.%s@new.example", client, n, strings.ToLower(filepath.Base(l.folder)))
}
