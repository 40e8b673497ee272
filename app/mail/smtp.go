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

// How long a mail server may take: to connect and to take a mail each, and for all of a try. All of it ends before a notice's
// lease does (app.Lease), or two workers could send one notice.
const (
	stepTimeout = 30 * time.Second
	sendTimeout = 90 * time.Second
	quitTimeout = 2 * time.Second
)

// SMTP is a Sender that hands mails to one mail server, a connection each. It may be used by many goroutines at once.
type SMTP struct {
	server server
	roots  *x509.CertPool // nil: the system's
	step   time.Duration  // how long connecting, and taking a mail, may last
	whole  time.Duration  // and a whole try
}

// NewSMTP reads an address such as smtp://user:password@host:587. With smtp, TLS is used where the server offers it;
// ?tls=required insists, and so does a password, except towards this machine. With smtps, TLS comes first (port 465). ?from=
// sets the sender; by default it is no-reply at the host of the base URL, which also stands in Message-IDs. An error is one
// sentence for whoever configures the portal, without the password.
func NewSMTP(rawURL, baseURL string) (*SMTP, error) {
	s, err := parseURL(rawURL, baseURL)
	if err != nil {
		return nil, err
	}
	return &SMTP{server: s, step: stepTimeout, whole: sendTimeout}, nil
}

// Begin connects and hands over a mail but for its end. Every error, also that of the handover, is a *Failure. All of the try lasts
// 90 seconds at most, the wait for Finish included.
func (s *SMTP) Begin(ctx context.Context, m email.Mail) (Handover, error) {
	msg, err := s.message(m)
	if err != nil {
		return nil, &Failure{Step: Writing, Final: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.whole)
	h := &smtpHandover{line: &line{server: s.server, tls: s.tls()}, step: s.step, cancel: cancel}
	if h.client, err = s.connect(ctx, h.line); err != nil {
		h.abandon()
		return nil, unconnected(err)
	}
	context.AfterFunc(ctx, h.line.close)
	crash.At(crash.BeforeData)
	if failed := h.write(msg); failed != nil {
		h.abandon()
		return nil, failed
	}
	return h, nil
}

func (s *SMTP) connect(ctx context.Context, line *line) (*smtp.Client, error) {
	client, err := gomail.NewClient(s.server.host, s.options(line)...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

func (s *SMTP) options(line *line) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.server.port), gomail.WithTimeout(s.step), gomail.WithHELO(s.server.portalHost),
		gomail.WithTLSConfig(s.tls()), gomail.WithDialContextFunc(line.dial),
		gomail.WithoutNoop(), gomail.WithoutRset(), gomail.WithoutSMTPUTF8(), // one mail a connection, all of it ASCII
	}
	switch {
	case s.server.implicit:
		options = append(options, gomail.WithSSL())
	case s.server.insistTLS:
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

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// line is the connection of one try. go-mail leaves it open where the greeting, TLS or authentication fails.
type line struct {
	server server
	tls    *tls.Config
	conn   net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.server.implicit {
		l.conn, err = (&tls.Dialer{Config: l.tls}).DialContext(ctx, network, address)
	} else {
		l.conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// smtpHandover is a mail on its way by SMTP. go-mail composes it and speaks the protocol; its own way to send would give the end
// of the mail with the rest.
type smtpHandover struct {
	line   *line
	client *smtp.Client
	end    io.Closer
	step   time.Duration
	taken  bool
	cancel context.CancelFunc
}

// write sends everything but the end.
func (h *smtpHandover) write(msg *gomail.Msg) error {
	from, noSender := msg.GetSender(false)
	to, noRecipient := msg.GetRecipients()
	if err := errors.Join(noSender, noRecipient); err != nil {
		return &Failure{Step: Writing, Final: true, Err: err}
	}
	if err := errors.Join(h.client.UpdateDeadline(h.step), h.client.Mail(from)); err != nil {
		return failed(AsSender, err)
	}
	for _, address := range to {
		if err := h.client.Rcpt(address); err != nil {
			return failed(AsRecipient, err)
		}
	}
	content, err := h.client.Data()
	if err != nil {
		return failed(Content, err)
	}
	h.end = content
	if _, err := msg.WriteTo(content); err != nil {
		return failed(Content, err)
	}
	return nil
}

// Finish sends the line with the dot and waits for the server's word.
func (h *smtpHandover) Finish() error {
	if err := errors.Join(h.client.UpdateDeadline(h.step), h.end.Close()); err != nil {
		return failed(Content, err)
	}
	h.taken = true
	return nil
}

// Close takes leave as RFC 5321 asks where the mail is the server's, so what it answers changes nothing, and otherwise hangs up: a
// QUIT would be more of the mail.
func (h *smtpHandover) Close() {
	if h.taken && h.client.UpdateDeadline(quitTimeout) == nil {
		_ = h.client.Quit()
	}
	h.abandon()
}

// abandon hangs up, which throws away what was not finished.
func (h *smtpHandover) abandon() {
	h.line.close()
	h.cancel()
}
