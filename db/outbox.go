package db

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// noticeDue is what makes a notice due at a time, for the look and for the write that decides.
const noticeDue = "delivery = ? AND next_try_at <= ? AND (lease_until IS NULL OR lease_until <= ?)"

// ClaimNotices implements app.NoticeStore.
func (s *Store) ClaimNotices(ctx context.Context, at time.Time, limit int) ([]app.Notice, error) {
	var found []app.Notice
	err := s.bun.NewSelect().Model(&found).Column("id", "letter", "recipient_id", "account_id",
		"together_at").Where(noticeDue, app.Queued, at, at).
		OrderExpr("next_try_at, id").Limit(int64(limit)).Scan(ctx)
	if err != nil || len(found) == 0 {
		return nil, translate(err)
	}
	claimed, err := s.lease(ctx, found, at)
	if err != nil || len(claimed) == 0 {
		return nil, err
	}
	var notices []app.Notice
	err = s.bun.NewSelect().Model(&notices).Relation("Recipient").Relation("Account").Relation("Subject").
		Where("notice.id IN (?)", bun.List(claimed)).Where("notice.lease_until = ?", at.Add(app.Lease)).OrderExpr(
		"notice.next_try_at, notice.id").Scan(ctx)
	return groupDigests(notices), translate(err)
}

// lease gives those of the notices that this call has leased. The committed write decides, so two workers may
// ask for the same ones, on two nodes of a cluster too; SKIP LOCKED would help on one node only.
func (s *Store) lease(ctx context.Context, found []app.Notice, at time.Time) ([]string, error) {
	var claimed []string
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		claimed = claimed[:0]
		for _, n := range found {
			ids, err := digestNoticeIDs(ctx, tx, n, at)
			if err != nil {
				return err
			}
			result, err := tx.NewUpdate().Model((*app.Notice)(nil)).Set("lease_until = ?", at.Add(app.Lease)).
				Where("id IN (?)", bun.List(ids)).Where(noticeDue, app.Queued, at, at).Exec(ctx)
			if err != nil {
				return err
			}
			switch mine, err := result.RowsAffected(); {
			case err != nil:
				return err
			case int(mine) == len(ids):
				claimed = append(claimed, ids...)
			case mine > 0: // another worker has some of them: who sends which is settled by looking again
				return raceError{errors.New("notices that are sent together were leased apart")}
			}
		}
		return nil
	})
	return claimed, err
}

// SettleNotice implements app.NoticeStore.
func (s *Store) SettleNotice(ctx context.Context, n app.Notice) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model((*app.Notice)(nil)).
			Set("delivery = ?", n.Delivery).Set("attempts = ?", n.Attempts).Set("next_try_at = ?", n.NextTryAt).
			Set("last_error = ?", n.LastError).Set("sent_at = ?", n.SentAt).Set("lease_until = NULL").
			Where("id IN (?)", bun.List(noticeIDs(n))).Where("delivery = ?", app.Queued).
			Where("? = ? OR lease_until = ? OR (lease_until IS NULL AND ? IS NULL)", n.Delivery, app.Sent, n.LeaseUntil,
				n.LeaseUntil).Exec(ctx)
		return err
	})
}

// Notices implements app.NoticeStore.
func (s *Store) Notices(ctx context.Context, limit int) ([]app.Notice, error) {
	var notices []app.Notice
	err := s.bun.NewSelect().Model(&notices).Relation("Recipient").Relation("Account").Relation("Invitation").
		OrderExpr("notice.created_at DESC, notice.id DESC").Limit(int64(limit)).Scan(ctx)
	return notices, translate(err)
}

// Notice implements app.NoticeStore.
func (s *Store) Notice(ctx context.Context, id string) (*app.Notice, error) {
	n := new(app.Notice)
	err := s.bun.NewSelect().Model(n).Relation("Recipient").Relation("Account").Relation("Subject").Relation("Invitation").
		Where("notice.id = ?", id).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "notice_unknown")
	}
	return n, nil
}
