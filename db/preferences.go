package db

import (
	"context"

	"reglink/app"
)

// Topics gives the notification topics that an identity chose.
func (s *Store) Topics(ctx context.Context, identityID string) ([]app.Topic, error) {
	var topics []app.Topic
	err := s.bun.NewSelect().Model((*app.TopicChoice)(nil)).Column("topic").
		Where("identity_id = ?", identityID).OrderExpr("topic").Scan(ctx, &topics)
	return topics, translate(err)
}

// SavePreferences stores FirstName, LastName, Profile, Language and SearchText of an identity and
// replaces its topics.
func (s *Store) SavePreferences(ctx context.Context, person app.Identity, topics []app.TopicChoice) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model(&person).
			Column("first_name", "last_name", "language", "search_text").Column(app.ProfileFields()...).WherePK().Exec(ctx)
		if err != nil {
			return err
		}
		if err := reindexMember(ctx, tx, person); err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*app.TopicChoice)(nil)).Where("identity_id = ?", person.ID).Exec(ctx)
		if err != nil {
			return err
		}
		return insertTopics(ctx, tx, topics)
	})
}

// SaveLanguage stores an identity's language.
func (s *Store) SaveLanguage(ctx context.Context, identityID, language string) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model((*app.Identity)(nil)).Set("language = ?", language).
			Where("id = ?", identityID).Exec(ctx)
		return err
	})
}

func insertTopics(ctx context.Context, tx *transaction, topics []app.TopicChoice) error {
	if len(topics) == 0 {
		return nil
	}
	return insertAll(ctx, tx, &topics)
}
