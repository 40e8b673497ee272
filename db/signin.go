package db

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// IdentityByEmail gives the identity of a canonical address, or NotFound.
func (s *Store) IdentityByEmail(ctx context.Context, emailKey string) (*app.Identity, error) {
	person := new(app.Identity)
	if err := s.bun.NewSelect().Model(person).Where("email_key = ?", emailKey).Scan(ctx); err != nil {
		return nil, found(err, "identity_unknown")
	}
	return person, nil
}

// StartSession stores a session, notes the sign-in on its identity and ends the session of the old hash, if any. What is left of
// the identity's sessions from days before goes with it. Conflict where the identity's password hash is not the proven one any
// more, the identity was suspended meanwhile, or it has a second factor and the session is proven by the password alone: the write
// decides, so that no session begins with a password that is gone. Where the membership of its account was closed meanwhile, the
// session begins in none.
func (s *Store) StartSession(ctx context.Context, session app.Session, proven string, old []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, (*app.Account)(nil), session.AccountID); err != nil {
			return err
		}
		begun, err := beginSession(ctx, tx, session, proven, old)
		if err == nil && !begun {
			return app.Refuse(app.Conflict, "busy")
		}
		return err
	})
}

// beginSession stores a session where its person may still have it. It is false, and nothing is stored, where the password is another by
// now, the person was suspended, or has a second factor that the session was not proven by.
func beginSession(ctx context.Context, tx bun.Tx, session app.Session, proven string, old []byte) (bool, error) {
	person := tx.NewUpdate().Model((*app.Identity)(nil)).Set("signed_in_at = ?", session.CreatedAt).
		Where("id = ?", session.IdentityID).Where("password_hash = ?", proven).Where("suspended_at IS NULL")
	if session.Proven == app.WithPassword {
		person.Where("factors = 0")
	}
	still, err := hit(person.Exec(ctx))
	if err != nil || !still {
		return false, err
	}
	return true, addSession(ctx, tx, session, old)
}

// addSession stores a session in the place of an old one. What is left of the identity's sessions from days before goes with it, and
// the oldest where there are too many. Where
// the membership of its account was closed meanwhile, it begins in none.
func addSession(ctx context.Context, tx bun.Tx, session app.Session, old []byte) error {
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("identity_id = ?", session.IdentityID).
		Where("created_at < ?", session.CreatedAt.Add(-app.SessionMax)).Exec(ctx)
	if err != nil {
		return err
	}
	if err := endSession(ctx, tx, old); err != nil {
		return err
	}
	if err := makeRoom(ctx, tx, (*app.Session)(nil), session.IdentityID, "created_at"); err != nil {
		return err
	}
	open, err := opens(ctx, tx, session)
	if err != nil {
		return err
	}
	if !open {
		session.AccountID = ""
	}
	return addAll(ctx, tx, &session)
}

// opens tells, behind the lock of its account, whether the membership that a new session begins with still opens it.
func opens(ctx context.Context, tx bun.Tx, session app.Session) (bool, error) {
	return tx.NewSelect().Model((*app.Membership)(nil)).
		Where("account_id = ?", session.AccountID).Where("identity_id = ?", session.IdentityID).Where("status = ?", app.Active).
		Where("expires_on IS NULL OR expires_on > ?", session.CreatedAt).Exists(ctx)
}

// sessionActor is a session with the membership that its identity has in its account.
type sessionActor struct {
	app.Session `bun:",extend"`
	Membership  *app.Membership `bun:"rel:belongs-to,join:identity_id=identity_id,join:account_id=account_id"`
}

// SessionActor gives a session with Identity and Account, and the identity's membership in that account, in one statement; or
// NotFound. The membership is nil where there is none.
func (s *Store) SessionActor(ctx context.Context, hash []byte) (*app.Session, *app.Membership, error) {
	row := new(sessionActor)
	err := s.bun.NewSelect().Model(row).Relation("Identity").Relation("Account").Relation("Membership").
		Where("session.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, nil, found(err, "signed_out")
	}
	return &row.Session, row.Membership, nil
}

// TouchSession notes that the session was used.
func (s *Store) TouchSession(ctx context.Context, hash []byte, at time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*app.Session)(nil)).Set("seen_at = ?", at).Where("token_hash = ?", hash).Exec(ctx)
		return err
	})
}

// EndSession forgets a session.
func (s *Store) EndSession(ctx context.Context, hash []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error { return endSession(ctx, tx, hash) })
}

func endSession(ctx context.Context, tx bun.Tx, hash []byte) error {
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("token_hash = ?", hash).Exec(ctx)
	return err
}

// SwitchAccount makes another account the session's current one.
func (s *Store) SwitchAccount(ctx context.Context, hash []byte, accountID string) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*app.Session)(nil)).Set("account_id = ?", accountID).
			Where("token_hash = ?", hash).Exec(ctx)
		return err
	})
}

// Memberships gives the identity's memberships with Account, in the order of the accounts' names, capitals or not.
func (s *Store) Memberships(ctx context.Context, identityID string) ([]app.Membership, error) {
	var all []app.Membership
	err := s.bun.NewSelect().Model(&all).Relation("Account").Where("membership.identity_id = ?", identityID).Scan(ctx)
	if err != nil {
		return nil, translate(err)
	}
	slices.SortFunc(all, func(a, b app.Membership) int { // here, for the databases fold case differently
		return cmp.Or(cmp.Compare(strings.ToLower(a.Account.Name), strings.ToLower(b.Account.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// RehashPassword stores a new hash of the same password, unless the password was changed meanwhile.
func (s *Store) RehashPassword(ctx context.Context, identityID, old, hash string) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*app.Identity)(nil)).Set("password_hash = ?", hash).
			Where("id = ?", identityID).Where("password_hash = ?", old).Exec(ctx)
		return err
	})
}
