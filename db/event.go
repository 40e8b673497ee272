package db

import (
	"context"

	"reglink/app"
	"reglink/app/crash"
)

// event is something that happened, with everything that is stored because of it. Any part may be missing.
type event struct {
	Activities []app.Activity
	Change     *app.CredentialChange
	Notices    []app.Notice
}

// delivery stores one kind of thing that follows an event. It runs in the event's transaction, which may be
// tried again from its beginning, so it writes to the transaction and does nothing else.
type delivery func(ctx context.Context, tx *transaction, e event) error

// deliveries lists every kind of thing that follows an event. A further kind, such as a webhook, is added here
// and nowhere else.
func deliveries() []delivery { return []delivery{storeChange, storeNotices, storeActivities} }

// record stores an event in the transaction of what caused it. Activities, credential changes and notices are
// stored by it alone.
func (tx *transaction) record(ctx context.Context, e event) error {
	for _, deliver := range tx.deliveries {
		if err := deliver(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func storeChange(ctx context.Context, tx *transaction, e event) error {
	if e.Change == nil {
		return nil
	}
	return insertAll(ctx, tx, e.Change)
}

func storeNotices(ctx context.Context, tx *transaction, e event) error {
	if len(e.Notices) == 0 {
		return nil
	}
	if err := insertAll(ctx, tx, &e.Notices); err != nil {
		return err
	}
	tx.hasNotices = true
	crash.At(crash.AfterOutboxInsert)
	return nil
}

func storeActivities(ctx context.Context, tx *transaction, e event) error {
	if len(e.Activities) == 0 {
		return nil
	}
	return insertAll(ctx, tx, &e.Activities)
}

// happened is the event of a single activity, of which nobody is mailed.
func happened(what app.Activity) event { return event{Activities: []app.Activity{what}} }

// noticesTo returns a notice to each of the recipients.
func noticesTo(recipientIDs []string, to func(string) app.Notice) []app.Notice {
	notices := make([]app.Notice, len(recipientIDs))
	for i, id := range recipientIDs {
		notices[i] = to(id)
	}
	return notices
}
