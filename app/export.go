package app

import "context"

// exportPage is how many members are read at once for an export.
const exportPage = 1000

// Export gives every member whom the query finds, newest first, to each, with Identity and CreatedBy. It is kept in the activity before the
// first one is given: who took the list is known even where it did not arrive.
func (s Members) Export(ctx context.Context, by Actor, q MemberQuery, each func(Membership)) error {
	if err := by.mustBeSuper(); err != nil {
		return err
	}
	if err := s.Store.RecordActivity(ctx, by.done(MembersExported, s.Clock.Now())); err != nil {
		return err
	}
	q = q.tidied(s.Clock.Now())
	for q.answerable() {
		found, err := s.Store.Members(ctx, by.Account.ID, q, exportPage)
		if err != nil {
			return err
		}
		for _, m := range found {
			each(m)
		}
		if len(found) < exportPage {
			return nil
		}
		q.After = after(found)
	}
	return nil
}

// after is the place in the list behind these members.
func after(listed []Membership) Cursor {
	last := listed[len(listed)-1]
	return Cursor{At: last.JoinedAt, ID: last.ID}
}
