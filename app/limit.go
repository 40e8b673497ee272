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
	PasswordCheckLimit Limit = "sign-ins"      // passwords tried; those that were right do not count
	PasswordFormLimit  Limit = "registrations" // forms with a password to hash
	FieldCheckLimit    Limit = "checks"        // fields checked live
	// emails of which a live check asks who has a login: as many as forms may be sent
	EmailLookupLimit Limit = "addresses"
	TokenLookupLimit Limit = "opens"   // addresses with a secret in them
	MailLimit        Limit = "mails"   // mails asked for
	ReportLimit      Limit = "reports" // reports of browsers, each a line in the log
	// codes of six digits tried behind a right password; those that were right do not count
	FactorCodeLimit Limit = "codes"
)

// LimitAttempt is what a request shows of who asks for what.
type LimitAttempt struct {
	Limit    Limit
	Block    string // the address block that it comes from
	Token    string // the secret in its address; empty where there is none
	Email    string // whose password or mail it is about, as typed
	Person   string // whose code is tried, behind which password
	ReadOnly bool   // it may change nothing, so nothing of it is counted in the database
}

// LimitRule is one count of a limit: of one subject, so many within a window that begins with the first.
type LimitRule struct {
	Name   string
	Of     func(LimitAttempt) string // the subject; empty where the request has none
	Max    int
	Window time.Duration
	// Spare makes a count that strangers can fill up harmless to others: full, it refuses only whoever has that
	// many in the rule before it.
	Spare int
}

// Rules gives the counts of a limit. The first is of the address block, but for codes, which a block's
// sign-ins count too. They are generous for a whole office behind one address, and far too small for
// guessing: a password has 15 characters, a link 256 bits. No count of an email or of a link alone refuses
// anybody who did not contribute to it; else strangers could lock its people out (T-51). Two are the
// exception: of the mails that an address is sent, who is refused has them in the inbox; and a code is tried
// only by somebody who knows the password.
func (l Limit) Rules() []LimitRule {
	switch l {
	case PasswordCheckLimit:
		return []LimitRule{
			{Name: "sign-ins of a block", Of: byBlock, Max: 50, Window: 10 * time.Minute},
			{Name: "sign-ins of an email by a block", Of: byEmailAndBlock, Max: 10, Window: 10 * time.Minute},
			{Name: "sign-ins of an email", Of: byEmail, Max: 50, Window: 10 * time.Minute, Spare: 3},
		}
	case PasswordFormLimit:
		return []LimitRule{
			{Name: "registrations of a block", Of: byBlock, Max: 60, Window: 10 * time.Minute},
			{Name: "registrations by a link", Of: byLink, Max: 300, Window: 10 * time.Minute, Spare: 3},
		}
	case EmailLookupLimit:
		return []LimitRule{
			{Name: "addresses asked by a block", Of: byBlock, Max: 60, Window: 10 * time.Minute},
			{Name: "addresses asked by a link", Of: byLink, Max: 300, Window: 10 * time.Minute, Spare: 3},
		}
	case MailLimit:
		return []LimitRule{
			{Name: "mails of a block", Of: byBlock, Max: 10, Window: 10 * time.Minute},
			{Name: "mails to an email", Of: byEmail, Max: 4, Window: 30 * time.Minute},
		}
	case FactorCodeLimit:
		return []LimitRule{{Name: "codes of a person", Of: byPerson, Max: 20, Window: 24 * time.Hour}}
	case FieldCheckLimit:
		return []LimitRule{{Name: "checks of a block", Of: byBlock, Max: 600, Window: time.Minute}}
	case ReportLimit:
		return []LimitRule{{Name: "reports of a block", Of: byBlock, Max: 20, Window: time.Minute}}
	case TokenLookupLimit:
		return []LimitRule{{Name: "opens of a block", Of: byBlock, Max: 120, Window: time.Minute}}
	}
	return nil
}

// UnknownTokenRule counts addresses with a secret that was never issued. Whoever reaches it opens none for a
// while, real ones neither: else the answer would tell which is which.
func UnknownTokenRule() LimitRule {
	return LimitRule{Name: "unknown secrets of a block", Of: byBlockWithToken, Max: 100, Window: 10 * time.Minute}
}

func byBlock(a LimitAttempt) string { return a.Block }

func byPerson(a LimitAttempt) string { return a.Person }

func byBlockWithToken(a LimitAttempt) string {
	if a.Token == "" {
		return ""
	}
	return a.Block
}

// byEmail is by the canonical form, so that other spellings of an address share its count.
func byEmail(a LimitAttempt) string {
	key, m := EmailKey(tidyEmail(a.Email))
	if !m.None() {
		return ""
	}
	return key
}

func byEmailAndBlock(a LimitAttempt) string {
	if key := byEmail(a); key != "" {
		return key + " " + a.Block
	}
	return ""
}

// byLink leaves out what cannot be a link, so that no count begins for each text that somebody makes up.
func byLink(a LimitAttempt) string {
	if _, ok := HashToken(LinkToken, a.Token); !ok {
		return ""
	}
	return a.Token
}

// Limits slow down whoever asks too often. What guards a secret or an inbox is counted in the database, where
// it survives a restart and holds for all servers together; in front of it, and for what is cheap, a fence in
// memory counts address blocks.
type Limits struct {
	Memory LimitStore
	Store  LimitStore
	Sealer *Sealer
	Clock  Clock
}

// limitTimeout is how long counting may take. It is the request that people wait for, not its count.
const limitTimeout = 2 * time.Second

// LimitOutcome is what became of a request that was let past its limits.
type LimitOutcome int

// The outcomes.
const (
	AttemptFailed       LimitOutcome = iota // what was tried did not work
	AttemptHarmless                         // it worked, or nobody learnt anything
	AttemptUnknownToken                     // it named a secret that was never issued
)

// Ticket is a request that was let past its limits, to be settled once it was answered.
type Ticket struct {
	attempt  LimitAttempt
	inMemory []string
	inStore  []string
}

// Admit counts a request or refuses it with TooMany. A database that cannot count refuses nobody, for no
// limit may make a lock-out of an outage: the pass is given together with the error, which is one for the
// log.
func (l Limits) Admit(ctx context.Context, a LimitAttempt) (Ticket, error) {
	at := l.Clock.Now()
	p := Ticket{attempt: a}
	unknown := l.uses(UnknownTokenRule(), a, at)
	for i := range unknown {
		unknown[i].CheckOnly = true
	}
	rules := a.Limit.Rules()
	taken, until, err := l.Memory.ConsumeLimits(ctx, append(l.uses(rules[0], a, at), unknown...), at)
	if err != nil || !until.IsZero() {
		return p, errors.Join(err, tooManyError(until, at))
	}
	p.inMemory = taken
	if !a.countsInStore() {
		return p, nil
	}
	var uses []LimitUse
	if a.Limit != TokenLookupLimit { // opening is cheap; only what was never issued is counted
		for _, rule := range rules {
			uses = append(uses, l.uses(rule, a, at)...)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	p.inStore, until, err = l.Store.ConsumeLimits(ctx, append(uses, unknown...), at)
	return p, errors.Join(err, tooManyError(until, at))
}

// countsInStore tells whether the database counts, too: not what is asked while people type, nor what may
// change nothing or does not.
func (a LimitAttempt) countsInStore() bool {
	return !a.ReadOnly && a.Limit != FieldCheckLimit && a.Limit != ReportLimit
}

// uses is a request's use of a rule: none where the rule's subject is not in it.
func (l Limits) uses(rule LimitRule, a LimitAttempt, at time.Time) []LimitUse {
	subject := rule.Of(a)
	if subject == "" {
		return nil
	}
	name := l.Sealer.DeriveToken("", "limit|"+rule.Name+"|"+subject)
	return []LimitUse{{Name: name, Max: rule.Max, EndsAt: at.Add(rule.Window), Spare: rule.Spare}}
}

// tooManyError says how long to wait, in seconds or, where those would be many, in minutes.
func tooManyError(until, at time.Time) error {
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

// Settle corrects the counts once it is known what became of the request: a sign-in that worked was no guess,
// and a secret that was never issued is counted.
func (l Limits) Settle(ctx context.Context, p Ticket, how LimitOutcome) error {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	at := l.Clock.Now()
	if how == AttemptHarmless && (p.attempt.Limit == PasswordCheckLimit || p.attempt.Limit == FactorCodeLimit) {
		return errors.Join(returnLimits(ctx, l.Memory, p.inMemory, at), returnLimits(ctx, l.Store, p.inStore, at))
	}
	uses := l.uses(UnknownTokenRule(), p.attempt, at)
	if how != AttemptUnknownToken || len(uses) == 0 {
		return nil
	}
	_, _, err := l.Memory.ConsumeLimits(ctx, uses, at)
	if p.attempt.countsInStore() {
		_, _, stored := l.Store.ConsumeLimits(ctx, uses, at)
		err = errors.Join(err, stored)
	}
	return err
}

func returnLimits(ctx context.Context, to LimitStore, taken []string, at time.Time) error {
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

// LimitUse is one use of a limit by somebody: what is counted, how often that may be, and until when where
// counting begins now.
type LimitUse struct {
	Name      string
	Max       int
	EndsAt    time.Time
	Spare     int  // see Rule
	CheckOnly bool // only looked at: it refuses where it is used up, and is not counted
}

// LimitStore keeps the counts.
type LimitStore interface {
	// ConsumeLimits counts one of each use, or none where one is used up: then it gives until when. Of many who come at
	// once, no more are let in than the limit has. It gives the names that it counted.
	ConsumeLimits(ctx context.Context, uses []LimitUse, at time.Time) (taken []string, until time.Time, err error)
	// ReturnLimits takes back what was counted.
	ReturnLimits(ctx context.Context, taken []string, at time.Time) error
}

// Consumption is what uses change: counts that run get one less, and others begin anew.
type Consumption struct {
	Running []string
	Begun   []LimitCount
	Until   time.Time // not zero: one is used up until then, and nothing changes
}

// Counted gives the names that are counted.
func (s Consumption) Counted() []string {
	names := slices.Clone(s.Running)
	for _, c := range s.Begun {
		names = append(names, c.Name)
	}
	return names
}

// Consume decides what uses do to the counts that are known. It is the one rule of counting, in memory and in
// the database.
func Consume(uses []LimitUse, known map[string]LimitCount, at time.Time) Consumption {
	var s Consumption
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
		case use.CheckOnly:
		case runs:
			s.Running = append(s.Running, use.Name)
		default:
			s.Begun = append(s.Begun, LimitCount{Name: use.Name, Remaining: use.Max - 1, EndsAt: use.EndsAt})
		}
		own = use.Max - count.Remaining
	}
	if !s.Until.IsZero() {
		return Consumption{Until: s.Until}
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
