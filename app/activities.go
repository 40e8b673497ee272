package app

import (
	"context"
	"errors"
)

// ActivityPage is one page of the list.
type ActivityPage struct {
	Activities []Activity // with Actor and Subject
	Next       Cursor     // of the page after it; zero on the last one
	Person     *Identity  // whom the filter names; nil: nobody, or nobody of this account
}

// ActivityStore keeps the activities. Each method is one read or one transaction.
type ActivityStore interface {
	// Activities lists activities of an account with Actor and Subject, newest first, at most limit.
	Activities(ctx context.Context, accountID string, q ActivityQuery, limit int) ([]Activity, error)
	// ActivityPerson gives an identity that is a member of the account, or did something there, or had it done, or NotFound.
	ActivityPerson(ctx context.Context, accountID, identityID string) (*Identity, error)
	// RecordActivity stores an activity.
	RecordActivity(ctx context.Context, what Activity) error
}

// Activities are the rules of an account's audit trail. Only its Super Users read it.
type Activities struct {
	Store ActivityStore
	Clock Clock
}

// List gives a page of the activities that meet the filter.
func (s Activities) List(ctx context.Context, by Actor, f ActivityFilter, after Cursor) (ActivityPage, error) {
	if err := by.mustBeSuper(); err != nil {
		return ActivityPage{}, err
	}
	q, ok := f.query()
	if !ok {
		return ActivityPage{}, nil
	}
	page, err := s.named(ctx, by, q.PersonID)
	if err != nil || (q.PersonID != "" && page.Person == nil) {
		return page, err
	}
	q.After = after
	page.Activities, err = s.Store.Activities(ctx, by.Account.ID, q, PageSize+1)
	if err != nil || len(page.Activities) <= PageSize {
		return page, err
	}
	page.Activities = page.Activities[:PageSize]
	page.Next = page.Activities[PageSize-1].place()
	return page, nil
}

// named begins a page with the person whom a filter names. Who has nothing to do with the account has no name here.
func (s Activities) named(ctx context.Context, by Actor, identityID string) (ActivityPage, error) {
	if identityID == "" {
		return ActivityPage{}, nil
	}
	person, err := s.Store.ActivityPerson(ctx, by.Account.ID, identityID)
	if errors.Is(err, NotFound) {
		return ActivityPage{}, nil
	}
	return ActivityPage{Person: person}, err
}

func (a Activity) place() Cursor { return Cursor{At: a.At, ID: a.ID} }

// How many activities a download holds at most, and how many are read at a time.
const (
	MaxExport  = 100_000
	exportStep = 1000
)

// Export hands each activity that meets the filter to write, newest first, at most MaxExport, and then records that it did. What is
// not recorded must not be handed on: write to memory, and throw it away where Export fails.
func (s Activities) Export(ctx context.Context, by Actor, f ActivityFilter, write func(Activity)) error {
	if err := by.mustBeSuper(); err != nil {
		return err
	}
	q, more := f.query()
	for n := 0; more && n < MaxExport; n += exportStep {
		found, err := s.Store.Activities(ctx, by.Account.ID, q, exportStep)
		if err != nil {
			return err
		}
		for _, a := range found {
			write(a)
			q.After = a.place()
		}
		more = len(found) == exportStep
	}
	return s.Store.RecordActivity(ctx, by.done(ActivityExported, s.Clock.Now()))
}
