package trial

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"reglink/app"
)

// betweenTries is how long a client waits before it asks again: short, so that it meets a server while that
// dies and while it comes back, and long enough to leave it a processor.
const betweenTries = 50 * time.Millisecond

// maxTries bounds how often a form is sent: for a minute at least.
const maxTries = 1200

// registrant is a client that fills in forms.
type registrant struct {
	*Load
	*visitor
	log *journal
}

// newForm is a form as it is about to be sent.
type newForm struct {
	token, submission, email string
	topics                   []string
}

func (f newForm) values() url.Values {
	return url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {f.email}, "password": {password},
		"topics": f.topics, "eula": {app.EULAVersion}, "submission_id": {f.submission},
	}
}

func (l *Load) registers(n int) error {
	client := fmt.Sprintf("registrant%d", n)
	log, err := l.journal(client)
	if err != nil {
		return err
	}
	r := &registrant{l, l.newVisitor(n), log}
	random := l.Random(client)
	for sent := 0; !l.ended() && (l.mix.Forms == 0 || sent < l.mix.Forms); {
		form, err := r.open()
		if err != nil {
			return errors.Join(err, log.file.Close())
		}
		if form == nil {
			l.rest(betweenTries)
			continue
		}
		sent++
		form.email = l.emailOf(client, sent)
		form.topics = []string{string(app.Topics()[random.IntN(len(app.Topics()))])}
		if err := r.fillIn(*form); err != nil {
			return errors.Join(err, log.file.Close())
		}
	}
	return log.file.Close()
}

// open gives the form behind the link that people were sent last, or nil where it does not open now.
func (r *registrant) open() (*newForm, error) {
	token := r.token()
	if token == "" {
		return nil, nil
	}
	got, err := r.get("/register/" + token)
	switch outcome := outcomeOf(got, err); outcome {
	case Stored:
		return &newForm{token: token, submission: got.value("[name=submission_id]")}, nil
	case Silent, Away:
		r.turnAway()
	case Fault:
		return nil, r.log.write(Entry{
			Act: Look, Answer: true, Server: r.server(), Token: token, Outcome: outcome,
			Status: got.status,
		})
	}
	return nil, nil
}

// fillIn sends a form, again and again where nobody says what became of it.
func (r *registrant) fillIn(form newForm) error {
	for try := 1; try <= maxTries; try++ {
		outcome, err := r.send(form, try)
		if err != nil || outcome.Settled() || outcome == Fault || !r.mix.Retries || r.ended() {
			return err
		}
		r.turnAway()
		r.rest(betweenTries)
	}
	return nil
}

func (r *registrant) send(form newForm, try int) (Outcome, error) {
	e := Entry{
		Act: Register, Server: r.server(), Try: try, Submission: form.submission, Email: form.email, Topics: form.topics,
		Token: form.token,
	}
	if err := r.log.write(e); err != nil {
		return "", err
	}
	began := time.Now()
	got, err := r.post("/register/"+form.token, form.values())
	e.Answer, e.Took, e.Outcome = true, time.Since(began), outcomeOf(got, err)
	if err != nil {
		e.Error = err.Error()
	} else {
		e.Status = got.status
	}
	if (e.Outcome == Stored && got.location != "/registered") || (e.Outcome == Away && !got.keeps(form.email)) {
		e.Outcome = Fault
	}
	r.count(e.Outcome)
	return e.Outcome, r.log.write(e)
}

// keeps tells whether a page that says to try again says when, and has what was typed.
func (p *page) keeps(email string) bool {
	return p.header.Get("Retry-After") != "" && p.value("[name=email]") == email
}

// outcomeOf understands an answer.
func outcomeOf(got *page, err error) Outcome {
	if err != nil {
		return Silent
	}
	switch got.status {
	case http.StatusOK, http.StatusSeeOther, http.StatusNoContent:
		return Stored
	case http.StatusGone:
		return Denied
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusUnauthorized:
		return Refused
	case http.StatusServiceUnavailable:
		return Away
	}
	return Fault
}
