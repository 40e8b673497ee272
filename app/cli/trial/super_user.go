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

// superUser is a client that changes the link as a Super User.
type superUser struct {
	*Load
	*client

	journal *journal
	email   string
	random  *rand.Rand
}

func (l *Load) newSuperUser(name string, n int) (*superUser, error) {
	journal, err := l.newJournal(name)
	email := l.site.SuperUsers[n%len(l.site.SuperUsers)]
	return &superUser{l, l.newClient(n), journal, email, l.Random(name)}, err
}

// runSuperUser does one action after the other, at random, until the load stops.
func (l *Load) runSuperUser(n int) error {
	s, err := l.newSuperUser(fmt.Sprintf("super%d", n), n)
	if err != nil {
		return err
	}
	for !l.stopped() {
		if s.cookie == "" && s.signIn(s.email) != nil {
			s.failOver()
			l.sleep(retryDelay)
			continue
		}
		_, err := s.do(s.nextAction())
		if err := errors.Join(err, s.viewLink()); err != nil {
			return errors.Join(err, s.journal.close())
		}
		l.sleep(l.profile.ThinkTime/2 + time.Duration(s.random.Int64N(int64(l.profile.ThinkTime)+1)))
	}
	return s.journal.close()
}

// actAsSuperUser has the first Super User do one action and view the link. The name of the client must be new.
func (l *Load) actAsSuperUser(name string, action Action) (Outcome, error) {
	s, err := l.newSuperUser(name, 0)
	if err != nil {
		return "", err
	}
	if err := s.signIn(s.email); err != nil {
		return "", errors.Join(err, s.journal.close())
	}
	outcome, err := s.do(action)
	return outcome, errors.Join(err, s.viewLink(), s.journal.close())
}

// Do has the first Super User do one action while the load runs, and returns its outcome. The name of the client must
// be new.
func (l *Load) Do(name string, action Action) Outcome {
	l.site.t.Helper()
	outcome, err := l.actAsSuperUser(name, action)
	if err != nil {
		l.site.t.Fatal(err)
	}
	return outcome
}

// nextAction chooses: of ten actions four regenerate, two disable and four change the maximum. If there is no link it
// is generated.
func (s *superUser) nextAction() Action {
	if s.Token() == "" {
		return Generate
	}
	switch n := s.random.IntN(10); {
	case n < 4:
		return Regenerate
	case n < 6:
		return Disable
	}
	return ChangeMaxUses
}

func (s *superUser) do(action Action) (Outcome, error) {
	path, form := "/account/link/"+string(action), url.Values{}
	if action == ChangeMaxUses {
		var ok bool
		if path, form, ok = s.policyForm(); !ok {
			return NoAnswer, nil
		}
	}
	e := Entry{Action: action, Server: s.server(), Attempt: 1, Token: s.Token(), Email: s.email}
	if err := s.journal.write(e); err != nil {
		return "", err
	}
	start := time.Now()
	got, err := s.post(path, form)
	e.Answered, e.Took, e.Outcome, e.Token = true, time.Since(start), outcomeOf(got, err), ""
	if err != nil {
		e.Error = err.Error()
	} else {
		e.Status = got.status
	}
	if e.Status == http.StatusUnauthorized {
		s.cookie = ""
	}
	if !e.Outcome.Conclusive() {
		s.failOver()
	}
	return e.Outcome, s.journal.write(e)
}

// policyForm is the form of the link's rules with another maximum: six of ten have none, the others are low enough to
// be reached.
func (s *superUser) policyForm() (string, url.Values, bool) {
	const path = "/account/link/policy"
	got, err := s.get(path)
	if outcomeOf(got, err) != Succeeded || got.inputValue("[name=link]") == "" {
		return "", nil, false
	}
	form := url.Values{
		"link": {got.inputValue("[name=link]")}, "expiry": {string(app.NoExpiry)}, "role": {string(app.StandardUser)},
	}
	if n := s.random.IntN(10); n < 4 {
		form.Set("max_uses", fmt.Sprint(10+10*n))
	}
	return path, form, true
}

// viewLink reads the panel of the link and gives its token to the registrants. What it shows was current when it was
// asked for.
func (s *superUser) viewLink() error {
	got, err := s.get("/account")
	outcome := outcomeOf(got, err)
	if outcome != Succeeded {
		s.failOver()
		return nil
	}
	if got.location != "" { // to the sign-in page
		s.cookie = ""
		return nil
	}
	_, token, _ := strings.Cut(got.inputValue("#registration-link-url"), "/register/")
	s.setToken(token)
	return s.journal.write(Entry{
		Action: ViewLink, Answered: true, Server: s.server(), Token: token, Outcome: outcome, Status: got.status,
	})
}
