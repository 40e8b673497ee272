package db

import (
	"context"

	"reglink/app"
)

// IdentityByEmail implements app.SignInStore.
func (s *Store) IdentityByEmail(ctx context.Context, emailKey string) (*app.Identity, error) {
	person := new(app.Identity)
	if err := s.bun.NewSelect().Model(person).Where("email_key = ?", emailKey).Scan(ctx); err != nil {
		return nil, orNotFound(err, "identity_unknown")
	}
	return person, nil
}

// EmailHasLogin implements app.Directory.
func (s *Store) EmailHasLogin(ctx context.Context, emailKey string) (bool, error) {
	known, err := s.bun.NewSelect().Model((*app.Identity)(nil)).Where("email_key = ?", emailKey).Exists(ctx)
	return known, translate(err)
}
