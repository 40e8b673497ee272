package db_test

import (
	"bytes"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"reglink/db/dbtest"
)

// proxy stands between a store and its MySQL server and fails as told.
type proxy struct {
	address     string // of the database, or of a host
	network     string
	upstream    string
	listener    net.Listener
	commitFates chan int // what becomes of the next ones; those after them pass
	outOfSync   atomic.Bool
	mu          sync.Mutex
	open        []net.Conn
}

// What the proxy does with a COMMIT.
const (
	dropCommit      = iota // the server never sees it
	dropCommitReply        // the server does it, and nobody learns so
)

func newProxy(t *testing.T) *proxy {
	t.Helper()
	target := must(url.Parse(dbtest.MySQL(t)))(t)
	p := &proxy{network: "unix", upstream: target.Query().Get("socket"), commitFates: make(chan int, 2)}
	path := filepath.Join(t.TempDir(), "s")
	p.listen(t, path)
	target.RawQuery = url.Values{"socket": {path}}.Encode()
	p.address = target.String()
	return p
}

// newHostProxy stands before a server at a host.
func newHostProxy(t *testing.T, host string) *proxy {
	t.Helper()
	p := &proxy{network: "tcp", upstream: host}
	p.listen(t, "127.0.0.1:0")
	p.address = p.listener.Addr().String()
	return p
}

func (p *proxy) listen(t *testing.T, at string) {
	t.Helper()
	p.listener = must(net.Listen(p.network, at))(t)
	go p.serve()
	t.Cleanup(p.stop)
}

func (p *proxy) stop() {
	_ = p.listener.Close()
	p.closeConnections()
}

// closeConnections ends the connections that are open.
func (p *proxy) closeConnections() {
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
			case fate := <-p.commitFates:
				if fate == dropCommit {
					_, _ = client.Close(), server.Close()
					return
				}
				lose <- true
			default:
			}
		}
		_, _ = server.Write(p.rewriteQuery(buffer[:n]))
	}
}

// rewriteQuery is what the server is asked. Where it is to be out of sync, it is led to say that it is in a
// cluster: it takes every statement, and what it says of the cluster by itself is that it is not synced.
func (p *proxy) rewriteQuery(query []byte) []byte {
	if !p.outOfSync.Load() {
		return query
	}
	// of one length, which was sent before
	const question, answer = "SHOW VARIABLES LIKE 'wsrep_on'", "SELECT 'wsrep_on', 'ON'       "
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

func newProxiedPortal(t *testing.T, way *proxy) *portal {
	t.Helper()
	s := dbtest.Open(t, way.address)
	check(t, s.Migrate(t.Context()))
	return newPortal(t, s)
}
