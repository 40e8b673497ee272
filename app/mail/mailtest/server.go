// Package mailtest is a real mail server inside the test process: mails reach it by SMTP, and tests read them there.
package mailtest

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Server is a mail server on a port of its own, which ends with its test.
type Server struct {
	t        testing.TB
	address  string
	settings settings
	smtp     *smtp.Server
	done     chan struct{} // closed when the test ends

	mutex    sync.Mutex
	received []rawMail
	arrived  chan struct{} // closed, and made anew, whenever a mail arrives
	resumed  chan struct{} // closed, and made anew, by Resume
	scripts  map[Step][]Answer
	refused  map[string]Answer
}

// Option changes how a server behaves.
type Option func(*settings)

type settings struct {
	startTLS, implicitTLS bool
	user, password        string
	mechanism             string
}

// StartTLS has the server offer STARTTLS, with a certificate that Roots knows.
func StartTLS() Option { return func(s *settings) { s.startTLS = true } }

// ImplicitTLS has the server speak TLS from the first byte, with a certificate that Roots knows.
func ImplicitTLS() Option { return func(s *settings) { s.implicitTLS = true } }

// Login has the server take mails only after a login by PLAIN or LOGIN, which it also offers without TLS.
func Login(mechanism, user, password string) Option {
	return func(s *settings) { s.mechanism, s.user, s.password = mechanism, user, password }
}

// Start starts a mail server that takes every mail.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{
		t: t, done: make(chan struct{}), arrived: make(chan struct{}), resumed: make(chan struct{}),
		scripts: map[Step][]Answer{}, refused: map[string]Answer{},
	}
	for _, option := range options {
		option(&s.settings)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain, s.smtp.AllowInsecureAuth, s.smtp.EnableSMTPUTF8 = "mail.test", true, true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	if s.settings.startTLS {
		s.smtp.TLSConfig = certificate().config
	}
	served := make(chan error, 1)
	go func() { served <- s.smtp.Serve(s.wrapListener(listener)) }()
	t.Cleanup(func() {
		close(s.done)
		_ = s.smtp.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// URL is the server's address as in SMTP_URL, with the login that it wants.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.address}
	if s.settings.implicitTLS {
		u.Scheme = "smtps"
	}
	if s.settings.user != "" {
		u.User = url.UserPassword(s.settings.user, s.settings.password)
	}
	return u.String()
}

// Roots trusts the server's certificate.
func (s *Server) Roots() *x509.CertPool { return certificate().roots }

// Step is where in a conversation a script answers.
type Step string

// The steps.
const (
	OnHello     Step = "EHLO"
	OnSender    Step = "MAIL"
	OnRecipient Step = "RCPT"
	OnContent   Step = "DATA" // after the whole mail arrived
)

// Answer is a reply code to give, or one of the ways of not answering.
type Answer int

// Ways of not answering.
const (
	HangUp        Answer = -1 // the connection ends without an answer; the mail is not taken
	TakeAndHangUp Answer = -2 // the mail is taken and 250 is said, then the connection ends; OnContent only
	Stall         Answer = -3 // nothing is said until Resume, or until the test ends
	AnswerLate    Answer = -4 // the server agrees, after a while
)

const lateDelay = 300 * time.Millisecond

// Script gives the answers to the next tries that come to that step, one each; afterwards the server agrees again.
func (s *Server) Script(at Step, answers ...Answer) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.scripts[at] = append(s.scripts[at], answers...)
}

// Resume has the conversations that stall now go on: a mail that had arrived whole is taken, even where its
// sender has left.
func (s *Server) Resume() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	close(s.resumed)
	s.resumed = make(chan struct{})
}

// waitForResume waits for Resume, and tells whether it came before the test ended.
func (s *Server) waitForResume() bool {
	s.mutex.Lock()
	resumed := s.resumed
	s.mutex.Unlock()
	select {
	case <-resumed:
		return true
	case <-s.done:
		return false
	}
}

// Refuse gives that answer to every mail for an address.
func (s *Server) Refuse(to string, answer Answer) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.refused[to] = answer
}

// nextAnswer takes the next one of a step, or the one to a recipient; 0 where there is none.
func (s *Server) nextAnswer(at Step, to string) Answer {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if at == OnRecipient && s.refused[to] != 0 {
		return s.refused[to]
	}
	if len(s.scripts[at]) == 0 {
		return 0
	}
	next := s.scripts[at][0]
	s.scripts[at] = s.scripts[at][1:]
	return next
}
