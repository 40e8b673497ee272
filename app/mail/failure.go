package mail

import (
	"errors"
	"fmt"
	"log/slog"
	"net/textproto"
)

// Step is how far a try came.
type Step string

// The steps of a try.
const (
	StepWrite     Step = "write"     // before any connection
	StepConnect   Step = "connect"   // connection, greeting, TLS and authentication
	StepSender    Step = "sender"    // the server judged our address
	StepRecipient Step = "recipient" // the server judged the recipient's address
	StepContent   Step = "content"   // the server judged the mail
)

// Failure is a try that did not end with the server's consent.
type Failure struct {
	Step  Step
	Code  int  // the server's reply code (RFC 5321, 4.2); 0 where it gave none
	Final bool // no later try can do better
	Err   error
}

// Error names the step and what the server said, which may hold the recipient's address: it is for operators,
// not for logs.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %v", f.Step, f.Err) }

// Unwrap gives the error of the connection or the server.
func (f *Failure) Unwrap() error { return f.Err }

// log says how a try ended.
func (f *Failure) log(log *slog.Logger) {
	if f == nil {
		log.Info("mail sent")
		return
	}
	log = log.With("step", string(f.Step), "code", f.Code, "final", f.Final)
	// with a code it is the server's words, which may hold an address
	if f.Code == 0 && (f.Step == StepWrite || f.Step == StepConnect) {
		log = log.With("error", f.Err)
	}
	log.Warn("mail not sent")
}

// asFailure gives what went wrong, or nil where the mail is sent.
func asFailure(sent error) *Failure {
	if sent == nil {
		return nil
	}
	if f, ok := errors.AsType[*Failure](sent); ok {
		return f
	}
	return &Failure{Step: StepConnect, Err: sent}
}

// connectFailure is never for good: what is wrong with our server, or our login there, somebody can mend
// while the notice waits.
func connectFailure(err error) *Failure {
	f := &Failure{Step: StepConnect, Err: err}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		f.Code = reply.Code
	}
	return f
}

// replyFailure tells a refusal for good from one that may pass. Only what a server says about the recipient
// or the mail itself is for good: a refused sender is our configuration again.
func replyFailure(step Step, err error) *Failure {
	f := &Failure{Step: step, Err: err}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		f.Code = reply.Code
	}
	f.Final = step != StepSender && f.Code >= 500 && f.Code != authenticationRequired
	return f
}

// authenticationRequired is the reply of servers that want a login or TLS first (RFC 4954, 6): about us, not
// about the recipient.
const authenticationRequired = 530
