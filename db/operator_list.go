package db

import (
	"context"

	"reglink/app"
)

// Operators lists the logins of those who run the portal, in the order of their addresses.
func (s *Store) Operators(ctx context.Context) ([]app.Identity, error) {
	var all []app.Identity
	err := s.bun.NewSelect().Model(&all).Where("operator = ?", true).Order("email_key").Scan(ctx)
	return all, translate(err)
}
