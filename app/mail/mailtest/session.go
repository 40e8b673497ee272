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
	mail   rawMail
	user   string
}

func (s *Server) session(conn *smtp.Conn) (smtp.Session, error) {
	c := &session{server: s, conn: conn}
	return c, c.followScript(OnHello)
}

// followScript does what the script says at a step.
func (c *session) followScript(at Step) error {
	switch answer := c.server.nextAnswer(at, c.recipient()); {
	case answer == HangUp:
		_ = c.conn.Conn().Close()
		return io.ErrClosedPipe
	case answer == Stall && !c.server.waitForResume():
		return io.ErrClosedPipe
	case answer == AnswerLate:
		time.Sleep(lateDelay)
	case answer == TakeAndHangUp:
		c.hangUpAfterAnswer()
	case answer > 0:
		return &smtp.SMTPError{
			Code: int(answer), EnhancedCode: smtp.EnhancedCode{int(answer) / 100, 7, 1},
			Message: "as the script says: <" + c.recipient() + ">",
		}
	}
	return nil
}

func (c *session) recipient() string {
	if len(c.mail.to) == 0 {
		return "nobody"
	}
	return c.mail.to[0]
}

func (c *session) hangUpAfterAnswer() {
	conn := c.conn.Conn()
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if last, ok := conn.(*closingConn); ok {
		last.closeAfterWrite.Store(true)
	}
}

// closingConn is a connection that can end with what is written next.
type closingConn struct {
	net.Conn

	closeAfterWrite atomic.Bool
}

func (l *closingConn) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	if l.closeAfterWrite.Load() {
		_ = l.Close()
	}
	return n, err
}

// listener wraps connections, and speaks TLS on them where it is implicit.
type listener struct {
	net.Listener

	config *tls.Config
}

func (s *Server) wrapListener(l net.Listener) net.Listener {
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
		return &closingConn{Conn: conn}, nil
	}
	return tls.Server(&closingConn{Conn: conn}, l.config), nil
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
		return &loginMechanism{check: c.login}, nil
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

// loginMechanism is the mechanism LOGIN: the server asks for the user, then for the password.
type loginMechanism struct {
	check     func(user, password string) error
	questions int
	user      string
}

// Next takes an answer of the client and asks the next question.
func (l *loginMechanism) Next(answer []byte) ([]byte, bool, error) {
	if len(answer) == 0 && l.questions > 0 {
		return nil, false, errors.New("no answer")
	}
	l.questions++
	switch l.questions {
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
	c.mail = rawMail{from: from, user: c.user, secured: secured}
	return c.followScript(OnSender)
}

// Rcpt adds a recipient.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.mail.to = append(c.mail.to, to)
	return c.followScript(OnRecipient)
}

// Data takes the mail.
func (c *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := c.followScript(OnContent); err != nil {
		return err
	}
	c.mail.data = data
	c.server.receive(c.mail)
	return nil
}

// Reset drops a mail that was begun.
func (c *session) Reset() { c.mail = rawMail{} }

// Logout ends the conversation.
func (c *session) Logout() error { return nil }
