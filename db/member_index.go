package db

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"reglink/app"
)

// memberWord is a word by which a member of an account is found (app.SearchWords).
type memberWord struct {
	bun.BaseModel `bun:"table:member_words"`
	AccountID     string `bun:",pk"`
	Word          string `bun:",pk"`
	MembershipID  string `bun:",pk"`
}

func memberWords(m app.Membership, person app.Identity) []memberWord {
	words := app.SearchWords(person.SearchText)
	rows := make([]memberWord, len(words))
	for i, word := range words {
		rows[i] = memberWord{AccountID: m.AccountID, Word: word, MembershipID: m.ID}
	}
	return rows
}

// insertMember stores a membership and the words by which its person is found. Every new membership is stored
// by it. The error is the database's own, so that the caller can tell whether the person is a member already
// (memberKey).
func insertMember(ctx context.Context, tx *transaction, m app.Membership, person app.Identity) error {
	if _, err := tx.NewInsert().Model(&m).Exec(ctx); err != nil {
		return err
	}
	return insertWords(ctx, tx, memberWords(m, person))
}

func insertWords(ctx context.Context, tx bun.IDB, words []memberWord) error {
	if len(words) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&words).Exec(ctx)
	return err
}

// reindexMember keeps the words of a person's memberships as names and address are now. Call it after the
// identity's row was written: that makes whoever adds the person to an account at the same time wait.
func reindexMember(ctx context.Context, tx *transaction, person app.Identity) error {
	var in []app.Membership
	err := forUpdate(tx.NewSelect().Model(&in).Column("id", "account_id").Where("identity_id = ?", person.ID)).Scan(ctx)
	if err != nil {
		return err
	}
	for _, m := range in {
		if err := reindexMembership(ctx, tx, m, person); err != nil {
			return err
		}
	}
	return nil
}

// reindexMembership takes away and adds only what differs, so that it locks no more.
func reindexMembership(ctx context.Context, tx *transaction, m app.Membership, person app.Identity) error {
	var old []memberWord
	if err := tx.NewSelect().Model(&old).Where("membership_id = ?", m.ID).Scan(ctx); err != nil {
		return err
	}
	now := memberWords(m, person)
	for _, word := range old {
		if slices.Contains(now, word) {
			continue
		}
		if _, err := tx.NewDelete().Model(&word).WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return insertWords(ctx, tx, slices.DeleteFunc(now, func(w memberWord) bool { return slices.Contains(old, w) }))
}

// indexBatchSize is how many memberships are indexed together.
const indexBatchSize = 500

// indexMissingMembers gives words to the memberships that have none, those from before there were any. It
// runs with the migrations, when nobody else migrates.
func indexMissingMembers(ctx context.Context, d *bun.DB) error {
	last := ""
	for {
		var bare []app.Membership
		err := d.NewSelect().Model(&bare).Relation("Identity").Where("membership.id > ?", last).
			Where("NOT EXISTS (SELECT 1 FROM member_words AS w WHERE w.membership_id = membership.id)").
			OrderExpr("membership.id").Limit(indexBatchSize).Scan(ctx)
		if err != nil || len(bare) == 0 {
			return err
		}
		last = bare[len(bare)-1].ID
		var words []memberWord
		for _, m := range bare {
			words = append(words, memberWords(m, *m.Identity)...)
		}
		// The person may change the name in this very moment on a server that runs already: then the words are there.
		if _, err := d.NewInsert().Model(&words).Ignore().Exec(ctx); err != nil {
			return err
		}
	}
}
