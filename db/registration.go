package db

import (
	"context"
	"database/sql"
	"errors"

	"reglink/app"
	"reglink/app/crash"
)

// LinkByToken gives the link of a token hash with Account, GeneratedBy and Creator, dead or alive, or
// NotFound. It costs one statement.
func (s *Store) LinkByToken(ctx context.Context, hash []byte) (*app.Link, error) {
	link := new(app.Link)
	err := s.bun.NewSelect().Model(link).Relation("Account").Relation("GeneratedBy").Relation("Creator").
		Where("link.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "link_unknown")
	}
	return link, nil
}

// IsRegistered tells whether a form of that submission key was registered.
func (s *Store) IsRegistered(ctx context.Context, key []byte) (bool, error) {
	done, err := s.bun.NewSelect().Model((*app.Registration)(nil)).Where("submission_key = ?", key).Exists(ctx)
	return done, translate(err)
}

// Register stores the whole admission under the link's policy and a notice to each Super User of the account,
// or nothing. Gone: the link lets nobody in. Problems: the policy does not admit the email, that has a login,
// or the auth code is used. Conflict: the form was registered already.
func (s *Store) Register(ctx context.Context, a app.Admission) error {
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		crash.At(crash.AfterBegin)
		if err := lockRow(ctx, tx, (*app.Account)(nil), a.Membership.AccountID); err != nil {
			return err
		}
		a, err := consumeLink(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := insertRegistration(ctx, tx, a); err != nil {
			return err
		}
		if err := recordRegistration(ctx, tx, a); err != nil {
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

func insertRegistration(ctx context.Context, tx *transaction, a app.Admission) error {
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
	if err := insertTopics(ctx, tx, a.Topics); err != nil {
		return err
	}
	if err := insertMember(ctx, tx, a.Membership, a.Identity); err != nil {
		return err
	}
	return insertAll(ctx, tx, &a.Consent, &a.Confirmation)
}

// recordRegistration records an admission: its person has to confirm, and each Super User is told.
func recordRegistration(ctx context.Context, tx *transaction, a app.Admission) error {
	supers, err := superUserIDs(ctx, tx, a.Membership.AccountID, a.Registration.RegisteredAt)
	if err != nil {
		return err
	}
	others := 0
	if a.Digest {
		if others, err = registrationsWithinHour(ctx, tx, a.Registration); err != nil {
			return err
		}
	}
	told := noticesTo(supers, func(id string) app.Notice { return a.NoticeTo(id, others) })
	return tx.record(ctx, event{
		Activities: []app.Activity{a.Activity}, Notices: append([]app.Notice{a.ConfirmNotice}, told...),
	})
}

// registrationsWithinHour counts those who registered in the account within the time before that makes them
// many, and not this one. As many as that are told of singly is all that matters, so it looks no further.
func registrationsWithinHour(ctx context.Context, tx *transaction, r app.Registration) (int, error) {
	var ids []string
	err := tx.NewSelect().Model((*app.Registration)(nil)).Column("id").Where("account_id = ?", r.AccountID).
		Where("registered_at > ?", r.RegisteredAt.Add(-app.DigestWindow)).Where("id <> ?",
		r.ID).Limit(app.DigestThreshold).Scan(ctx, &ids)
	return len(ids), err
}

// consumeLink writes what lets the registration in, the link or the entitlement, and gives the admission as
// the link's policy has it. It must write: on a cluster a SELECT, even one that locks, would let somebody in
// through a link that another node has ended (references/security-reliability, finding 1). Once the row is
// written it is ours, so its policy is that of this moment.
func consumeLink(ctx context.Context, tx *transaction, a app.Admission) (app.Admission, error) {
	r := a.Registration
	if r.LinkID == "" {
		return a, consumeEntitlement(ctx, tx, r)
	}
	used, err := countLinkUse(ctx, tx, a)
	if err != nil {
		return a, err
	}
	if !used {
		return a, linkRefusal(ctx, tx, a)
	}
	link := new(app.Link)
	err = forUpdate(tx.NewSelect().Model(link).Where("link.id = ?", r.LinkID)).Scan(ctx)
	if err != nil {
		return a, err
	}
	return a.WithPolicy(link.LinkPolicy)
}

// countLinkUse counts the registration, unless the link lets nobody in: its conditions are those of app.Link.State.
func countLinkUse(ctx context.Context, tx *transaction, a app.Admission) (bool, error) {
	at := a.Registration.RegisteredAt
	answersFor := tx.NewSelect().TableExpr("memberships AS creator").ColumnExpr("1").
		Join("JOIN identities AS person ON person.id = creator.identity_id").
		Where("creator.identity_id = link.generated_by_id").Where("creator.account_id = link.account_id").
		Where("creator.role = ?", app.SuperUser).Where("creator.status = ?", app.Active).
		Where("creator.expires_on IS NULL OR creator.expires_on > ?", at).
		Where("person.suspended_at IS NULL")
	update := tx.NewUpdate().Model((*app.Link)(nil)).
		Set("used = used + 1").Set("last_used_at = ?", at).
		Where("link.id = ?", a.Registration.LinkID).Where("link.account_id = ?", a.Registration.AccountID).
		Where("link.active = ?", true).Where("link.stopped_at IS NULL").
		Where("link.expires_at IS NULL OR link.expires_at > ?", at).
		Where("link.max_uses = 0 OR link.used < link.max_uses").
		Where("EXISTS (?)", answersFor)
	if after := a.MaxLinkAge.GeneratedAfter(at); !after.IsZero() {
		update.Where("link.generated_at > ?", after)
	}
	return updatedOne(update.Exec(ctx))
}

// linkRefusal gives the refusal of a link that let nobody in. A link that would do so by now was changed in
// between: look again.
func linkRefusal(ctx context.Context, tx *transaction, a app.Admission) error {
	link := new(app.Link)
	err := tx.NewSelect().Model(link).Relation("GeneratedBy").Relation("Creator").
		Where("link.id = ?", a.Registration.LinkID).Where("link.account_id = ?", a.Registration.AccountID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) { // a link of another account
		return app.Refuse(app.Gone, "link_dead")
	}
	if err != nil {
		return err
	}
	if refusal := link.Refusal(a.Registration.RegisteredAt, a.MaxLinkAge); refusal != nil {
		return refusal
	}
	return raceError{errors.New("the link was changed while somebody registered by it")}
}
