package trial

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db/dbtest"
)

// database reads what is stored, without the rules of the product.
type database struct {
	t    testing.TB
	pool *sql.DB
}

func openDatabase(t testing.TB, databaseURL string) database {
	t.Helper()
	return database{t, dbtest.Raw(t, databaseURL)}
}

// rows returns everything that a query finds, as text; NULL is empty.
func (db database) rows(query string, args ...any) [][]string {
	db.t.Helper()
	all, err := db.query(query, args...)
	if err != nil {
		db.t.Fatalf("%s: %v", query, err)
	}
	return all
}

func (db database) query(query string, args ...any) ([][]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	found, err := db.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // Err returns it
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

// integer returns the only value that a query finds.
func (db database) integer(query string, args ...any) int {
	db.t.Helper()
	return parseInt(db.rows(query, args...)[0][0])
}

// lists returns the values of the second column by those of the first.
func (db database) lists(query string) map[string][]string {
	db.t.Helper()
	all := map[string][]string{}
	for _, row := range db.rows(query) {
		all[row[0]] = append(all[row[0]], row[1])
	}
	return all
}

// checksums returns a checksum of each table of a MariaDB.
func (db database) checksums() map[string]string {
	db.t.Helper()
	all := map[string]string{}
	for _, row := range db.rows("SHOW TABLES") {
		all[row[0]] = db.rows("CHECKSUM TABLE " + row[0] + " EXTENDED")[0][1]
	}
	return all
}

func parseInt(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1 // which no check expects
	}
	return n
}

// parseTime reads a time as a database casts it to text.
func parseTime(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05.999999", strings.TrimSuffix(text, "+00:00"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// snapshot is everything that a database stores of a site, as far as registrations touch it.
type snapshot struct {
	identities    map[string]string            // id: email key
	registrations map[string][]registrationRow // by email key
	links         map[string]linkRow           // by id
	linkIDs       map[string]string            // by token hash
	memberships   map[string][]membershipRow   // by identity id
	consents      map[string][]string          // identity id: versions
	topics        map[string][]string          // identity id: topics
	confirmations map[string][]string          // identity id: ids
	notices       []noticeRow
	superUsers    map[string]bool // identity ids
}

type registrationRow struct {
	id, email, identity, link string
	at                        time.Time
}

type linkRow struct {
	id, hash      string
	used, maxUses int
	active        bool
}

type membershipRow struct{ account, link, role, status string }

type noticeRow struct{ id, letter, event, recipient, delivery string }

// snapshot reads a database to which nobody writes meanwhile.
func (db database) snapshot() *snapshot {
	db.t.Helper()
	s := &snapshot{
		identities: map[string]string{}, registrations: map[string][]registrationRow{},
		links: map[string]linkRow{}, linkIDs: map[string]string{},
		memberships: map[string][]membershipRow{}, superUsers: map[string]bool{},
		consents:      db.lists("SELECT identity_id, eula_version FROM consents"),
		topics:        db.lists("SELECT identity_id, topic FROM topic_choices"),
		confirmations: db.lists("SELECT identity_id, id FROM confirmations"),
	}
	for _, row := range db.rows("SELECT id, email_key FROM identities") {
		s.identities[row[0]] = row[1]
	}
	for _, row := range db.rows("SELECT id, identity_id, link_id, CAST(registered_at AS CHAR) FROM registrations") {
		email := s.identities[row[1]]
		r := registrationRow{row[0], email, row[1], row[2], parseTime(row[3])}
		s.registrations[email] = append(s.registrations[email], r)
	}
	for _, row := range db.rows("SELECT id, token_hash, used, max_uses, COALESCE(active, 0) + 0 FROM links") {
		link := linkRow{row[0], row[1], parseInt(row[2]), parseInt(row[3]), row[4] == "1"}
		s.links[link.id], s.linkIDs[link.hash] = link, link.id
	}
	for _, row := range db.rows("SELECT identity_id, account_id, link_id, role, status FROM memberships") {
		s.memberships[row[0]] = append(s.memberships[row[0]], membershipRow{row[1], row[2], row[3], row[4]})
		if row[3] == string(app.SuperUser) {
			s.superUsers[row[0]] = true
		}
	}
	for _, row := range db.rows("SELECT id, letter, event_id, recipient_id, delivery FROM notices") {
		s.notices = append(s.notices, noticeRow{row[0], row[1], row[2], row[3], row[4]})
	}
	return s
}

// registrationsBy returns the registrations by a link.
func (s *snapshot) registrationsBy(linkID string) []registrationRow {
	var found []registrationRow
	for _, all := range s.registrations {
		for _, r := range all {
			if r.link == linkID {
				found = append(found, r)
			}
		}
	}
	return found
}

// linkOf returns the link of a token, and false if there is none.
func (s *snapshot) linkOf(token string) (linkRow, bool) {
	hash, ok := app.HashToken(app.LinkToken, token)
	if !ok {
		return linkRow{}, false
	}
	id, known := s.linkIDs[string(hash)]
	return s.links[id], known
}
