package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// linkModel says what the registration link of an account must do, in as few words as it can be said.
type linkModel struct {
	issued    []string // the path of every link that there was, the newest last
	alive     bool     // whether the newest was neither replaced nor disabled
	generated time.Time
	days, max int // of its rules; 0: none
	used      int
}

// works tells whether the newest link lets somebody in.
func (m *linkModel) works(at time.Time) bool {
	over := m.days > 0 && !at.Before(m.generated.AddDate(0, 0, m.days))
	return m.alive && !over && (m.max == 0 || m.used < m.max)
}

// statusFor is what the link of that path answers with where it would answer ok.
func (m *linkModel) statusFor(path string, at time.Time, ok int) int {
	if path == m.issued[len(m.issued)-1] && m.works(at) {
		return ok
	}
	return http.StatusGone
}

// linkLifecycle is a portal beside its model.
type linkLifecycle struct {
	*portal
	linkModel
	registrations int
}

// takeStep takes one step: the low bits say which, the others how.
func (s *linkLifecycle) takeStep(step byte) {
	s.t.Helper()
	how := int(step >> 3)
	switch step & 7 {
	case 0:
		s.makeLink("generate", !s.alive)
	case 1:
		s.makeLink("regenerate", true)
	case 2:
		s.wantStatus(s.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		s.alive = false
	case 3:
		s.clock.advance(time.Duration(1+how) * 5 * time.Hour)
		s.sue = s.signIn("sue@acme.example")
	case 4:
		s.changeRules([]int{0, 1, 2, 7}[how&3], []int{0, 1, 2, 3}[how>>2&3])
	case 5, 6:
		s.registerByIssuedLink(how)
	case 7:
		s.viewLink(how)
	}
}

// makeLink generates or regenerates: the rules stay, and are counted anew from now.
func (s *linkLifecycle) makeLink(how string, anew bool) {
	s.t.Helper()
	got := s.sue.withHTMX().post("/account/link/"+how, nil)
	s.wantStatus(got, http.StatusOK)
	if !anew {
		return
	}
	path := strings.TrimPrefix(got.value("#registration-link-url"), s.base)
	for _, before := range s.issued {
		if path == before {
			s.t.Errorf("%s gives the address of a link that there was", how)
		}
	}
	s.issued, s.alive, s.generated, s.used = append(s.issued, path), true, s.clock.now, 0
}

func (s *linkLifecycle) changeRules(days, most int) {
	s.t.Helper()
	if !s.alive {
		s.wantStatus(s.sue.get("/account/link/policy"), http.StatusSeeOther)
		return
	}
	form := url.Values{
		"link": {s.sue.get("/account/link/policy").value("[name=link]")}, "role": {"standard"},
		"max_uses": {strconv.Itoa(most)}, "expiry": {"never"},
	}
	if days > 0 {
		form.Set("expiry", "days")
		form.Set("expire_days", strconv.Itoa(days))
	}
	past := days > 0 && !s.clock.now.Before(s.generated.AddDate(0, 0, days))
	if past || (most > 0 && most < s.used) {
		s.wantStatus(s.sue.post("/account/link/policy", form), http.StatusUnprocessableEntity)
		return
	}
	s.wantStatus(s.sue.post("/account/link/policy", form), http.StatusSeeOther)
	s.days, s.max = days, most
}

// registerByIssuedLink is somebody who registers by one of the links that there were.
func (s *linkLifecycle) registerByIssuedLink(which int) {
	s.t.Helper()
	if len(s.issued) == 0 {
		return
	}
	path := s.issued[len(s.issued)-1-which%len(s.issued)]
	want := s.statusFor(path, s.clock.now, http.StatusSeeOther)
	got := browser{p: s.portal}.post(path, url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {app.NewID() + "@acme.example"}, "password": {password},
		"eula": {app.EULAVersion}, "submission_id": {app.NewSubmissionID()},
	})
	s.wantStatus(got, want)
	if want == http.StatusSeeOther {
		s.used++
		s.registrations++
	}
}

// viewLink opens one of the links, and copies the present one.
func (s *linkLifecycle) viewLink(which int) {
	s.t.Helper()
	page := s.sue.get("/account")
	if s.works(s.clock.now) {
		s.wantStatus(s.sue.post("/account/link/copied", nil), http.StatusSeeOther)
		if got := page.value("#registration-link-url"); got != s.base+s.issued[len(s.issued)-1] {
			s.t.Errorf("the panel gives out %s", got)
		}
	}
	if !s.alive && page.has("#registration-link-url") {
		s.t.Error("the panel gives out a link that is dead")
	}
	if len(s.issued) > 0 {
		path := s.issued[len(s.issued)-1-which%len(s.issued)]
		s.wantStatus(browser{p: s.portal}.get(path), s.statusFor(path, s.clock.now, http.StatusOK))
	}
}

// FuzzLinkLifecycle lets a Super User generate, copy, regenerate and disable the link, change its rules and
// let time pass, and people come by every link that there was, in whatever order: only the present one lets
// anybody in, as long and as often as its rules say (T-07, T-08, T-09, T-10).
func FuzzLinkLifecycle(f *testing.F) {
	f.Add([]byte{0, 5, 1, 5, 13, 7, 15, 2, 5, 7, 0, 5, 13})
	f.Add([]byte{0, 4 | 4<<3, 5, 5, 7, 4 | 8<<3, 5, 5, 4 | 4<<3, 0, 1, 5, 5})
	f.Add([]byte{0, 4 | 1<<3, 5, 3 | 4<<3, 5, 7, 4 | 1<<3, 4 | 2<<3, 5, 1, 5, 3 | 31<<3, 5})
	f.Add([]byte{0, 5, 1, 0, 0, 7, 4 | 4<<3, 0, 1, 5, 5})
	f.Add([]byte{2, 4, 5, 7, 1, 5, 2, 2, 0, 0, 5, 13, 21, 29})
	p, _ := fuzzPortal(f)
	f.Fuzz(func(t *testing.T, steps []byte) {
		p.resetForInput(t)
		p.exec("DELETE FROM memberships WHERE joined_by = 'link'")
		p.exec("DELETE FROM links")
		s := &linkLifecycle{portal: p}
		s.sue = s.signIn("sue@acme.example")
		for i, step := range steps[:min(len(steps), 24)] {
			s.clock.advance(time.Millisecond)
			s.takeStep(step)
			if s.t.Failed() {
				t.Fatalf("step %d of %v", i, steps)
			}
		}
		if got := p.queryOne("SELECT COUNT(*) FROM memberships WHERE joined_by = 'link'"); got != fmt.Sprint(
			s.registrations) {
			t.Errorf("%v: %s people came in, want %d", steps, got, s.registrations)
		}
		if got := strings.Join(p.queryColumn("SELECT used FROM links WHERE active = ?", true), " "); s.alive &&
			got != fmt.Sprint(s.used) {
			t.Errorf("%v: the link counts %s, want %d", steps, got, s.used)
		}
	})
}
