package app

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"
)

// Limit names how often a client may ask for something. The route table gives one to each route that needs it.
type Limit string

// The limits.
const (
	SignInLimit       Limit = "sign-ins"      // passwords tried; those that were right do not count
	RegistrationLimit Limit = "registrations" // forms with a password to hash
	CheckLimit        Limit = "checks"        // fields checked live
	AddressLimit      Limit = "addresses"     // emails of which a live check asks who has a login: as many as forms may be sent
	OpenLimit         Limit = "opens"         // addresses with a secret in them
	MailLimit         Limit = "mails"         // mails asked for
	ReportLimit       Limit = "reports"       // reports of browsers, each a line in the log
	CodeLimit         Limit = "codes"         // codes of six digits tried behind a right password; those that were right do not count
)

// Attempt is what a request shows of who asks for what.
type Attempt struct {
	Limit   Limit
	Block   string // the address block that it comes from
	Token   string // the secret in its address; empty where there is none
	Email   string // whose password or mail it is about, as typed
	Person  string // whose code is tried, behind which password
	Reading bool   // it may change nothing, so nothing of it is counted in the database
}

// Rule is one count of a limit: of one subject, so many within a window that begins with the first.
type Rule struct {
	Name   string
	Of     func(Attempt) string // the subject; empty where the request has none
	Max    int
	Within time.Duration
	// Spare makes a count that strangers can fill up harmless to others: full, it refuses only whoever has that many in the
	// rule before it.
	Spare int
}

// Rules gives the counts of a limit. The first is of the address block, but for codes, which a block's sign-ins count too. They are
// generous for a whole office behind one address, and far too small for guessing: a password has 15 characters, a link 256 bits. No
// count of an email or of a link alone refuses anybody who did not contribute to it; else strangers could lock its people out
// (T-51). Two are the exception: of the mails that an address is sent, who is refused has them in the inbox; and a code is tried only
// by somebody who knows the password.
func (l Limit) Rules() []Rule {
	switch l {
	case SignInLimit:
		return []Rule{
			{Name: "sign-ins of a block", Of: byBlock, Max: 50, Within: 10 * time.Minute},
			{Name: "sign-ins of an email by a block", Of: byEmailAndBlock, Max: 10, Within: 10 * time.Minute},
			{Name: "sign-ins of an email", Of: byEmail, Max: 50, Within: 10 * time.Minute, Spare: 3},
		}
	case RegistrationLimit:
		return []Rule{
			{Name: "registrations of a block", Of: byBlock, Max: 60, Within: 10 * time.Minute},
			{Name: "registrations by a link", Of: byLink, Max: 300, Within: 10 * time.Minute, Spare: 3},
		}
	case AddressLimit:
		return []Rule{
			{Name: "addresses asked by a block", Of: byBlock, Max: 60, Within: 10 * time.Minute},
			{Name: "addresses asked by a link", Of: byLink, Max: 300, Within: 10 * time.Minute, Spare: 3},
		}
	case MailLimit:
		return []Rule{
			{Name: "mails of a block", Of: byBlock, Max: 10, Within: 10 * time.Minute},
			{Name: "mails to an email", Of: byEmail, Max: 4, Within: 30 * time.Minute},
		}
	case CodeLimit:
		return []Rule{{Name: "codes of a person", Of: byPerson, Max: 20, Within: 24 * time.Hour}}
	case CheckLimit:
		return []Rule{{Name: "checks of a block", Of: byBlock, Max: 600, Within: time.Minute}}
	case ReportLimit:
		return []Rule{{Name: "reports of a block", Of: byBlock, Max: 20, Within: time.Minute}}
	case OpenLimit:
		return []Rule{{Name: "opens of a block", Of: byBlock, Max: 120, Within: time.Minute}}
	}
	return nil
}

// UnknownRule counts addresses with a secret that was never issued. Whoever reaches it opens none for a while, real ones neither:
// else the answer would tell which is which.
func UnknownRule() Rule {
	return Rule{Name: "unknown secrets of a block", Of: byBlockWithToken, Max: 100, Within: 10 * time.Minute}
}

func byBlock(a Attempt) string { return a.Block }

func byPerson(a Attempt) string { return a.Person }

func byBlockWithToken(a Attempt) string {
	if a.Token == "" {
		return ""
	}
	return a.Block
}

// byEmail is by the canonical form, so that other spellings of an address share its count.
func byEmail(a Attempt) string {
	key, m := EmailKey(tidyEmail(a.Email))
	if m.ID != "" {
		return ""
	}
	return key
}

func byEmailAndBlock(a Attempt) string {
	if key := byEmail(a); key != "" {
		return key + " " + a.Block
	}
	return ""
}

// byLink leaves out what cannot be a link, so that no count begins for each text that somebody makes up.
func byLink(a Attempt) string {
	if _, ok := HashToken(LinkToken, a.Token); !ok {
		return ""
	}
	return a.Token
}

// Limits slow down whoever asks too often. What guards a secret or an inbox is counted in the database, where it survives a restart
// and holds for all servers together; in front of it, and for what is cheap, a fence in memory counts address blocks.
type Limits struct {
	Fence  LimitStore
	Store  LimitStore
	Sealer *Sealer
	Clock  Clock
}

// countWithin is how long counting may take. It is the request that people wait for, not its count.
const countWithin = 2 * time.Second

// Outcome is what became of a request that was let past its limits.
type Outcome int

// The outcomes.
const (
	Refused  Outcome = iota // what was tried did not work
	Harmless                // it worked, or nobody learnt anything
	Unknown                 // it named a secret that was never issued
)

// Pass is a request that was let past its limits, to be settled once it was answered.
type Pass struct {
	asked  Attempt
	fenced []string
	stored []string
}

// Admit counts a request or refuses it with TooMany. A database that cannot count refuses nobody, for no limit may make a lock-out of
// an outage: the pass is given together with the error, which is one for the log.
func (l Limits) Admit(ctx context.Context, a Attempt) (Pass, error) {
	at := l.Clock.Now()
	p := Pass{asked: a}
	unknown := l.use(UnknownRule(), a, at)
	for i := range unknown {
		unknown[i].Look = true
	}
	rules := a.Limit.Rules()
	taken, until, err := l.Fence.TakeLimits(ctx, append(l.use(rules[0], a, at), unknown...), at)
	if err != nil || !until.IsZero() {
		return p, errors.Join(err, slowDown(until, at))
	}
	p.fenced = taken
	if !a.stored() {
		return p, nil
	}
	var uses []LimitUse
	if a.Limit != OpenLimit { // opening is cheap; only what was never issued is counted
		for _, rule := range rules {
			uses = append(uses, l.use(rule, a, at)...)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	p.stored, until, err = l.Store.TakeLimits(ctx, append(uses, unknown...), at)
	return p, errors.Join(err, slowDown(until, at))
}

// stored tells whether the database counts, too: not what is asked while people type, nor what may change nothing or does not.
func (a Attempt) stored() bool {
	return !a.Reading && a.Limit != CheckLimit && a.Limit != ReportLimit
}

// use is a request's use of a rule: none where the rule's subject is not in it.
func (l Limits) use(rule Rule, a Attempt, at time.Time) []LimitUse {
	subject := rule.Of(a)
	if subject == "" {
		return nil
	}
	name := l.Sealer.Derived("", "limit|"+rule.Name+"|"+subject)
	return []LimitUse{{Name: name, Max: rule.Max, EndsAt: at.Add(rule.Within), Spare: rule.Spare}}
}

// slowDown says how long to wait, in seconds or, where those would be many, in minutes.
func slowDown(until, at time.Time) error {
	if until.IsZero() {
		return nil
	}
	wait := until.Sub(at)
	seconds := int(math.Ceil(wait.Seconds()))
	if wait <= 2*time.Minute {
		return Refuse(TooMany, "slow_down", "Seconds", seconds)
	}
	return Refuse(TooMany, "slow_down_minutes", "Seconds", seconds, "Count", int(math.Ceil(wait.Minutes())))
}

// Settle corrects the counts once it is known what became of the request: a sign-in that worked was no guess, and a secret that was
// never issued is counted.
func (l Limits) Settle(ctx context.Context, p Pass, how Outcome) error {
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	at := l.Clock.Now()
	if how == Harmless && (p.asked.Limit == SignInLimit || p.asked.Limit == CodeLimit) {
		return errors.Join(giveBack(ctx, l.Fence, p.fenced, at), giveBack(ctx, l.Store, p.stored, at))
	}
	uses := l.use(UnknownRule(), p.asked, at)
	if how != Unknown || len(uses) == 0 {
		return nil
	}
	_, _, err := l.Fence.TakeLimits(ctx, uses, at)
	if p.asked.stored() {
		_, _, stored := l.Store.TakeLimits(ctx, uses, at)
		err = errors.Join(err, stored)
	}
	return err
}

func giveBack(ctx context.Context, to LimitStore, taken []string, at time.Time) error {
	if len(taken) == 0 {
		return nil
	}
	return to.ReturnLimits(ctx, taken, at)
}

// LimitCount is what is left of a limit for one subject.
type LimitCount struct {
	Name      string `bun:",pk"` // an HMAC of rule and subject: no address or email can be read from it
	Remaining int
	EndsAt    time.Time // the first moment at which it no longer counts
}

// LimitUse is one use of a limit by somebody: what is counted, how often that may be, and until when where counting begins now.
type LimitUse struct {
	Name   string
	Max    int
	EndsAt time.Time
	Spare  int  // see Rule
	Look   bool // only looked at: it refuses where it is used up, and is not counted
}

// LimitStore keeps the counts.
type LimitStore interface {
	// TakeLimits counts one of each use, or none where one is used up: then it gives until when. Of many who come at
	// once, no more are let in than the limit has. It gives the names that it counted.
	TakeLimits(ctx context.Context, uses []LimitUse, at time.Time) (taken []string, until time.Time, err error)
	// ReturnLimits takes back what was counted.
	ReturnLimits(ctx context.Context, taken []string, at time.Time) error
}

// Spending is what uses change: counts that run get one less, and others begin anew.
type Spending struct {
	Running []string
	Begun   []LimitCount
	Until   time.Time // not zero: one is used up until then, and nothing changes
}

// Taken gives the names that are counted.
func (s Spending) Taken() []string {
	names := slices.Clone(s.Running)
	for _, c := range s.Begun {
		names = append(names, c.Name)
	}
	return names
}

// Spend decides what uses do to the counts that are known. It is the one rule of counting, in memory and in the database.
func Spend(uses []LimitUse, known map[string]LimitCount, at time.Time) Spending {
	var s Spending
	own := 0 // what the use before this one has counted so far
	for _, use := range uses {
		count := known[use.Name]
		runs := at.Before(count.EndsAt)
		if !runs {
			count = LimitCount{Name: use.Name, Remaining: use.Max, EndsAt: use.EndsAt}
		}
		switch {
		case count.Remaining <= 0 && own < use.Spare: // others have filled it
		case count.Remaining <= 0:
			s.Until = later(s.Until, count.EndsAt)
		case use.Look:
		case runs:
			s.Running = append(s.Running, use.Name)
		default:
			s.Begun = append(s.Begun, LimitCount{Name: use.Name, Remaining: use.Max - 1, EndsAt: use.EndsAt})
		}
		own = use.Max - count.Remaining
	}
	if !s.Until.IsZero() {
		return Spending{Until: s.Until}
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
