package web_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// liveServer is the portal as it listens, for what Fiber's test connection cannot carry: several requests on
// one connection, many at once, and requests that are cut off.
type liveServer struct {
	*portal
	address string
	client  *http.Client
}

func (p *portal) listen() liveServer {
	p.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	p.check(err)
	ended := make(chan error, 1)
	server := p.app
	go func() { ended <- server.Listener(listener) }()
	l := liveServer{portal: p, address: listener.Addr().String(), client: &http.Client{
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
func (l liveServer) send(b browser, request *http.Request) testResponse {
	l.t.Helper()
	request.RequestURI, request.URL.Scheme, request.URL.Host = "", "http", l.address
	if request.ContentLength == 0 {
		request.Body = http.NoBody // else Go takes its length for unknown
	}
	response, err := l.client.Do(request)
	l.check(err)
	return b.readResponse(request.Method+" "+request.URL.Path, response)
}

// sendRaw sends bytes and reads one answer.
func (l liveServer) sendRaw(text string) testResponse {
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
	return browser{p: l.portal}.readResponse(text[:line], response)
}

// rawStatuses sends bytes on one connection and gives the status of every answer until the portal closes it.
func (l liveServer) rawStatuses(text string) []int {
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
