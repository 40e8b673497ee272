package mail

import (
	"context"
	"slices"
	"sync"

	"reglink/views/email"
)

// maxRecorded is how many mails a Recorder keeps.
const maxRecorded = 200

// Recorder is a Sender that keeps mails in memory instead of sending them: the demo's mailbox. The zero
// Recorder is ready.
type Recorder struct {
	mutex sync.Mutex
	mails []email.Mail // oldest first
}

// Begin gives the handover of a mail that Finish keeps; the oldest are forgotten when there are more than 200.
func (r *Recorder) Begin(_ context.Context, m email.Mail) (Handover, error) {
	return &recordedHandover{r, m}, nil
}

// recordedHandover is a mail that a Recorder does not have yet.
type recordedHandover struct {
	recorder *Recorder
	mail     email.Mail
}

func (r *recordedHandover) Finish() error {
	r.recorder.keep(r.mail)
	return nil
}

func (*recordedHandover) Close() {}

func (r *Recorder) keep(m email.Mail) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.mails = append(r.mails, m)
	if extra := len(r.mails) - maxRecorded; extra > 0 {
		r.mails = slices.Delete(r.mails, 0, extra)
	}
}

// Mails gives what is kept, newest first.
func (r *Recorder) Mails() []email.Mail {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	mails := slices.Clone(r.mails)
	slices.Reverse(mails)
	return mails
}
