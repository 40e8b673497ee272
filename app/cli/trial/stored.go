package trial

import (
	"time"

	"reglink/app"
)

// stored is all that a database keeps of a site, as far as registrations touch it.
type stored struct {
	identities    map[string]string // id: email key
	registrations map[string][]registered
	links         map[string]linkRow // by id
	byHash        map[string]string  // token hash: link id
	memberships   map[string][]memberRow
	consents      map[string][]string // identity: versions
	topics        map[string][]string
	confirmations map[string][]string // identity: ids
	notices       []noticeRow
	supers        map[string]bool // identity ids
}

type registered struct {
	id, email, identity, link string
	at                        time.Time
}

type linkRow struct {
	id, hash  string
	used, max int
	active    bool
}

type memberRow struct{ account, link, role, status string }

type noticeRow struct{ id, letter, event, recipient, delivery string }

// storedIn reads a database that nobody writes to meanwhile.
func (l look) storedIn() *stored {
	l.t.Helper()
	s := &stored{
		identities: map[string]string{}, registrations: map[string][]registered{}, links: map[string]linkRow{},
		byHash:      map[string]string{},
		memberships: map[string][]memberRow{}, supers: map[string]bool{},
		consents:      l.lists("SELECT identity_id, eula_version FROM consents"),
		topics:        l.lists("SELECT identity_id, topic FROM topic_choices"),
		confirmations: l.lists("SELECT identity_id, id FROM confirmations"),
	}
	for _, row := range l.rows("SELECT id, email_key FROM identities") {
		s.identities[row[0]] = row[1]
	}
	for _, row := range l.rows("SELECT id, identity_id, link_id, CAST(registered_at AS CHAR) FROM registrations") {
		email := s.identities[row[1]]
		s.registrations[email] = append(s.registrations[email], registered{row[0], email, row[1], row[2], moment(row[3])})
	}
	for _, row := range l.rows("SELECT id, token_hash, used, max_uses, COALESCE(active, 0) + 0 FROM links") {
		link := linkRow{row[0], row[1], number(row[2]), number(row[3]), row[4] == "1"}
		s.links[link.id], s.byHash[link.hash] = link, link.id
	}
	for _, row := range l.rows("SELECT identity_id, account_id, link_id, role, status FROM memberships") {
		s.memberships[row[0]] = append(s.memberships[row[0]], memberRow{row[1], row[2], row[3], row[4]})
		if row[3] == string(app.SuperUser) {
			s.supers[row[0]] = true
		}
	}
	for _, row := range l.rows("SELECT id, letter, event_id, recipient_id, delivery FROM notices") {
		s.notices = append(s.notices, noticeRow{row[0], row[1], row[2], row[3], row[4]})
	}
	return s
}

// lists gathers the second column by the first.
func (l look) lists(query string) map[string][]string {
	l.t.Helper()
	all := map[string][]string{}
	for _, row := range l.rows(query) {
		all[row[0]] = append(all[row[0]], row[1])
	}
	return all
}

// through gives the registrations that came by a link.
func (s *stored) through(linkID string) []registered {
	var came []registered
	for _, all := range s.registrations {
		for _, r := range all {
			if r.link == linkID {
				came = append(came, r)
			}
		}
	}
	return came
}

// linkOf gives the link of a token, and false where there is none.
func (s *stored) linkOf(token string) (linkRow, bool) {
	hash, ok := app.HashToken(app.LinkToken, token)
	if !ok {
		return linkRow{}, false
	}
	id, known := s.byHash[string(hash)]
	return s.links[id], known
}
