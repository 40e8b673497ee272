package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"reglink/app"
)

// errorClass is what an error of the database means for a transaction (references/security-reliability, 3.3).
type errorClass int

const (
	permanent      errorClass = iota // a refusal, a fault of ours, or nil: the same again would end the same
	contended                        // not applied: somebody else held what it needed
	unavailable                      // not applied: the database, or the way to it, does not work now
	outcomeUnknown                   // the connection was lost at the Commit: applied or not, nobody knows
)

// Numbers of MySQL, MariaDB, Galera and TiDB.
func mysqlClass(number uint16) errorClass {
	switch {
	case slices.Contains([]uint16{1213, 1205, 8002, 8005, 9007}, number): // deadlock, lock wait, TiDB's write conflicts
		return contended
	case slices.Contains([]uint16{
		1040, 1203, // too many connections, of all and of this user
		1047, 1180, // Galera: the node is not ready, a Commit without a quorum
		1053, 1927, // the server shuts down, the connection was killed
		1290, 1836, // read-only: a replica, or a failover under way
		1021, 1026, 1030, 1114, // the disk is full, or takes nothing for another reason
	}, number):
		return unavailable
	}
	return permanent
}

func sqliteClass(code int) errorClass {
	switch code & 0xff { // the rest of the code says more than we need
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return contended
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
		return unavailable
	}
	return permanent
}

func classify(err error) errorClass {
	if _, ok := errors.AsType[commitError](err); ok {
		return outcomeUnknown
	}
	if _, ok := errors.AsType[raceError](err); ok {
		return contended
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return mysqlClass(my.Number)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteClass(lite.Code())
	}
	if _, ok := errors.AsType[notSyncedError](err); ok || lostConnection(err) {
		return unavailable
	}
	return permanent
}

// lostConnection also takes a deadline that ran out for one: either way the database did not answer in time.
func lostConnection(err error) bool {
	for _, lost := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF,
		context.DeadlineExceeded,
	} {
		if errors.Is(err, lost) {
			return true
		}
	}
	_, ok := errors.AsType[net.Error](err)
	return ok
}

// retryable tells whether trying again may help.
func retryable(err error) bool {
	c := classify(err)
	return c == contended || c == unavailable
}

// commitError is an error of a Commit that leaves open whether it was applied.
type commitError struct{ error }

func (e commitError) Unwrap() error { return e.error }

// classifyCommit judges what Commit answered. Only where the server itself says so was the transaction
// certainly not applied.
func classifyCommit(err error) error {
	if err == nil || classify(err) == contended {
		return err
	}
	return commitError{err}
}

// raceError is a unique violation that means: look again, somebody else was just faster.
type raceError struct{ error }

func (e raceError) Unwrap() error { return e.error }

// translate gives an error in the words of the domain. The database's own stay inside, for the log.
func translate(err error) error {
	switch classify(err) {
	case contended:
		return fmt.Errorf("%w: %w", app.Refuse(app.Unavailable, "busy"), err)
	case unavailable:
		return fmt.Errorf("%w: %w", app.Refuse(app.Unavailable, "database_away"), err)
	case outcomeUnknown:
		return fmt.Errorf("%w: %w", app.CommitUnknown(), err)
	}
	return err
}

// orNotFound is translate for a look-up: where no row is, app.NotFound with that message.
func orNotFound(err error, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return app.Refuse(app.NotFound, id)
	}
	return translate(err)
}

// updatedOne tells whether an update met the one row that it was for.
func updatedOne(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
