package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// AddInvitations stores those of a batch whose addresses are no members' and were not invited by the link
// before, and the activity where there are any. Conflict: the link is dead. TooMany: the account has had too
// many mails since that time.
func (s *Store) AddInvitations(ctx context.Context, b app.InvitationBatch, since time.Time) (app.InvitationResult,
	error,
) {
	var done app.InvitationResult
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		var err error
		done, err = addInvitations(ctx, tx, b, since)
		return err
	})
	if err != nil {
		return app.InvitationResult{}, err
	}
	return done, nil
}

func addInvitations(ctx context.Context, tx *transaction, b app.InvitationBatch, since time.Time) (app.InvitationResult,
	error,
) {
	first := b.Invitations[0]
	if err := requireLiveLink(ctx, tx, first); err != nil {
		return app.InvitationResult{}, err
	}
	keys := make([]string, len(b.Invitations))
	for i, invitation := range b.Invitations {
		keys[i] = invitation.EmailKey
	}
	members, err := memberEmails(ctx, tx, first.AccountID, keys)
	if err != nil {
		return app.InvitationResult{}, err
	}
	fresh := b.Without(members...)
	before, err := invitedEmails(ctx, tx, first.LinkID, keys)
	if err != nil {
		return app.InvitationResult{}, err
	}
	strangers := len(fresh.Invitations)
	fresh = fresh.Without(before...)
	done := app.InvitationResult{
		Queued: len(fresh.Invitations), AlreadyInvited: strangers - len(fresh.Invitations),
		AlreadyMembers: len(members),
	}
	if done.Queued == 0 {
		return done, nil
	}
	done.BatchID = first.BatchID
	if err := checkInvitationLimit(ctx, tx, fresh, since); err != nil {
		return done, err
	}
	err = insertAll(ctx, tx, &fresh.Invitations)
	if violates(err, invitationKey) { // on a cluster, where the lock holds on its own node only
		return done, raceError{err}
	}
	if err != nil {
		return done, err
	}
	return done, tx.record(ctx, event{Activities: []app.Activity{fresh.Activity}, Notices: fresh.Notices})
}

// requireLiveLink keeps the account to itself and answers Conflict where the link has ended meanwhile. That
// it is read and not written does no harm: a mail is not sent before its link is looked at once more.
func requireLiveLink(ctx context.Context, tx *transaction, i app.Invitation) error {
	if err := lockRow(ctx, tx, (*app.Account)(nil), i.AccountID); err != nil {
		return err
	}
	alive, err := tx.NewSelect().Model((*app.Link)(nil)).Where("id = ?", i.LinkID).Where("account_id = ?", i.AccountID).
		Where("active = ?", true).Where("stopped_at IS NULL").Exists(ctx)
	if err == nil && !alive {
		return app.Refuse(app.Conflict, "invitations_no_link")
	}
	return err
}

// memberEmails gives those of the addresses that are members' of the account, in any state.
func memberEmails(ctx context.Context, tx *transaction, accountID string, keys []string) ([]string, error) {
	var members []string
	err := tx.NewSelect().Model((*app.Membership)(nil)).Column("person.email_key").
		Join("JOIN identities AS person ON person.id = membership.identity_id").
		Where("membership.account_id = ?", accountID).Where("person.email_key IN (?)", bun.List(keys)).Scan(ctx, &members)
	return members, err
}

// invitedEmails gives those of the addresses that the link has invited.
func invitedEmails(ctx context.Context, tx *transaction, linkID string, keys []string) ([]string, error) {
	var before []string
	err := tx.NewSelect().Model((*app.Invitation)(nil)).Column("email_key").
		Where("link_id = ?", linkID).Where("email_key IN (?)", bun.List(keys)).Scan(ctx, &before)
	return before, err
}

// checkInvitationLimit answers TooMany where the batch would take the account over its mails since that time.
func checkInvitationLimit(ctx context.Context, tx *transaction, b app.InvitationBatch, since time.Time) error {
	mailed, err := tx.NewSelect().Model((*app.Notice)(nil)).Where("account_id = ?", b.Activity.AccountID).
		Where("letter = ?", app.Invite).Where("created_at > ?", since).Count(ctx)
	if err == nil && int(mailed)+len(b.Notices) > app.MaxInvitationsPerDay {
		return app.Refuse(app.TooMany, "invitations_too_many", "Max", app.MaxInvitationsPerDay)
	}
	return err
}

// ResendInvitation stores LinkID and NoticeID of an invitation whose last notice was that one, the new
// notice, and the activity. Conflict: somebody else was faster, or the link is dead or has invited the
// address already. TooMany as above.
func (s *Store) ResendInvitation(ctx context.Context, again app.InvitationBatch, last string, since time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		i := again.Invitations[0]
		if err := requireLiveLink(ctx, tx, i); err != nil {
			return err
		}
		if err := checkInvitationLimit(ctx, tx, again, since); err != nil {
			return err
		}
		mine, err := updatedOne(tx.NewUpdate().Model((*app.Invitation)(nil)).Set("link_id = ?", i.LinkID).Set("notice_id = ?",
			i.NoticeID).
			Where("id = ?", i.ID).Where("account_id = ?", i.AccountID).Where("notice_id = ?", last).Exec(ctx))
		if violates(err, invitationKey) || (err == nil && !mine) {
			return app.Refuse(app.Conflict, "invitation_sent_already", "Email", i.Email)
		}
		if err != nil {
			return err
		}
		return tx.record(ctx, event{Activities: []app.Activity{again.Activity}, Notices: again.Notices})
	})
}

// registeredExpr tells whether an invitation's address belongs to a member of the account, or to somebody who
// registered by the link.
const registeredExpr = `EXISTS (SELECT 1 FROM identities AS person WHERE person.email_key = invitation.email_key AND (
	EXISTS (SELECT 1 FROM memberships AS m WHERE m.identity_id = person.id AND m.account_id = invitation.account_id)
	OR EXISTS (SELECT 1 FROM registrations AS r
		WHERE r.identity_id = person.id AND r.link_id = invitation.link_id))) AS registered`

func (s *Store) invitationQuery(into any, accountID string) *bun.SelectQuery {
	return s.bun.NewSelect().Model(into).ColumnExpr("invitation.*").ColumnExpr(registeredExpr).
		Relation("SentBy").Relation("Notice").Where("invitation.account_id = ?", accountID)
}

// Invitations lists an account's invitations with Registered, SentBy and Notice, newest first, at most limit.
func (s *Store) Invitations(ctx context.Context, accountID string, after app.Cursor, limit int) ([]app.Invitation,
	error,
) {
	var list []app.Invitation
	query := s.invitationQuery(&list, accountID)
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
	if err := s.invitationQuery(i, accountID).Where("invitation.id = ?", id).Scan(ctx); err != nil {
		return nil, orNotFound(err, "invitation_unknown")
	}
	return i, nil
}

// InvitationProgress counts the mails of a batch of the account, or answers NotFound.
func (s *Store) InvitationProgress(ctx context.Context, accountID, batchID string) (app.InvitationProgress, error) {
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
		return app.InvitationProgress{}, app.Refuse(app.NotFound, "batch_unknown")
	}
	if err != nil {
		return app.InvitationProgress{}, translate(err)
	}
	p := app.InvitationProgress{BatchID: batchID, At: rows[0].CreatedAt, States: map[app.Delivery]int{}}
	for _, row := range rows {
		p.States[row.Delivery] += row.Mails
	}
	return p, nil
}

// InvitationByID gives the invitation that such a letter carries, with its Link, GeneratedBy and Creator, or NotFound.
func (s *Store) InvitationByID(ctx context.Context, id string) (*app.Invitation, error) {
	i := new(app.Invitation)
	err := s.bun.NewSelect().Model(i).Relation("Link").Relation("Link.GeneratedBy").Relation("Link.Creator").
		Where("invitation.id = ?", id).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "invitation_unknown")
	}
	return i, nil
}
