package db

import (
	"context"

	"reglink/app"
)

// CredentialChangeByID implements app.NoticeStore.
func (s *Store) CredentialChangeByID(ctx context.Context, id string) (*app.CredentialChange, error) {
	change := new(app.CredentialChange)
	if err := s.bun.NewSelect().Model(change).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, orNotFound(err, "page_unknown")
	}
	return change, nil
}
