package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Bun lets tests look at what is really stored.
func (s *Store) Bun() *bun.DB { return s.bun }

// Transact lets tests put a transaction into trouble.
func (s *Store) Transact(ctx context.Context, do func(context.Context, bun.Tx) error) error {
	return s.transact(ctx, do)
}

// FitSQLite judges a version of SQLite.
func FitSQLite(version string) error { return fitSQLite(version) }

// Committed and Translate are how errors are judged.
func Committed(err error) error { return committed(err) }

// Translate gives an error in the words of the domain.
func Translate(err error) error { return translate(err) }

// Passing tells whether trying again may help.
func Passing(err error) bool { return passing(err) }

// SQLiteTold is what people are told of an error with that code, or nothing.
func SQLiteTold(code int) string {
	return map[class]string{contended: "busy", away: "database_away"}[sqliteClass(code)]
}

// NamesKey finds a unique key in MySQL's words.
func NamesKey(message, key string) bool { return namesKey(message, key) }

// MemberWord and WordsOf let tests fill a big account quickly.
type MemberWord = memberWord

// WordsOf gives the words by which a member is found.
func WordsOf(m app.Membership, person app.Identity) []MemberWord { return wordsOf(m, person) }

// Few is how many members a word may have to be looked up.
const Few = few

// Hosts are the servers that an address names.
func Hosts(databaseURL string) ([]string, error) {
	e, err := mysqlAt(databaseURL)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, node := range e.(mysqlServer).nodes {
		all = append(all, node.Addr)
	}
	return all, nil
}
