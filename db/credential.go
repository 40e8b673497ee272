package db

import (
	"context"

	"reglink/app"
)

// CredentialChange gives the change that a letter tells of, or NotFound.
func (s *Store) CredentialChange(ctx context.Context, id string) (*app.CredentialChange, error) {
	change := new(app.CredentialChange)
	if err := s.bun.NewSelect().Model(change).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, found(err, "page_unknown")
	}
	return change, nil
}
