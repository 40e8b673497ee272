// Package mail delivers the notices of the outbox: a worker that composes and sends them, and the SMTP client
// that it sends by.
package mail

import (
	"context"

	"reglink/views/email"
)

// Sender hands mails to a mail server, each in two steps, so that the second can be one mail's at a time.
type Sender interface {
	// Begin brings a mail as far as its end, which the server does not get yet. Without an error the handover
	// must be closed.
	Begin(ctx context.Context, mail email.Mail) (Handover, error)
}

// Handover is a mail that the mail server has but for its end.
type Handover interface {
	// Finish gives the end. It answers nil exactly when the server has taken the responsibility for the mail.
	// Where nobody can know, it is an error: the mail is sent again under the same Message-ID.
	Finish() error
	// Close takes leave of the server. A mail that was not finished is not sent.
	Close()
}
