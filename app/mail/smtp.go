package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"reglink/app/crash"
	"reglink/views/email"
)

// How long a mail server may take: to connect and to take a mail each, and for all of a try. All of it ends
// before a notice's lease does (app.Lease), or two workers could send one notice.
const (
	stepTimeout = 30 * time.Second
	sendTimeout = 90 * time.Second
	quitTimeout = 2 * time.Second
)

// SMTP is a Sender that hands mails to one mail server, a connection each. It may be used by many goroutines at once.
type SMTP struct {
	server      serverConfig
	roots       *x509.CertPool // nil: the system's
	stepTimeout time.Duration  // how long connecting, and taking a mail, may last
	sendTimeout time.Duration  // and a whole try
}

// NewSMTP reads an address such as smtp://user:password@host:587. With smtp, TLS is used where the server
// offers it; ?tls=required insists, and so does a password, except towards this machine. With smtps, TLS
// comes first (port 465). ?from= sets the sender; by default it is no-reply at the host of the base URL,
// which also stands in Message-IDs. An error is one sentence for whoever configures the portal, without the
// password.
func NewSMTP(rawURL, baseURL string) (*SMTP, error) {
	s, err := parseURL(rawURL, baseURL)
	if err != nil {
		return nil, err
	}
	return &SMTP{server: s, stepTimeout: stepTimeout, sendTimeout: sendTimeout}, nil
}

// Begin connects and hands over a mail but for its end. Every error, also that of the handover, is a
// *Failure. All of the try lasts 90 seconds at most, the wait for Finish included.
func (s *SMTP) Begin(ctx context.Context, m email.Mail) (Handover, error) {
	msg, err := s.message(m)
	if err != nil {
		return nil, &Failure{Step: StepWrite, Final: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.sendTimeout)
	h := &smtpHandover{conn: &connection{server: s.server, tls: s.tlsConfig()}, stepTimeout: s.stepTimeout, cancel: cancel}
	if h.client, err = s.connect(ctx, h.conn); err != nil {
		h.hangUp()
		return nil, connectFailure(err)
	}
	context.AfterFunc(ctx, h.conn.close)
	crash.At(crash.BeforeData)
	if failed := h.write(msg); failed != nil {
		h.hangUp()
		return nil, failed
	}
	return h, nil
}

func (s *SMTP) connect(ctx context.Context, line *connection) (*smtp.Client, error) {
	client, err := gomail.NewClient(s.server.host, s.options(line)...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

func (s *SMTP) options(line *connection) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.server.port), gomail.WithTimeout(s.stepTimeout), gomail.WithHELO(s.server.portalHost),
		gomail.WithTLSConfig(s.tlsConfig()), gomail.WithDialContextFunc(line.dial),
		gomail.WithoutNoop(), gomail.WithoutRset(), gomail.WithoutSMTPUTF8(), // one mail a connection, all of it ASCII
	}
	switch {
	case s.server.implicitTLS:
		options = append(options, gomail.WithSSL())
	case s.server.requireTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.server.user != "" {
		options = append(options, gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

func (s *SMTP) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// connection is the connection of one try. go-mail leaves it open where the greeting, TLS or authentication fails.
type connection struct {
	server serverConfig
	tls    *tls.Config
	conn   net.Conn
}

func (l *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.server.implicitTLS {
		l.conn, err = (&tls.Dialer{Config: l.tls}).DialContext(ctx, network, address)
	} else {
		l.conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *connection) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// smtpHandover is a mail on its way by SMTP. go-mail composes it and speaks the protocol; its own way to send
// would give the end of the mail with the rest.
type smtpHandover struct {
	conn        *connection
	client      *smtp.Client
	content     io.Closer
	stepTimeout time.Duration
	accepted    bool
	cancel      context.CancelFunc
}

// write sends everything but the end.
func (h *smtpHandover) write(msg *gomail.Msg) error {
	from, noSender := msg.GetSender(false)
	to, noRecipient := msg.GetRecipients()
	if err := errors.Join(noSender, noRecipient); err != nil {
		return &Failure{Step: StepWrite, Final: true, Err: err}
	}
	if err := errors.Join(h.client.UpdateDeadline(h.stepTimeout), h.client.Mail(from)); err != nil {
		return replyFailure(StepSender, err)
	}
	for _, address := range to {
		if err := h.client.Rcpt(address); err != nil {
			return replyFailure(StepRecipient, err)
		}
	}
	content, err := h.client.Data()
	if err != nil {
		return replyFailure(StepContent, err)
	}
	h.content = content
	if _, err := msg.WriteTo(content); err != nil {
		return replyFailure(StepContent, err)
	}
	return nil
}

// Finish sends the line with the dot and waits for the server's word.
func (h *smtpHandover) Finish() error {
	if err := errors.Join(h.client.UpdateDeadline(h.stepTimeout), h.content.Close()); err != nil {
		return replyFailure(StepContent, err)
	}
	h.accepted = true
	return nil
}

// Close takes leave as RFC 5321 asks where the mail is the server's, so what it answers changes nothing, and
// otherwise hangs up: a QUIT would be more of the mail.
func (h *smtpHandover) Close() {
	if h.accepted && h.client.UpdateDeadline(quitTimeout) == nil {
		_ = h.client.Quit()
	}
	h.hangUp()
}

// hangUp hangs up, which throws away what was not finished.
func (h *smtpHandover) hangUp() {
	h.conn.close()
	h.cancel()
}
