package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// AddInvitations stores those of a batch whose addresses are no members' and were not invited by the link before, and the
// activity where there are any. Conflict: the link is dead. TooMany: the account has had too many mails since that time.
func (s *Store) AddInvitations(ctx context.Context, b app.Batch, since time.Time) (app.Invited, error) {
	var done app.Invited
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		done, err = invite(ctx, tx, b, since)
		return err
	})
	if err != nil {
		return app.Invited{}, err
	}
	return done, nil
}

func invite(ctx context.Context, tx bun.Tx, b app.Batch, since time.Time) (app.Invited, error) {
	first := b.Invitations[0]
	if err := mayInvite(ctx, tx, first); err != nil {
		return app.Invited{}, err
	}
	keys := make([]string, len(b.Invitations))
	for i, invitation := range b.Invitations {
		keys[i] = invitation.EmailKey
	}
	members, err := membersOf(ctx, tx, first.AccountID, keys)
	if err != nil {
		return app.Invited{}, err
	}
	fresh := b.Without(members...)
	before, err := invitedBy(ctx, tx, first.LinkID, keys)
	if err != nil {
		return app.Invited{}, err
	}
	strangers := len(fresh.Invitations)
	fresh = fresh.Without(before...)
	done := app.Invited{Queued: len(fresh.Invitations), Before: strangers - len(fresh.Invitations), Members: len(members)}
	if done.Queued == 0 {
		return done, nil
	}
	done.BatchID = first.BatchID
	if err := keepsLimit(ctx, tx, fresh, since); err != nil {
		return done, err
	}
	err = addAll(ctx, tx, &fresh.Invitations, &fresh.Notices, &fresh.Activity)
	if violates(err, invitationKey) { // on a cluster, where the lock holds on its own node only
		return done, raceError{err}
	}
	return done, err
}

// mayInvite keeps the account to itself and answers Conflict where the link has ended meanwhile. That it is read and not written
// does no harm: a mail is not sent before its link is looked at once more.
func mayInvite(ctx context.Context, tx bun.Tx, i app.Invitation) error {
	if err := lock(ctx, tx, (*app.Account)(nil), i.AccountID); err != nil {
		return err
	}
	alive, err := tx.NewSelect().Model((*app.Link)(nil)).Where("id = ?", i.LinkID).Where("account_id = ?", i.AccountID).
		Where("active = ?", true).Where("stopped_at IS NULL").Exists(ctx)
	if err == nil && !alive {
		return app.Refuse(app.Conflict, "invitations_no_link")
	}
	return err
}

// membersOf gives those of the addresses that are members' of the account, in any state.
func membersOf(ctx context.Context, tx bun.Tx, accountID string, keys []string) ([]string, error) {
	var members []string
	err := tx.NewSelect().Model((*app.Membership)(nil)).Column("person.email_key").
		Join("JOIN identities AS person ON person.id = membership.identity_id").
		Where("membership.account_id = ?", accountID).Where("person.email_key IN (?)", bun.List(keys)).Scan(ctx, &members)
	return members, err
}

// invitedBy gives those of the addresses that the link has invited.
func invitedBy(ctx context.Context, tx bun.Tx, linkID string, keys []string) ([]string, error) {
	var before []string
	err := tx.NewSelect().Model((*app.Invitation)(nil)).Column("email_key").
		Where("link_id = ?", linkID).Where("email_key IN (?)", bun.List(keys)).Scan(ctx, &before)
	return before, err
}

// keepsLimit answers TooMany where the batch would take the account over its mails since that time.
func keepsLimit(ctx context.Context, tx bun.Tx, b app.Batch, since time.Time) error {
	mailed, err := tx.NewSelect().Model((*app.Notice)(nil)).Where("account_id = ?", b.Activity.AccountID).
		Where("letter = ?", app.Invite).Where("created_at > ?", since).Count(ctx)
	if err == nil && int(mailed)+len(b.Notices) > app.MaxInvitationsADay {
		return app.Refuse(app.TooMany, "invitations_too_many", "Max", app.MaxInvitationsADay)
	}
	return err
}

// SendInvitation stores LinkID and NoticeID of an invitation whose last notice was that one, the new notice, and the activity.
// Conflict: somebody else was faster, or the link is dead or has invited the address already. TooMany as above.
func (s *Store) SendInvitation(ctx context.Context, again app.Batch, last string, since time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		i := again.Invitations[0]
		if err := mayInvite(ctx, tx, i); err != nil {
			return err
		}
		if err := keepsLimit(ctx, tx, again, since); err != nil {
			return err
		}
		mine, err := hit(tx.NewUpdate().Model((*app.Invitation)(nil)).Set("link_id = ?", i.LinkID).Set("notice_id = ?", i.NoticeID).
			Where("id = ?", i.ID).Where("account_id = ?", i.AccountID).Where("notice_id = ?", last).Exec(ctx))
		if violates(err, invitationKey) || (err == nil && !mine) {
			return app.Refuse(app.Conflict, "invitation_sent_already", "Email", i.Email)
		}
		if err != nil {
			return err
		}
		return addAll(ctx, tx, &again.Notices, &again.Activity)
	})
}

// registered tells whether an invitation's address belongs to a member of the account, or to somebody who registered by the link.
const registered = `EXISTS (SELECT 1 FROM identities AS person WHERE person.email_key = invitation.email_key AND (
	EXISTS (SELECT 1 FROM memberships AS m WHERE m.identity_id = person.id AND m.account_id = invitation.account_id)
	OR EXISTS (SELECT 1 FROM registrations AS r WHERE r.identity_id = person.id AND r.link_id = invitation.link_id))) AS registered`

func (s *Store) invitations(into any, accountID string) *bun.SelectQuery {
	return s.bun.NewSelect().Model(into).ColumnExpr("invitation.*").ColumnExpr(registered).Relation("SentBy").Relation("Notice").
		Where("invitation.account_id = ?", accountID)
}

// Invitations lists an account's invitations with Registered, SentBy and Notice, newest first, at most limit.
func (s *Store) Invitations(ctx context.Context, accountID string, after app.Cursor, limit int) ([]app.Invitation, error) {
	var list []app.Invitation
	query := s.invitations(&list, accountID)
	if after.ID != "" {
		at := after.At
		query.Where("invitation.created_at <= ?", at).Where("invitation.created_at < ? OR invitation.id < ?", at, after.ID)
	}
	err := query.OrderExpr("invitation.created_at DESC, invitation.id DESC").Limit(int64(limit)).Scan(ctx)
	return list, translate(err)
}

// Invitation gives one of the account with Registered, SentBy and Notice, or NotFound.
func (s *Store) Invitation(ctx context.Context, accountID, id string) (*app.Invitation, error) {
	i := new(app.Invitation)
	if err := s.invitations(i, accountID).Where("invitation.id = ?", id).Scan(ctx); err != nil {
		return nil, found(err, "invitation_unknown")
	}
	return i, nil
}

// Progress counts the mails of a batch of the account, or answers NotFound.
func (s *Store) Progress(ctx context.Context, accountID, batchID string) (app.Progress, error) {
	var rows []struct {
		Delivery  app.Delivery
		Mails     int
		CreatedAt time.Time
	}
	err := s.bun.NewSelect().Model((*app.Invitation)(nil)).
		ColumnExpr("notice.delivery, invitation.created_at, COUNT(*) AS mails").
		Join("JOIN notices AS notice ON notice.id = invitation.notice_id").
		Where("invitation.account_id = ?", accountID).Where("invitation.batch_id = ?", batchID).
		GroupExpr("notice.delivery, invitation.created_at").Scan(ctx, &rows)
	if err == nil && len(rows) == 0 {
		err = sql.ErrNoRows
	}
	if errors.Is(err, sql.ErrNoRows) {
		return app.Progress{}, app.Refuse(app.NotFound, "batch_unknown")
	}
	if err != nil {
		return app.Progress{}, translate(err)
	}
	p := app.Progress{BatchID: batchID, At: rows[0].CreatedAt, States: map[app.Delivery]int{}}
	for _, row := range rows {
		p.States[row.Delivery] += row.Mails
	}
	return p, nil
}

// InvitationOf gives the invitation that such a letter carries, with its Link, GeneratedBy and Creator, or NotFound.
func (s *Store) InvitationOf(ctx context.Context, id string) (*app.Invitation, error) {
	i := new(app.Invitation)
	err := s.bun.NewSelect().Model(i).Relation("Link").Relation("Link.GeneratedBy").Relation("Link.Creator").
		Where("invitation.id = ?", id).Scan(ctx)
	if err != nil {
		return nil, found(err, "invitation_unknown")
	}
	return i, nil
}
