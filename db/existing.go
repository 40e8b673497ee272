package db

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/uptrace/bun/dialect"
)

// ErrNoDatabase is the error of OpenExisting if there is nothing to open.
var ErrNoDatabase = errors.New("there is no database")

// OpenExisting is Open for a database in which Reglink has made its tables. It creates nothing: if there is no such
// database, the error is ErrNoDatabase and says which one was meant.
func OpenExisting(ctx context.Context, databaseURL string) (*Store, error) {
	e, err := engineFor(databaseURL)
	if err != nil {
		return nil, err
	}
	if file, embedded := e.(sqliteFile); embedded {
		if err := file.mustExist(); err != nil {
			return nil, err
		}
	}
	s, err := Open(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	switch migrated, err := s.Migrated(ctx); {
	case err != nil:
		return nil, errors.Join(err, s.Close())
	case !migrated:
		return nil, errors.Join(missing(Name(databaseURL)), s.Close())
	}
	return s, nil
}

func (f sqliteFile) mustExist() error {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return missing(f.path)
	case err != nil:
		return fmt.Errorf("cannot open the database %s: %w", f.path, err)
	case info.Size() == 0:
		return missing(f.path)
	}
	return nil
}

func missing(name string) error {
	return fmt.Errorf("%w %s: check DATABASE_URL, or create one with reglink migrate", ErrNoDatabase, name)
}

// Migrated reports whether Reglink has made tables in the database, of whatever version.
func (s *Store) Migrated(ctx context.Context) (bool, error) {
	if there, err := s.hasTable(ctx, "bun_migrations"); err != nil || !there {
		return false, translate(err)
	}
	n, err := s.bun.NewSelect().Table("bun_migrations").Count(ctx)
	return n > 0, translate(err)
}

// Sealed reports whether the database belongs to a secret key already: from the first time that a server or a command
// opened it with one. It also answers for databases that older versions wrote.
func (s *Store) Sealed(ctx context.Context) (bool, error) {
	for _, table := range []string{"installations", "accounts"} {
		there, err := s.hasTable(ctx, table)
		if err != nil {
			return false, translate(err)
		}
		if !there {
			continue
		}
		if n, err := s.bun.NewSelect().Table(table).Count(ctx); err != nil || n > 0 {
			return n > 0, translate(err)
		}
	}
	return false, nil
}

func (s *Store) hasTable(ctx context.Context, name string) (bool, error) {
	query := "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"
	if s.bun.Dialect().Name() == dialect.MySQL {
		query = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
	}
	var n int
	err := s.bun.NewRaw(query, name).Scan(ctx, &n)
	return n > 0, err
}

// Name is what people call the database of an address: the path of a file, or the hosts and the database of a server.
// It holds neither a user nor a password; it is empty if the address is wrong.
func Name(databaseURL string) string {
	e, err := engineFor(databaseURL)
	if err != nil {
		return ""
	}
	switch e := e.(type) {
	case sqliteFile:
		return e.path
	case mysqlServer:
		name := ""
		for _, node := range e.nodes {
			name += "," + node.Addr
		}
		return name[1:] + "/" + e.nodes[0].DBName
	}
	return ""
}
