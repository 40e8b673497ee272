package app

import (
	"time"
)

// Limit names how often a client may ask for something. The route table gives one to each route that needs it.
type Limit string

// The limits.
const (
	SignInLimit       Limit = "sign-ins"      // passwords tried; those that were right do not count
	RegistrationLimit Limit = "registrations" // forms with a password to hash
	CheckLimit        Limit = "checks"        // fields checked live
	AddressLimit      Limit = "addresses"     // emails of which a live check asks who has a login: as many as forms may be sent
	OpenLimit         Limit = "opens"         // addresses with a secret in them
	MailLimit         Limit = "mails"         // mails asked for
	ReportLimit       Limit = "reports"       // reports of browsers, each a line in the log
	CodeLimit         Limit = "codes"         // codes of six digits tried behind a right password; those that were right do not count
)

// Attempt is what a request shows of who asks for what.
type Attempt struct {
	Limit   Limit
	Block   string // the address block that it comes from
	Token   string // the secret in its address; empty where there is none
	Email   string // whose password or mail it is about, as typed
	Person  string // whose code is tried, behind which password
	Reading bool   // it may change nothing, so nothing of it is counted in the database
}

// Rule is one count of a limit: of one subject, so many within a window that begins with the first.
type Rule struct {
	Name   string
	Of     func(Attempt) string // the subject; empty where the request has none
	Max    int
	Within time.Duration
	// Spare makes a count that strangers can fill up harmless to others: full, it refuses only whoever has that many in the
	// rule before it.
	Spare int
}

// Rules gives the counts of a limit. The first is of the address block, but for codes, which a block's sign-ins count too. They are
// generous for a whole office behind one address, and far too small for guessing: a password has 15 characters, a link 256 bits. No
// count of an email or of a link alone refuses anybody who did not contribute to it; else strangers could lock its people out
// (T-51). Two are the exception: of the mails that an address is sent, who is refused has them in the inbox; and a code is tried only
// by somebody who knows the password.
func (l Limit) Rules() []Rule {
	switch l {
	case SignInLimit:
		return []Rule{
			{Name: "sign-ins of a block", Of: byBlock, Max: 50, Within: 10 * time.Minute},
			{Name: "sign-ins of an email by a block", Of: byEmailAndBlock, Max: 10, Within: 10 * time.Minute},
			{Name: "sign-ins of an email", Of: byEmail, Max: 50, Within: 10 * time.Minute, Spare: 3},
		}
	case RegistrationLimit:
		return []Rule{
			{Name: "registrations of a block", Of: byBlock, Max: 60, Within: 10 * time.Minute},
			{Name: "registrations by a link", Of: byLink, Max: 300, Within: 10 * time.Minute, Spare: 3},
		}
	case AddressLimit:
		return []Rule{
			{Name: "addresses asked by a block", Of: byBlock, Max: 60, Within: 10 * time.Minute},
			{Name: "addresses asked by a link", Of: byLink, Max: 300, Within: 10 * time.Minute, Spare: 3},
		}
	case MailLimit:
		return []Rule{
			{Name: "mails of a block", Of: byBlock, Max: 10, Within: 10 * time.Minute},
			{Name: "mails to an email", Of: byEmail, Max: 4, Within: 30 * time.Minute},
		}
	case CodeLimit:
		return []Rule{{Name: "codes of a person", Of: byPerson, Max: 20, Within: 24 * time.Hour}}
	case CheckLimit:
		return []Rule{{Name: "checks of a block", Of: byBlock, Max: 600, Within: time.Minute}}
	case ReportLimit:
		return []Rule{{Name: "reports of a block", Of: byBlock, Max: 20, Within: time.Minute}}
	case OpenLimit:
		return []Rule{{Name: "opens of a block", Of: byBlock, Max: 120, Within: time.Minute}}
	}
	return nil
}

// UnknownRule counts addresses with a secret that was never issued. Whoever reaches it opens none for a while, real ones neither:
// else the answer would tell which is which.
func UnknownRule() Rule {
	return Rule{Name: "unknown secrets of a block", Of: byBlockWithToken, Max: 100, Within: 10 * time.Minute}
}

func byBlock(a Attempt) string { return a.Block }

func byPerson(a Attempt) string { return a.Person }

func byBlockWithToken(a Attempt) string {
	if a.Token == "" {
		return ""
	}
	return a.Block
}

// byEmail is by the canonical form, so that other spellings of an address share its count.
func byEmail(a Attempt) string {
	key, m := EmailKey(tidyEmail(a.Email))
	if m.ID != "" {
		return ""
	}
	return key
}

func byEmailAndBlock(a Attempt) string {
	if key := byEmail(a); key != "" {
		return key + " " + a.Block
	}
	return ""
}

// byLink leaves out what cannot be a link, so that no count begins for each text that somebody makes up.
func byLink(a Attempt) string {
	if _, ok := HashToken(LinkToken, a.Token); !ok {
		return ""
	}
	return a.Token
}
