package trial

import (
	"fmt"
	"strings"
	"time"
)

// Verdict is what a run has shown.
type Verdict struct {
	Acknowledged int // registrations that were answered with success
	Unanswered   int // forms of which nobody said what became of them, before they were sent again
	Lost         int // of what was acknowledged, or must follow from it: what is not there, or not whole
	Mails        int // that arrived
	GivenUp      int // that were refused for good, and stand in the outbox so
	// registrations that are stored and of which nobody was told until the form was sent once more
	Untold int
	Twice  int           // arrivals beyond the first of a Message-ID
	Stall  time.Duration // the longest time in which somebody waited to be told what became of a form and nobody was
	Wrong  []string      // everything that must not be, what was lost included
}

// check is one judgement.
type check struct {
	site    *Site
	entries []Entry
	forms   map[string]*sentForm // by submission id
	kills   int
	Verdict
}

func (c *check) wrong(format string, args ...any) {
	c.Wrong = append(c.Wrong, fmt.Sprintf(format, args...))
}

func (c *check) lost(format string, args ...any) {
	c.Lost++
	c.wrong("lost: "+format, args...)
}

// Check judges what a crowd was told against what is stored and what was mailed. The crowd has stopped, the
// server runs; kills is how often a server was killed meanwhile. It sends every form without an answer once
// more, waits until no mail waits any more, and fails the test for everything that is wrong.
func (s *Site) Check(l *Load, server *Server, kills int) Verdict {
	s.t.Helper()
	v := s.Judge(l, server, kills)
	for i, wrong := range v.Wrong {
		if i == 20 {
			s.t.Errorf("and %d more", len(v.Wrong)-i)
			break
		}
		s.t.Error(wrong)
	}
	return v
}

// Judge is Check without failing the test.
func (s *Site) Judge(l *Load, server *Server, kills int) Verdict {
	s.t.Helper()
	c := &check{site: s, entries: l.Entries(), kills: kills}
	c.stall()
	c.forms = formsOf(c.entries)
	look := open(s.t, s.Databases[0])
	c.resubmit(look, newVisitor(server.Address))
	s.Drain(drainWithin)
	now := look.storedIn()
	c.registrations(now)
	c.orphans(now)
	c.links(now)
	c.dead(now)
	c.mails(now)
	c.whole(look)
	return c.Verdict
}

// drainWithin is longer than the lease of a notice whose server was killed.
const drainWithin = 150 * time.Second

// sentForm is one form and all that was answered to it.
type sentForm struct {
	Entry
	stored, open bool // it was acknowledged; it may be stored or not
	before       int  // how many registrations there were of it before it was sent once more
}

// formsOf gathers the forms. One without an answer, or with one that says to try again, is open until an
// answer says stored: what says that the link is dead may have been said while the first copy was still at
// work.
func formsOf(entries []Entry) map[string]*sentForm {
	forms := map[string]*sentForm{}
	tries, settled := map[string]int{}, map[string]int{}
	for _, e := range entries {
		if e.Act != Register {
			continue
		}
		form := forms[e.Submission]
		if form == nil {
			form = &sentForm{Entry: e}
			forms[e.Submission] = form
		}
		switch {
		case !e.Answer:
			tries[e.Submission]++
		case e.Outcome.Settled():
			settled[e.Submission]++
			form.stored = form.stored || e.Outcome == Stored
		}
	}
	for id, form := range forms {
		form.open = !form.stored && settled[id] < tries[id]
	}
	return forms
}

// resubmit sends the open forms once more: what was stored says so, and what was not is stored now or refused
// by a dead link.
func (c *check) resubmit(look look, v *visitor) {
	now := look.storedIn()
	for _, form := range c.forms {
		if !form.open {
			continue
		}
		c.Unanswered++
		form.before = len(now.registrations[form.Email])
		c.Untold += form.before
		again := newForm{form.Token, form.Submission, form.Email, form.Topics}
		got, err := v.post("/register/"+form.Token, again.values())
		outcome := outcomeOf(got, err)
		form.stored = outcome == Stored
		link, _ := now.linkOf(form.Token)
		mayDeny := form.before == 0 && (!link.active || link.max > 0)
		if form.stored || (outcome == Denied && mayDeny) {
			continue
		}
		c.wrong("%s was sent once more and came to %s, with %d registrations before", form.Email, outcome, form.before)
	}
}

// whole asks each database whether it is, and compares them where they are several.
func (c *check) whole(look look) {
	if strings.HasPrefix(c.site.Databases[0], "sqlite:") {
		c.sqliteWhole(look)
		return
	}
	first := c.sums(c.site.Databases[0])
	for _, other := range c.site.Databases[1:] {
		for table, sum := range c.sums(other) {
			if first[table] != sum {
				c.lost("the databases differ in %s", table)
			}
		}
	}
}

func (c *check) sqliteWhole(look look) {
	for _, row := range look.rows("PRAGMA integrity_check") {
		if row[0] != "ok" {
			c.lost("integrity: %s", row[0])
		}
	}
	for _, row := range look.rows("PRAGMA foreign_key_check") {
		c.lost("foreign keys: %v", row)
	}
}

// sums gives a checksum of each table.
func (c *check) sums(databaseURL string) map[string]string {
	look, all := open(c.site.t, databaseURL), map[string]string{}
	for _, row := range look.rows("SHOW TABLES") {
		all[row[0]] = look.rows("CHECKSUM TABLE " + row[0] + " EXTENDED")[0][1]
	}
	return all
}
