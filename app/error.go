// Package app is the domain of Reglink: accounts, their registration links and the people who join by them.
//
// It holds the rules and nothing else. It imports the standard library and golang.org/x only; the database,
// the web server and the mails are built around it (ARCHITECTURE.md, "arrows"). What people read is not written here:
// the domain speaks in message ids with values, and the views turn those into the reader's language.
package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind says what sort of refusal an error is. It is an error itself, so errors.Is(err, app.NotFound) holds for every
// Error of that kind, however often it was wrapped. The web package maps each kind to one HTTP status.
type Kind string

// Error makes a Kind comparable with errors.Is.
func (k Kind) Error() string { return string(k) }

// The kinds of refusal. Whatever is not one of them is a fault of ours, logged and answered with fixed words.
const (
	BadRequest      Kind = "bad_request"     // the request cannot be understood; nothing in it was used
	Unauthenticated Kind = "unauthenticated" // nobody is signed in
	Forbidden       Kind = "forbidden"       // the acting user may not do this
	WrongMethod     Kind = "wrong_method"    // the account admits its people only if they sign in another way
	NotFound        Kind = "not_found"       // it does not exist for the acting user
	Gone            Kind = "gone"            // it existed and is over, as a dead link
	Conflict        Kind = "conflict"        // somebody else was faster, or the state forbids it
	TooMany         Kind = "too_many"        // a limit was reached; waiting helps
	Unavailable     Kind = "unavailable"     // the database or the hashing queue cannot answer now; trying again helps
)

// Message is something to say: the id of a sentence in the catalogues (views/messages) and the values it needs.
type Message struct {
	ID     string
	Values map[string]any
}

// Say makes a Message from an id and pairs of name and value: Say("too_long", "Max", 100).
func Say(id string, pairs ...any) Message {
	m := Message{ID: id}
	for i := 0; i+1 < len(pairs); i += 2 {
		if m.Values == nil {
			m.Values = make(map[string]any, len(pairs)/2)
		}
		m.Values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// None reports whether m is the zero Message: there is nothing to say.
func (m Message) None() bool { return m.ID == "" }

// Error is a refusal that a person may read.
type Error struct {
	Kind    Kind
	Message Message
}

// Refuse makes an Error; the pairs are the values of its message.
func Refuse(kind Kind, id string, pairs ...any) *Error {
	return &Error{Kind: kind, Message: Say(id, pairs...)}
}

// Error gives the kind and the message id, for logs; people see the sentence of the message instead.
func (e *Error) Error() string { return string(e.Kind) + ": " + e.Message.ID }

// CommitUnknown is the refusal of whoever lost a database just as it was told to store something: it is
// stored or it is not, nobody knows.
func CommitUnknown() *Error { return Refuse(Unavailable, "perhaps_done") }

// isCommitUnknown tells whether an error is CommitUnknown, however often it was wrapped.
func isCommitUnknown(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Message.ID == CommitUnknown().Message.ID
}

// Unwrap gives the kind, so that errors.Is(err, app.Gone) works.
func (e *Error) Unwrap() error { return e.Kind }

// Problems is what is wrong with a form: at most one message a field. It is an error, answered with status
// 422 and the same form. The empty key holds a problem of the form as a whole.
type Problems map[string]Message

// Error lists the fields and message ids in a fixed order, for logs; values that people typed never appear.
func (p Problems) Error() string {
	var b strings.Builder
	b.WriteString("form refused:")
	for _, field := range slices.Sorted(maps.Keys(p)) {
		fmt.Fprintf(&b, " %s=%s", field, p[field].ID)
	}
	return b.String()
}

// Add records a problem of a field unless the field has one already: the first is the one to mend first.
func (p Problems) Add(field string, m Message) {
	if _, ok := p[field]; !ok && !m.None() {
		p[field] = m
	}
}

// Err is p as an error, or nil where there is no problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Problem makes Problems of a single field.
func Problem(field, id string, pairs ...any) Problems {
	return Problems{field: Say(id, pairs...)}
}

// ignoreNotFound forgets that something was not found, where that means that there is nothing to do.
func ignoreNotFound(err error) error {
	if errors.Is(err, NotFound) {
		return nil
	}
	return err
}
