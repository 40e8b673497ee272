package mail

import (
	"context"
	"errors"
	"io"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

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

// failed tells a refusal for good from one that may pass. Only what a server says about the recipient or the mail itself is for
// good: a refused sender is our configuration again.
func failed(step Step, err error) *Failure {
	f := &Failure{Step: step, Err: err}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		f.Code = reply.Code
	}
	f.Final = step != AsSender && f.Code >= 500 && f.Code != authenticationRequired
	return f
}

// authenticationRequired is the reply of servers that want a login or TLS first (RFC 4954, 6): about us, not about the recipient.
const authenticationRequired = 530
