package trial

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/db/dbtest"
)

// look is a database as it is, past all rules.
type look struct {
	t    testing.TB
	pool *sql.DB
}

func open(t testing.TB, databaseURL string) look {
	t.Helper()
	return look{t, dbtest.Raw(t, databaseURL)}
}

// rows gives everything that a query finds, as text; what is NULL is empty.
func (l look) rows(query string, args ...any) [][]string {
	l.t.Helper()
	all, err := l.read(query, args...)
	if err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
	return all
}

func (l look) read(query string, args ...any) ([][]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found, err := l.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // Err says it
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]string
	for found.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := found.Scan(targets...); err != nil {
			return nil, err
		}
		row := make([]string, len(columns))
		for i, value := range values {
			row[i] = value.String
		}
		all = append(all, row)
	}
	return all, found.Err()
}

func (l look) number(query string, args ...any) int {
	l.t.Helper()
	return number(l.rows(query, args...)[0][0])
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1 // as many as no check expects
	}
	return n
}

// moment reads a time as a database casts it to text.
func moment(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05.999999", strings.TrimSuffix(text, "+00:00"))
	if err != nil {
		return time.Time{}
	}
	return at
}
