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
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error { return do(ctx, tx.Tx) })
}

// Retry calls once as often as an error of the database may be tried again.
func Retry(ctx context.Context, rounds int, once func() error) error {
	return retry(ctx, rounds, once, func(error) {})
}

// ExpireReadiness has the next who asks whether the database can be used look anew.
func (s *Store) ExpireReadiness() {
	s.readiness.mu.Lock()
	defer s.readiness.mu.Unlock()
	if s.readiness.last != nil && s.readiness.last.finished() {
		s.readiness.last = nil
	}
}

// NewReadiness gives what asks a probe as Ready asks the database.
func NewReadiness(probe func(context.Context) error) func(context.Context) error {
	var g readinessCache
	return func(ctx context.Context) error { return g.latest(probe).wait(ctx) }
}

// CheckSQLiteVersion judges a version of SQLite.
func CheckSQLiteVersion(version string) error { return checkSQLiteVersion(version) }

// ClassifyCommit and Translate are how errors are judged.
func ClassifyCommit(err error) error { return classifyCommit(err) }

// Translate gives an error in the words of the domain.
func Translate(err error) error { return translate(err) }

// Retryable tells whether trying again may help.
func Retryable(err error) bool { return retryable(err) }

// SQLiteMessageID is what people are told of an error with that code, or nothing.
func SQLiteMessageID(code int) string {
	return map[errorClass]string{contended: "busy", unavailable: "database_away"}[sqliteClass(code)]
}

// MessageNamesKey finds a unique key in MySQL's words.
func MessageNamesKey(message, key string) bool { return messageNamesKey(message, key) }

// MemberWord and MemberWords let tests fill a big account quickly.
type MemberWord = memberWord

// MemberWords gives the words by which a member is found.
func MemberWords(m app.Membership, person app.Identity) []MemberWord { return memberWords(m, person) }

// FewMatches is how many members a word may have to be looked up.
const FewMatches = fewMatches

// MySQLHosts are the servers that an address names.
func MySQLHosts(databaseURL string) ([]string, error) {
	e, err := newMySQL(databaseURL)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, node := range e.(mysqlServer).nodes {
		all = append(all, node.Addr)
	}
	return all, nil
}

// EndCooldown lets the time be over in which nodes that failed are left alone.
func (s *Store) EndCooldown(ctx context.Context) error {
	conn, err := s.bun.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(plain any) error {
		for _, n := range plain.(nodeConn).all {
			n.cooldownUntil.Store(min(n.cooldownUntil.Load(), time.Now().UnixNano()))
		}
		return nil
	})
	return errors.Join(err, conn.Close())
}

// Event is what deliveries are given.
type Event = event

// AddDelivery adds a kind of delivery, in the one place where deliveries has its own.
func (s *Store) AddDelivery(deliver func(ctx context.Context, tx bun.Tx, e Event) error) {
	s.deliveries = append(s.deliveries, func(ctx context.Context, tx *transaction, e event) error {
		return deliver(ctx, tx.Tx, e)
	})
}
