package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	letter letter
	user   string
}

func (s *Server) session(conn *smtp.Conn) (smtp.Session, error) {
	c := &session{server: s, conn: conn}
	return c, c.follow(OnHello)
}

// follow does what the script says at a step.
func (c *session) follow(at Step) error {
	switch answer := c.server.answer(at, c.recipient()); {
	case answer == HangUp:
		_ = c.conn.Conn().Close()
		return io.ErrClosedPipe
	case answer == Stall && !c.server.stalled():
		return io.ErrClosedPipe
	case answer == Late:
		time.Sleep(late)
	case answer == TakeAndHang:
		c.hangUpAfterAnswer()
	case answer > 0:
		return &smtp.SMTPError{Code: int(answer), EnhancedCode: smtp.EnhancedCode{int(answer) / 100, 7, 1}, Message: "as the script says: <" + c.recipient() + ">"}
	}
	return nil
}

func (c *session) recipient() string {
	if len(c.letter.to) == 0 {
		return "nobody"
	}
	return c.letter.to[0]
}

func (c *session) hangUpAfterAnswer() {
	conn := c.conn.Conn()
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if last, ok := conn.(*lastWord); ok {
		last.next.Store(true)
	}
}

// lastWord is a connection that can end with what is written next.
type lastWord struct {
	net.Conn

	next atomic.Bool
}

func (l *lastWord) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	if l.next.Load() {
		_ = l.Close()
	}
	return n, err
}

// listener wraps connections, and speaks TLS on them where it is implicit.
type listener struct {
	net.Listener

	config *tls.Config
}

func (s *Server) wrap(l net.Listener) net.Listener {
	if s.settings.implicitTLS {
		return listener{l, certificate().config}
	}
	return listener{l, nil}
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if l.config == nil {
		return &lastWord{Conn: conn}, nil
	}
	return tls.Server(&lastWord{Conn: conn}, l.config), nil
}

// AuthMechanisms names the mechanism of the login.
func (c *session) AuthMechanisms() []string {
	if c.server.settings.mechanism == "" {
		return nil
	}
	return []string{c.server.settings.mechanism}
}

// Auth begins a login.
func (c *session) Auth(string) (sasl.Server, error) {
	if c.server.settings.mechanism == "LOGIN" {
		return &login{check: c.login}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return c.login(user, password) }), nil
}

func (c *session) login(user, password string) error {
	if user != c.server.settings.user || password != c.server.settings.password {
		return smtp.ErrAuthFailed
	}
	c.user = user
	return nil
}

// login is the mechanism LOGIN: the server asks for the user, then for the password.
type login struct {
	check func(user, password string) error
	asked int
	user  string
}

// Next takes an answer of the client and asks the next question.
func (l *login) Next(answer []byte) ([]byte, bool, error) {
	if len(answer) == 0 && l.asked > 0 {
		return nil, false, errors.New("no answer")
	}
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(answer)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(answer))
}

// Mail begins a mail.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.server.settings.user != "" && c.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	_, secured := c.conn.TLSConnectionState()
	c.letter = letter{from: from, user: c.user, secured: secured}
	return c.follow(OnSender)
}

// Rcpt adds a recipient.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.letter.to = append(c.letter.to, to)
	return c.follow(OnRecipient)
}

// Data takes the mail.
func (c *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := c.follow(OnContent); err != nil {
		return err
	}
	c.letter.data = data
	c.server.take(c.letter)
	return nil
}

// Reset drops a mail that was begun.
func (c *session) Reset() { c.letter = letter{} }

// Logout ends the conversation.
func (c *session) Logout() error { return nil }
