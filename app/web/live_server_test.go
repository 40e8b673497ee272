package web_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// live is the portal as it listens, for what Fiber's test connection cannot carry: several requests on one connection, many at
// once, and requests that are cut off.
type live struct {
	*portal
	address string
	client  *http.Client
}

func (p *portal) listen() live {
	p.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	p.check(err)
	ended := make(chan error, 1)
	server := p.app
	go func() { ended <- server.Listener(listener) }()
	l := live{portal: p, address: listener.Addr().String(), client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 50},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	p.t.Cleanup(func() {
		l.client.CloseIdleConnections()
		p.check(server.ShutdownWithTimeout(10 * time.Second))
		p.check(<-ended)
	})
	return l
}

// send is ask, over the network.
func (l live) send(b browser, request *http.Request) answer {
	l.t.Helper()
	request.RequestURI, request.URL.Scheme, request.URL.Host = "", "http", l.address
	if request.ContentLength == 0 {
		request.Body = http.NoBody // else Go takes its length for unknown
	}
	response, err := l.client.Do(request)
	l.check(err)
	return b.answer(request.Method+" "+request.URL.Path, response)
}

// raw sends bytes and reads one answer.
func (l live) raw(text string) answer {
	l.t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", l.address)
	l.check(err)
	defer conn.Close()
	l.check(conn.SetDeadline(time.Now().Add(10 * time.Second)))
	_, err = conn.Write([]byte(text))
	l.check(err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	l.check(err)
	line, _, _ := bufio.ScanLines([]byte(text), true)
	return browser{p: l.portal}.answer(text[:line], response)
}

// statusesOf sends bytes on one connection and gives the status of every answer until the portal closes it.
func (l live) statusesOf(text string) []int {
	l.t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", l.address)
	l.check(err)
	defer conn.Close()
	l.check(conn.SetDeadline(time.Now().Add(10 * time.Second)))
	_, err = conn.Write([]byte(text))
	l.check(err)
	l.check(conn.(*net.TCPConn).CloseWrite())
	var all []int
	in := bufio.NewReader(conn)
	for {
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return all // the connection is closed
		}
		_, _ = io.Copy(io.Discard, response.Body)
		all = append(all, response.StatusCode)
	}
}
