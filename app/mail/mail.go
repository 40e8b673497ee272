// Package mail delivers the notices of the outbox: a worker that composes and sends them, and the SMTP client that it sends by.
package mail

import (
	"context"
	"fmt"

	"reglink/views/email"
)

// Sender hands mails to a mail server, each in two steps, so that the second can be one mail's at a time.
type Sender interface {
	// Begin brings a mail as far as its end, which the server does not get yet. Without an error the handover must be closed.
	Begin(ctx context.Context, mail email.Mail) (Handover, error)
}

// Handover is a mail that the mail server has but for its end.
type Handover interface {
	// Finish gives the end. It answers nil exactly when the server has taken the responsibility for the mail. Where nobody can
	// know, it is an error: the mail is sent again under the same Message-ID.
	Finish() error
	// Close takes leave of the server. A mail that was not finished is not sent.
	Close()
}

// Step is how far a try came.
type Step string

// The steps of a try.
const (
	Writing     Step = "write"     // before any connection
	Connecting  Step = "connect"   // connection, greeting, TLS and authentication
	AsSender    Step = "sender"    // the server judged our address
	AsRecipient Step = "recipient" // the server judged the recipient's address
	Content     Step = "content"   // the server judged the mail
)

// Failure is a try that did not end with the server's consent.
type Failure struct {
	Step  Step
	Code  int  // the server's reply code (RFC 5321, 4.2); 0 where it gave none
	Final bool // no later try can do better
	Err   error
}

// Error names the step and what the server said, which may hold the recipient's address: it is for operators, not for logs.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %v", f.Step, f.Err) }

// Unwrap gives the error of the connection or the server.
func (f *Failure) Unwrap() error { return f.Err }
