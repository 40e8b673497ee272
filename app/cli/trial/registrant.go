package trial

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"reglink/app"
)

// retryDelay is how long a client waits before it asks again: short enough to meet a server while it dies and while
// it comes back, and long enough to leave it a processor.
const retryDelay = 50 * time.Millisecond

// maxAttempts bounds how often a form is sent: for a minute at least.
const maxAttempts = 1200

// registrant is a client that fills in registration forms.
type registrant struct {
	*Load
	*client

	journal *journal
}

// form is a registration form to be sent.
type form struct {
	token, submission, email string
	topics                   []string
}

func (f form) values() url.Values {
	return url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {f.email}, "password": {password},
		"topics": f.topics, "eula": {app.EULAVersion}, "submission_id": {f.submission},
	}
}

// runRegistrant sends one form after the other until the load stops or all forms of the profile are sent.
func (l *Load) runRegistrant(n int) error {
	name := fmt.Sprintf("registrant%d", n)
	journal, err := l.newJournal(name)
	if err != nil {
		return err
	}
	r := &registrant{l, l.newClient(n), journal}
	random := l.Random(name)
	for sent := 0; !l.stopped() && (l.profile.Forms == 0 || sent < l.profile.Forms); {
		form, err := r.openForm()
		if err != nil {
			return errors.Join(err, journal.close())
		}
		if form == nil {
			l.sleep(retryDelay)
			continue
		}
		sent++
		form.email = l.newEmail(name, sent)
		form.topics = []string{string(app.Topics()[random.IntN(len(app.Topics()))])}
		if err := r.submit(*form); err != nil {
			return errors.Join(err, journal.close())
		}
	}
	return journal.close()
}

// openForm opens the form behind the current link. It returns nil if that does not open now.
func (r *registrant) openForm() (*form, error) {
	token := r.Token()
	if token == "" {
		return nil, nil
	}
	got, err := r.get("/register/" + token)
	switch outcome := outcomeOf(got, err); outcome {
	case Succeeded:
		return &form{token: token, submission: got.inputValue("[name=submission_id]")}, nil
	case NoAnswer, Unavailable:
		r.failOver()
	case Unexpected:
		return nil, r.journal.write(Entry{
			Action: ViewLink, Answered: true, Server: r.server(), Token: token, Outcome: outcome, Status: got.status,
		})
	}
	return nil, nil
}

// submit sends a form, and sends it again if the answer is not conclusive and the profile says so.
func (r *registrant) submit(f form) error {
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		outcome, err := r.send(f, attempt)
		if err != nil || outcome.Conclusive() || outcome == Unexpected || !r.profile.Retries || r.stopped() {
			return err
		}
		r.failOver()
		r.sleep(retryDelay)
	}
	return nil
}

func (r *registrant) send(f form, attempt int) (Outcome, error) {
	e := Entry{
		Action: Register, Server: r.server(), Attempt: attempt,
		Submission: f.submission, Email: f.email, Topics: f.topics, Token: f.token,
	}
	if err := r.journal.write(e); err != nil {
		return "", err
	}
	start := time.Now()
	got, err := r.post("/register/"+f.token, f.values())
	e.Answered, e.Took, e.Outcome = true, time.Since(start), outcomeOf(got, err)
	if err != nil {
		e.Error = err.Error()
	} else {
		e.Status = got.status
	}
	succeededElsewhere := e.Outcome == Succeeded && got.location != "/registered"
	if succeededElsewhere || (e.Outcome == Unavailable && !got.canRetry(f.email)) {
		e.Outcome = Unexpected
	}
	r.count(e.Outcome)
	return e.Outcome, r.journal.write(e)
}

// canRetry reports whether a page that says to try again says when, and keeps what was typed.
func (p *page) canRetry(email string) bool {
	return p.header.Get("Retry-After") != "" && p.inputValue("[name=email]") == email
}

// outcomeOf returns what an answer means.
func outcomeOf(got *page, err error) Outcome {
	if err != nil {
		return NoAnswer
	}
	switch got.status {
	case http.StatusOK, http.StatusSeeOther, http.StatusNoContent:
		return Succeeded
	case http.StatusGone:
		return Denied
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusUnauthorized:
		return Rejected
	case http.StatusServiceUnavailable:
		return Unavailable
	}
	return Unexpected
}
