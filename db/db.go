// Package db keeps Reglink's data with Bun, on SQLite or on MySQL and what speaks like it (MariaDB, Galera,
// TiDB, Vitess).
//
// Every store method of package app is one whole step here: a transaction that stores everything or nothing. What it
// promises is written at its interface in package app. What a person may read comes back as app.Error or app.Problems;
// the database's own words never do. Both engines are asked in the same SQL, held to what the poorer of the two can: no
// RETURNING, no upsert, no default of a column, no partial index.
package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"reglink/app"
)

// Store keeps everything. It is safe for concurrent use, by several processes too.
type Store struct {
	// OnNotices is called after each commit that stored notices, so that somebody delivers them. It must not
	// wait, and is set before the Store is used by several goroutines. It may be nil.
	OnNotices func()

	engine     engine
	bun        *bun.DB
	writers    chan struct{}
	deliveries []delivery
	txStats    txStats
	readiness  readinessCache // at whether the database can be used
}

var _ interface {
	app.Store
	app.RevocationStore
} = (*Store)(nil)

// engine is what SQLite and MySQL do differently.
type engine interface {
	// open gives a pool whose first connection works. Its error is one sentence for whoever configures the portal.
	open(ctx context.Context) (*sql.DB, error)
	dialect() schema.Dialect
	// migrate calls run while nobody else migrates.
	migrate(ctx context.Context, run func(context.Context, *bun.DB) error) error
	backup(ctx context.Context, from *bun.DB, path string) error
	// checkUsable tells whether the database, which answers, can be used now, apart from what a transaction shows.
	checkUsable(ctx context.Context, d *bun.DB) error
	// writers is how many transactions run at once. The others wait in order and without a connection, so that
	// readers find one.
	writers() int
}

// Open opens the database of an address, `sqlite:PATH` or
// `mysql://user:password@host:3306,host:3306/database` (with `?tls=true`, `skip-verify`, `preferred` or
// `false`, `?ca=FILE` for authorities of one's own, and `?socket=PATH` for a server on this machine). It
// makes the directory of a SQLite file, migrates nothing, and fails with one sentence that says what to mend
// and holds no password.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	e, err := engineFor(databaseURL)
	if err != nil {
		return nil, err
	}
	pool, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	return &Store{
		engine: e, bun: bun.NewDB(pool, e.dialect()), writers: make(chan struct{}, e.writers()), deliveries: deliveries(),
	}, nil
}

func engineFor(databaseURL string) (engine, error) {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return newSQLite(path)
	}
	if strings.HasPrefix(databaseURL, "mysql://") {
		return newMySQL(databaseURL)
	}
	return nil, errors.New("DATABASE_URL must begin with sqlite: or mysql://")
}

// Close waits for the statements under way and closes the connections.
func (s *Store) Close() error { return s.bun.Close() }

// Ping answers nil when the database can be asked, otherwise app.Unavailable. Whether it can be used is for
// Ready to say.
func (s *Store) Ping(ctx context.Context) error { return translate(s.bun.PingContext(ctx)) }

// Statements is how many statements were sent since Open, BEGIN and COMMIT included.
func (s *Store) Statements() int { return int(s.bun.DBStats().Queries) }

// Backup writes a copy of a SQLite database, as of now and while it is used, into a new file that only its
// owner may read. The file is there whole or not at all; one that exists is refused. MySQL has tools of its
// own for that: the error names them.
func (s *Store) Backup(ctx context.Context, path string) error {
	return s.engine.backup(ctx, s.bun, path)
}
