package db

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Bun lets tests look at what is really stored.
func (s *Store) Bun() *bun.DB { return s.bun }

// Transact lets tests put a transaction into trouble.
func (s *Store) Transact(ctx context.Context, do func(context.Context, bun.Tx) error) error {
	return s.transact(ctx, do)
}

// Retry calls once as often as an error of the database may be tried again.
func Retry(ctx context.Context, rounds int, once func() error) error {
	return retry(ctx, rounds, once, func(error) {})
}

// Forget has the next who asks whether the database can be used look anew.
func (s *Store) Forget() {
	s.glance.mu.Lock()
	defer s.glance.mu.Unlock()
	if s.glance.last != nil && s.glance.last.over() {
		s.glance.last = nil
	}
}

// Glances gives what asks a probe as Ready asks the database.
func Glances(probe func(context.Context) error) func(context.Context) error {
	var g glance
	return func(ctx context.Context) error { return g.join(probe).answer(ctx) }
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

// EndRest lets the time be over in which nodes that failed are left alone.
func (s *Store) EndRest(ctx context.Context) error {
	conn, err := s.bun.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(plain any) error {
		for _, n := range plain.(nodeConn).all {
			n.until.Store(min(n.until.Load(), time.Now().UnixNano()))
		}
		return nil
	})
	return errors.Join(err, conn.Close())
}
