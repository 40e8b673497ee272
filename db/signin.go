package db

import (
	"context"

	"reglink/app"
)

// StartSession stores a session, notes the sign-in on its identity and ends the session of the old hash, if
// any. What is left of the identity's sessions from days before goes with it. Conflict where the identity's
// password hash is not the proven one any more, the identity was suspended meanwhile, or it has a second
// factor and the session is proven by the password alone: the write decides, so that no session begins with a
// password that is gone. Where the membership of its account was closed meanwhile, the session begins in
// none.
func (s *Store) StartSession(ctx context.Context, session app.Session, proven string, old []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Account)(nil), session.AccountID); err != nil {
			return err
		}
		begun, err := beginSession(ctx, tx, session, proven, old)
		if err == nil && !begun {
			return app.Refuse(app.Conflict, "busy")
		}
		return err
	})
}

// beginSession stores a session where its person may still have it. It is false, and nothing is stored, where
// the password is another by now, the person was suspended, or has a second factor that the session was not
// proven by.
func beginSession(ctx context.Context, tx *transaction, session app.Session, proven string, old []byte) (bool, error) {
	person := tx.NewUpdate().Model((*app.Identity)(nil)).Set("signed_in_at = ?", session.CreatedAt).
		Where("id = ?", session.IdentityID).Where("password_hash = ?", proven).Where("suspended_at IS NULL")
	if session.Assurance == app.WithPassword {
		person.Where("factors = 0")
	}
	still, err := updatedOne(person.Exec(ctx))
	if err != nil || !still {
		return false, err
	}
	return true, addSession(ctx, tx, session, old)
}
