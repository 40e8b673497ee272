package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/app/crash"
)

// LinkByToken gives the link of a token hash with Account, GeneratedBy and Creator, dead or alive, or NotFound. It costs one statement.
func (s *Store) LinkByToken(ctx context.Context, hash []byte) (*app.Link, error) {
	link := new(app.Link)
	err := s.bun.NewSelect().Model(link).Relation("Account").Relation("GeneratedBy").Relation("Creator").Where("link.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, found(err, "link_unknown")
	}
	return link, nil
}

// EmailHasLogin tells whether the SSO directory knows the canonical address.
func (s *Store) EmailHasLogin(ctx context.Context, emailKey string) (bool, error) {
	known, err := s.bun.NewSelect().Model((*app.Identity)(nil)).Where("email_key = ?", emailKey).Exists(ctx)
	return known, translate(err)
}

// Registered tells whether a form of that submission key was registered.
func (s *Store) Registered(ctx context.Context, key []byte) (bool, error) {
	done, err := s.bun.NewSelect().Model((*app.Registration)(nil)).Where("submission_key = ?", key).Exists(ctx)
	return done, translate(err)
}

// Register stores the whole admission under the link's policy and a notice to each Super User of the account, or nothing. Gone: the
// link lets nobody in. Problems: the policy does not admit the email, that has a login, or the auth code is used. Conflict: the form
// was registered already.
func (s *Store) Register(ctx context.Context, a app.Admission) error {
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		crash.At(crash.AfterBegin)
		if err := lock(ctx, tx, (*app.Account)(nil), a.Membership.AccountID); err != nil {
			return err
		}
		a, err := letIn(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := addRegistered(ctx, tx, a); err != nil {
			return err
		}
		if err := tellOf(ctx, tx, a); err != nil {
			return err
		}
		crash.At(crash.BeforeCommit)
		return nil
	})
	if err == nil {
		crash.At(crash.AfterCommit)
	}
	return err
}

func addRegistered(ctx context.Context, tx bun.Tx, a app.Admission) error {
	_, err := tx.NewInsert().Model(&a.Identity).Exec(ctx)
	if violates(err, emailKey) {
		return app.Problems{"email": app.EmailTaken()}
	}
	if err != nil {
		return err
	}
	crash.At(crash.AfterUserInsert)
	_, err = tx.NewInsert().Model(&a.Registration).Exec(ctx)
	if violates(err, submissionKey) {
		return app.Refuse(app.Conflict, "registered_already")
	}
	if err != nil {
		return err
	}
	if err := addTopics(ctx, tx, a.Topics); err != nil {
		return err
	}
	if err := addMember(ctx, tx, a.Membership, a.Identity); err != nil {
		return err
	}
	return addAll(ctx, tx, &a.Consent, &a.Confirmation)
}

// tellOf stores the notices of an admission and its activity.
func tellOf(ctx context.Context, tx bun.Tx, a app.Admission) error {
	supers, err := superUsers(ctx, tx, a.Membership.AccountID, a.Registration.RegisteredAt)
	if err != nil {
		return err
	}
	others := 0
	if a.Digest {
		if others, err = crowd(ctx, tx, a.Registration); err != nil {
			return err
		}
	}
	notices := []app.Notice{a.Confirm}
	for _, id := range supers {
		notices = append(notices, a.NoticeTo(id, others))
	}
	if err := addAll(ctx, tx, &notices); err != nil {
		return err
	}
	crash.At(crash.AfterOutboxInsert)
	return addAll(ctx, tx, &a.Activity)
}

// crowd counts those who registered in the account within the time before that makes them many, and not this one. As many as that are
// told of singly is all that matters, so it looks no further.
func crowd(ctx context.Context, tx bun.Tx, r app.Registration) (int, error) {
	var ids []string
	err := tx.NewSelect().Model((*app.Registration)(nil)).Column("id").Where("account_id = ?", r.AccountID).
		Where("registered_at > ?", r.RegisteredAt.Add(-app.CrowdWithin)).Where("id <> ?", r.ID).Limit(app.ToldSingly).Scan(ctx, &ids)
	return len(ids), err
}

// superUsers gives the identities who are active Super Users of the account at that time and may sign in.
func superUsers(ctx context.Context, d bun.IDB, accountID string, at time.Time) ([]string, error) {
	var ids []string
	err := activeSupers(d, accountID).Where("membership.expires_on IS NULL OR membership.expires_on > ?", at).
		Column("membership.identity_id").OrderExpr("membership.identity_id").Scan(ctx, &ids)
	return ids, err
}

func addTopics(ctx context.Context, tx bun.Tx, topics []app.TopicChoice) error {
	if len(topics) == 0 {
		return nil
	}
	return addAll(ctx, tx, &topics)
}

// addAll inserts rows, or slices of rows, one after the other.
func addAll(ctx context.Context, tx bun.Tx, rows ...any) error {
	for _, row := range rows {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
