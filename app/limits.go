package app

import (
	"context"
	"errors"
	"math"
	"time"
)

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
