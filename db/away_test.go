package db_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// proxy stands between a store and its MySQL server and fails as told.
type proxy struct {
	address   string // of the database, or of a host
	network   string
	upstream  string
	listener  net.Listener
	atCommit  chan int // what becomes of the next ones; those after them pass
	outOfSync atomic.Bool
	mu        sync.Mutex
	open      []net.Conn
}

// What the proxy does with a COMMIT.
const (
	swallow    = iota // the server never sees it
	loseAnswer        // the server does it, and nobody learns so
)

func newProxy(t *testing.T) *proxy {
	t.Helper()
	target := must(url.Parse(dbtest.MySQL(t)))(t)
	p := &proxy{network: "unix", upstream: target.Query().Get("socket"), atCommit: make(chan int, 2)}
	path := filepath.Join(t.TempDir(), "s")
	p.begin(t, path)
	target.RawQuery = url.Values{"socket": {path}}.Encode()
	p.address = target.String()
	return p
}

// newHostProxy stands before a server at a host.
func newHostProxy(t *testing.T, host string) *proxy {
	t.Helper()
	p := &proxy{network: "tcp", upstream: host}
	p.begin(t, "127.0.0.1:0")
	p.address = p.listener.Addr().String()
	return p
}

func (p *proxy) begin(t *testing.T, at string) {
	t.Helper()
	p.listener = must(net.Listen(p.network, at))(t)
	go p.serve()
	t.Cleanup(p.stop)
}

func (p *proxy) stop() {
	_ = p.listener.Close()
	p.cut()
}

// cut ends the connections that are open.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.upstream)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.open = append(p.open, client, server)
		p.mu.Unlock()
		answers := make(chan bool, 1) // closed to the client when false comes
		go p.requests(client, server, answers)
		go p.answers(client, server, answers)
	}
}

func (p *proxy) requests(client, server net.Conn, lose chan<- bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			_ = server.Close()
			return
		}
		if bytes.HasSuffix(buffer[:n], []byte("COMMIT")) {
			select {
			case fate := <-p.atCommit:
				if fate == swallow {
					_, _ = client.Close(), server.Close()
					return
				}
				lose <- true
			default:
			}
		}
		_, _ = server.Write(p.asked(buffer[:n]))
	}
}

// asked is what the server is asked. Where it is to be out of sync, it is led to say that it is in a cluster: it takes every statement, and
// what it says of the cluster by itself is that it is not synced.
func (p *proxy) asked(query []byte) []byte {
	if !p.outOfSync.Load() {
		return query
	}
	const question, answer = "SHOW VARIABLES LIKE 'wsrep_on'", "SELECT 'wsrep_on', 'ON'       " // of one length, which was sent before
	return bytes.Replace(query, []byte(question), []byte(answer), 1)
}

func (p *proxy) answers(client, server net.Conn, lose <-chan bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			_ = client.Close()
			return
		}
		select {
		case <-lose:
			_, _ = client.Close(), server.Close()
			return
		default:
			_, _ = client.Write(buffer[:n])
		}
	}
}

func through(t *testing.T, way *proxy) *portal {
	t.Helper()
	s := dbtest.Open(t, way.address)
	check(t, s.Migrate(t.Context()))
	return newPortal(t, s)
}

// The connection is lost at the Commit. Applied or not, the person gets a true answer: what was not is stored once more, and only
// whoever loses two connections is told that nobody knows.
func TestCommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		fates  []int
		told   string
		stored int
	}{
		{"applied", []int{loseAnswer}, "", 1},
		{"not applied", []int{swallow}, "", 1},
		{"not applied, then applied", []int{swallow, loseAnswer}, "", 1},
		{"not applied twice", []int{swallow, swallow}, "perhaps_done", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			way := newProxy(t)
			p := through(t, way)
			token, sent := p.link(t), form("ann@new.example")
			for _, fate := range test.fates {
				way.atCommit <- fate
			}
			told := ""
			if err := p.register(t, token, sent); err != nil {
				told = message(err, app.Unavailable)
			}
			equal(t, "told", told, test.told)
			equal(t, "fates that nobody met", len(way.atCommit), 0)
			equal(t, "stored", p.count(t, "registrations", "1 = 1"), test.stored)
			check(t, p.register(t, token, sent))
			equal(t, "sent again", p.count(t, "registrations", "1 = 1"), 1)
			equal(t, "used", must(p.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 1)
		})
	}
}

// A transaction whose connection is lost before its Commit was not applied and runs again.
func TestConnectionLostInATransaction(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	p := through(t, way)
	tries := 0
	check(t, p.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		tries++
		who := person("ann@new.example")
		if _, err := tx.NewInsert().Model(&who).Exec(ctx); err != nil {
			return err
		}
		if tries == 1 {
			way.cut()
		}
		return touch(ctx, tx, p.super.Identity.ID)
	}))
	equal(t, "tries", tries, 2)
	equal(t, "stored", p.count(t, "identities", "email_key = ?", "ann@new.example"), 1)
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	p := through(t, way)
	token := p.link(t)
	way.stop()
	err := p.register(t, token, form("ann@new.example"))
	equal(t, "told", message(err, app.Unavailable), "database_away")
	equal(t, "the cause is kept for the log", strings.Contains(err.Error(), "unix"), true)
	_, err = p.CurrentLink(t.Context(), p.super.Account.ID)
	equal(t, "a reader is told", message(err, app.Unavailable), "database_away")
	_, err = p.Members(t.Context(), p.super.Account.ID, app.MemberQuery{}, 5)
	equal(t, "a list too", message(err, app.Unavailable), "database_away")
	equal(t, "readiness", errors.Is(p.Ready(t.Context()), app.DatabaseSilent), true)
}

// A reader waits for no writer, and those who wait to write hold no connection that a reader needs.
func TestReadersDoNotWait(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		const writers = 60
		writing, done := make(chan struct{}), make(chan struct{})
		answers := make(chan error, writers)
		var once sync.Once
		for range writers {
			go func() {
				answers <- s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
					once.Do(func() { close(writing) })
					<-done
					return touch(ctx, tx, p.super.Identity.ID)
				})
			}()
		}
		<-writing
		for range 50 {
			must(s.IdentityByEmail(t.Context(), "sue@acme.example"))(t)
		}
		close(done)
		for range writers {
			check(t, <-answers)
		}
	})
}

func TestWaitingToWriteEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	err := s.Transact(t.Context(), func(context.Context, bun.Tx) error {
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		return s.RecordActivity(impatient, app.Activity{})
	})
	equal(t, "cancelled", errors.Is(err, context.Canceled), true)
}
