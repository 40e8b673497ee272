package trial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"reglink/app"
)

// Verdict is what a run has shown.
type Verdict struct {
	Acknowledged  int           // registrations that were answered with success
	Unanswered    int           // forms without a conclusive answer before they were sent once more
	Lost          int           // what was acknowledged, or must follow from that, and is missing or incomplete
	Mails         int           // that arrived
	Undeliverable int           // notices that were permanently refused and are shown as failed
	Unconfirmed   int           // registrations that were stored and that no answer confirmed at first
	Duplicates    int           // mails that arrived after the first of their Message-ID
	WorstStall    time.Duration // the longest time in which somebody waited and nobody was told
	Violations    []string      // everything that must not be, including what was lost
}

// Then combines the verdicts of two runs on one site, one after the other: a site's mails are counted from its
// beginning.
func (v Verdict) Then(later Verdict) Verdict {
	later.Acknowledged += v.Acknowledged
	later.Unanswered += v.Unanswered
	later.Lost += v.Lost
	later.WorstStall = max(v.WorstStall, later.WorstStall)
	later.Violations = append(v.Violations, later.Violations...)
	return later
}

// checker makes one verdict.
type checker struct {
	site    *Site
	entries []Entry
	forms   map[string]*sentForm // by submission id
	kills   int
	Verdict
}

// violation records something that must not be.
func (c *checker) violation(format string, args ...any) {
	c.Violations = append(c.Violations, fmt.Sprintf(format, args...))
}

// lost records that something is missing or incomplete.
func (c *checker) lost(format string, args ...any) {
	c.Lost++
	c.violation("lost: "+format, args...)
}

// Check compares what a load was told with what is stored and what was mailed, and fails the test for every
// violation. The load must have stopped, and no server but this one may still hold mails. kills is how often a server
// was killed meanwhile. Check sends every form without a conclusive answer once more, and waits until no mail is
// queued any more.
func (s *Site) Check(l *Load, server *Server, kills int) Verdict {
	s.t.Helper()
	v := s.Inspect(l, server, kills)
	const most = 20
	for i, violation := range v.Violations {
		if i == most {
			s.t.Errorf("and %d more", len(v.Violations)-most)
			break
		}
		s.t.Error(violation)
	}
	return v
}

// Inspect is like Check but does not fail the test.
func (s *Site) Inspect(l *Load, server *Server, kills int) Verdict {
	s.t.Helper()
	c := &checker{site: s, entries: l.Entries(), kills: kills}
	c.WorstStall = worstStall(c.entries)
	c.forms = formsOf(c.entries)
	db := openDatabase(s.t, s.Databases[0])
	c.resubmit(db, newClient(server.URL))
	s.DrainOutbox(drainTimeout)
	now := db.snapshot()
	c.checkForms(now)
	c.checkOrphans(now)
	c.checkLinkUses(now)
	c.checkEndedLinks(now)
	c.checkMails(now)
	c.checkIntegrity(db)
	return c.Verdict
}

// drainTimeout is longer than the lease of a notice whose server was killed.
const drainTimeout = app.Lease + 30*time.Second

// sentForm is one form and what its answers came to.
type sentForm struct {
	Entry
	acknowledged bool // an answer says that it is stored
	undecided    bool // it may be stored or not
	storedBefore int  // how many registrations there were of it before it was sent once more
}

// formsOf collects the forms. One without a conclusive answer is undecided until an answer says that it is stored: an
// answer that says that the link does not work may have been given while an earlier attempt was still being worked
// on.
func formsOf(entries []Entry) map[string]*sentForm {
	forms := map[string]*sentForm{}
	attempts, conclusive := map[string]int{}, map[string]int{}
	for _, e := range entries {
		if e.Action != Register {
			continue
		}
		form := forms[e.Submission]
		if form == nil {
			form = &sentForm{Entry: e}
			forms[e.Submission] = form
		}
		switch {
		case !e.Answered:
			attempts[e.Submission]++
		case e.Outcome.Conclusive():
			conclusive[e.Submission]++
			form.acknowledged = form.acknowledged || e.Outcome == Succeeded
		}
	}
	for id, form := range forms {
		form.undecided = !form.acknowledged && conclusive[id] < attempts[id]
	}
	return forms
}

// resubmit sends the undecided forms once more: one that was stored says so, and another is stored now or denied by a
// link that does not work.
func (c *checker) resubmit(db database, client *client) {
	now := db.snapshot()
	for _, sent := range c.forms {
		if !sent.undecided {
			continue
		}
		c.Unanswered++
		sent.storedBefore = len(now.registrations[sent.Email])
		c.Unconfirmed += sent.storedBefore
		again := form{sent.Token, sent.Submission, sent.Email, sent.Topics}
		got, err := client.post("/register/"+sent.Token, again.values())
		outcome := outcomeOf(got, err)
		sent.acknowledged = outcome == Succeeded
		link, _ := now.linkOf(sent.Token)
		mayDeny := sent.storedBefore == 0 && (!link.active || link.maxUses > 0)
		if sent.acknowledged || (outcome == Denied && mayDeny) {
			continue
		}
		c.violation("%s was sent once more: %s, with %d registrations before", sent.Email, outcome, sent.storedBefore)
	}
}

// checkMails compares the notices with the mails that arrived. Each notice was sent and arrived. A mail may only have
// arrived again after a kill, under the same Message-ID.
func (c *checker) checkMails(now *snapshot) {
	arrived := map[string]int{}
	for _, m := range c.site.MailServer.Mails() {
		c.Mails++
		id, _, _ := strings.Cut(strings.TrimPrefix(m.Header.Get("Message-Id"), "<"), "@")
		arrived[id]++
	}
	for _, n := range now.notices {
		times := arrived[n.id]
		delete(arrived, n.id)
		if n.delivery == string(app.Skipped) && n.letter == string(app.ActivateLogin) && times == 0 {
			continue // its link was printed, and used before it could be mailed
		}
		if c.site.undeliverable[now.identities[n.recipient]] {
			c.checkUndeliverable(n, times)
			continue
		}
		if n.delivery != string(app.Sent) || times == 0 {
			c.lost("notice %s (%s) is %s and arrived %d times", n.id, n.letter, n.delivery, times)
			continue
		}
		c.Duplicates += times - 1
	}
	if c.Duplicates > c.kills {
		c.violation("%d mails arrived again after %d kills, which can leave one unmarked each", c.Duplicates, c.kills)
	}
	for id := range arrived {
		c.violation("a mail %q arrived that belongs to no notice", id)
	}
}

// checkUndeliverable checks a notice to somebody whose mails are permanently refused: it has failed, and operators
// see why.
func (c *checker) checkUndeliverable(n noticeRow, times int) {
	if n.letter != string(app.PersonRegistered) {
		return
	}
	c.Undeliverable++
	if n.delivery != string(app.Failed) || times > 0 {
		c.violation("notice %s was permanently refused, is %s and arrived %d times", n.id, n.delivery, times)
	}
}

// checkIntegrity has each database check itself, and compares them if there are several.
func (c *checker) checkIntegrity(db database) {
	if strings.HasPrefix(c.site.Databases[0], "sqlite:") {
		c.checkSQLiteIntegrity(db)
		return
	}
	first := db.checksums()
	for _, other := range c.site.Databases[1:] {
		for table, sum := range openDatabase(c.site.t, other).checksums() {
			if first[table] != sum {
				c.lost("the databases differ in %s", table)
			}
		}
	}
}

func (c *checker) checkSQLiteIntegrity(db database) {
	for _, row := range db.rows("PRAGMA integrity_check") {
		if row[0] != "ok" {
			c.lost("integrity: %s", row[0])
		}
	}
	for _, row := range db.rows("PRAGMA foreign_key_check") {
		c.lost("foreign keys: %v", row)
	}
}

// stallTimer follows those who wait for what became of their forms.
type stallTimer struct {
	last    map[string]time.Time // of the last entry about each form, by submission id
	waiting map[string]bool      // the forms that were sent and have no conclusive answer yet
	since   time.Time            // the last conclusive answer, or the first form that was sent while nobody waited
	worst   time.Duration
}

// worstStall returns the longest time in which somebody waited for what became of a form and nobody was told. Pages
// that are read, and what Super Users do, do not count: while these work they would hide that nobody can register.
func worstStall(entries []Entry) time.Duration {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Action != Register })
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	timer := stallTimer{last: map[string]time.Time{}, waiting: map[string]bool{}}
	for _, e := range entries {
		timer.last[e.Submission] = e.At
	}
	for _, e := range entries {
		timer.add(e)
	}
	return timer.worst
}

func (s *stallTimer) add(e Entry) {
	if len(s.waiting) == 0 {
		s.since = e.At
	}
	s.waiting[e.Submission] = true
	s.worst = max(s.worst, e.At.Sub(s.since))
	conclusive := e.Answered && e.Outcome.Conclusive()
	if conclusive {
		s.since = e.At
	}
	gaveUp := e.Answered && e.At.Equal(s.last[e.Submission])
	if conclusive || gaveUp {
		delete(s.waiting, e.Submission)
	}
}
