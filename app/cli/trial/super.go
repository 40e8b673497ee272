package trial

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"reglink/app"
)

// manager is a client that is a Super User.
type manager struct {
	*Load
	*visitor
	log    *journal
	email  string
	random *rand.Rand
}

func (l *Load) newManager(client string, n int) (*manager, error) {
	log, err := l.journal(client)
	email := l.site.Supers[n%len(l.site.Supers)]
	return &manager{l, l.newVisitor(n), log, email, l.Random(client)}, err
}

// super has a Super User do one thing, and gives what came of it. The client's name must be new.
func (l *Load) super(client string, n int, act Act) (Outcome, error) {
	m, err := l.newManager(client, n)
	if err != nil {
		return "", err
	}
	if err := m.signIn(m.email); err != nil {
		return "", errors.Join(err, m.log.file.Close())
	}
	outcome, err := m.do(act)
	return outcome, errors.Join(err, m.look(), m.log.file.Close())
}

// Do has the first Super User do one thing beside the crowd, and gives the outcome. Of each client's name there is one.
func (l *Load) Do(client string, act Act) Outcome {
	l.site.t.Helper()
	outcome, err := l.super(client, 0, act)
	if err != nil {
		l.site.t.Fatal(err)
	}
	return outcome
}

// manages does one thing after the other, at random.
func (l *Load) manages(n int) error {
	m, err := l.newManager(fmt.Sprintf("super%d", n), n)
	if err != nil {
		return err
	}
	for !l.ended() {
		if m.cookie == "" && m.signIn(m.email) != nil {
			m.turnAway()
			l.rest(betweenTries)
			continue
		}
		_, err := m.do(m.next())
		if err := errors.Join(err, m.look()); err != nil {
			return errors.Join(err, m.log.file.Close())
		}
		l.rest(l.mix.Pause/2 + time.Duration(m.random.Int64N(int64(l.mix.Pause)+1)))
	}
	return m.log.file.Close()
}

// next chooses: of ten acts four regenerate, two disable and four change the maximum; without a link it is generated.
func (m *manager) next() Act {
	if m.token() == "" {
		return Generate
	}
	switch n := m.random.IntN(10); {
	case n < 4:
		return Regenerate
	case n < 6:
		return Disable
	}
	return ChangeMax
}

func (m *manager) do(act Act) (Outcome, error) {
	path, form := "/account/link/"+string(act), url.Values{}
	if act == ChangeMax {
		var ok bool
		if path, form, ok = m.policy(); !ok {
			return Silent, nil
		}
	}
	e := Entry{Act: act, Server: m.server(), Try: 1, Token: m.token(), Email: m.email}
	if err := m.log.write(e); err != nil {
		return "", err
	}
	began := time.Now()
	got, err := m.post(path, form)
	e.Answer, e.Took, e.Outcome, e.Token = true, time.Since(began), outcomeOf(got, err), ""
	if err != nil {
		e.Error = err.Error()
	} else {
		e.Status = got.status
	}
	if e.Status == http.StatusUnauthorized {
		m.cookie = ""
	}
	if !e.Outcome.Settled() {
		m.turnAway()
	}
	return e.Outcome, m.log.write(e)
}

// policy is the form of the link's rules with another maximum: of ten, six are none, and the others so few
// that people meet them.
func (m *manager) policy() (string, url.Values, bool) {
	const path = "/account/link/policy"
	got, err := m.get(path)
	if outcomeOf(got, err) != Stored || got.value("[name=link]") == "" {
		return "", nil, false
	}
	form := url.Values{
		"link": {got.value("[name=link]")}, "expiry": {string(app.NoExpiry)},
		"role": {string(app.StandardUser)},
	}
	if n := m.random.IntN(10); n < 4 {
		form.Set("max_uses", fmt.Sprint(10+10*n))
	}
	return path, form, true
}

// look reads the panel and sends its link to people. What it shows was current when it was asked for.
func (m *manager) look() error {
	got, err := m.get("/account")
	outcome := outcomeOf(got, err)
	if outcome != Stored {
		m.turnAway()
		return nil
	}
	if got.location != "" { // to the sign-in
		m.cookie = ""
		return nil
	}
	_, token, _ := strings.Cut(got.value("#registration-link-url"), "/register/")
	m.send(token)
	return m.log.write(Entry{
		Act: Look, Answer: true, Server: m.server(), Token: token, Outcome: outcome,
		Status: got.status,
	})
}
