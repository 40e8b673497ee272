package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// togetherWith gives the ids of the notices that are due and sent in one mail with this one, its own included.
func togetherWith(ctx context.Context, tx bun.Tx, n app.Notice, at time.Time) ([]string, error) {
	if n.TogetherAt == nil {
		return []string{n.ID}, nil
	}
	var ids []string
	err := tx.NewSelect().Model((*app.Notice)(nil)).Column("id").Where(due, app.Queued, at, at).
		Where("letter = ?", n.Letter).Where("recipient_id = ?", n.RecipientID).Where("account_id = ?", n.AccountID).
		Where("together_at = ?", *n.TogetherAt).OrderExpr("id").Limit(rowsAtOnce).Scan(ctx, &ids)
	if len(ids) == 0 { // leased already, by whoever was faster or by the one before in the same list
		return []string{n.ID}, err
	}
	return ids, err
}

// gathered makes one notice of those that are sent together: the first, with the others.
func gathered(notices []app.Notice) []app.Notice {
	type mail struct {
		letter                 app.Letter
		recipientID, accountID string
		at                     time.Time
	}
	var all []app.Notice
	places := map[mail]int{}
	for _, n := range notices {
		if n.TogetherAt == nil {
			all = append(all, n)
			continue
		}
		m := mail{n.Letter, n.RecipientID, n.AccountID, n.TogetherAt.UTC()}
		place, known := places[m]
		if !known || len(all[place].Others)+1 >= rowsAtOnce { // a mail has its limits, too
			places[m] = len(all)
			all = append(all, n)
			continue
		}
		all[place].Others = append(all[place].Others, n)
	}
	return all
}

// idsOf gives the ids of a notice and of those that are sent with it.
func idsOf(n app.Notice) []string {
	ids := []string{n.ID}
	for _, other := range n.Others {
		ids = append(ids, other.ID)
	}
	return ids
}
