package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/schema"
)

// mysqlConnections bounds the pool: a MySQL server takes 151 in all by default, and other servers of the portal want some.
const mysqlConnections = 20

// errMySQLURL names no part of the address: whichever is wrong, it may be the password.
var errMySQLURL = errors.New("DATABASE_URL must look like mysql://user:password@host:3306/database, " +
	"with special characters of user and password percent-encoded")

var databaseName = regexp.MustCompile(`^[A-Za-z0-9_$-]{1,64}$`)

type mysqlServer struct{ config *mysql.Config }

func mysqlAt(databaseURL string) (engine, error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.User.Username() == "" || u.Hostname() == "" {
		return nil, errMySQLURL
	}
	name := strings.TrimPrefix(u.Path, "/")
	if !databaseName.MatchString(name) {
		return nil, errMySQLURL
	}
	config := mysql.NewConfig()
	config.User, config.DBName = u.User.Username(), name
	config.Passwd, _ = u.User.Password()
	config.Net, config.Addr = "tcp", net.JoinHostPort(u.Hostname(), "3306")
	if u.Port() != "" {
		config.Addr = u.Host
	}
	config.TLSConfig = "preferred"
	if err := mysqlOptions(config, u.Query()); err != nil {
		return nil, err
	}
	return mysqlServer{fixed(config)}, nil
}

func mysqlOptions(config *mysql.Config, options url.Values) error {
	for name, values := range options {
		value := values[0]
		switch name {
		case "tls":
			if !slices.Contains([]string{"true", "skip-verify", "preferred", "false"}, value) {
				return errors.New("tls in DATABASE_URL must be true, skip-verify, preferred or false")
			}
			config.TLSConfig = value
		case "socket":
			config.Net, config.Addr, config.TLSConfig = "unix", value, "false"
		default:
			return fmt.Errorf("DATABASE_URL has the unknown parameter %q; it may have tls and socket", name)
		}
	}
	return nil
}

// fixed sets what the code relies on, whatever the server's own defaults.
func fixed(config *mysql.Config) *mysql.Config {
	config.ParseTime, config.Loc = true, time.UTC
	config.ClientFoundRows = true // an update counts the rows it found, as SQLite does
	config.Collation = "utf8mb4_bin"
	config.Timeout, config.ReadTimeout, config.WriteTimeout = 5*time.Second, 30*time.Second, 30*time.Second
	config.Logger = &mysql.NopLogger{} // it repeats on standard error what we return
	config.Params = map[string]string{
		// The whole mode, so that no server adds NO_BACKSLASH_ESCAPES: the queries are written for backslashes that escape.
		"sql_mode":                 "'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": "5",
	}
	return config
}

func (m mysqlServer) open(ctx context.Context) (*sql.DB, error) {
	pool, err := pooled(m.config)
	if err != nil {
		return nil, errMySQLURL
	}
	if err := pool.PingContext(ctx); err != nil {
		err = fmt.Errorf("cannot use the database %s on %s: %w", m.config.DBName, m.config.Addr, err)
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func pooled(config *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(sessions{connector})
	pool.SetMaxOpenConns(mysqlConnections)
	pool.SetMaxIdleConns(mysqlConnections)
	pool.SetConnMaxLifetime(3 * time.Minute) // below what servers and proxies allow; a node that came back is used again
	return pool, nil
}

// sessions sets up each connection with what a parameter of the driver cannot say.
type sessions struct{ driver.Connector }

const unknownVariable = 1193

// Connect gives a connection that reads what is committed, on a Galera cluster also what other nodes committed.
func (s sessions) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, conn.(driver.ExecerContext)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func prepare(ctx context.Context, conn driver.ExecerContext) error {
	if _, err := conn.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "SET SESSION wsrep_sync_wait = 1", nil)
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok && refused.Number == unknownVariable {
		return nil // the server is not built for Galera
	}
	return err
}

// plainMySQL is Bun's dialect without what it learns from the server's version: MariaDB has RETURNING and MySQL has not.
type plainMySQL struct{ *mysqldialect.Dialect }

// Init asks nothing.
func (plainMySQL) Init(*sql.DB) {}

func (mysqlServer) dialect() schema.Dialect {
	return plainMySQL{mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))}
}

// writers leaves half of the connections to readers: 40 people who register at once with one account wait for each other, and
// with all connections in their hands a page took 100 ms to be read instead of 2 (99th percentile, measured).
func (mysqlServer) writers() int { return mysqlConnections / 2 }

func (mysqlServer) backup(context.Context, *bun.DB, string) error {
	return errors.New("back up MySQL and MariaDB with mysqldump or mariadb-dump, as in: mariadb-dump --single-transaction DATABASE")
}

// migrate holds a named lock on a connection of its own: the server frees it when the connection ends, however that happens.
// Its pool waits for answers as long as it takes, for a large table is not altered in 30 seconds.
func (m mysqlServer) migrate(ctx context.Context, run func(context.Context, *bun.DB) error) error {
	patient := m.config.Clone()
	patient.ReadTimeout = 0
	pool, err := pooled(patient)
	if err != nil {
		return err
	}
	d := bun.NewDB(pool, m.dialect())
	return errors.Join(underLock(ctx, d, run), d.Close())
}

func underLock(ctx context.Context, d *bun.DB, run func(context.Context, *bun.DB) error) error {
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // ends with the pool, and the lock with it
	var held sql.NullInt64
	// Lock names are the server's, not the database's, and at most 64 characters long.
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(CONCAT('reglink-', MD5(DATABASE())), 600)").Scan(&held); err != nil {
		return err
	}
	if held.Int64 != 1 {
		return errors.New("another server has been migrating this database for ten minutes")
	}
	return run(ctx, d)
}
