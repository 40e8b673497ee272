package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Sessions gives the identity's sessions, the last used first, as many as there may be.
func (s *Store) Sessions(ctx context.Context, identityID string) ([]app.Session, error) {
	var all []app.Session
	err := s.bun.NewSelect().Model(&all).Where("identity_id = ?", identityID).
		OrderExpr("seen_at DESC, created_at DESC, token_hash").Limit(app.MaxSessions).Scan(ctx)
	return all, translate(err)
}

// EndOtherSessions forgets the identity's sessions but for one.
func (s *Store) EndOtherSessions(ctx context.Context, identityID string, keep []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		return endOtherSessions(ctx, tx, identityID, keep)
	})
}

func endOtherSessions(ctx context.Context, tx *transaction, identityID string, keep []byte) error {
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("identity_id = ?", identityID).
		Where("token_hash <> ?", keep).Exec(ctx)
	return err
}

// pruneBatchSize is how many of a person's sessions or steps are forgotten at a time: no more than a
// statement can name.
const pruneBatchSize = 500

// pruneOldest forgets the oldest of an identity's sessions or steps, so that there may be another.
func pruneOldest(ctx context.Context, tx *transaction, of any, identityID, age string) error {
	var hashes [][]byte
	err := tx.NewSelect().Model(of).Column("token_hash").Where("identity_id = ?", identityID).
		OrderExpr("? DESC, token_hash", bun.Ident(age)).Offset(app.MaxSessions-1).Limit(pruneBatchSize).Scan(ctx, &hashes)
	if err != nil || len(hashes) == 0 {
		return err
	}
	_, err = tx.NewDelete().Model(of).Where("token_hash IN (?)", bun.List(hashes)).Exec(ctx)
	return err
}

// addSession stores a session in the place of an old one. What is left of the identity's sessions from days
// before goes with it, and the oldest where there are too many. Where the membership of its account was
// closed meanwhile, it begins in none.
func addSession(ctx context.Context, tx *transaction, session app.Session, old []byte) error {
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("identity_id = ?", session.IdentityID).
		Where("created_at < ?", session.CreatedAt.Add(-app.SessionMax)).Exec(ctx)
	if err != nil {
		return err
	}
	if err := endSession(ctx, tx, old); err != nil {
		return err
	}
	if err := pruneOldest(ctx, tx, (*app.Session)(nil), session.IdentityID, "created_at"); err != nil {
		return err
	}
	open, err := membershipOpens(ctx, tx, session)
	if err != nil {
		return err
	}
	if !open {
		session.AccountID = ""
	}
	return insertAll(ctx, tx, &session)
}

// membershipOpens tells, behind the lock of its account, whether the membership that a new session begins
// with still opens it.
func membershipOpens(ctx context.Context, tx *transaction, session app.Session) (bool, error) {
	return tx.NewSelect().Model((*app.Membership)(nil)).
		Where("account_id = ?", session.AccountID).Where("identity_id = ?", session.IdentityID).Where("status = ?",
		app.Active).
		Where("expires_on IS NULL OR expires_on > ?", session.CreatedAt).Exists(ctx)
}

// sessionActor is a session with the membership that its identity has in its account.
type sessionActor struct {
	app.Session `bun:",extend"`
	Membership  *app.Membership `bun:"rel:belongs-to,join:identity_id=identity_id,join:account_id=account_id"`
}

// SessionActor gives a session with Identity and Account, and the identity's membership in that account, in
// one statement; or NotFound. The membership is nil where there is none.
func (s *Store) SessionActor(ctx context.Context, hash []byte) (*app.Session, *app.Membership, error) {
	row := new(sessionActor)
	err := s.bun.NewSelect().Model(row).Relation("Identity").Relation("Account").Relation("Membership").
		Where("session.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, nil, orNotFound(err, "signed_out")
	}
	return &row.Session, row.Membership, nil
}

// TouchSession notes that the session was used.
func (s *Store) TouchSession(ctx context.Context, hash []byte, at time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model((*app.Session)(nil)).Set("seen_at = ?", at).Where("token_hash = ?", hash).Exec(ctx)
		return err
	})
}

// EndSession forgets a session.
func (s *Store) EndSession(ctx context.Context, hash []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error { return endSession(ctx, tx, hash) })
}

func endSession(ctx context.Context, tx *transaction, hash []byte) error {
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("token_hash = ?", hash).Exec(ctx)
	return err
}

// SwitchAccount makes another account the session's current one.
func (s *Store) SwitchAccount(ctx context.Context, hash []byte, accountID string) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model((*app.Session)(nil)).Set("account_id = ?", accountID).
			Where("token_hash = ?", hash).Exec(ctx)
		return err
	})
}

// signOutEverywhere ends every session of people who lose access.
func signOutEverywhere(ctx context.Context, tx *transaction, identityIDs ...string) error {
	if len(identityIDs) == 0 {
		return nil
	}
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("identity_id IN (?)", bun.List(identityIDs)).Exec(ctx)
	return err
}
