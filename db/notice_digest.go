package db

import (
	"context"
	"time"

	"reglink/app"
)

// digestNoticeIDs gives the ids of the notices that are due and sent in one mail with this one, its own included.
func digestNoticeIDs(ctx context.Context, tx *transaction, n app.Notice, at time.Time) ([]string, error) {
	if n.DigestAt == nil {
		return []string{n.ID}, nil
	}
	var ids []string
	err := tx.NewSelect().Model((*app.Notice)(nil)).Column("id").Where(noticeDue, app.Queued, at, at).
		Where("letter = ?", n.Kind).Where("recipient_id = ?", n.RecipientID).Where("account_id = ?", n.AccountID).
		Where("together_at = ?", *n.DigestAt).OrderExpr("id").Limit(batchSize).Scan(ctx, &ids)
	if len(ids) == 0 { // leased already, by whoever was faster or by the one before in the same list
		return []string{n.ID}, err
	}
	return ids, err
}

// groupDigests makes one notice of those that are sent together: the first, with the others.
func groupDigests(notices []app.Notice) []app.Notice {
	type mail struct {
		letter                 app.NoticeKind
		recipientID, accountID string
		at                     time.Time
	}
	var all []app.Notice
	places := map[mail]int{}
	for _, n := range notices {
		if n.DigestAt == nil {
			all = append(all, n)
			continue
		}
		m := mail{n.Kind, n.RecipientID, n.AccountID, n.DigestAt.UTC()}
		place, known := places[m]
		if !known || len(all[place].Others)+1 >= batchSize { // a mail has its limits, too
			places[m] = len(all)
			all = append(all, n)
			continue
		}
		all[place].Others = append(all[place].Others, n)
	}
	return all
}

// noticeIDs gives the ids of a notice and of those that are sent with it.
func noticeIDs(n app.Notice) []string {
	ids := []string{n.ID}
	for _, other := range n.Others {
		ids = append(ids, other.ID)
	}
	return ids
}
