package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/go-sql-driver/mysql"
)

// How long a server may take (references/security-reliability, R-4: with a node lost, a stall is under ten seconds). A lock that another
// transaction holds is waited for less long than an answer, so that the server says so itself.
const (
	connectWithin = 3 * time.Second
	answerWithin  = 8 * time.Second
	lockWait      = "5"
)

// fixed sets what the code relies on, whatever the server's own defaults. Bun writes the values into its statements, so no statement
// is prepared and none takes two round trips.
func fixed(config *mysql.Config) *mysql.Config {
	config.ParseTime, config.Loc = true, time.UTC
	config.ClientFoundRows = true // an update counts the rows it found, as SQLite does
	config.Collation = "utf8mb4_bin"
	config.Timeout, config.ReadTimeout, config.WriteTimeout = connectWithin, answerWithin, answerWithin
	config.Logger = &mysql.NopLogger{} // it repeats on standard error what we return
	config.Params = map[string]string{
		// The whole mode, so that no server adds NO_BACKSLASH_ESCAPES: the queries are written for backslashes that escape.
		"sql_mode":                 "'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": lockWait,
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

// begun gives a connection that is set up with what a parameter of the driver cannot say: it reads what is committed, on a Galera
// cluster also what other nodes committed. A node of such a cluster that is not part of it now is refused.
func begun(ctx context.Context, to driver.Connector) (mysqlConn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin) // the driver's own ends with the dialling
	defer cancel()
	plain, err := to.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn := plain.(mysqlConn)
	if err := prepare(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

const unknownVariable = 1193

func prepare(ctx context.Context, conn mysqlConn) error {
	if _, err := conn.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "SET SESSION wsrep_sync_wait = 1", nil)
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok && refused.Number == unknownVariable {
		return nil // the server is not built for Galera
	}
	if err != nil {
		return err
	}
	return synced(func(query string) (map[string]string, error) { return pairs(ctx, conn, query) })
}

// pairs reads rows of a name and a value.
func pairs(ctx context.Context, conn driver.QueryerContext, query string) (map[string]string, error) {
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
