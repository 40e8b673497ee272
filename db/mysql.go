package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/schema"
)

// mysqlConnections bounds the pool: a MySQL server takes 151 in all by default, and other servers of the
// portal want some.
const mysqlConnections = 20

// mysqlServer is a server, or the nodes of a cluster in the order in which they are asked.
type mysqlServer struct{ nodes []*mysql.Config }

func (m mysqlServer) open(ctx context.Context) (*sql.DB, error) {
	pool, err := openPool(m.nodes)
	if err != nil {
		return nil, errMySQLURL
	}
	if err := pool.PingContext(ctx); err != nil {
		err = fmt.Errorf("cannot use the database %s on %w", m.nodes[0].DBName, err)
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func openPool(configs []*mysql.Config) (*sql.DB, error) {
	var all failoverConnector
	for _, config := range configs {
		connector, err := mysql.NewConnector(config)
		if err != nil {
			return nil, err
		}
		all = append(all, &node{Connector: connector, address: config.Addr})
	}
	pool := sql.OpenDB(all)
	pool.SetMaxOpenConns(mysqlConnections)
	pool.SetMaxIdleConns(mysqlConnections)
	pool.SetConnMaxLifetime(3 * time.Minute) // below what servers and proxies allow; a node that came back is used again
	return pool, nil
}

// plainMySQLDialect is Bun's dialect without what it learns from the server's version: MariaDB has RETURNING
// and MySQL has not.
type plainMySQLDialect struct{ *mysqldialect.Dialect }

// Init asks nothing.
func (plainMySQLDialect) Init(*sql.DB) {}

func (mysqlServer) dialect() schema.Dialect {
	return plainMySQLDialect{mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))}
}

// writers leaves half of the connections to readers: 40 people who register at once with one account wait for
// each other, and with all connections in their hands a page took 100 ms to be read instead of 2 (99th
// percentile, measured).
func (mysqlServer) writers() int { return mysqlConnections / 2 }

func (mysqlServer) backup(context.Context, *bun.DB, string) error {
	return errors.New("back up MySQL and MariaDB with mysqldump or mariadb-dump, as in: mariadb-dump " +
		"--single-transaction DATABASE")
}

// migrate holds a named lock on a connection of its own: the server frees it when the connection ends,
// however that happens. Its pool waits for answers as long as it takes, for a large table is not altered in
// seconds.
func (m mysqlServer) migrate(ctx context.Context, run func(context.Context, *bun.DB) error) error {
	var patient []*mysql.Config
	for _, config := range m.nodes {
		config = config.Clone()
		config.ReadTimeout = 0
		patient = append(patient, config)
	}
	pool, err := openPool(patient)
	if err != nil {
		return err
	}
	d := bun.NewDB(pool, m.dialect())
	return errors.Join(withMigrationLock(ctx, d, run), d.Close())
}

func withMigrationLock(ctx context.Context, d *bun.DB, run func(context.Context, *bun.DB) error) error {
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // ends with the pool, and the lock with it
	var held sql.NullInt64
	// Lock names are the server's, not the database's, and at most 64 characters long.
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(CONCAT('reglink-', MD5(DATABASE())), 600)").Scan(
		&held); err != nil {
		return err
	}
	if held.Int64 != 1 {
		return errors.New("another server has been migrating this database for ten minutes")
	}
	return run(ctx, d)
}

// How long a server may take (references/security-reliability, R-4: with a node lost, a stall is under ten
// seconds). A lock that another transaction holds is waited for less long than an answer, so that the server
// says so itself.
const (
	connectTimeout  = 3 * time.Second
	readTimeout     = 8 * time.Second
	lockWaitTimeout = "5"
)

// withSessionSettings sets what the code relies on, whatever the server's own defaults. Bun writes the values
// into its statements, so no statement is prepared and none takes two round trips.
func withSessionSettings(config *mysql.Config) *mysql.Config {
	config.ParseTime, config.Loc = true, time.UTC
	config.ClientFoundRows = true // an update counts the rows it found, as SQLite does
	config.Collation = "utf8mb4_bin"
	config.Timeout, config.ReadTimeout, config.WriteTimeout = connectTimeout, readTimeout, readTimeout
	config.Logger = &mysql.NopLogger{} // it repeats on standard error what we return
	config.Params = map[string]string{
		// The whole mode, so that no server adds NO_BACKSLASH_ESCAPES: the queries are written for backslashes that escape.
		"sql_mode":                 "'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": lockWaitTimeout,
	}
	return config
}

// mysqlConn is what a connection of the driver can do.
type mysqlConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// openSession gives a connection that is set up with what a parameter of the driver cannot say: it reads what
// is committed, on a Galera cluster also what other nodes committed. A node of such a cluster that is not
// part of it now is refused.
func openSession(ctx context.Context, to driver.Connector) (mysqlConn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout) // the driver's own ends with the dialling
	defer cancel()
	plain, err := to.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn := plain.(mysqlConn)
	if err := prepareSession(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

const mysqlUnknownVariable = 1193

func prepareSession(ctx context.Context, conn mysqlConn) error {
	if _, err := conn.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "SET SESSION wsrep_sync_wait = 1", nil)
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok && refused.Number == mysqlUnknownVariable {
		return nil // the server is not built for Galera
	}
	if err != nil {
		return err
	}
	return checkSynced(func(query string) (map[string]string, error) { return queryPairs(ctx, conn, query) })
}

// queryPairs reads rows of a name and a value.
func queryPairs(ctx context.Context, conn driver.QueryerContext, query string) (map[string]string, error) {
	rows, err := conn.QueryContext(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	row := make([]driver.Value, len(rows.Columns()))
	for err = rows.Next(row); err == nil; err = rows.Next(row) {
		name, _ := row[0].([]byte)
		value, _ := row[1].([]byte)
		all[string(name)] = string(value)
	}
	if !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, rows.Close())
	}
	return all, rows.Close()
}
